"""H: the hotline's own figures. S: what is printed in words and what is stated as a value."""

from collections.abc import Iterator

from hotline.statistics.checks.rule import Checked, Finding, Severity


def total_is_sum(checked: Checked) -> Iterator[Finding]:
    """H1. A positive rest is 未列明 until 2023 and must be nothing from 2024."""
    hotline = checked.figures.hotline
    rest = hotline.residual
    if rest:
        error = rest < 0 or str(checked.month) >= "2024-01"
        kind = f"未列明 {rest}" if rest > 0 else "分类之和大于总量"
        message = f"总量 {hotline.total}，各分类之和 {hotline.category_sum}，{kind}"
        yield Finding("H1", Severity.ERROR if error else Severity.WARNING, "hotline.total", message, rest)


def orders_stay_outside(checked: Checked) -> Iterator[Finding]:
    """H2. What is missing from the categories is just the orders: they were added to the calls."""
    hotline = checked.figures.hotline
    orders = sum(hotline.orders.values())
    if orders and hotline.residual == orders:
        message = f"总量比各分类之和多 {orders}，正好等于工单之和：工单不得计入受理总量"
        yield Finding("H2", Severity.ERROR, "hotline.total", message, orders)


def self_orders_are_complaints(checked: Checked) -> Iterator[Finding]:
    """H3."""
    hotline = checked.figures.hotline
    orders, complaints = hotline.orders.get("wo_self"), hotline.categories.get("complaint")
    if orders is not None and complaints is not None and orders != complaints:
        message = f"自接工单 {orders} 件，投诉 {complaints} 个，应相等"
        yield Finding("H3", Severity.WARNING, "orders.wo_self", message, orders - complaints)


def words_say_the_values(checked: Checked) -> Iterator[Finding]:
    """S1."""
    for conflict in checked.figures.conflicts:
        message = f"印出的文字为“{conflict.text[-60:]}”，数值为 {conflict.value}，两者不一致"
        yield Finding("S1", Severity.ERROR, conflict.subject, message)
