"""How often a person may look at masked values in full: so many an hour, wherever they are shown."""

from datetime import timedelta

from sqlalchemy import func, select

from hotline import clock
from hotline.audit import AuditEntry
from hotline.db import session
from hotline.errors import TooMany
from hotline.web.gate import visitor

AN_HOUR = 30
ACTIONS = ("call.reveal", "booking.reveal", "order.reveal", "block.reveal")


def check_reveals() -> None:
    """Raise TooMany when whoever is here has looked often enough; call it before each reveal, which is audited."""
    lately = session.scalar(
        select(func.count(AuditEntry.id)).where(
            AuditEntry.actor_id == visitor.person().id,
            AuditEntry.action.in_(ACTIONS),
            AuditEntry.at > clock.now() - timedelta(hours=1),
        )
    )
    if (lately or 0) >= AN_HOUR:
        raise TooMany(f"一小时内查看完整信息已达 {AN_HOUR} 次，请联系班长。", retry_after=3600)
