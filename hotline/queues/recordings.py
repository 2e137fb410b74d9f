"""Recordings: announced to the caller, fetched by a job, checked by digest, kept by class, played with a trace.

Retention by class: crisis three years (心理援助热线技术指南), ordinary calls two years, messages ninety days. Whether a
call was one of crisis may come out later than its recording, so it is looked at once more before anything is deleted.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from hotline import audit, clock, db, jobs
from hotline.calls.models import Call
from hotline.db import session
from hotline.errors import NotFound
from hotline.queues.models import Line, Waiting
from hotline.queues.records import Recording

KEEP: dict[str, timedelta] = {
    "crisis": timedelta(days=3 * 366),
    "talk": timedelta(days=2 * 366),
    "voicemail": timedelta(days=90),
}


def ready(provider: str, leg: str, ref: str, *, kind: str, started_at: datetime, seconds: int) -> None:
    """Note that a recording can be fetched, once, and want the job that fetches it."""
    call = session.execute(
        select(Call.id, Call.queue).where(Call.provider == provider, Call.provider_ref == leg)
    ).one_or_none()
    if call is None:
        return
    line = session.get(Line, call.queue) if call.queue else None
    kept = "crisis" if line is not None and line.crisis else kind if kind in KEEP else "talk"
    row = {
        "call_id": call.id,
        "provider_ref": ref,
        "kind": kept,
        "started_at": started_at,
        "seconds": seconds,
        "file": "",
        "sha256": "",
        "delete_after": clock.now() + KEEP[kept],
    }
    made = session.execute(
        db.insert(Recording).values(row).on_conflict_do_nothing().returning(Recording.id)
    ).scalar_one_or_none()
    if made is not None:
        jobs.enqueue(jobs.Job.FETCH_RECORDING, key=f"recording:{made}", recording_id=made)


class AtProvider(NamedTuple):
    """The provider's name of a recording, and whether we have it already."""

    ref: str
    kept: bool


def at_provider(recording_id: int) -> AtProvider | None:
    """What there is to fetch, or only to delete there, because an earlier try came no further."""
    row = session.execute(
        select(Recording.provider_ref, Recording.fetched_at, Recording.deleted_at).where(Recording.id == recording_id)
    ).one_or_none()
    return AtProvider(row.provider_ref, bool(row.fetched_at or row.deleted_at)) if row else None


def never_fetched() -> list[str]:
    """The provider's names of recordings whose time is over before they could be fetched."""
    over = Recording.delete_after <= clock.now(), Recording.deleted_at.is_(None), Recording.fetched_at.is_(None)
    return list(session.scalars(select(Recording.provider_ref).where(*over)))


def keep(recording_id: int, sound: bytes, folder: Path) -> None:
    """Put a fetched recording into the house and note its digest."""
    recording = session.get_one(Recording, recording_id, with_for_update=True)
    if recording.fetched_at is not None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.business_day(recording.started_at):%Y%m%d}-{recording.id}.wav"
    (folder / name).write_bytes(sound)
    recording.file, recording.sha256, recording.fetched_at = name, sha256(sound).hexdigest(), clock.now()
    session.flush()


def want_again(before: datetime) -> int:
    """Want the job again for recordings whose fetching came to nothing before `before`; how many."""
    left = session.scalars(
        select(Recording.id).where(
            Recording.fetched_at.is_(None), Recording.deleted_at.is_(None), Recording.started_at < before
        )
    ).all()
    for recording_id in left:
        jobs.enqueue(jobs.Job.FETCH_RECORDING, recording_id=recording_id)
    return len(left)


def open_file(recording_id: int, folder: Path) -> Path:
    """The file of a recording, for playing; the playing is audited. Raises NotFound when it is not here or altered."""
    recording = session.get(Recording, recording_id)
    if recording is None or not recording.file or recording.deleted_at is not None:
        raise NotFound("录音不存在或尚未取回")
    path = folder / recording.file
    if not path.is_file() or sha256(path.read_bytes()).hexdigest() != recording.sha256:
        raise NotFound("录音文件校验不一致，请联系管理员")
    audit.record("recording.play", f"call:{recording.call_id}", recording=recording.id)
    return path


def of_call(call_id: int) -> list[Recording]:
    return list(session.scalars(select(Recording).where(Recording.call_id == call_id).order_by(Recording.id)))


def purge(folder: Path, is_crisis: Callable[[Call], bool], limit: int = 200) -> int:
    """Delete the files whose time is over; the row stays and says so. Returns how many were looked at."""
    at = clock.now()
    due = session.scalars(
        select(Recording).where(Recording.delete_after <= at, Recording.deleted_at.is_(None)).limit(limit)
    ).all()
    for recording in due:
        _class_by_now(recording, is_crisis)
        if recording.delete_after > at:
            continue
        if recording.file:
            (folder / recording.file).unlink(missing_ok=True)
        recording.deleted_at = at
        audit.record("recording.purge", f"call:{recording.call_id}", recording=recording.id)
    return len(due)


def _class_by_now(recording: Recording, is_crisis: Callable[[Call], bool]) -> None:
    """Keep as long as crisis what turned out to be crisis: by its category, its risk sheet or a line it waited in."""
    if recording.kind == "crisis":
        return
    in_line = select(Waiting.id).join(Line, Line.code == Waiting.line)
    in_crisis_line = in_line.where(Waiting.call_id == recording.call_id, Line.crisis).limit(1)
    if is_crisis(session.get_one(Call, recording.call_id)) or session.scalar(in_crisis_line) is not None:
        recording.kind, recording.delete_after = "crisis", recording.started_at + KEEP["crisis"]
        session.flush()
