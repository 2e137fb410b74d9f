"""C: the channel table. X: how the hotline sentence, the booking table and the channel table hang together."""

from collections.abc import Iterator

from hotline.statistics import editions
from hotline.statistics.checks.rule import Checked, Finding, Severity, Shown
from hotline.statistics.figures import Group


def total_is_sum(checked: Checked) -> Iterator[Finding]:
    """C1."""
    table = checked.figures.channels
    if table and table.total != table.row_sum:
        message = f"各途径之和 {table.row_sum}，合计印为 {table.total}"
        yield Finding("C1", Severity.ERROR, "channels.total", message, table.total - table.row_sum)


def rows_are_numbered(checked: Checked) -> Iterator[Finding]:
    """C2. 1..n without gaps, every channel once, none with nothing."""
    table = checked.figures.channels
    seen: set[str] = set()
    for number, row in enumerate(table.rows if table else (), 1):
        subject = f"channels.{row.name}"
        if row.seq is not None and row.seq != number:
            message = f"{row.name}序号印为 {row.seq}，应为 {number}"
            yield Finding("C2", Severity.ERROR, f"{subject}.seq", message, row.seq - number)
        if row.name in seen or row.count == 0:
            yield Finding("C2", Severity.ERROR, subject, f"{row.name}重复列出，或数量为 0")
        seen.add(row.name)


def rows_descend(checked: Checked) -> Iterator[Finding]:
    """C3."""
    table = checked.figures.channels
    rows = table.rows if table else ()
    for before, after in zip(rows, rows[1:], strict=False):
        if before.count < after.count:
            message = f"{after.name}（{after.count}）应排在{before.name}（{before.count}）之前"
            yield Finding("C3", Severity.WARNING, f"channels.{after.name}", message, before.count - after.count)


def _column(checked: Checked, group: str) -> int | None:
    return checked.figures.bookings.column(group) if checked.figures.bookings else None


def _channels_of(checked: Checked, group: str) -> int | None:
    table = checked.figures.channels
    if table is None:
        return None
    return sum(row.count for row in table.rows if editions.channel_group(checked.edition, row.name) == group)


def phone_bookings_are_the_column(checked: Checked) -> Iterator[Finding]:
    """X1 until 2022: the column counts the booking calls."""
    calls, column = checked.figures.hotline.categories.get("phone_booking"), _column(checked, Group.PHONE)
    if calls is not None and column is not None and calls != column:
        message = f"热线电话预约 {calls}，预约表电话预约一列 {column}，应相等"
        yield Finding("X1", Severity.ERROR, "hotline.phone_booking", message, calls - column)


def phone_bookings_cover_the_column(checked: Checked) -> Iterator[Finding]:
    """X1 from 2023: the column is quick booking, the calls are more."""
    calls, column = checked.figures.hotline.categories.get("phone_booking"), _column(checked, Group.QUICK)
    if calls is not None and column is not None and calls < column:
        message = f"热线电话预约 {calls}，少于预约表第二列 {column}"
        yield Finding("X1", Severity.WARNING, "hotline.phone_booking", message, calls - column)


def quick_channel_is_the_column(checked: Checked) -> Iterator[Finding]:
    """X2."""
    channel, column = _channels_of(checked, Group.QUICK), _column(checked, Group.QUICK)
    if channel is not None and column is not None and channel != column:
        message = f"途径表快速预约 {channel}，预约表第二列 {column}，应相等"
        yield Finding("X2", Severity.ERROR, f"bookings.{Group.QUICK}", message, column - channel)


def online_column_is_its_channels(checked: Checked) -> Iterator[Finding]:
    """X3. Which channels count as online belongs to the edition."""
    channels, column = _channels_of(checked, Group.ONLINE), _column(checked, Group.ONLINE)
    if channels is not None and column is not None and channels != column:
        message = f"预约表在线预约一列 {column}，其各途径之和 {channels}"
        yield Finding("X3", Severity.ERROR, f"bookings.{Group.ONLINE}", message, column - channels)


def implied_own(checked: Checked) -> int | None:
    """医院自有途径: what the third-party column holds beyond the listed third-party channels."""
    channels, column = _channels_of(checked, Group.THIRD_PARTY), _column(checked, Group.THIRD_PARTY)
    return None if channels is None or column is None else column - channels


def own_is_not_negative(checked: Checked) -> Iterator[Finding]:
    """X4."""
    own = implied_own(checked)
    if own is not None and own < 0:
        message = f"第三方一列比所列第三方途径之和少 {-own}"
        yield Finding("X4", Severity.WARNING, f"bookings.{Group.THIRD_PARTY}", message, own)


def shown(checked: Checked) -> Iterator[Shown]:
    """Figures that the checks derive and a person wants to see."""
    own = implied_own(checked)
    if own is not None and own >= 0:
        yield Shown("X4", f"bookings.{Group.THIRD_PARTY}", own, f"推算医院自有途径 {own}")
    if rest := checked.figures.hotline.residual:
        yield Shown("H1", "hotline.total", rest, f"未列明 {rest}")
