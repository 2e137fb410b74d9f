"""The bulletin as text. Cells are parted by blanks only, so that the canonical text is the printed one."""

from collections.abc import Iterator

from hotline.statistics.document import Document, Sentence
from hotline.statistics.table_blocks import Table


def render(document: Document) -> bytes:
    lines = [document.title]
    for block in document.blocks:
        lines.append("")
        lines += [block.text] if isinstance(block, Sentence) else list(table_lines(block))
    lines += ["", *document.marks] if document.marks else []
    return ("\n".join(lines) + "\n").encode()


def table_lines(table: Table) -> Iterator[str]:
    shown = table.folded()
    yield from (text for text in (shown.title, shown.subtitle) if text)
    yield from ("\t".join(cell.text for cell in line) for line in shown.header)
    yield from ("\t".join(cell.text for cell in row).rstrip() for row in shown.rows)
    if shown.total:
        yield "\t".join(cell.text for cell in shown.total)
    yield from (text for text in (shown.total_line, *shown.notes, *shown.paragraphs) if text)
