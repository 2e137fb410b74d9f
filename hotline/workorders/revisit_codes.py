"""The words of a revisit: solved or not, why nobody was reached, the grades, whether the answer fits."""

from enum import StrEnum


class Solved(StrEnum):
    NO = "0"
    YES = "1"
    UNSAID = "2"


SOLVED_LABEL: dict[Solved, str] = {Solved.NO: "未解决", Solved.YES: "已解决", Solved.UNSAID: "未表态"}


class RevisitFailure(StrEnum):
    NO_ANSWER = "1"
    REJECTED = "2"
    DEAD_NUMBER = "3"
    WILL_NOT_RATE = "4"
    NOT_THE_PERSON = "5"
    ASKED_NOT_TO = "6"


FAILURE_LABEL: dict[RevisitFailure, str] = {
    RevisitFailure.NO_ANSWER: "无人接听",
    RevisitFailure.REJECTED: "拒接",
    RevisitFailure.DEAD_NUMBER: "空号停机",
    RevisitFailure.WILL_NOT_RATE: "拒绝评价",
    RevisitFailure.NOT_THE_PERSON: "非本人",
    RevisitFailure.ASKED_NOT_TO: "要求不回访",
}

SATISFACTION_LABEL: dict[int, str] = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}


class ReplyFit(StrEnum):
    """答复契合度: whether the answer was about what the person had asked."""

    FITS = "1"
    BESIDE = "2"


FIT_LABEL: dict[ReplyFit, str] = {ReplyFit.FITS: "契合", ReplyFit.BESIDE: "不契合"}
