"""Round numbers for an axis."""


def scale(most: int) -> tuple[int, int]:
    """Top of the axis and its step: 1, 2 or 5 times a power of ten, at most six steps."""
    step = 1
    while step * 6 < most:
        lead = int(str(step)[0])
        step = step * 5 // 2 if lead == 2 else step * 2
    return max(step, -(-most // step) * step), step
