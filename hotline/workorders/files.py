"""Files of an order: what they are is read from their content; they lie encrypted outside the web root under a random
name, each sealed with that name, so that none can stand in for another."""

import os
import re
import unicodedata
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from uuid import uuid4

from sqlalchemy import ColumnElement, select

from hotline import audit, clock, privacy, sheets
from hotline.db import session
from hotline.errors import Invalid, NotFound, TooLarge
from hotline.workorders import authors, moves, secrecy
from hotline.workorders.codes import Move, Party
from hotline.workorders.exchange_models import Attachment
from hotline.workorders.models import Order
from hotline.workorders.moves import By

MOST_BYTES = 10 * 2**20
MOST_FILES = 20
MOST_PARTS = 1000
OFFICE = "application/vnd.openxmlformats-officedocument."
MEDIA: dict[str, str] = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "docx": OFFICE + "wordprocessingml.document",
    "xlsx": OFFICE + "spreadsheetml.sheet",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}
SPELLINGS = {"jpeg": "jpg"}
BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
)
ACCEPTED = "、".join(MEDIA)


def kind_of(data: bytes) -> str:
    """The kind of file a content is. Raises Invalid for any we do not take."""
    for beginning, kind in BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return "wav"
    if data[:4] == b"PK\x03\x04":
        return _office_kind(data)
    raise Invalid(f"不接受这种文件；可用：{ACCEPTED}")


def _office_kind(data: bytes) -> str:
    names = sheets.inspect(data, parts=MOST_PARTS)
    kinds = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
    found = [kind for part, kind in kinds.items() if part in names]
    if len(found) != 1:
        raise Invalid(f"不接受这种文件；可用：{ACCEPTED}")
    return found[0]


def clean_name(name: str) -> str:
    """A name without path, control or direction characters, at most 120 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    plain = "".join(letter for letter in unicodedata.normalize("NFC", last) if unicodedata.category(letter)[0] != "C")
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:100]}{dot}{ending[:10]}" if plain else "附件"


def add(folder: Path, order: Order, name: str, data: bytes, by: By) -> Attachment:
    """Keep a file with its order; the same content twice is one file, but each unit's file is its own."""
    if len(data) > MOST_BYTES:
        raise TooLarge(f"文件超过 {MOST_BYTES // 2**20} MB")
    kind, shown = kind_of(data), clean_name(name)
    ending = shown.rpartition(".")[2].lower()
    if SPELLINGS.get(ending, ending) != kind:
        raise Invalid(f"文件扩展名与内容不符，内容是 {kind}")
    digest = sha256(data).hexdigest()
    present = of_order(order.id)
    same = next((one for one in present if one.sha256 == digest and by.unit_id in (None, one.unit_id)), None)
    if same:
        return same
    moves.require_living(order, "添加附件")
    if len(present) >= MOST_FILES:
        raise Invalid(f"每张工单最多 {MOST_FILES} 个附件")
    made = Attachment(
        order_id=order.id,
        ref=uuid4().hex,
        name=shown,
        media_type=MEDIA[kind],
        size=len(data),
        sha256=digest,
        party=by.party,
        added_at=clock.now(),
        added_by_id=by.id,
        unit_id=by.unit_id,
        for_unit=by.party is Party.UNIT or not order.confidential,
    )
    _write(folder, made.ref, data)
    session.add(made)
    session.flush()
    moves.note(order, Move.FILE, by, reason=shown, internal=not made.for_unit, data={"file": made.id})
    order.changed_at = clock.now()
    return made


def _write(folder: Path, ref: str, data: bytes) -> None:
    path = _path(folder, ref)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(privacy.seal(data, _label(ref)))
        target.flush()
        os.fsync(target.fileno())


def _label(ref: str) -> str:
    return f"order_attachment:{ref}"


def _path(folder: Path, ref: str) -> Path:
    return folder / ref[:2] / ref


def of_order(order_id: int) -> Sequence[Attachment]:
    return session.scalars(select(Attachment).where(Attachment.order_id == order_id).order_by(Attachment.id)).all()


def seen_by(order: Order, unit_id: int | None) -> list[Attachment]:
    """The files this viewer may open: a unit its own, and the hotline's and its helpers' as far as they give away
    nobody who is hidden from it. No unit knows the person of a confidential order; a dispatcher releases the rest."""
    kept = of_order(order.id)
    if unit_id is None:
        return list(kept)
    harmless = order.confidential or not secrecy.hides(order, unit_id)
    readable = authors.read_by(order, unit_id) if harmless else ()
    return [one for one in kept if one.unit_id == unit_id or (harmless and _open_to(one, readable))]


def _open_to(one: Attachment, readable: Collection[int]) -> bool:
    return one.unit_id in readable if one.party is Party.UNIT else one.for_unit


def name_for(order: Order, one: Attachment, unit_id: int | None) -> str:
    """The name of a file as this viewer may read it."""
    return secrecy.text(order, one.name, unit_id)


def release(order: Order, file_id: int, by: By) -> None:
    """Let the handling unit open a file of a confidential order; a person has looked that it gives nobody away."""
    moves.require_living(order, "开放附件")
    found = _of(order, Attachment.id == file_id)
    found.for_unit = True
    moves.note(order, Move.FILE, by, reason=f"{found.name} 已对承办单位开放", data={"file": found.id})
    audit.record("order.file.release", f"order:{order.id}", file=file_id)


def read(folder: Path, order: Order, ref: str, unit_id: int | None) -> tuple[Attachment, bytes]:
    """A file's row and content, if this viewer may open it. Raises NotFound."""
    found = _of(order, Attachment.ref == ref)
    path = _path(folder, found.ref)
    if found not in seen_by(order, unit_id) or not path.is_file():
        raise NotFound("没有这个附件")
    audit.record("order.file.read", f"order:{order.id}", file=found.id)
    return found, privacy.unseal(path.read_bytes(), _label(found.ref))


def _of(order: Order, condition: ColumnElement[bool]) -> Attachment:
    found = session.scalar(select(Attachment).where(Attachment.order_id == order.id, condition))
    if found is None:
        raise NotFound("没有这个附件")
    return found
