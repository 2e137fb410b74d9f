"""Which column of a platform's file is which field of an order, and when: headers as offices write them, dates too.

A header may stand below a title, and may itself be two rows deep, where cells were merged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest

from hotline import clock
from hotline.errors import Invalid

Line = tuple[int, list[str]]
"""A row's number and its cells."""

FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "external_no": ("工单编号", ("12345工单编号", "外部编号", "编号", "工单号")),
    "source": ("工单来源", ("来源",)),
    "nature": ("来电类别", ("诉求类型", "类别", "业务性质", "工单类型")),
    "title": ("标题", ("工单标题", "诉求标题")),
    "content": ("主要内容", ("诉求内容", "内容", "工单内容")),
    "urgency": ("紧急程度", ("紧急",)),
    "registered_at": ("受理时间", ("登记时间", "来电时间", "创建时间")),
    "reply_due": ("回复截止时间", ("办理时限", "截止时间", "到期时间")),
    "caller_name": ("来电人", ("诉求人", "姓名", "来电人姓名")),
    "caller_phone": ("来电号码", ("来电电话", "主叫号码")),
    "contact_phone": ("联系电话", ("联系方式", "手机号")),
    "address": ("问题发生地", ("地址", "事发地址")),
    "accused": ("涉及机构", ("被反映单位", "被投诉单位", "涉及单位")),
    "confidential": ("是否保密", ("保密",)),
    "reply_required": ("是否回复", ("是否要求回复", "要求回复")),
    "source_level": ("来源等级", ("工单来源等级",)),
    "channel": ("受理渠道", ("渠道", "诉求渠道")),
    "kind": ("工单类型", ("工单种类",)),
    "acceptor": ("受理员", ("受理人", "受理人员", "话务员")),
    "acceptor_no": ("受理员工号", ("工号", "受理工号", "话务员工号")),
    "caller_subject": ("来电主体", ("诉求主体",)),
    "district": ("所属区域", ("所属区", "所属区县", "区划", "区划代码", "问题发生区")),
    "category_1": ("一级分类", ("一级类别", "问题一级分类")),
    "category_2": ("二级分类", ("二级类别", "问题二级分类")),
    "category_3": ("三级分类", ("三级类别", "问题三级分类")),
    "category_4": ("四级分类", ("四级类别", "问题四级分类")),
    "category_5": ("五级分类", ("五级类别", "问题五级分类")),
    "category_leaf": ("末级分类", ("问题分类", "诉求分类")),
    "is_repeat": ("是否重复", ("重复", "重复诉求")),
    "urged_no": ("被催办单ID", ("被催办单", "被催办单编号", "被催办工单编号")),
    "nonsense": ("不合理诉求", ("是否不合理诉求",)),
    "assessed": ("纳入考核", ("是否纳入考核",)),
}
"""Field: its usual heading and others seen. A platform's own mapping goes first; a column is one field's only, the
first's here, so that 工单类型 is the nature of an order where no other column says it."""

REQUIRED = ("external_no", "content")
TOP = 6
"""So many rows may stand above the first order."""

AROUND = re.compile(r"[\s*＊]|[（(]\s*[必选]填\s*[)）]")
SERIAL = re.compile(r"\d{5}(\.\d+)?")
FIRST_DAY = date(1899, 12, 30)
DAY_SECONDS = 86_400
SHORT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?")
WRITTEN = re.compile(
    r"(?P<year>\d{4})[-./年](?P<month>\d{1,2})[-./月](?P<day>\d{1,2})日?"
    r"(?:[T\s]*(?P<half>上午|下午|AM|PM)?\s*(?P<hour>\d{1,2})[:：时点](?P<minute>\d{1,2})?分?"
    r"[:：]?(?:(?P<second>\d{1,2})(?:\.\d+)?秒?)?)?"
    r"\s*(?P<after>AM|PM)?(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
PARTS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True)
class Columns:
    """Which column holds which field, how wide the header is, and the rows below it."""

    places: dict[str, int]
    width: int
    lines: Sequence[Line]


