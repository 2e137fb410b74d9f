"""After the seal: what came late or was wrong becomes a numbered version, proposed by one person, approved by another.

A *revision* follows from facts that came later; a *correction* owns up to an error. The old version stays readable.
"""

from typing import Any

from sqlalchemy import select, update

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import codec, counting, months, sealing
from hotline.statistics.arrange import arranged
from hotline.statistics.cells import cells
from hotline.statistics.figures import MonthFigures
from hotline.statistics.sealing_models import Kind, Proposal, ProposalState, SealedMonth

RECENT = 3
"""How many sealed months are compared with their records every night."""

ROUND = 7
"""The nights in which every older one has its turn."""


def differences(before: MonthFigures, after: MonthFigures) -> dict[str, list[Any]]:
    """Figure → [before, after] for every figure that is not the same; a figure that is absent is None."""
    old, new = _named(before), _named(after)
    return {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}


def _named(figures: MonthFigures) -> dict[str, Any]:
    named: dict[str, Any] = dict(cells(arranged(figures)))
    for table in figures.datasets:
        for row, cells_of_row in enumerate(table.rows, 1):
            named |= {f"{table.id}.{row}.{n}": cell for n, cell in enumerate(cells_of_row, 1)}
        named |= {f"{table.id}.total.{n}": cell for n, cell in enumerate(table.totals, 1)}
    return named


def recount(month: Month) -> dict[str, list[Any]]:
    """Published against recounted from the records alone: empty when they are the same to the digit.

    Raises NotFound when the month was neither sealed nor imported.
    """
    reference = months.known(month)
    if reference is None:
        raise NotFound(f"{month} 没有封存或发布的数据可比对")
    return differences(reference, months.recounted(month))


def detect(month: Month) -> Proposal | None:
    """Compare a sealed month with its records; an open proposal for exactly this difference, or None.

    A proposal that no longer says the truth is overtaken, not changed.
    """
    version = months.sealed(month)
    if version is None:
        return None
    db.lock(f"month:{month}")
    found = differences(codec.from_json(version.figures), months.recounted(month))
    mark = sealing.digest(found)
    session.execute(
        update(Proposal)
        .where(Proposal.month == str(month), Proposal.state == ProposalState.OPEN, Proposal.digest != mark)
        .values(state=ProposalState.OVERTAKEN)
    )
    return _open(version, found, mark) if found else None


def _open(version: SealedMonth, found: dict[str, list[Any]], mark: str) -> Proposal | None:
    wanted = select(Proposal).where(Proposal.sealed_id == version.id, Proposal.digest == mark)
    known = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if known is not None:
        if known.state is ProposalState.OVERTAKEN:
            known.state = ProposalState.OPEN
            session.flush()
        return known if known.state is ProposalState.OPEN else None
    made = Proposal(
        month=version.month,
        sealed_id=version.id,
        digest=mark,
        kind=Kind.REVISION,
        differences=found,
        state=ProposalState.OPEN,
        found_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record("month.difference", f"month:{version.month}", cells=len(found))
    return made


def detect_tonight() -> int:
    """Look at the sealed months whose turn it is; how many differ from their records."""
    return sum(detect(month) is not None for month in _tonight())


def _tonight() -> list[Month]:
    """The newest sealed months, and a share of the older ones: whatever came late, a week finds it."""
    newest = select(SealedMonth.month).distinct().order_by(SealedMonth.month.desc())
    sealed = [Month(month) for month in session.scalars(newest)]
    turn = clock.today().toordinal() % ROUND
    return sealed[:RECENT] + [month for month in sealed[RECENT:] if (month.year * 12 + month.number) % ROUND == turn]


def proposals(month: Month) -> list[Proposal]:
    """Every proposal of a month, newest first."""
    return list(session.scalars(select(Proposal).where(Proposal.month == str(month)).order_by(Proposal.id.desc())))


def find(proposal_id: int) -> Proposal:
    found = session.get(Proposal, proposal_id)
    if found is None:
        raise NotFound("没有这份修订建议")
    return found


def propose(proposal_id: int, kind: Kind, reason: str) -> Proposal:
    """Put one's name to a difference: say what it is and why. Another person then decides."""
    one = _undecided(proposal_id)
    who = audit.actor()
    if who.id is None or kind is Kind.FIRST:
        raise Invalid("须由本人登录提出，并选择修订或更正")
    if not reason.strip():
        raise Invalid("请写明理由", fields={"reason": ["请写明理由"]})
    one.kind, one.reason = kind, reason.strip()
    one.proposed_by_id, one.proposed_by = who.id, who.name
    session.flush()
    audit.record("month.propose", f"month:{one.month}", proposal=one.id, kind=kind.value, reason=one.reason)
    return one


def approve(proposal_id: int) -> SealedMonth:
    """Seal the difference as the month's next version. Raises Conflict when the records have moved on meanwhile."""
    one = _undecided(proposal_id)
    who = audit.actor()
    if one.proposed_by_id is None:
        raise Invalid("尚无人提出理由，不能批准")
    if who.id is None or who.id == one.proposed_by_id:
        raise Invalid("提出人不能批准自己的建议，须由另一人批准")
    month = Month(one.month)
    db.lock(f"month:{month}")
    current = detect(month)
    if current is None or current.id != one.id:
        raise Conflict("数据又有变动，请重新查看差异")
    for day in month.days:
        counting.count_day(day)
    proposer = audit.Actor(one.proposed_by_id, one.proposed_by)
    version = sealing.write(month, one.kind, one.differences, one.reason, proposer, who)
    _decide(one, ProposalState.APPROVED, who)
    return version


def reject(proposal_id: int, reason: str) -> None:
    """Leave the sealed month as it is; the difference stays on record."""
    one = _undecided(proposal_id)
    who = audit.actor()
    if who.id is None or who.id == one.proposed_by_id:
        raise Invalid("须由另一人决定")
    if not reason.strip():
        raise Invalid("请写明理由", fields={"reason": ["请写明理由"]})
    _decide(one, ProposalState.REJECTED, who)
    audit.record("month.reject", f"month:{one.month}", proposal=one.id, reason=reason.strip())


def _undecided(proposal_id: int) -> Proposal:
    one = find(proposal_id)
    if one.state is not ProposalState.OPEN:
        raise Conflict("这份建议已有结论")
    return one


def _decide(one: Proposal, state: ProposalState, who: audit.Actor) -> None:
    one.state, one.decided_at, one.decided_by_id, one.decided_by = state, clock.now(), who.id, who.name
    session.flush()
