"""P: the province's sentence."""

from collections.abc import Iterator

from hotline.statistics import house
from hotline.statistics.checks.rule import Checked, Finding, Severity
from hotline.statistics.checks.slips import slip


def total_is_sum(checked: Checked) -> Iterator[Finding]:
    """P1. The cities' returns must also give the total that was published, where the month was imported too."""
    province, total = checked.figures.province, _total(checked)
    if province and total != province.city_sum:
        name = "全省总量" if checked.stated is None else "已发布的全省总量"
        message = f"{name} {total} ≠ 各市之和 {province.city_sum}"
        yield Finding("P1", Severity.ERROR, "province.total", message, total - province.city_sum)


def _total(checked: Checked) -> int:
    province = checked.figures.province
    return checked.stated if checked.stated is not None else province.total if province else 0


def home_is_the_hotline(checked: Checked) -> Iterator[Finding]:
    """P2."""
    province, home, total = checked.figures.province, house.current().home, checked.figures.hotline.total
    if province is None:
        return
    count = next((city.count for city in province.cities if city.city == home), None)
    if count is None:
        yield Finding("P2", Severity.ERROR, f"province.{home}", f"全省一句里没有{home}，热线总量为 {total}", -total)
    elif count != total:
        message = f"全省一句中{home}为 {count}，热线总量为 {total}，应相等"
        yield Finding("P2", Severity.ERROR, f"province.{home}", message, count - total)


def home_first_then_descending(checked: Checked) -> Iterator[Finding]:
    """P3. Where the edition says so, a city above the home city is out of order too."""
    province, home = checked.figures.province, house.current().home
    if province is None or not province.cities:
        return
    cities = [(city.city, city.count or 0) for city in province.cities]
    if cities[0][0] != home:
        yield Finding("P3", Severity.WARNING, f"province.{cities[0][0]}", f"{home}应排在第一位")
    for (before, more), (after, less) in zip(cities, cities[1:], strict=False):
        if less > more and (before != home or checked.edition.province.home_largest):
            message = f"{after} {less} 大于排在前面的{before} {more}，应按数量从多到少排列"
            misplaced = after if before == home else before
            yield Finding("P3", Severity.WARNING, f"province.{misplaced}", message, more - less)


def one_digit_explains(checked: Checked) -> Iterator[Finding]:
    """P4. The city (or the total) where a single slip of a digit closes the sum, with the value that does."""
    province, total = checked.figures.province, _total(checked)
    if province is None or total == province.city_sum:
        return
    sure = {house.current().home} if not list(home_is_the_hotline(checked)) else set()
    excess = province.city_sum - total
    places = [(c.city, f"province.{c.city}", c.count, -excess) for c in province.cities if c.city not in sure]
    for name, subject, value, change in [*places, ("全省总量", "province.total", total, excess)]:
        meant = (value or 0) + change
        if how := slip(value or 0, meant):
            message = f"{name}印为 {value}，疑{how}；改为 {meant} 则合计相符"
            yield Finding("P4", Severity.INFO, subject, message, (value or 0) - meant, meant)
