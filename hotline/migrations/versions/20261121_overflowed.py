"""Overflow to another line is an event of the call

Revision: 0017, after 0016
"""

from hotline.migrations.tables import set_check

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KINDS = (
    "offered menu_key served queued offer_made offer_missed connected held resumed transferred agent_left wrapped"
    " queue_left voicemail callback_asked blocked closed_hours surveyed leg_status step reconciled"
).split()


def _allow(kinds: list[str]) -> None:
    told = ", ".join(f"'{kind}'" for kind in kinds)
    set_check("call_event", "ck_call_event_eventkind", f"kind IN ({told})")


def upgrade() -> None:
    _allow([*KINDS, "overflowed"])


def downgrade() -> None:
    """Refused by the database once a call has overflowed."""
    _allow(KINDS)
