"""Invented bulletins written as files of the archive's shape, worded here by hand, independent of the product."""

import random
from typing import Any

HOTLINE = {
    "2018": (
        "{y}年{m}月，南京12320卫生热线共受理咨询电话{total}个，其中咨询类（不含专家咨询）{consultation}个、"
        "医疗服务投诉{complaint}个、电话预约{phone_booking}个、专家在线答疑{expert_qa}个、心理危机干预{crisis}个、"
        "医院满意度调查（呼入）{satisfaction_inbound}个、自助语音问答{ivr}个，"
        "受理市12345工单{wo_municipal}件，省12345工单{wo_provincial}件。"
    ),
    "2023": (
        "{y}年{m}月，南京12320卫生热线共受理咨询电话{total}个，其中咨询类（不含专家咨询）{consultation}个、"
        "医疗服务投诉{complaint}个、电话预约{phone_booking}个、人工服务{manual}通、心理危机干预{crisis}通、"
        "自助语音问答{ivr}个，受理市12345工单{wo_municipal}件，省12345工单{wo_provincial}件，自接工单{wo_self}件。"
    ),
    "2024": (
        "{y}年{m}月，南京12320卫生热线共受理咨询电话{total}个，其中咨询类{consultation}个、医疗投诉{complaint}个、"
        "电话预约{phone_booking}个、人工服务{manual}通、心理危机干预{crisis}通、自助语音问答{ivr}个，"
        "受理市12345工单{wo_municipal}件，省12345工单{wo_provincial}件，自接工单{wo_self}件。"
    ),
}
BOOKINGS = {
    "2018": (
        "{y}年{m}月预约挂号服务统计表",
        "12320自助预约 电话预约 诊间预约 第三方 总计",
        "（截止{m}月底，总预约挂号量为{n}人次）",
    ),
    "2020": (
        "{y}年{m}月预约挂号服务统计表",
        "12320在线预约 电话预约 诊间预约 第三方 小计",
        "（截止{m}月底，总预约挂号量为{n}次）",
    ),
    "2023": (
        "{y}年{m}月预约挂号服务统计",
        "12320在线预约 电话预约 诊间预约 第三方 小计",
        "（截止{y}年{m}月底，总预约挂号量为{n}次）",
    ),
    "2024": (
        "{y}年{m}月12320预约挂号服务统计",
        "12320在线预约 快速预约 诊间预约 第三方 小计",
        "（截止{y}年{m}月，总预约挂号量为{n}次）",
    ),
}
WITHOUT = "（不包含12320电话预约、医院诊间预约）"
WITHOUT_OWN = "（不包含12320电话预约、医院诊间预约、医院自有途径预约）"
CHANNELS = {
    "2018": ("{y}年{m}月分途径预约情况统计", WITHOUT),
    "2020": ("{y}年{m}月分途径预约情况统计", WITHOUT_OWN),
    "2023": ("{y}年{m}月线上预约情况统计", WITHOUT_OWN),
    "2024": ("{y}年{m}月度线上预约情况统计", WITHOUT_OWN),
}
ONLINE = {
    "2018": ("健康南京客户端", "南京卫生12320微信平台", "南京卫生12320网", "12320快速预约"),
    "2023": ("健康南京客户端", "南京卫生12320微信平台", "南京卫生12320网"),
    "2024": ("健康南京", "南京卫生12320微信", "南京卫生12320网"),
}
OTHERS = ("我的南京客户端", "江苏省预约挂号网", "就医160", "甲途径", "乙途径", "丙途径", "丁途径", "戊途径", "己途径")
CITIES = ("苏州", "无锡", "常州", "南通", "扬州", "镇江", "泰州", "淮安", "连云港", "盐城", "徐州", "宿迁")


def edition_of(year: int, table: dict[str, Any]) -> str:
    """The newest variant that began by `year`."""
    return max(code for code in table if int(code) <= year)


def file(
    year: int, month: int, *, seed: int = 0, calls: int = 9000, cities: int = 4, channels: int = 6, hospitals: int = 9
) -> dict:
    """A bulletin whose figures agree with one another in every way that the field knows."""
    chance, said = random.Random(f"{year}-{month}-{seed}"), {"y": year, "m": month}
    hotline = _hotline(chance, said, calls)
    by_phone = next(item["value"] for item in hotline["categories"] if item["code"] == "phone_booking")
    body = {"hotline": hotline, "province": _province(chance, said, hotline["total"]["value"], cities)}
    listed = _channels(chance, said, channels, by_phone)
    counts = {row["values"]["name"]: row["values"]["count"] for row in listed["rows"]}
    online = sum(counts.get(name, 0) for name in ONLINE[edition_of(year, ONLINE)])
    phone = by_phone if year < 2023 else counts.get("12320快速预约", 0)
    third = sum(counts.values()) - online - (phone if year >= 2023 else 0) + chance.randrange(50)
    body["bookings"] = _bookings(chance, said, (online, phone, chance.randrange(400), third), hospitals)
    return {**body, "channels": listed, "other_tables": []}


