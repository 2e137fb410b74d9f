"""Handing a reported table in: read, checked cell by cell, names matched to institutions, kept when confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from hotline import audit, clock, sheets
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Invalid, NotFound
from hotline.places import institutions, naming
from hotline.statistics import datasets, definitions, layouts
from hotline.statistics.datasets_models import DatasetDraft, DatasetVersion
from hotline.statistics.edition import ColumnDefinition, Kind
from hotline.statistics.layouts import Layout

NUMBERED = ("序号",)
SUMS = ("合计", "总计", "小计")
NOTHING = ("", "/", "-", "—", "－")
"""Cells that say that there is no figure."""

AS_IT_IS = 0
"""The choice to print a name as it was handed in."""


@dataclass(frozen=True)
class NameChoice:
    """A name of the draft: what it is printed as, or whom it may mean when a person has to say."""

    name: str
    printed: str | None
    suggestions: tuple[tuple[int, str], ...] = ()

    @property
    def asks(self) -> bool:
        """Unknown, or known under another name than it came with: a person may print it as it is."""
        return self.printed != self.name


def template(layout: Layout) -> list[str]:
    """The header to hand a table in with."""
    return list(layout.headings)


def read(
    month: Month, dataset_id: str, stream: BinaryIO, filename: str, *, cumulative: str = "", source: bytes | None = None
) -> DatasetDraft:
    """Read a file into a draft. Raises Invalid naming the row and column that cannot be right."""
    layout = layouts.of(month, dataset_id)
    table = sheets.read_table(stream, filename)
    if layout.in_words:
        texts = [" ".join(cell for cell in row if cell) for row in (table.header, *table.rows)]
        return _draft(month, dataset_id, [], texts, "", filename, source)
    rows = _arranged(layout, table)
    return draft(month, dataset_id, rows, cumulative=cumulative, source_name=filename, source=source)


def draft(
    month: Month,
    dataset_id: str,
    rows: Sequence[Sequence[str]],
    *,
    texts: Sequence[str] = (),
    cumulative: str = "",
    source_name: str = "",
    source: bytes | None = None,
) -> DatasetDraft:
    """A draft from the cells of the form or a file, in the order of the layout's columns."""
    layout = layouts.of(month, dataset_id)
    checked = [_checked(layout, number, row) for number, row in enumerate(rows, 1)]
    if not checked and not any(texts):
        raise Invalid("没有可用的行")
    _check_counter(layout, cumulative)
    return _draft(month, dataset_id, checked, [text for text in texts if text], cumulative, source_name, source)


def _check_counter(layout: Layout, stated: str) -> None:
    if not stated:
        return
    if not layout.counter:
        raise Invalid("这张表没有累计数", fields={"cumulative": ["这张表没有累计数"]})
    value = definitions.number(stated)
    if value is None or value < 0 or len(stated) > 18 or (value != int(value) and not layout.unit):
        raise Invalid("累计数须为不小于 0 的整数", fields={"cumulative": ["须为整数"]})


def _draft(
    month: Month,
    dataset_id: str,
    rows: list[list[str]],
    texts: list[str],
    cumulative: str,
    source_name: str,
    source: bytes | None,
) -> DatasetDraft:
    made = DatasetDraft(
        month=str(month),
        dataset_id=dataset_id,
        rows=rows,
        texts=texts,
        cumulative=cumulative or None,
        source_name=source_name[-200:],
        source_file=source,
        made_at=clock.now(),
        made_by_id=audit.actor().id,
    )
    session.add(made)
    session.flush()
    return made


def _plain(text: str) -> str:
    return "".join(text.split()).replace("/", "／")


def _arranged(layout: Layout, table: sheets.Table) -> list[list[str]]:
    """The rows in the layout's columns, numbers and totals left out after they were compared."""
    have = [_plain(name) for name in table.header]
    missing = [name for name in layout.headings if _plain(name) not in have]
    if missing:
        raise Invalid(f"缺少列：{'、'.join(missing)}", fields={"file": [f"缺少列：{'、'.join(missing)}"]})
    places = [have.index(_plain(name)) for name in layout.headings]
    rows: list[list[str]] = []
    sums: list[list[str]] = []
    for row in table.rows:
        into = sums if any(cell.rstrip("：:") in SUMS for cell in row) else rows
        into.append([row[place] for place in places])
    for row in sums:
        _compare_sums(layout, rows, row)
    return rows


