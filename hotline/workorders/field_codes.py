"""The words of an order's particulars: where it came from, who asks, what kind it is, whether it is assessed.

Codes of channel and kind equal the provincial lists, so that exchange needs no mapping.
"""

from enum import StrEnum

from hotline.workorders.codes import Source

CHANNEL_LABEL: dict[str, str] = {
    "TEL": "来电",
    "IVR": "自助语音",
    "VM": "语音留言",
    "CB": "回拨",
    "SMS": "短信",
    "WEB": "网站",
    "WX": "微信",
    "WB": "微博",
    "APP": "移动客户端",
    "MAIL": "邮件",
    "FAX": "传真",
    "LETTER": "来信",
    "P12345": "省12345",
    "C12345": "市12345",
    "L110": "110转交",
    "L120": "120转交",
    "L12356": "12356转接",
}
KIND_LABEL: dict[str, str] = {"1": "新问题", "2": "同工单", "3": "补充工单", "4": "咨询工单", "5": "接管工单"}


class SourceLevel(StrEnum):
    """来源等级: the level of government the demand came in at."""

    PROVINCE = "1"
    CITY = "2"
    DISTRICT = "3"


SOURCE_LEVEL_LABEL: dict[SourceLevel, str] = {
    SourceLevel.PROVINCE: "省",
    SourceLevel.CITY: "市",
    SourceLevel.DISTRICT: "区",
}
LEVEL_OF: dict[Source, SourceLevel] = {Source.PROV: SourceLevel.PROVINCE, Source.CITY: SourceLevel.CITY}
"""The level that goes without saying."""


class CallerSubject(StrEnum):
    """来电主体."""

    PERSON = "1"
    COMPANY = "2"
    OTHER = "3"


CALLER_SUBJECT_LABEL: dict[CallerSubject, str] = {
    CallerSubject.PERSON: "个人",
    CallerSubject.COMPANY: "企业",
    CallerSubject.OTHER: "其他",
}


class AcceptMode(StrEnum):
    """受理类型: answered by the hotline itself, or sent to a unit. Follows from what happened, never stored."""

    DIRECT = "1"
    DISPATCHED = "2"


ACCEPT_MODE_LABEL: dict[AcceptMode, str] = {AcceptMode.DIRECT: "直办", AcceptMode.DISPATCHED: "转办"}


class Appeal(StrEnum):
    """考核申诉: how far a unit's appeal against being assessed for an order has come."""

    PENDING = "pending"
    GRANTED = "granted"
    REFUSED = "refused"


APPEAL_LABEL: dict[Appeal, str] = {
    Appeal.PENDING: "申诉待审",
    Appeal.GRANTED: "申诉成立",
    Appeal.REFUSED: "申诉驳回",
}
MOST_CATEGORIES = 5
"""问题分类 has up to five levels."""