def _hotline(chance: random.Random, said: dict, most: int) -> dict:
    year = said["y"]
    codes = ["consultation", "complaint", "phone_booking"]
    codes += ["expert_qa", "crisis", "satisfaction_inbound", "ivr"] if year < 2023 else ["manual", "crisis", "ivr"]
    calls = {code: chance.randrange(most // 300, most) for code in codes}
    orders = {"wo_municipal": chance.randrange(most // 4), "wo_provincial": chance.randrange(most // 4)}
    if year >= 2023:
        orders["wo_self"] = calls["complaint"]
    total = sum(calls.values())
    sentence = HOTLINE[edition_of(year, HOTLINE)].format(**said, total=total, **calls, **orders)
    return {
        "title": "南京12320卫生热线{y}年{m}月数据统计".format(**said),
        "sentence": sentence,
        "year": year,
        "month": said["m"],
        "total": {"value": total},
        "categories": [{"code": code, "value": value} for code, value in calls.items()],
        "work_orders": [{"code": code, "value": value} for code, value in orders.items()],
    }


def _province(chance: random.Random, said: dict, home: int, cities: int) -> dict | None:
    if not cities:
        return None
    names = chance.sample(CITIES, cities - 1)
    counts = {
        "南京": home,
        **dict(zip(names, sorted((chance.randrange(1, home) for _ in names), reverse=True), strict=True)),
    }
    parts = [
        f"{name}{'市' if said['y'] >= 2023 and name != '南京' else ''}{count}人次" for name, count in counts.items()
    ]
    total = sum(counts.values())
    lead = (
        "{m}月，全省12320共接听电话{t}人次，各市电话量统计为："
        if said["y"] < 2023
        else ("{y}年{m}月，全省12320共接听电话{t}人次，其中")
    )
    return {
        "sentence": lead.format(**said, t=total) + "、".join(parts) + "。",
        "total": {"value": total},
        "cities": [{"city": city, "value": count} for city, count in counts.items()],
    }


def _columns(keys: tuple[str, ...], labels: tuple[str, ...]) -> list[dict]:
    return [{"key": key, "label": label, "group": None} for key, label in zip(keys, labels, strict=True)]


def _row(keys: tuple[str, ...], cells: tuple) -> dict:
    return {"cells": [str(cell) for cell in cells], "values": dict(zip(keys, cells, strict=True))}


def _channels(chance: random.Random, said: dict, count: int, most: int) -> dict:
    title, subtitle = CHANNELS[edition_of(said["y"], CHANNELS)]
    names = [*ONLINE[edition_of(said["y"], ONLINE)], *(["12320快速预约"] if said["y"] >= 2023 else []), *OTHERS][:count]
    counts = {name: chance.randrange(1, most + 1) for name in names}
    keys = ("seq", "name", "count")
    ordered = sorted(counts.items(), key=lambda pair: -pair[1])
    total = sum(counts.values())
    return {
        "title": title.format(**said),
        "subtitle": subtitle,
        "columns": _columns(keys, ("序号", "名称", "预约数量")),
        "layout": "two blocks",
        "rows": [_row(keys, (n, name, number)) for n, (name, number) in enumerate(ordered, 1)],
        "total": {"label": "合计：", "value": total, "text": f"合计：{total}"},
    }


def _bookings(chance: random.Random, said: dict, sums: tuple[int, ...], hospitals: int) -> dict:
    title, labels, note = BOOKINGS[edition_of(said["y"], BOOKINGS)]
    second = "phone" if said["y"] < 2024 else "quick"
    keys = ("seq", "hospital", "online", second, "clinic", "third_party", "total")
    dealt = [_dealt(chance, total, hospitals) for total in sums]
    rows = [counts for counts in zip(*dealt, strict=True) if sum(counts)]
    rows = sorted(rows, key=lambda counts: (-sum(counts), -counts[0]))
    cells = [(n, f"第{n}医院", *counts, sum(counts)) for n, counts in enumerate(rows, 1)]
    totals, cumulative = (*sums, sum(sums)), chance.randrange(10**7, 10**8)
    return {
        "title": title.format(**said),
        "columns": _columns(keys, ("序号", "单位", *labels.split())),
        "rows": [_row(keys, row) for row in cells],
        "totals": {"label": "合计", **_row(keys[2:], totals)},
        "cumulative": {"text": note.format(**said, n=cumulative), "value": cumulative},
    }


def _dealt(chance: random.Random, total: int, count: int) -> list[int]:
    cuts = sorted(chance.randrange(total + 1) for _ in range(count - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def lines(body: dict) -> str:
    """The whole print of a file without its layout, read off the file itself."""
    table, listed, said = body["bookings"], body["channels"], body["hotline"]
    found = [said["title"], said["sentence"], (body["province"] or {}).get("sentence", "")]
    found += [table["title"], *_labels(table), *_cells(table["rows"]), table["totals"]["label"]]
    found += [*table["totals"]["cells"], table["cumulative"]["text"]]
    half = (len(listed["rows"]) + 1) // 2
    left, right = listed["rows"][:half], listed["rows"][half:]
    pairs = [row for n, one in enumerate(left) for row in (one, *right[n : n + 1])]
    found += [listed["title"], listed["subtitle"], *_labels(listed) * 2, *_cells(pairs), listed["total"]["text"]]
    return "".join("".join(found).split())


def _labels(table: dict) -> list[str]:
    return [column["label"] for column in table["columns"]]


def _cells(rows: list[dict]) -> list[str]:
    return [cell for row in rows for cell in row["cells"]]
