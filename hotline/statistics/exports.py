"""Asking for an export, agreeing to it, making it, cancelling it. Every step is in the audit trail.

Numbers are masked. Revealing them needs the right and a reason; more than `ALONE` revealed rows need a second person.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from hotline import audit, clock, db, sheets
from hotline.calls.models import Category
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound, Refused
from hotline.jobs import Job, enqueue
from hotline.statistics import export_rows
from hotline.statistics.counted import Range
from hotline.statistics.exports_models import KIND_LABEL, ExportFormat, ExportKind, ExportRun, ExportState
from hotline.workorders.codes import Source

ALONE = 1000
"""So many rows with revealed numbers one person may have alone."""

PROGRESS = 20_000
"""Rows between two notes of progress; cancelling takes effect there."""

STALE = timedelta(minutes=2)
KEPT = timedelta(days=7)


_folder = Path()


def configure(folder: Path) -> None:
    """Say where finished files lie. Called once when the application is built."""
    global _folder
    _folder = folder


class Cancelled(Exception):
    """The person who asked has changed their mind."""


def ask(
    kind: ExportKind,
    format_: ExportFormat,
    span: Range,
    *,
    code: str = "",
    revealed: bool = False,
    may_reveal: bool = False,
    reason: str = "",
) -> ExportRun:
    """Want an export; it starts once it may. `code` narrows calls to a category, orders to a source."""
    who = audit.actor()
    if who.id is None:
        raise Refused("导出须由本人登录操作")
    filters = _filters(kind, span.first, span.last, code)
    if revealed:
        _require(may_reveal, reason)
    total = session.scalar(export_rows.count(kind, filters)) or 0
    waits = revealed and total > ALONE
    run = ExportRun(
        kind=kind,
        format=format_,
        filters=filters,
        revealed=revealed,
        reason=reason.strip(),
        state=ExportState.WAITING if waits else ExportState.QUEUED,
        rows_total=total,
        asked_at=clock.now(),
        asked_by_id=who.id,
        asked_by=who.name,
        touched_at=clock.now(),
    )
    session.add(run)
    session.flush()
    audit.record(
        "export.ask", f"export:{run.id}", kind=kind.value, filters=filters, revealed=revealed, reason=run.reason
    )
    if not waits:
        enqueue(Job.EXPORT_RECORDS, run_id=run.id)
    return run


def _require(may_reveal: bool, reason: str) -> None:
    if not may_reveal:
        raise Refused("您没有导出完整号码的权限")
    if not reason.strip():
        raise Invalid("导出完整号码须写明理由", fields={"reason": ["请写明理由"]})


def _filters(kind: ExportKind, first: date, last: date, code: str) -> dict[str, str]:
    known = set(Category) if kind is ExportKind.CALLS else set(Source)
    if code and code not in known:
        raise Invalid("没有这个类别或来源", fields={"code": ["没有这个类别或来源"]})
    name = "category" if kind is ExportKind.CALLS else "source"
    return {"first": first.isoformat(), "last": last.isoformat(), name: code}


def find(run_id: int) -> ExportRun:
    found = session.get(ExportRun, run_id)
    if found is None:
        raise NotFound("没有这次导出")
    return found


def recent(person_id: int, everyone: bool = False, limit: int = 50) -> Sequence[ExportRun]:
    """A person's exports, newest first; `everyone` for those who may agree to them."""
    wanted = select(ExportRun).order_by(ExportRun.id.desc()).limit(limit)
    return session.scalars(wanted if everyone else wanted.where(ExportRun.asked_by_id == person_id)).all()


def approve(run_id: int) -> ExportRun:
    """A second person agrees. Raises Refused for the person who asked."""
    run, who = find(run_id), audit.actor()
    if run.state is not ExportState.WAITING:
        raise Conflict("这次导出不在等待同意")
    if who.id is None or who.id == run.asked_by_id:
        raise Refused("须由另一人同意")
    run.state, run.approved_by_id, run.approved_by = ExportState.QUEUED, who.id, who.name
    session.flush()
    audit.record("export.approve", f"export:{run.id}")
    enqueue(Job.EXPORT_RECORDS, run_id=run.id)
    return run


def cancel(run_id: int) -> None:
    """Stop an export that is not finished; a running one stops at its next note of progress."""
    open_states = (ExportState.WAITING, ExportState.QUEUED, ExportState.RUNNING)
    if not _move(run_id, open_states, ExportState.CANCELLED, finished_at=clock.now()):
        raise Conflict("这次导出已经结束")
    audit.record("export.cancel", f"export:{run_id}")


