"""The one rule that gives a call its place in the bulletin: accepted or not, and the one category.

Source: the published months, whose categories are exclusive and sum to 受理咨询电话 (2024-02), and
docs/glossary.md. A call that nobody answered is never accepted; a call that is nobody's concern
(silent, nuisance, wrong number, test) is counted apart; an answered call has its agent's category,
人工服务 until the agent has chosen; a call served by the voice menu alone is 自助语音问答.
"""

from typing import NamedTuple

from hotline.calls.models import Category, InvalidType, Outcome


class Place(NamedTuple):
    """Where a call stands in the statistics."""

    accepted: bool
    category: Category | None
    invalid_type: InvalidType | None


def settle(outcome: Outcome, chosen: Category | None, invalid: InvalidType | None) -> Place:
    """The place of a call with this outcome, given what its agent chose (None: nothing yet)."""
    if outcome is Outcome.ANSWERED:
        if invalid is not None:
            return Place(False, None, invalid)
        return Place(True, chosen or Category.MANUAL, None)
    if outcome is Outcome.SELF_SERVICE:
        return Place(True, Category.IVR, None)
    return Place(False, None, None)
