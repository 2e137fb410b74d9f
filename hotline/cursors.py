"""Where a page of a list ended: the instant and the id of its last row, as one opaque text. Whoever asks for the next
page sends it back, or anything else."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from hotline import clock
from hotline.errors import Malformed

LONGEST_ID = 18
"""Digits: shorter than the largest number a column holds."""


def pack(at: datetime, row_id: int) -> str:
    return urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode().rstrip("=")


def unpack(cursor: str) -> tuple[datetime, int]:
    """The instant and the id. Raises Malformed for what no list gave out."""
    try:
        text, _, row_id = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii").partition(" ")
        at = datetime.fromisoformat(text)
        if at.tzinfo is None or at.year not in clock.YEARS or not row_id.isdigit() or len(row_id) > LONGEST_ID:
            raise ValueError(cursor)
    except ValueError as fault:
        raise Malformed("翻页位置无法识别，请从第一页重新查询") from fault
    return at.astimezone(UTC), int(row_id)