def interrupted(run: ExportRun) -> bool:
    """A running export that nobody has touched for a while: its worker was killed."""
    return run.state is ExportState.RUNNING and clock.now() - run.touched_at > STALE


def restart(run_id: int) -> None:
    """Begin a failed or interrupted export again."""
    run = find(run_id)
    if not (run.state is ExportState.FAILED or interrupted(run)):
        raise Conflict("这次导出无须重新开始")
    run.state, run.rows_done, run.touched_at = ExportState.QUEUED, 0, clock.now()
    session.flush()
    audit.record("export.restart", f"export:{run_id}")
    enqueue(Job.EXPORT_RECORDS, run_id=run_id)


def _move(run_id: int, origins: Sequence[ExportState], state: ExportState, **values: Any) -> bool:
    statement = update(ExportRun).where(ExportRun.id == run_id, ExportRun.state.in_(origins))
    done: Any = session.execute(statement.values(state=state, touched_at=clock.now(), **values))
    return bool(done.rowcount)


def path_of(run: ExportRun) -> Path:
    """Where the finished file lies."""
    return _folder / f"{run.id}.{run.format.value}"


def produce(run_id: int, commit: Callable[[], None]) -> None:
    """Write the file. `commit` ends the caller's transaction at the start, at every note of progress and at the end,
    so that the house is never kept waiting; reading goes on beside it on a connection of its own."""
    if not _move(run_id, (ExportState.QUEUED,), ExportState.RUNNING):
        return
    commit()
    run = find(run_id)
    path = path_of(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(path.suffix + ".part")
    try:
        with db.db.engine.connect() as connection:
            with db.reading():
                connection.begin()
            found = export_rows.rows(connection, run.kind, run.filters, run.revealed)
            _write(part, run, _noted(run_id, found, commit))
        part.replace(path)
    except Cancelled:
        part.unlink(missing_ok=True)
        return
    except Exception:
        session.rollback()
        part.unlink(missing_ok=True)
        _move(run_id, (ExportState.RUNNING,), ExportState.FAILED, finished_at=clock.now())
        commit()
        raise
    _move(run_id, (ExportState.RUNNING,), ExportState.DONE, finished_at=clock.now(), size=path.stat().st_size)
    audit.record("export.done", f"export:{run_id}")
    commit()


def _noted(run_id: int, rows: Iterator[Sequence[Any]], commit: Callable[[], None]) -> Iterator[Sequence[Any]]:
    """The rows, with progress written down on the way. Raises Cancelled."""
    done = 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % PROGRESS == 0:
            _note(run_id, done, commit)
    _note(run_id, done, commit)
    yield _watermark(find(run_id))


def _note(run_id: int, done: int, commit: Callable[[], None]) -> None:
    going_on = _move(run_id, (ExportState.RUNNING,), ExportState.RUNNING, rows_done=done)
    commit()
    if not going_on:
        raise Cancelled


def _watermark(run: ExportRun) -> tuple[str, ...]:
    """The last line of every file: whose it is, since when, of what, how much."""
    filters = " ".join(value for value in run.filters.values() if value)
    shown = "完整号码" if run.revealed else "号码已脱敏"
    when = f"{clock.local(run.asked_at):%Y-%m-%d %H:%M}"
    return (
        f"导出编号 {run.id}，{run.asked_by}，{when}，{KIND_LABEL[run.kind]} {filters}，{run.rows_done} 行，{shown}",
    )


def _write(path: Path, run: ExportRun, rows: Iterator[Sequence[Any]]) -> None:
    header = export_rows.HEADERS[run.kind]
    with path.open("wb") as out:
        if run.format is ExportFormat.CSV:
            sheets.write_csv(out, header, rows)
        else:
            sheets.write_xlsx(out, KIND_LABEL[run.kind], header, rows)


def finished(run: ExportRun) -> Path:
    """The file, ready to be handed out. Raises Conflict while it is not."""
    path = path_of(run)
    if run.state is not ExportState.DONE or not path.exists():
        raise Conflict("文件还没有准备好，或已清除")
    return path


def note_download(run_id: int) -> None:
    """Somebody took the file: that is in the trail."""
    run = find(run_id)
    audit.record("export.download", f"export:{run_id}", rows=run.rows_done, revealed=run.revealed)


def purge() -> int:
    """Remove files whose time is over; how many."""
    old = select(ExportRun).where(ExportRun.state == ExportState.DONE, ExportRun.finished_at < clock.now() - KEPT)
    removed = 0
    for run in session.scalars(old).all():
        path_of(run).unlink(missing_ok=True)
        run.state = ExportState.EXPIRED
        removed += 1
    session.flush()
    return removed
