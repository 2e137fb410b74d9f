"""Files beside an order are documents and pictures: nothing that runs, fetches or unpacks into something else."""

import io
import zipfile

import pytest
from openpyxl import Workbook
from openpyxl.drawing.image import Image as Picture
from PIL import Image

from hotline.db import session
from hotline.errors import Conflict, Invalid, TooLarge
from hotline.workorders import files, handling, moves
from hotline.workorders.codes import State
from hotline.workorders.moves import HOUSE
from tests.matters import workorders as make

TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="%s"/>%s</Types>"""
PLAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"
OF = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relations(kind: str, target: str, mode: str = "External") -> str:
    one = f'<Relationship Id="rId1" Type="{OF}{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{one}</Relationships>'


def document(types: str = TYPES % (PLAIN, ""), /, **parts: str | bytes) -> bytes:
    """A small docx with more parts; `__` stands for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations("officeDocument", "word/document.xml", "Internal"))
        archive.writestr("word/document.xml", "<document>vbaProject macroEnabled oleObject</document>")
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def workbook(*, picture: bool = False, **parts: str | bytes) -> bytes:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["单位", "数量"])
    book.active["C1"].hyperlink = "https://www.example.org/"
    if picture:
        drawn = io.BytesIO()
        Image.new("RGB", (4, 4)).save(drawn, "png")
        book.active.add_image(Picture(drawn), "D1")
    book.save(out)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (document(), "docx"),
        (document(**{"word__media__image1.png": b"x", "docProps__thumbnail.jpeg": b"x"}), "docx"),
        (document(**{"word___rels__document.xml.rels": relations("hyperlink", "https://www.example.org/")}), "docx"),
        (workbook(picture=True), "xlsx"),
        (workbook(**{"xl__printerSettings__printerSettings1.bin": b"x"}), "xlsx"),
    ],
)
def test_plain_documents_are_taken(data, kind):
    assert files.kind_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [
        document(TYPES % (MACRO, ""), **{"word__evil.bin": b"x"}),
        document(TYPES % (MACRO, "")),
        document(TYPES % (PLAIN, '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>')),
        document(**{"word__evil.bin": b"x"}),
        document(**{"word__embeddings__oleObject1.bin": b"x"}),
        document(**{"word__embeddings__Microsoft_Excel_Sheet.xlsx": b"x"}),
        document(**{"evil.exe": b"MZ"}),
        document(**{"word__run.ps1": b"x"}),
        document(**{"word__WORD.XML": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
        document(**{"word___rels__settings.xml.rels": relations("attachedTemplate", "https://evil.example/a.dotm")}),
        document(**{"word___rels__settings.xml.rels": relations("attachedTemplate", "file://evil/a", " external")}),
        document(**{"word___rels__document.xml.rels": relations("image", "https://evil.example/a.png")}),
        document(**{"word___rels__document.xml.RELS": relations("oleObject", "https://evil.example/a")}),
        document(**{"word___rels__document.xml.rels": "<Relationships>"}),
        document(**{"xl__workbook.xml": "<workbook/>"}),
        workbook(**{"xl__macrosheets__sheet1.xml": "<a/>"}),
        workbook(**{"xl__externalLinks__externalLink1.xml": "<a/>"}),
        document(**{f"word__a{number}.xml": "<a/>" for number in range(1000)}),
    ],
    ids=lambda data: str(len(data)),
)
def test_what_runs_or_fetches_is_refused(data):
    with pytest.raises(Invalid):
        files.kind_of(data)


@pytest.mark.parametrize("size", [20, 300])
def test_a_bomb_is_refused_by_what_it_declares(size):
    out = io.BytesIO(document())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/a.xml", "w") as part:
        for _ in range(size):
            part.write(b" " * 2**20)
    with pytest.raises(TooLarge):
        files.kind_of(out.getvalue())


@pytest.mark.parametrize("state", [State.ARCHIVED, State.VOID])
def test_nothing_is_added_to_what_is_over(app, tmp_path, state):
    order, here, there = make.at_state(State.DISPATCHED, confidential=True)
    before = files.add(tmp_path, order, "a.pdf", b"%PDF-1 a", here)
    order.state = state
    order.due_at = None
    session.flush()
    lines = len(moves.reasons(order, moves.Move.FILE))
    for who in (here, there, HOUSE):
        with pytest.raises(Conflict, match="不能添加附件"):
            files.add(tmp_path, order, "b.pdf", b"%PDF-1 b", who)
        with pytest.raises(Conflict, match="不能留言"):
            handling.leave_note(order, who, "再说一句")
    with pytest.raises(Conflict, match="不能开放附件"):
        files.release(order, before.id, here)
    assert files.add(tmp_path, order, "a.pdf", b"%PDF-1 a", here) is before
    assert len(moves.reasons(order, moves.Move.FILE)) == lines
