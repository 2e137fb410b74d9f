"""The words of a work order: sources, natures, states, moves, clocks. Codes 1-7 of the nature and the grades of
urgency and satisfaction equal the provincial lists, so that exchange needs no mapping."""

from enum import StrEnum


class Source(StrEnum):
    SELF = "SELF"
    CITY = "CITY"
    PROV = "PROV"
    COMMISSION = "COMMISSION"
    L110 = "L110"
    LETTER = "LETTER"
    WEB = "WEB"


SOURCE_LABEL: dict[Source, str] = {
    Source.SELF: "自接工单",
    Source.CITY: "市12345",
    Source.PROV: "省12345",
    Source.COMMISSION: "卫健委交办",
    Source.L110: "110转交",
    Source.LETTER: "信访转",
    Source.WEB: "网络",
}

NUMBER_PREFIX: dict[Source, str] = {
    Source.SELF: "ZJ",
    Source.CITY: "SZ",
    Source.PROV: "SS",
    Source.COMMISSION: "WJ",
    Source.L110: "LD",
    Source.LETTER: "XF",
    Source.WEB: "WL",
}


class Nature(StrEnum):
    CONSULTATION = "1"
    HELP = "2"
    SUGGESTION = "3"
    COMPLAINT = "4"
    REPORT = "5"
    PRAISE = "6"
    OTHER = "7"


NATURE_LABEL: dict[Nature, str] = {
    Nature.CONSULTATION: "咨询",
    Nature.HELP: "求助",
    Nature.SUGGESTION: "建议",
    Nature.COMPLAINT: "投诉",
    Nature.REPORT: "举报",
    Nature.PRAISE: "表扬",
    Nature.OTHER: "其他",
}


class Urgency(StrEnum):
    NORMAL = "0"
    URGENT = "1"
    EXTREME = "2"
    MEANINGLESS = "9"


URGENCY_LABEL: dict[Urgency, str] = {
    Urgency.NORMAL: "一般",
    Urgency.URGENT: "紧急",
    Urgency.EXTREME: "特急",
    Urgency.MEANINGLESS: "无意义",
}


class State(StrEnum):
    DRAFT = "draft"
    REGISTERED = "registered"
    DISPATCHED = "dispatched"
    SIGNED = "signed"
    RETURNED = "returned"
    PROCESSING = "processing"
    EXTENSION_REQUESTED = "extension_requested"
    SUSPENDED = "suspended"
    REPLIED = "replied"
    TO_REVISIT = "to_revisit"
    REWORK = "rework"
    CLOSED = "closed"
    ARCHIVED = "archived"
    VOID = "void"
    MERGED = "merged"


STATE_LABEL: dict[State, str] = {
    State.DRAFT: "草稿",
    State.REGISTERED: "已受理（待派单）",
    State.DISPATCHED: "已派单（待签收）",
    State.SIGNED: "已签收",
    State.RETURNED: "退单待审",
    State.PROCESSING: "办理中",
    State.EXTENSION_REQUESTED: "延期待审",
    State.SUSPENDED: "挂起（承诺办理）",
    State.REPLIED: "已答复（待审核）",
    State.TO_REVISIT: "待回访",
    State.REWORK: "重办",
    State.CLOSED: "已办结",
    State.ARCHIVED: "已归档",
    State.VOID: "无效",
    State.MERGED: "并单",
}

AT_UNIT = frozenset({State.DISPATCHED, State.SIGNED, State.PROCESSING, State.SUSPENDED})
"""States in which the next step is the handling unit's; in every other open state it is the hotline's."""

ENDED = frozenset({State.CLOSED, State.ARCHIVED, State.VOID})


class Move(StrEnum):
    """What happens to an order. Down to HAND_OVER a move changes the state; the rest only leaves its line."""

    REGISTER = "register"
    REPLY_DIRECTLY = "reply_directly"
    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    REDISPATCH = "redispatch"
    REJECT_RETURN = "reject_return"
    START = "start"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    SUSPEND = "suspend"
    RESUME = "resume"
    REPLY = "reply"
    APPROVE = "approve"
    REWORK = "rework"
    RESTART = "restart"
    CLOSE = "close"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    VOID = "void"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    REINSTATE = "reinstate"
    HAND_OVER = "hand_over"
    NOTE = "note"
    CONTACT = "contact"
    SUPPLEMENT = "supplement"
    NEAR_DUE = "near_due"
    URGE = "urge"
    SUPERVISE = "supervise"
    SEEN = "seen"
    REVISIT_TRY = "revisit_try"
    LINK = "link"
    UNLINK = "unlink"
    FILE = "file"
    ANSWERED_WITH_PARENT = "answered_with_parent"
    AMEND = "amend"
    ASSESS = "assess"
    APPEAL = "appeal"
    GRANT_APPEAL = "grant_appeal"
    REFUSE_APPEAL = "refuse_appeal"


