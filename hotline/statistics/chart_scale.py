"""Round numbers: for an axis, and as a share of a hundred."""

from decimal import ROUND_HALF_UP, Decimal


def scale(most: int) -> tuple[int, int]:
    """Top of the axis and its step: 1, 2 or 5 times a power of ten, at most six steps."""
    step = 1
    while step * 6 < most:
        lead = int(str(step)[0])
        step = step * 5 // 2 if lead == 2 else step * 2
    return max(step, -(-most // step) * step), step


def percent(part: int, whole: int, *, signed: bool = False) -> str:
    """`part` of `whole` with one decimal, a half rounded away from zero as a spreadsheet does; nothing has no sign."""
    made = (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{made:+}%" if signed and made else f"{made or Decimal('0.0')}%"
