"""Whether the names and values of a signed form can be read in one way only.

Twilio signs names and values run together without separators. Somebody who replays a signed form may move
a boundary, join parameters or split them, and the signature still holds. Two rules refuse every such form:
no documented name may lie hidden in other pairs, and no unknown pair may be the tail of a documented value.
"""

from collections.abc import Iterator
from itertools import accumulate

from hotline.telephony.twilio.parameters import FORMS, INSIDE, well_formed

LAST = "\x7f"


def ambiguous(params: dict[str, str]) -> bool:
    """True when a boundary may have been moved. Every documented value is already known to be well-formed."""
    return any(
        _hides_a_name(params, run, previous, following) or _has_a_tail(params, run)
        for previous, run, following in _runs(sorted(params))
    )


def _runs(names: list[str]) -> Iterator[tuple[str, list[str], str]]:
    """Each documented name with the unknown ones behind it, and the names before and after."""
    starts = [place for place, name in enumerate(names) if name in FORMS or place == 0]
    for start, end in zip(starts, [*starts[1:], len(names)], strict=True):
        yield names[start - 1] if start else "", names[start:end], names[end] if end < len(names) else LAST


def _hides_a_name(params: dict[str, str], run: list[str], previous: str, following: str) -> bool:
    pairs = [name + params[name] for name in run]
    text, ends = "".join(pairs), list(accumulate(map(len, pairs)))
    for found in INSIDE.finditer(text):
        inner, after = found.group(1), found.end(1)
        in_order = previous < inner < following and inner not in params
        if in_order and any(end >= after and well_formed(inner, text[after:end]) for end in ends):
            return True
    return False


def _has_a_tail(params: dict[str, str], run: list[str]) -> bool:
    first, *unknown = run
    if first not in FORMS:
        return False
    tails = accumulate(name + params[name] for name in unknown)
    return any(well_formed(first, params[first] + tail) for tail in tails)
