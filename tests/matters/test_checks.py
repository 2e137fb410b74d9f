"""The rules: exactly the known findings on the published months, one passing and one failing case each, mutations."""

from dataclasses import replace

import pytest

from hotline.clock import Month
from hotline.statistics import checks, printed
from hotline.statistics import figures as f
from hotline.statistics.cells import cells, with_cell
from hotline.statistics.checks.slips import slip
from tests.matters.months_printed import MONTHS, archive, invented

FACTS = {
    "2018-03": [
        ("H1", "warning", "hotline.total", "+74", None),
        ("P3", "warning", "province.淮安", "-1954", None),
        ("P3", "warning", "province.泰州", "-60", None),
        ("X3", "error", "bookings.online", "-5", None),
        ("C1", "error", "channels.total", "+1", None),
        ("T5", "warning", "platform_hospital.南京市胸科医院.discharge_rate_pct", "+2.17", None),
        ("T5", "warning", "platform_hospital.南京市第二医院.discharge_rate_pct", "+15.42", None),
        ("T5", "warning", "platform_hospital.南京医科大学第二附属医院.discharge_rate_pct", "+4.14", None),
    ],
    "2023-03": [
        ("H1", "warning", "hotline.total", "+35", None),
        ("P1", "error", "province.total", "-145782", None),
        ("P3", "warning", "province.苏州", "-106787", None),
        ("P4", "info", "province.苏州", "+145782", 16198),
    ],
    "2024-02": [],
}
OWN = {"2018-03": 31092, "2023-03": 22913, "2024-02": 0}


def found(figures, previous=None, earlier=()):
    looked = checks.look_at(figures, previous, (previous, *earlier) if previous else tuple(earlier))
    return checks.run(looked)


def told(findings):
    return [(one.rule, one.severity, one.subject, one.shown_difference, one.proposal) for one in findings]


@pytest.mark.parametrize("month", MONTHS)
def test_published_months_have_exactly_the_known_findings(app, month):
    assert told(found(printed.read(archive(month)))) == FACTS[month]


@pytest.mark.parametrize("month", MONTHS)
def test_published_months_stay_so_beside_each_other(app, month):
    others = [printed.read(archive(other)) for other in MONTHS if other < month]
    assert told(found(printed.read(archive(month)), earlier=others[::-1])) == FACTS[month]


@pytest.mark.parametrize("month", MONTHS)
def test_implied_own_channels_are_shown(app, month):
    shown = checks.shown(checks.look_at(printed.read(archive(month))))
    assert [one.value for one in shown if one.rule == "X4"] == [OWN[month]]


@pytest.mark.parametrize("month", ["2018-07", "2020-11", "2023-01", "2024-02", "2026-12"])
@pytest.mark.parametrize("seed", range(5))
def test_a_month_that_agrees_has_no_findings(app, month, seed):
    figures = invented(month, seed)
    rules = {one.rule for one in found(figures)} - {"P3"}  # a chance city may exceed the home city
    assert rules == set()


def counted(month="2024-05", **parts):
    """A small month in which everything agrees, printed."""
    groups = ("online", "quick" if month >= "2023" else "phone", "clinic", "third_party")
    second = 30
    rows = [("甲医院", (40, 20, 6, 9)), ("乙医院", (20, second - 20, 4, 1))]
    bookings = f.BookingTable.counted(groups, rows, cumulative=1000)
    names = {"健康南京": 40, "12320快速预约": 30, "南京卫生12320网": 20, "我的南京客户端": 8}
    if month < "2023":
        names = {"健康南京客户端": 30, "12320快速预约": 20, "南京卫生12320网": 10, "我的南京客户端": 8}
    categories = {"consultation": 500, "complaint": 20, "phone_booking": 30, "ivr": 50}
    made = f.MonthFigures(
        month=Month(month),
        hotline=f.HotlineFigures(600, categories, {"wo_municipal": 40, "wo_provincial": 30, "wo_self": 20}),
        province=f.ProvinceFigures(900, (f.CityCount("南京", 600), f.CityCount("苏州", 200), f.CityCount("南通", 100))),
        bookings=replace(bookings, rows=tuple(replace(row, seq=n) for n, row in enumerate(bookings.rows, 1))),
        channels=f.ChannelTable(
            tuple(f.ChannelRow(*item, n) for n, item in enumerate(names.items(), 1)), sum(names.values())
        ),
        datasets=(reported(),),
        source=f.Source.PRINTED,
    )
    return replace(made, **parts)