MOVE_LABEL: dict[Move, str] = {
    Move.REGISTER: "受理登记",
    Move.REPLY_DIRECTLY: "直接答复",
    Move.DISPATCH: "派单",
    Move.SIGN: "签收",
    Move.RETURN: "申请退单",
    Move.REDISPATCH: "改派",
    Move.REJECT_RETURN: "驳回退单",
    Move.START: "开始办理",
    Move.ASK_EXTENSION: "申请延期",
    Move.GRANT_EXTENSION: "同意延期",
    Move.REFUSE_EXTENSION: "不同意延期",
    Move.SUSPEND: "挂起",
    Move.RESUME: "恢复办理",
    Move.REPLY: "答复",
    Move.APPROVE: "审核通过",
    Move.REWORK: "退回重办",
    Move.RESTART: "重新办理",
    Move.CLOSE: "办结",
    Move.REOPEN: "重新打开",
    Move.ARCHIVE: "归档",
    Move.VOID: "作废",
    Move.MERGE: "并单",
    Move.UNMERGE: "拆单",
    Move.WITHDRAW: "撤回",
    Move.REINSTATE: "恢复",
    Move.HAND_OVER: "危及生命移交",
    Move.NOTE: "留言",
    Move.CONTACT: "先行联系",
    Move.SUPPLEMENT: "补充",
    Move.NEAR_DUE: "将到期提醒",
    Move.URGE: "催办",
    Move.SUPERVISE: "督办",
    Move.SEEN: "知悉",
    Move.REVISIT_TRY: "回访",
    Move.LINK: "关联来电",
    Move.UNLINK: "取消关联",
    Move.FILE: "附件",
    Move.ANSWERED_WITH_PARENT: "随主单答复",
    Move.AMEND: "更正登记",
    Move.ASSESS: "考核认定",
    Move.APPEAL: "考核申诉",
    Move.GRANT_APPEAL: "申诉成立",
    Move.REFUSE_APPEAL: "驳回申诉",
}


class Clock(StrEnum):
    """What is running against time. RETURN is a right that lapses; the others are duties."""

    DISPATCH = "dispatch"
    SIGN = "sign"
    RETURN = "return"
    REPLY = "reply"
    FEEDBACK = "feedback"
    REVIEW = "review"
    PROMISE = "promise"
    REVISIT = "revisit"


CLOCK_LABEL: dict[Clock, str] = {
    Clock.DISPATCH: "派单",
    Clock.SIGN: "签收",
    Clock.RETURN: "退单",
    Clock.REPLY: "答复",
    Clock.FEEDBACK: "首次反馈",
    Clock.REVIEW: "审核",
    Clock.PROMISE: "承诺办理",
    Clock.REVISIT: "回访",
}
UNIT_CLOCKS = frozenset({Clock.SIGN, Clock.RETURN, Clock.REPLY, Clock.FEEDBACK, Clock.PROMISE})
"""What runs for the handling unit; the others are between the hotline and its own diligence."""


class Unit(StrEnum):
    """How a limit is counted: working days after the day of receipt, working minutes, minutes of the clock."""

    WORKDAY = "workday"
    WORK_MINUTE = "work_minute"
    MINUTE = "minute"


class Party(StrEnum):
    HOTLINE = "hotline"
    UNIT = "unit"
    PLATFORM = "platform"
    SYSTEM = "system"


PARTY_LABEL: dict[Party, str] = {
    Party.HOTLINE: "热线",
    Party.UNIT: "承办单位",
    Party.PLATFORM: "平台",
    Party.SYSTEM: "系统",
}


class NotAccepted(StrEnum):
    """Why a demand is not taken up; the caller is told."""

    OTHER_PROCEDURE = "1"
    PETITION = "2"
    SECRET = "3"  # noqa: S105
    ALREADY_HANDLED = "4"
    OTHER = "5"


NOT_ACCEPTED_LABEL: dict[NotAccepted, str] = {
    NotAccepted.OTHER_PROCEDURE: "应通过诉讼、仲裁、纪检监察、行政复议、信息公开等程序解决",
    NotAccepted.PETITION: "已进入信访程序",
    NotAccepted.SECRET: "涉及国家秘密、商业秘密、个人隐私或违背公序良俗",
    NotAccepted.ALREADY_HANDLED: "已依法处理且结论合法合理",
    NotAccepted.OTHER: "其他",
}
SUPERVISION_LABEL: dict[int, str] = {1: "一般督办", 2: "挂牌督办", 3: "约谈督办"}
