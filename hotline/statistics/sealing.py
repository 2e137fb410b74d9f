"""From draft to published: checking, waiving, sealing, publishing. What was sealed the database never changes."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hotline import audit, clock, db
from hotline.clock import Month
from hotline.db import session
from hotline.errors import Conflict, Invalid, NotFound
from hotline.statistics import checks, codec, counting, datasets, editions, months, returns
from hotline.statistics.checks import Finding, Severity
from hotline.statistics.figures import MonthFigures
from hotline.statistics.sealing_models import Check, Kind, MonthState, Publication, SealedMonth, Waiver

PERSONS = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.INFO: 0}
"""How many persons must have given a reason before a finding may stand."""


@cache
def code_version() -> str:
    """A digest of the code and the editions that count and print: the same code gives the same figures."""
    folder = Path(__file__).parent
    digest = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".json")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def canonical(value: Any) -> str:
    """One text for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def digest(value: Any) -> str:
    return sha256(canonical(value).encode()).hexdigest()


@dataclass(frozen=True)
class Examined:
    """A finding with the reasons that persons gave for it; `settled` when they are enough."""

    finding: Finding
    waivers: tuple[Waiver, ...]

    @property
    def settled(self) -> bool:
        return len(self.waivers) >= PERSONS[self.finding.severity]


def examine(figures: MonthFigures) -> list[Examined]:
    """Every finding of a month's figures with its reasons."""
    given: dict[str, list[Waiver]] = {}
    for one in waivers(figures.month):
        given.setdefault(one.finding, []).append(one)
    return [Examined(found, tuple(given.get(digest(found.key), ()))) for found in months.findings(figures)]


def waivers(month: Month) -> list[Waiver]:
    return list(session.scalars(select(Waiver).where(Waiver.month == str(month)).order_by(Waiver.id)))


def unsettled(examined: Sequence[Examined]) -> list[Examined]:
    return [one for one in examined if not one.settled]


def waive(month: Month, key: str, reason: str) -> Waiver:
    """Give one's reason why a finding may stand. An error needs another person's reason too.

    Raises NotFound when there is no such finding now, Conflict when this person has said so already.
    """
    who = audit.actor()
    if who.id is None:
        raise Invalid("说明理由须由本人登录操作")
    if not reason.strip():
        raise Invalid("请写明理由", fields={"reason": ["请写明理由"]})
    examined = {one.finding.key: one for one in examine(months.figures(month))}
    if key not in examined:
        raise NotFound("没有这条校验结果，数据可能已变动")
    found = examined[key].finding
    if found.severity is Severity.INFO:
        raise Invalid("这条仅供参考，无须说明")
    if any(one.by_id == who.id for one in examined[key].waivers):
        raise Conflict("您已说明过理由；错误须由另一人再说明")
    made = Waiver(
        month=str(month),
        finding=digest(key),
        rule=found.rule,
        subject=found.subject[:200],
        reason=reason.strip(),
        at=clock.now(),
        by_id=who.id,
        by=who.name,
    )
    session.add(made)
    session.flush()
    audit.record("month.waive", f"month:{month}", finding=key, reason=reason.strip())
    return made


def check(month: Month) -> list[Examined]:
    """Examine the month as it is now and keep that these figures were checked."""
    figures = months.figures(month)
    examined = examine(figures)
    count = Counter(one.finding.severity for one in unsettled(examined))
    who = audit.actor()
    session.add(
        Check(
            month=str(month),
            digest=digest(codec.to_json(figures)),
            errors=count[Severity.ERROR],
            warnings=count[Severity.WARNING],
            at=clock.now(),
            by_id=who.id,
            by=who.name,
        )
    )
    session.flush()
    audit.record("month.check", f"month:{month}", errors=count[Severity.ERROR], warnings=count[Severity.WARNING])
    return examined


