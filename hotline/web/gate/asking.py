"""Asking the telephone provider from a request: after the commit, and out of the lane, for it takes its time."""

from collections.abc import Sequence

from hotline.queues.acts import Act, Result, carry_out
from hotline.telephony.provider import Provider, provider_for
from hotline.web.gate.turnstile import aside
from hotline.web.gate.visitor import config


def provider() -> Provider:
    """The provider of this house."""
    return provider_for(config())


def ask(acts: Sequence[Act]) -> list[tuple[Act, Result]]:
    """Carry out what was decided and committed; what came of it beside each act."""
    if not acts:
        return []
    with aside():
        return carry_out(provider(), acts)