def _compare_sums(layout: Layout, rows: list[list[str]], sums: list[str]) -> None:
    for n, column in enumerate(layout.columns):
        stated = definitions.number(sums[n])
        if column.kind in definitions.SUMMED and stated is not None:
            found = sum(definitions.number(row[n]) or 0 for row in rows)
            if found != stated:
                raise Invalid(f"“{layout.headings[n]}”合计为 {stated}，各行相加为 {found}，相差 {stated - found}")


def _checked(layout: Layout, number: int, row: Sequence[str]) -> list[str]:
    if len(row) != len(layout.columns):
        raise Invalid(f"第 {number} 行应有 {len(layout.columns)} 格，现有 {len(row)} 格")
    return [
        _cell(column, heading, number, cell.strip())
        for column, heading, cell in zip(layout.columns, layout.headings, row, strict=True)
    ]


def _cell(column: ColumnDefinition, heading: str, row: int, cell: str) -> str:
    where = f"第 {row} 行“{heading}”"
    if len(cell) > 200:
        raise Invalid(f"{where}过长")
    if not cell and column.key in ("institution", "name"):
        raise Invalid(f"{where}不能为空")
    if column.kind in (Kind.TEXT, Kind.RATIO) or cell in NOTHING:
        return cell
    value = definitions.number(cell)
    if value is None and column.kind is Kind.PERCENT:
        return cell
    if value is None or value < 0 or len(cell) > 18:
        raise Invalid(f"{where}须为不小于 0 的数，现为“{cell[:20]}”")
    whole = column.kind in (Kind.COUNT, Kind.DAYS)
    if whole and value != int(value):
        raise Invalid(f"{where}须为整数，现为“{cell[:20]}”")
    return str(int(value)) if whole else cell


def find(draft_id: int) -> DatasetDraft:
    found = session.get(DatasetDraft, draft_id)
    if found is None:
        raise NotFound("没有这份待确认的表，可能已保存或放弃")
    return found


def names(one: DatasetDraft) -> list[NameChoice]:
    """Every name of the draft and how it will be printed; `printed` None asks a person."""
    month = Month(one.month)
    place = layouts.of(month, one.dataset_id).name_column
    if place is None:
        return []
    return [_choice(name, month) for name in dict.fromkeys(row[place] for row in one.rows)]


def _choice(name: str, month: Month) -> NameChoice:
    found = institutions.match(name, month.last)
    if found.exact is not None:
        return NameChoice(name, institutions.printed_name(found.exact, month))
    return NameChoice(name, None, tuple((one.id, one.name) for one in found.suggestions))


def confirm(one: DatasetDraft, chosen: Mapping[str, int], reason: str = "") -> DatasetVersion:
    """Keep the draft. `chosen` gives an institution's id, or AS_IT_IS, for every unknown name, and may say AS_IT_IS
    for a known one; a chosen name becomes an alias. Raises Invalid while a name is undecided or two rows would print
    the same name."""
    month = Month(one.month)
    place = layouts.of(month, one.dataset_id).name_column
    printed = {choice.name: _decided(choice, chosen.get(choice.name), month) for choice in names(one)}
    rows = [list(row) for row in one.rows]
    if place is not None:
        for row in rows:
            row[place] = printed[row[place]]
        _refuse_twins([row[place] for row in rows])
    kept = datasets.keep(
        month,
        one.dataset_id,
        rows,
        cumulative=one.cumulative,
        texts=one.texts,
        source_name=one.source_name,
        source_file=one.source_file,
        reason=reason,
    )
    session.delete(one)
    session.flush()
    return kept


def _decided(choice: NameChoice, institution_id: int | None, month: Month) -> str:
    if institution_id == AS_IT_IS:
        return choice.name
    if choice.printed is not None:
        return choice.printed
    if institution_id is None:
        raise Invalid(f"请确认“{choice.name}”是哪家机构", fields={"names": [choice.name]})
    institution = institutions.find(institution_id)
    naming.add_alias(institution, choice.name, month.first, remark="报表导入时确认")
    return institutions.printed_name(institution, month)


def _refuse_twins(printed: list[str]) -> None:
    twins = sorted({name for name in printed if printed.count(name) > 1})
    if twins:
        raise Invalid(f"同一机构出现两行：{'、'.join(twins)}", fields={"names": twins})


def discard(one: DatasetDraft) -> None:
    session.delete(one)
    session.flush()
