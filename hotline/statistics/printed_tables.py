"""Reading the tables of a published bulletin: cells as printed, values beside them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hotline.errors import Invalid
from hotline.statistics import figures as f
from hotline.statistics.definitions import number
from hotline.statistics.edition import Edition

Conflicts = list[f.Conflict]


def part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = body.get(name)
    if not isinstance(found, dict):
        raise Invalid(f"文件缺少“{name}”部分")
    return found


def whole(value: object, place: str) -> int:
    """A figure: a whole number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Invalid(f"{place} 应为不小于零的整数，现为 {value!r}", fields={place: ["应为整数"]})
    return value


def texts(columns: Sequence[Mapping[str, Any]] | None) -> str:
    return "\t".join(str(column["label"]) for column in columns or [])


def _whole_cell(row: Mapping[str, Any], at: int, key: str, place: str, conflicts: Conflicts) -> int:
    """The value of one cell; where its printed text is another number, that is a conflict."""
    cells, values = row.get("cells") or [], row.get("values") or {}
    text = str(cells[at]) if at < len(cells) else ""
    if key not in values:
        return whole(int(text) if text.isdecimal() else None, place)
    value = whole(values[key], place)
    if text and text.strip() != str(value):
        conflicts.append(f.Conflict(place, text, str(value)))
    return value


def _text_cell(row: Mapping[str, Any], at: int, key: str) -> str:
    cells, values = row.get("cells") or [], row.get("values") or {}
    value = cells[at] if at < len(cells) else values.get(key)
    return "" if value is None else str(value)


def bookings(body: Mapping[str, Any], edition: Edition, conflicts: Conflicts) -> f.BookingTable:
    keys = [column["key"] for column in body["columns"]]
    if len(keys) < 4:
        raise Invalid("预约表至少要有序号、单位、一组渠道和合计四列")
    groups = edition.bookings.groups if len(keys) == len(edition.bookings.columns) else tuple(keys[2:-1])
    rows = []
    for row in body["rows"]:
        name = _text_cell(row, 1, keys[1])
        places = [f"bookings.{name}.{group}" for group in ("seq", "", *groups, "total")]
        values = [_whole_cell(row, n, keys[n], places[n], conflicts) for n in range(len(keys)) if n != 1]
        rows.append(f.BookingRow(name, tuple(values[1:-1]), values[-1], values[0]))
    sums = _sums(body, keys[2:], groups, rows, conflicts)
    cumulative = (body.get("cumulative") or {}).get("value")
    printed = None if cumulative is None else whole(cumulative, "bookings.cumulative")
    return f.BookingTable(groups, tuple(rows), tuple(sums[:-1]), sums[-1], printed)


def _sums(
    body: Mapping[str, Any],
    keys: Sequence[str],
    groups: Sequence[str],
    rows: Sequence[f.BookingRow],
    conflicts: Conflicts,
) -> list[int]:
    """The printed totals; a table printed without any has its own sums."""
    totals = body.get("totals")
    if not totals:
        return [*(sum(row.counts[n] for row in rows) for n in range(len(groups))), sum(row.total for row in rows)]
    places = enumerate(zip(keys, (*groups, "total"), strict=True))
    return [_whole_cell(totals, n, key, f"bookings.{place}", conflicts) for n, (key, place) in places]


def channels(body: Mapping[str, Any], conflicts: Conflicts) -> f.ChannelTable:
    keys = [column["key"] for column in body.get("columns") or []] or ["seq", "name", "count"]
    rows = []
    for row in body["rows"]:
        name = _text_cell(row, 1, keys[1])
        seq = _whole_cell(row, 0, keys[0], f"channels.{name}.seq", conflicts)
        rows.append(f.ChannelRow(name, _whole_cell(row, 2, keys[2], f"channels.{name}", conflicts), seq))
    total = body.get("total")
    printed = whole(total.get("value"), "channels.total") if total else sum(row.count for row in rows)
    return f.ChannelTable(tuple(rows), printed)


def dataset(body: Mapping[str, Any], edition: Edition, conflicts: Conflicts) -> f.DatasetTable:
    """Any reported table, known to the edition or not, from its own columns, rows, totals and notes."""
    columns = tuple(f.Column(c["key"], c["label"], c.get("group")) for c in body.get("columns") or [])
    rows = tuple(_cells(body["id"], row, columns, conflicts) for row in body.get("rows") or [])
    label, totals = _totals(body, columns, conflicts)
    notes = [_note(note) for note in body.get("notes") or []]
    for note in notes:
        if note.value and note.value not in note.text:
            conflicts.append(f.Conflict(f"{body['id']}.note", note.text, note.value))
    said = [body[key] for key in ("sentence", "text") if body.get(key)] + list(body.get("paragraphs") or [])
    return f.DatasetTable(
        id=body["id"],
        title=body.get("title") or "",
        columns=columns,
        rows=rows,
        total_label=label,
        totals=totals,
        notes=tuple(notes),
        two_blocks=bool(body.get("layout") or body.get("left_count")),
        paragraphs=tuple(said),
    )


def _note(body: Mapping[str, Any]) -> f.Note:
    value = body.get("value_printed") or body.get("value")
    return f.Note(body["text"], None if value is None else str(value), body.get("unit"))


def _cells(table: str, row: Mapping[str, Any], columns: Sequence[f.Column], conflicts: Conflicts) -> tuple[str, ...]:
    """The printed cells of a row; where a stated value is another number, that is a conflict."""
    cells = tuple(_text_cell(row, n, column.key) for n, column in enumerate(columns))
    values = row.get("values") or {}
    for text, column in zip(cells, columns, strict=True):
        if not _agree(text, values.get(column.key)):
            conflicts.append(f.Conflict(f"{table}.{cells[0]}.{column.key}", text, str(values[column.key])))
    return cells


def _agree(text: str, value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(text) == Decimal(str(value))
    return value is None or str(value) == text


def _totals(body: Mapping[str, Any], columns: Sequence[f.Column], conflicts: Conflicts) -> tuple[str, tuple[str, ...]]:
    if row := body.get("totals"):
        keys = [column.key for column in columns]
        count = len(row.get("cells") or row["values"])
        return row["label"], _cells(f"{body['id']}.合计", row, [*columns][len(keys) - count :], conflicts)
    if line := body.get("total"):
        if line.get("text") and str(line["value"]) not in line["text"]:
            conflicts.append(f.Conflict(f"{body['id']}.合计", line["text"], str(line["value"])))
        return line["label"], (str(line["value"]),)
    return "", ()
