"""What a check is (勾稽关系): a dated rule, the month it looks at, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.clock import Month
from hotline.statistics.edition import Edition
from hotline.statistics.figures import MonthFigures


class Severity(StrEnum):
    """An error stops the seal; a warning needs a written reason; information only helps."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


SEVERITY_LABEL = {Severity.ERROR: "错误", Severity.WARNING: "提示", Severity.INFO: "参考"}


@dataclass(frozen=True)
class Finding:
    """One broken relation. `subject` names the cell (see `cells.py`), `difference` is printed minus derived,
    `proposal` the value of the subject that would close it, where one digit explains everything."""

    rule: str
    severity: Severity
    subject: str
    message: str
    difference: int | str | None = None
    proposal: int | None = None

    @property
    def shown_difference(self) -> str:
        if self.difference is None:
            return "-"
        return f"{self.difference:+d}" if isinstance(self.difference, int) else self.difference

    @property
    def key(self) -> str:
        """What a reason is given for: another difference is another finding."""
        return f"{self.rule}:{self.subject}:{self.shown_difference}"


@dataclass(frozen=True)
class Shown:
    """A derived figure worth showing that is not a finding (implied 医院自有途径, 未列明)."""

    rule: str
    subject: str
    value: int
    message: str


@dataclass(frozen=True)
class Checked:
    """What rules look at: the month as it prints, its edition, the month before and earlier ones, newest first.
    `stated` is the province's total of a counted month where a bulletin of it was imported as well."""

    figures: MonthFigures
    edition: Edition
    previous: MonthFigures | None = None
    earlier: tuple[MonthFigures, ...] = ()
    stated: int | None = None

    @property
    def month(self) -> Month:
        return self.figures.month


@dataclass(frozen=True)
class Rule:
    """Valid from the month `since` to the month `until`, both included; empty: without bound."""

    id: str
    title: str
    explanation: str
    severity: str
    find: Callable[[Checked], Iterable[Finding]]
    since: str = ""
    until: str = ""

    def applies_to(self, month: Month) -> bool:
        return self.since <= str(month) and (not self.until or str(month) <= self.until)
