"""Which alarms of the board a person has silenced: kept with the person, so that every screen of theirs is quiet.

Only alarms that were there are silenced: a crisis call that comes later sounds at once, and so does an alarm of
another kind. No silence is for good.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from hotline import audit, clock
from hotline.people import service as people


class Alarm(StrEnum):
    """What sounds on the board, and nothing else does."""

    CRISIS = "crisis"
    CONNECT = "connect"


SILENT_FOR: dict[Alarm, timedelta] = {Alarm.CRISIS: timedelta(minutes=3), Alarm.CONNECT: timedelta(hours=1)}
PREFERENCE = "silenced"


def silenced(account_id: int) -> dict[Alarm, datetime]:
    """The alarms this person hears nothing of now, and since when."""
    kept: dict[str, str] = people.find(account_id).preferences.get(PREFERENCE, {})
    since = {Alarm(kind): datetime.fromisoformat(at) for kind, at in kept.items()}
    return {kind: at for kind, at in since.items() if clock.now() < at + SILENT_FOR[kind]}


def silence(account_id: int, kinds: Collection[Alarm]) -> dict[Alarm, datetime]:
    """Silence these kinds from now on; none of them: every alarm sounds again."""
    at = clock.now()
    wanted = {**silenced(account_id), **dict.fromkeys(kinds, at)} if kinds else {}
    kept = {kind.value: since.isoformat() for kind, since in wanted.items()}
    people.set_preference(people.find(account_id), PREFERENCE, kept)
    audit.record("alarm.silence" if kinds else "alarm.sound", f"account:{account_id}", kinds=sorted(kinds))
    return wanted
