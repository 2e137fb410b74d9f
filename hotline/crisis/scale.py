"""The scale as dated data, and the level that follows from the answers."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from hotline import db
from hotline.crisis.models import CutOff, Level, ScaleItem, Step
from hotline.db import session
from hotline.errors import Invalid

DATA = Path(__file__).parent / "data"


def load() -> None:
    """Add the scale, cut-offs and ladder that the product comes with; rows that are there stay as they are."""
    for model, name in ((ScaleItem, "scale"), (CutOff, "cut_offs"), (Step, "steps")):
        rows: list[dict[str, Any]] = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        dated = [{**row, "valid_from": date.fromisoformat(row["valid_from"]), "valid_to": None} for row in rows]
        session.execute(db.insert(model).on_conflict_do_nothing(), dated)


def _in_force(model: Any, on: date) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = (model.valid_from <= on) & or_(model.valid_to.is_(None), model.valid_to > on)
    return condition


def items(on: date) -> list[ScaleItem]:
    """Immediate signs first, then the scored elements."""
    return list(session.scalars(select(ScaleItem).where(_in_force(ScaleItem, on)).order_by(ScaleItem.position)))


def cut_offs(on: date) -> dict[int, int]:
    """Level → the score it begins at."""
    rows = session.execute(select(CutOff.level, CutOff.from_score).where(_in_force(CutOff, on)))
    return {row.level: row.from_score for row in rows}


def ladder(level: Level, on: date) -> list[Step]:
    """The follow-ups of a level, the nearest first."""
    wanted = select(Step).where(Step.level == level, _in_force(Step, on)).order_by(Step.hours)
    return list(session.scalars(wanted))


def check_answers(answers: Mapping[str, int], on: date) -> None:
    """Refuse an element the scale does not have or more points than it gives."""
    allowed = {item.code: item.points or 1 for item in items(on)}
    wrong = [code for code, points in answers.items() if code not in allowed or not 0 <= points <= allowed[code]]
    if wrong:
        raise Invalid("风险评估表有无法识别的项目，请刷新后重填。", fields={"answers": ["、".join(wrong)]})


def assess(answers: Mapping[str, int], scale: Sequence[ScaleItem], cuts: Mapping[int, int]) -> tuple[Level, int | None]:
    """Level and score. Nothing answered: not assessed. Any immediate sign: high, whatever the score."""
    if not answers:
        return Level.NONE, None
    immediate = {item.code for item in scale if item.points == 0}
    score = sum(points for code, points in answers.items() if code not in immediate)
    if any(answers.get(code) for code in immediate):
        return Level.HIGH, score
    reached = [level for level, from_score in cuts.items() if score >= from_score]
    return Level(max(reached, default=Level.LOW)), score