def found(rows: Sequence[Line], mapping: Mapping[str, str]) -> Columns:
    """Find the header and its fields. Raises Invalid when a needed column is missing."""
    known = {heading for name in FIELDS for heading in _headings(name, mapping)}
    top = [(number, [bare(cell) for cell in cells]) for number, cells in rows[: TOP + 1]]
    at, deep = _header(top, known)
    header = _merged(top[at][1], [cells for _, cells in top[max(0, at - 1) : at + deep]], known)
    at_heading = {heading: place for place, heading in reversed(list(enumerate(header)))}
    places: dict[str, int] = {}
    for name in FIELDS:
        ways = (at_heading[one] for one in _headings(name, mapping) if one in at_heading)
        place = next((way for way in ways if way not in places.values()), None)
        if place is not None:
            places[name] = place
    missing = [_headings(name, mapping)[0] for name in REQUIRED if name not in places]
    if missing:
        raise Invalid(f"文件缺少列：{'、'.join(missing)}", headings=[heading for heading in header if heading])
    return Columns(places, len(header), rows[at + deep :])


def fits(rows: Sequence[Line], mapping: Mapping[str, str]) -> bool:
    """Whether the rows have a header of orders."""
    try:
        return bool(found(rows, mapping))
    except Invalid:
        return False


def bare(cell: str) -> str:
    """A heading without what forms put around it: a star, a remark, a break in the middle."""
    return AROUND.sub("", cell)


def _headings(name: str, mapping: Mapping[str, str]) -> tuple[str, ...]:
    own = mapping.get(name)
    return (bare(own),) if own else (FIELDS[name][0], *FIELDS[name][1])


def _header(rows: Sequence[Line], known: set[str]) -> tuple[int, int]:
    """The place of the row with the most known headings, and how deep the header is from there on."""
    hits = [sum(cell in known for cell in cells) for _, cells in rows[:TOP]]
    at = hits.index(max(hits))
    following = rows[at + 1][1] if at + 1 < len(rows) else []
    return at, 2 if _only(following, known) else 1


def _only(cells: Sequence[str], known: set[str]) -> bool:
    """A row of nothing but headings: the lower half of merged ones."""
    return all(cell in known for cell in cells if cell) and sum(bool(cell) for cell in cells) > 1


def _merged(own: Sequence[str], around: Sequence[Sequence[str]], known: set[str]) -> list[str]:
    """One heading per column: the lowest known one of the rows around, else the header's own."""
    columns = zip_longest(own, *around, fillvalue="")
    return [next((one for one in reversed(stack) if one in known), other) for other, *stack in columns]


def moment(text: str) -> datetime:
    """An instant as offices write one; without an offset it is local. Raises ValueError."""
    if SERIAL.fullmatch(text):
        day, part = divmod(float(text), 1)
        at = datetime.combine(FIRST_DAY + timedelta(days=int(day)), datetime.min.time())
        return (at + timedelta(seconds=round(part * DAY_SECONDS))).replace(tzinfo=clock.ZONE)
    short = SHORT.fullmatch(text)
    if short:
        year, month, day_, hour, minute, second = (int(part or 0) for part in short.groups())
        return datetime(year, month, day_, hour, minute, second, tzinfo=clock.ZONE)
    written = WRITTEN.fullmatch(text.strip())
    if written is None:
        raise ValueError(text)
    half, after, offset = written["half"], written["after"], written["offset"]
    year, month, day_, hour, minute, second = (int(written[name] or 0) for name in PARTS)
    at = datetime(year, month, day_, _hours(hour, (half or after or "").upper()), minute, second, tzinfo=clock.ZONE)
    return at if offset is None else datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset.upper()}")


def _hours(hour: int, half: str) -> int:
    """下午3时 is 15; 12 belongs to its half of the day."""
    if half in ("下午", "PM") and hour < 12:
        return hour + 12
    return 0 if half in ("上午", "AM") and hour == 12 else hour
