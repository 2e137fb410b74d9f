"""The place where a page ended: given back as it was, refused when it was forged."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone

import pytest

from hotline import cursors
from hotline.errors import Malformed


def spelled(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


FORGED_PLACES = [
    spelled(text)
    for text in (
        f"2026-01-01T00:00:00+00:00 {10**25}",
        f"2026-01-01T00:00:00+00:00 {2**63}",
        f'["2026-01-01T00:00:00+00:00", {10**25}]',
        '["2026-01-01T00:00:00+00:00", 1e400]',
        "2026-01-01T00:00:00+00:00 1e400",
        "2026-01-01T00:00:00+00:00 -1",
        "2026-01-01T00:00:00+00:00 １",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00 1",
        "0001-01-01T00:00:00+14:00 1",
        "9999-12-31T23:59:59-14:00 1",
    )
]


@pytest.mark.parametrize("forged", [*FORGED_PLACES, "x", "é", "AAAA", "===="])
def test_a_forged_place_is_refused(forged):
    with pytest.raises(Malformed):
        cursors.unpack(forged)


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=8))])
def test_a_place_comes_back_as_it_was(zone):
    at = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=zone)
    assert cursors.unpack(cursors.pack(at, 10**18 - 1)) == (at, 10**18 - 1)