def state(month: Month) -> MonthState:
    """Where the month stands now; changed figures make a checked month a draft again."""
    version = months.sealed(month)
    if version is not None:
        return MonthState.PUBLISHED if months.publication(version) else MonthState.SEALED
    newest = select(Check).where(Check.month == str(month)).order_by(Check.id.desc()).limit(1)
    last = session.scalars(newest).one_or_none()
    if last is None or last.errors or last.warnings:
        return MonthState.DRAFT
    same = last.digest == digest(codec.to_json(months.figures(month)))
    return MonthState.CHECKED if same else MonthState.DRAFT


def inputs(month: Month) -> dict[str, Any]:
    """What the figures were made from: which filings, tables, edition and reasons, by number."""
    return {
        "returns": [
            [city.city_code, city.filing.number, city.filing.total, city.state.value]
            for city in returns.overview(month)
            if city.filing
        ],
        "tables": sorted([one.dataset_id, one.number, digest(one.rows)] for one in datasets.versions(month)),
        "edition": digest(editions.body_of(month)),
        "waivers": [[one.rule, one.subject, one.by, one.reason] for one in waivers(month)],
    }


def sealed_hash(month: Month, number: int, figures: Any, made_from: Any, rules: str, code: str) -> str:
    """The seal: over everything that gave the figures, and the figures."""
    return digest([str(month), number, figures, made_from, rules, code])


def verify(version: SealedMonth) -> bool:
    """Whether a sealed version still carries the hash of its own content."""
    parts = (version.figures, version.inputs, version.rules_version, version.code_version)
    return version.hash == sealed_hash(Month(version.month), version.number, *parts)


def seal(month: Month) -> SealedMonth:
    """Count the month anew, check it, and seal it for ever.

    Raises Conflict when it is sealed already, Invalid while it is not over or a finding is not settled.
    """
    db.lock(f"month:{month}")
    if months.sealed(month) is not None:
        raise Conflict(f"{month} 已封存，变动须走修订或更正")
    if month.last >= clock.today():
        raise Invalid(f"{month} 尚未结束，不能封存")
    for day in month.days:
        counting.count_day(day)
    return write(month, Kind.FIRST, {}, "", audit.actor(), None)


def write(
    month: Month, kind: Kind, differences: dict[str, Any], reason: str, by: audit.Actor, approver: audit.Actor | None
) -> SealedMonth:
    """Seal what the records say now as the next version. The caller holds the month's lock."""
    figures = months.figures(month)
    refuse_unsettled(examine(figures))
    before = months.sealed(month)
    number = before.number + 1 if before else 1
    body, made_from = codec.to_json(figures), inputs(month)
    version = SealedMonth(
        month=str(month),
        number=number,
        kind=kind,
        figures=body,
        inputs=made_from,
        rules_version=checks.VERSION,
        code_version=code_version(),
        hash=sealed_hash(month, number, body, made_from, checks.VERSION, code_version()),
        differences=differences,
        reason=reason,
        sealed_at=clock.now(),
        sealed_by_id=by.id,
        sealed_by=by.name,
        approved_by_id=approver.id if approver else None,
        approved_by=approver.name if approver else "",
    )
    session.add(version)
    session.flush()
    audit.record("month.seal", f"month:{month}", number=number, kind=kind.value, hash=version.hash, reason=reason)
    return version


def refuse_unsettled(examined: Sequence[Examined]) -> None:
    """Raise Invalid naming every finding that still stands in the way, and what may explain it."""
    left = unsettled(examined)
    if left:
        shown = [one for one in examined if one in left or one.finding.proposal is not None]
        told = [f"{one.finding.rule} {one.finding.subject}：{one.finding.message}" for one in shown]
        raise Invalid(f"还有 {len(left)} 项校验未处理，不能封存", fields={"findings": told})


def publish(month: Month) -> Publication:
    """Note that the newest sealed version has gone out. Raises Conflict when it has already."""
    version = months.sealed(month)
    if version is None:
        raise Invalid(f"{month} 尚未封存，不能发布")
    if months.publication(version):
        raise Conflict(f"{month} 第{version.number}版已发布")
    who = audit.actor()
    made = Publication(sealed_id=version.id, at=clock.now(), by_id=who.id, by=who.name)
    session.add(made)
    session.flush()
    audit.record("month.publish", f"month:{month}", number=version.number)
    return made