def reported(**parts):
    columns = tuple(
        f.Column(key, label)
        for key, label in [
            ("seq", "序号"),
            ("unit", "单位"),
            ("n", "数量"),
            ("rate", "上传率"),
            ("forms", "表单上传情况"),
            ("days", "上传天数"),
        ]
    )
    rows = (("1", "甲", "7", "98.5%", "6/11", "30"), ("2", "乙", "5", "/", "11/11", "31"))
    made = f.DatasetTable("x", "表", columns, rows, notes=(f.Note("累计9亿条", "9", "亿条"),))
    return replace(made, **parts)


def row(text):
    return tuple(text.split())


def at(figures, **changes):
    """The month with some figures different (dots in names written as double underscores)."""
    for name, value in changes.items():
        figures = with_cell(figures, name.replace("__", "."), value)
    return figures


def renumbered(table, rows):
    return replace(table, rows=tuple(replace(one, seq=n) for n, one in enumerate(rows, 1)))


def summed(total):
    return reported(columns=reported().columns[:3], rows=(row("1 甲 7"), row("2 乙 5")), totals=(total,))


def doubled(table, place, **changes):
    rows = list(table.rows)
    rows[place] = replace(rows[place], **changes)
    return replace(table, rows=tuple(rows))


M = counted()
OLD = counted("2021-05")
PREVIOUS = counted("2024-04", bookings=replace(M.bookings, cumulative=1000 - M.bookings.grand_total))

FAILING = {
    "S1": replace(M, conflicts=(f.Conflict("hotline.total", "共601个", "600"),)),
    "H1": at(M, hotline__total=599),
    "H2": at(M, hotline__total=690, province__南京=690, province__total=990),
    "H3": at(M, orders__wo_self=19),
    "P1": at(M, province__total=901),
    "P2": at(M, province__南京=601, province__total=901),
    "P3": at(M, province__苏州=90, province__total=790),
    "P4": at(M, province__苏州=2000),
    "B1": at(M, **{"bookings__甲医院__total": 76}),
    "B2": at(M, bookings__clinic=11),
    "B3": at(M, bookings__total=111),
    "B4": replace(M, bookings=renumbered(M.bookings, M.bookings.rows[::-1])),
    "B5": replace(M, bookings=doubled(M.bookings, 1, seq=3)),
    "B6": replace(M, bookings=replace(M.bookings, rows=(*M.bookings.rows, f.BookingRow("丙", (0, 0, 0, 0), 0, 3)))),
    "B7": at(M, bookings__cumulative=999),
    "X1": at(OLD, hotline__phone_booking=29),
    "X2": at(M, **{"channels__12320快速预约": 29}),
    "X3": at(M, channels__健康南京=39),
    "X4": at(M, channels__我的南京客户端=11),
    "C1": at(M, channels__total=99),
    "C2": replace(M, channels=doubled(M.channels, 1, seq=7)),
    "C3": at(M, channels__健康南京=25),
    "J1": at(M, hotline__ivr=300),
    "T1": replace(M, datasets=(summed("13"),)),
    "T2": replace(M, datasets=(reported(rows=(row("1 甲 7 98.5% 12/11 30"),)),)),
    "T3": replace(M, datasets=(reported(rows=(row("1 甲 7 98.5% 6/11 32"),)),)),
    "T4": replace(M, datasets=(reported(notes=(f.Note("累计8亿条", "8", "亿条"),)),)),
    "T5": replace(M, datasets=(reported(rows=(row("1 甲 7 100.5% 6/11 30"),)),)),
    "T6": replace(M, datasets=(reported(rows=(row("1 甲 7 98.5% 6/11 30"), row("3 乙 5 / 1/11 3"))),)),
}  # fmt: skip


def past_of(figures):
    return PREVIOUS if figures.month == M.month else None


def test_the_passing_month_passes_every_rule(app):
    assert found(M, PREVIOUS) == []
    assert found(OLD) == []


def test_every_rule_has_a_failing_case():
    assert set(FAILING) == {rule.id for rule in checks.RULES}
    assert len(FAILING) >= 15


@pytest.mark.parametrize("rule", sorted(FAILING))
def test_rule_finds_its_failing_case(app, rule):
    findings = found(FAILING[rule], past_of(FAILING[rule]))
    mine = [one for one in findings if one.rule == rule]
    assert mine
    assert all(one.message and one.subject for one in mine)


