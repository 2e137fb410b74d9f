"""A year's notice as a person types or uploads it: one line per day, `2026-10-01,休,国庆节`."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO

from hotline.errors import Invalid
from hotline.places.calendar_book import NoticeDay

WORKED = {"班": True, "上班": True, "休": False, "放假": False}
MOST_LINES = 120


def read_text(text: str) -> list[NoticeDay]:
    """The days of a notice typed line by line."""
    return read(csv.reader(StringIO(text)))


def read(rows: Iterable[Sequence[str]]) -> list[NoticeDay]:
    """The days of a notice's table. Raises Invalid naming the lines that cannot be read."""
    lines = [line for line in rows if any(cell.strip() for cell in line)]
    if len(lines) > MOST_LINES:
        raise Invalid(f"行数过多，一年的安排不超过 {MOST_LINES} 行。")
    days, wrong = [], []
    for number, cells in enumerate(lines, 1):
        found = _day([cell.strip() for cell in cells])
        if found is None:
            wrong.append(f"第 {number} 行：{','.join(cells)[:40]}")
        else:
            days.append(found)
    if wrong:
        raise Invalid("有些行无法识别，应为“日期,休或班,名称”。", fields={"days": wrong[:8]})
    return days


def _day(cells: list[str]) -> NoticeDay | None:
    if len(cells) != 3 or cells[1] not in WORKED or not 0 < len(cells[2]) <= 40:
        return None
    try:
        return NoticeDay(date.fromisoformat(cells[0]), WORKED[cells[1]], cells[2])
    except ValueError:
        return None
