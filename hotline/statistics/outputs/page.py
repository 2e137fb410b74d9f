"""The bulletin as HTML: a body that the month page shows live, and the same body as a file that prints."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from hotline.statistics import charts
from hotline.statistics.document import Document, Sentence
from hotline.statistics.table_blocks import Cell, HeaderCell, Table

STATIC = Path(__file__).parent.parent.parent / "static"
Link = Callable[[str], str | None]


def no_link(figure: str) -> str | None:
    return None


def body(document: Document, link: Link = no_link) -> str:
    """The bulletin's markup without charts; `link` gives the address of the records behind a figure."""
    parts = [f"<h2>{escape(document.title)}</h2>"]
    parts += [f'<p class="version-mark">{escape(mark)}</p>' for mark in document.marks]
    for block in document.blocks:
        parts.append(_sentence(block, link) if isinstance(block, Sentence) else _table(block, link))
    return f'<article class="bulletin" lang="zh-CN">{"".join(parts)}</article>'


def render(document: Document) -> bytes:
    """A page of its own with its style inside, to be read, printed or mailed."""
    css = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("charts.css", "bulletin-print.css"))
    drawn = "".join(f"<figure>{charts.svg(chart)}</figure>" for chart in document.charts)
    return (
        '<!doctype html>\n<html lang="zh-CN" data-theme="auto"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(document.title)}</title>'
        f'<style>{css}</style></head><body>{body(document)}<section class="charts">{drawn}</section></body></html>\n'
    ).encode()


def _linked(text: str, figure: str, link: Link) -> str:
    address = link(figure) if figure else None
    shown = escape(text)
    return f'<a href="{escape(address)}">{shown}</a>' if address else shown


def _sentence(sentence: Sentence, link: Link) -> str:
    runs = "".join(_linked(run.text, run.figure, link) for run in sentence.runs)
    return f'<p class="sentence" id="piece-{sentence.id}">{runs}</p>'


def _header(cell: HeaderCell) -> str:
    columns = f' colspan="{cell.columns}"' if cell.columns > 1 else ""
    rows = f' rowspan="{cell.rows}"' if cell.rows > 1 else ""
    return f'<th scope="col"{columns}{rows}>{escape(cell.text)}</th>'


def _cell(cell: Cell, link: Link) -> str:
    number = ' class="n"' if cell.is_number else ""
    return f"<td{number}>{_linked(cell.text, cell.figure, link)}</td>"


def _table(table: Table, link: Link) -> str:
    shown = table.folded()
    lines = [f"<h3>{escape(table.title)}</h3>"] + (
        [f'<p class="sub">{escape(table.subtitle)}</p>'] if table.subtitle else []
    )
    if shown.rows:
        head = "".join(f"<tr>{''.join(map(_header, line))}</tr>" for line in shown.header)
        rows = "".join(f"<tr>{''.join(_cell(cell, link) for cell in row)}</tr>" for row in shown.rows)
        total = "".join(_cell(cell, link) for cell in shown.total)
        foot = f"<tfoot><tr>{total}</tr></tfoot>" if total else ""
        wide = " wide" if len(shown.columns) > 9 else ""
        inner = f"<thead>{head}</thead><tbody>{rows}</tbody>{foot}"
        lines.append(f'<div class="scroll"><table class="three-line{wide}">{inner}</table></div>')
    lines += [f'<p class="total-line">{escape(table.total_line)}</p>'] if table.total_line else []
    lines += [f'<p class="note">{escape(note)}</p>' for note in table.notes]
    lines += [f'<p class="sentence">{escape(text)}</p>' for text in table.paragraphs]
    return f'<section id="piece-{escape(table.id)}">{"".join(lines)}</section>'
