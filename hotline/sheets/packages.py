"""Files of office programs, looked through before anything of them is kept or read: what a document or a table never
needs is refused. Nothing is unpacked to disk, nothing is read beyond the size that the archive declares."""

import io
import re
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import IO

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from hotline.errors import Invalid, TooLarge

MAX_UNPACKED = 50 * 2**20
MAX_RATIO = 100
_SMALL_PART = 100_000
_BROKEN = "不是完好的 Office 文件"
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_BANNED_PARTS = re.compile(r"vbaproject|vbadata|macrosheets|externallinks|activex|embeddings|ctrlprops|customui", re.I)
_TEXT = (".xml", ".rels", ".vml", ".psmdcp")
_PICTURES = (".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".wdp", ".ico", ".svg")
_FONTS = (".odttf", ".fntdata")
_PRINTER = re.compile(r"(?:word|xl)/printersettings/printersettings\d*\.bin", re.I)
_CODE = re.compile(rb"macroEnabled|vbaProject|vbaData|ms-office\.activeX|oleObject", re.I)
"""What the list of contents and the relations call code and embedded programs."""


def inspect(data: bytes, *, parts: int) -> frozenset[str]:
    """Refuse an archive that is not a plain, modest document of at most so many parts; returns their names, small."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            _directory(listed, parts)
            for part in listed:
                if part.filename.lower().endswith(_TEXT):
                    _part(archive, part.filename)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error, ValueError) as error:
        raise Invalid(_BROKEN) from error
    return frozenset(part.filename.lower() for part in listed)


def _directory(listed: list[zipfile.ZipInfo], most: int) -> None:
    if len(listed) > most or len({part.filename.lower() for part in listed}) < len(listed):
        raise Invalid("Office 文件内部文件过多或重名")
    if sum(part.file_size for part in listed) > MAX_UNPACKED:
        raise TooLarge("Office 文件解压后过大")
    for part in listed:
        _name(PurePosixPath(part.filename), part)
        if part.flag_bits & 1:
            raise Invalid("文件有密码保护，请去除后再传")
        if part.file_size > _SMALL_PART and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            raise TooLarge("Office 文件压缩比异常")


def _name(name: PurePosixPath, part: zipfile.ZipInfo) -> None:
    """What lies where, before anything of it is looked at."""
    if name.is_absolute() or ".." in name.parts or "\\" in part.filename or stat.S_ISLNK(part.external_attr >> 16):
        raise Invalid("Office 文件内部路径不合规")
    if _BANNED_PARTS.search(part.filename):
        raise Invalid("文件含宏、外部链接或嵌入对象，请另存为普通文件")
    if not (part.is_dir() or _known(part.filename.lower())):
        raise Invalid(f"文件内含不属于文档的内容：{name.name[:40]}")


def _known(name: str) -> bool:
    return name.endswith((*_TEXT, *_PICTURES, *_FONTS)) or _PRINTER.fullmatch(name) is not None


def _part(archive: zipfile.ZipFile, name: str) -> None:
    with archive.open(name) as opened:
        _scan(opened, code=name.lower().endswith((".rels", "[content_types].xml")))
    if name.lower().endswith(".rels"):
        with archive.open(name) as opened:
            _relations(opened)


def _scan(part: IO[bytes], *, code: bool) -> None:
    head, overlap = part.read(1024), b""
    encoding = _ENCODING.search(head)
    if b"\x00" in head or (encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii")):
        raise Invalid("Office 文件内部编码不合规")
    block = head
    while block:
        seen = overlap + block
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
            raise Invalid("Office 文件内含实体声明，已拒绝")
        if code and _CODE.search(seen):
            raise Invalid("文件含宏或嵌入对象，请另存为普通文件")
        overlap = seen[-32:]
        block = part.read(1 << 20)


def _relations(part: IO[bytes]) -> None:
    """Nothing from elsewhere may be fetched when the file is opened; a link that somebody clicks may lead out."""
    try:
        for _, element in iterparse(part):
            outside = element.get("TargetMode", "").strip().lower() == "external"
            if outside and not element.get("Type", "").lower().endswith("/hyperlink"):
                raise Invalid("文件引用外部模板、图片或对象，请另存为普通文件")
            element.clear()
    except (SyntaxError, DefusedXmlException) as error:
        raise Invalid(_BROKEN) from error
