"""What is checked before a return is sent and again when it arrives: the bulletin's own relations, one city wide."""

from collections.abc import Iterator, Mapping

from hotline import clock
from hotline.calls.models import Category
from hotline.clock import Month

JUMP = 5
"""A total this many times the month before, or this small a part of it, needs a written reason (rule J1)."""

LARGEST = 10**9


def complaints(
    month: Month, total: int, categories: Mapping[str, int], explanation: str, previous: int | None
) -> dict[str, list[str]]:
    """Field → what is wrong with it; empty when the return may be sent."""
    wrong = list(_structure(month, total, categories))
    if not wrong:
        wrong = list(_content(total, categories, explanation, previous))
    found: dict[str, list[str]] = {}
    for name, message in wrong:
        found.setdefault(name, []).append(message)
    return found


def _structure(month: Month, total: int, categories: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    if month.last >= clock.today():
        yield "month", f"{month.number}月尚未结束，月后方可报送"
    if not _is_count(total):
        yield "total", "总量须为不小于 0 的整数"
    for code, count in categories.items():
        if code not in set(Category):
            yield "categories", f"没有“{code}”这个类别"
        elif not _is_count(count):
            yield "categories", f"“{code}”须为不小于 0 的整数"


def _content(
    total: int, categories: Mapping[str, int], explanation: str, previous: int | None
) -> Iterator[tuple[str, str]]:
    listed = sum(categories.values())
    if categories and listed != total:
        yield "total", f"总量 {total} 与各类之和 {listed} 相差 {total - listed}"
    steady = not previous or (previous <= total * JUMP and total <= previous * JUMP)
    if not steady and not explanation.strip():
        yield "explanation", f"上月为 {previous}，本月为 {total}，变化超过 {JUMP} 倍，请说明原因"


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST
