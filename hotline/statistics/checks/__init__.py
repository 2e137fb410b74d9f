"""Checks (勾稽): run over a month's figures; what they find is told, never repaired."""

from hotline.statistics import editions
from hotline.statistics.arrange import arranged
from hotline.statistics.checks import channel_rules
from hotline.statistics.checks.rule import SEVERITY_LABEL, Checked, Finding, Rule, Severity, Shown
from hotline.statistics.checks.rules import RULES, VERSION
from hotline.statistics.figures import MonthFigures

__all__ = ["RULES", "SEVERITY_LABEL", "VERSION", "Checked", "Finding", "Rule", "Severity", "Shown", "run", "shown"]


def look_at(
    figures: MonthFigures,
    previous: MonthFigures | None = None,
    earlier: tuple[MonthFigures, ...] = (),
    stated: int | None = None,
) -> Checked:
    """A month ready to be checked: as it prints, with its edition and the months before it."""
    return Checked(arranged(figures), editions.of(figures.month), previous and arranged(previous), earlier, stated)


def run(checked: Checked) -> list[Finding]:
    """Every finding of every rule that is valid in the month, in the order of the rules."""
    return [finding for rule in RULES if rule.applies_to(checked.month) for finding in rule.find(checked)]


def shown(checked: Checked) -> list[Shown]:
    return list(channel_rules.shown(checked))