@pytest.mark.parametrize("rule", checks.RULES, ids=lambda rule: f"{rule.id} {rule.since}")
def test_every_rule_explains_itself(rule):
    assert rule.title
    assert rule.explanation.endswith("。")


@pytest.mark.parametrize(
    ("month", "total", "severity"), [("2023-12", 601, "warning"), ("2023-12", 599, "error"), ("2024-01", 601, "error")]
)
def test_unlisted_rest_is_an_error_from_2024(app, month, total, severity):
    figures = at(counted(month), hotline__total=total)
    assert [one.severity for one in found(figures) if one.rule == "H1"] == [severity]


def test_phone_bookings_may_exceed_the_column_from_2023_but_not_fall_short(app):
    assert [one.rule for one in found(at(M, hotline__phone_booking=29, hotline__consultation=501))] == ["X1"]
    assert found(at(M, hotline__phone_booking=31, hotline__consultation=499)) == []
    assert found(at(OLD, hotline__phone_booking=31, hotline__consultation=499))[0].severity == "error"


def test_a_city_that_stops_reporting_needs_a_reason(app):
    without = replace(M, province=f.ProvinceFigures(800, M.province.cities[:2]))
    assert [(one.rule, one.subject) for one in found(without, PREVIOUS)] == [("J1", "province.南通")]


def test_cumulative_never_falls_below_any_earlier_month(app):
    fallen = at(M, bookings__cumulative=5)
    assert [one.rule for one in found(fallen, earlier=[counted("2023-11")])] == ["B7"]


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        (161980, 16198, "十倍"),
        (1619, 16190, "十倍"),
        (16198, 161980, "十倍"),
        (16798, 1698, "多印"),
        (1698, 16798, "漏印"),
        (16918, 16198, "颠倒"),
        (16199, 16198, ""),
        (5, 5, ""),
        (10, 0, ""),
    ],
)
def test_one_slip_of_a_digit(wrong, right, told):
    how = slip(wrong, right)
    assert told in how if told else how == ""


def differs(before, figures, previous=None):
    return {one.key for one in found(figures, previous)} != before


@pytest.mark.parametrize("month", MONTHS)
def test_a_changed_cell_is_caught(app, month):
    """Every cell of the sentences, the booking table and the channel table, one more and one less."""
    figures = printed.read(archive(month))
    before = {one.key for one in found(figures)}
    tried = [(name, value + step) for name, value in cells(figures).items() for step in (1, -1) if value + step >= 0]
    missed = [name for name, value in tried if not differs(before, with_cell(figures, name, value))]
    caught = 1 - len(missed) / len(tried)
    assert caught >= 0.95, (caught, missed)
    assert set(missed) <= {"orders.wo_municipal", "orders.wo_provincial", "bookings.cumulative"}


@pytest.mark.parametrize("month", MONTHS)
def test_a_changed_total_or_cell_of_a_summed_report_is_caught(app, month):
    figures = printed.read(archive(month))
    before = {one.key for one in found(figures)}
    for place, table in enumerate(figures.datasets):
        first = len(table.columns) - len(table.totals)
        for at_row, cells_ in enumerate(table.rows if table.totals else ()):
            for column in range(first, len(table.columns)):
                if not cells_[column].isdecimal():
                    continue
                changed = (*cells_[:column], str(int(cells_[column]) + 1), *cells_[column + 1 :])
                rows = (*table.rows[:at_row], changed, *table.rows[at_row + 1 :])
                tables = (*figures.datasets[:place], replace(table, rows=rows), *figures.datasets[place + 1 :])
                assert differs(before, replace(figures, datasets=tables))


@pytest.mark.parametrize("month", MONTHS)
def test_text_and_value_that_differ_are_caught(app, month):
    """The same file with one value changed but its printed text left alone: any of 150 cells over the whole file."""
    body = archive(month)
    before = {one.key for one in found(printed.read(body))}
    places = [(part, "value") for part in (*body["hotline"]["categories"], *body["hotline"]["work_orders"])]
    places += [(city, "value") for city in body["province"]["cities"]] + [(body["bookings"]["cumulative"], "value")]
    for table in (body["bookings"], body["channels"], *body["other_tables"]):
        places += [(row["values"], key) for row in table["rows"] for key, n in row["values"].items() if type(n) is int]
    missed = []
    for part, key in places[:: max(1, len(places) // 150)]:
        part[key] += 1
        if {one.key for one in found(printed.read(body))} == before:
            missed.append((part, key))
        part[key] -= 1
    assert missed == []
