"""The rules of the house, each with its period. Adding one here is all it takes."""

from hotline.statistics.checks import booking_rules as b
from hotline.statistics.checks import channel_rules as x
from hotline.statistics.checks import history_rules as j
from hotline.statistics.checks import hotline_rules as h
from hotline.statistics.checks import province_rules as p
from hotline.statistics.checks import reported_rules as t
from hotline.statistics.checks.rule import Rule

VERSION = "2"
"""Part of every seal: goes up when a rule changes."""

ERROR, WARNING, EITHER, INFO = "错误", "提示", "错误或提示", "参考"

RULES = (
    Rule(
        "S1",
        "文字与数值一致",
        "导入的月报里，印出的文字与所附数值必须相同。",
        ERROR,
        h.words_say_the_values,
    ),
    Rule(
        "H1",
        "总量等于分类之和",
        "受理咨询电话总量＝各分类之和＋未列明。未列明小于零为错误；大于零为提示，2024年起必须为零。",
        EITHER,
        h.total_is_sum,
    ),
    Rule("H2", "工单不计入总量", "市、省12345工单和自接工单都不是受理电话总量的一部分。", ERROR, h.orders_stay_outside),
    Rule("H3", "自接工单等于投诉", "每个投诉电话生成一件自接工单。", WARNING, h.self_orders_are_complaints, "2023-01"),
    Rule(
        "P1",
        "全省等于各市之和",
        "全省接听总量＝所列各市之和，也等于已发布的总量；没有上报的市不印，也不算作零。",
        ERROR,
        p.total_is_sum,
    ),
    Rule("P2", "本市等于热线总量", "全省一句中本市的数量＝热线受理总量。", ERROR, p.home_is_the_hotline),
    Rule("P3", "各市排列顺序", "本市排第一，其余从多到少。", WARNING, p.home_first_then_descending),
    Rule(
        "P4",
        "一位之差",
        "全省合计不符时，找出改一位即可相符的市，给出建议值。",
        INFO,
        p.one_digit_explains,
    ),
    Rule("B1", "预约表各行相加", "每家单位各渠道之和＝该行合计。", ERROR, b.rows_add_up),
    Rule("B2", "预约表各列相加", "每个渠道各单位之和＝该列合计。", ERROR, b.columns_add_up),
    Rule("B3", "预约表总计", "总计＝各列合计之和＝各行合计之和。", ERROR, b.grand_total_adds_up),
    Rule("B4", "预约表排列顺序", "按合计从多到少，相同的按第一渠道从多到少。", WARNING, b.rows_descend),
    Rule("B5", "预约表序号与名称", "序号从1连续，单位名称不重复。", ERROR, b.rows_are_numbered),
    Rule("B6", "预约表没有零行", "合计为零的单位不列入。", WARNING, b.no_zero_row),
    Rule(
        "B7",
        "预约累计",
        "总预约挂号量不减少；上月在库时，本月累计＝上月累计＋本月总计。",
        ERROR,
        j.bookings_accumulate,
    ),
    Rule(
        "X1",
        "电话预约相等",
        "热线电话预约＝预约表电话预约一列（2022年及以前）。",
        ERROR,
        x.phone_bookings_are_the_column,
        until="2022-12",
    ),
    Rule(
        "X1",
        "电话预约不少于快速预约",
        "2023年起预约表第二列为快速预约，热线电话预约不应少于它。",
        WARNING,
        x.phone_bookings_cover_the_column,
        "2023-01",
    ),
    Rule(
        "X2",
        "快速预约相等",
        "途径表的12320快速预约＝预约表第二列（2023年的表头仍印电话预约）。",
        ERROR,
        x.quick_channel_is_the_column,
        "2023-01",
    ),
    Rule(
        "X3",
        "在线预约等于其途径之和",
        "12320在线（自助）预约一列＝健康南京＋微信＋12320网（2022年及以前另加快速预约）。",
        ERROR,
        x.online_column_is_its_channels,
    ),
    Rule(
        "X4",
        "推算医院自有途径",
        "第三方一列减去所列第三方途径，不应小于零。",
        WARNING,
        x.own_is_not_negative,
    ),
    Rule("C1", "途径合计", "合计＝各途径之和。", ERROR, x.total_is_sum),
    Rule("C2", "途径序号与名称", "序号从1连续，名称不重复，数量为零的不列入。", ERROR, x.rows_are_numbered),
    Rule("C3", "途径排列顺序", "从多到少。", WARNING, x.rows_descend),
    Rule("J1", "与上月相比", "达到上月的五倍或五分之一，或有市停止上报，要写明原因。", WARNING, j.nothing_jumps),
    Rule("T1", "报表合计", "各报表的合计＝各行之和。", ERROR, t.totals_add_up),
    Rule("T2", "部分不大于全部", "写成 n/N 的，n 不大于 N。", ERROR, t.part_of_whole),
    Rule("T3", "上传天数", "上传天数不超过当月天数。", ERROR, t.days_of_the_month),
    Rule("T4", "报表累计", "累计数不减少。", ERROR, j.reported_accumulate),
    Rule("T5", "比率", "比率不超过 100%。", WARNING, t.at_most_all),
    Rule("T6", "报表序号与名称", "序号从1连续，各行名称不重复。", ERROR, t.rows_are_numbered),
)
