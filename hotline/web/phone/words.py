"""What callers hear besides the menu itself."""

from hotline.queues.waiting import Place

AGAIN = "通话中断，正在为您重新接通，请不要挂机。"
MOVED = "正在为您转接，请不要挂机。"
UNREACHED = "对方暂时无法接通，正在为您转回人工服务，请不要挂机。"
WHY_AGAIN = {"moved": MOVED, "unreached": UNREACHED}
BLOCKED = "您的号码暂时无法使用本服务。如果您正处于心理危机，请按5。"
CRISIS_ENDS = "感谢您愿意和我们说话。任何时候需要，请再拨打我们的电话，或者拨打12356。"
MESSAGE_KEPT = "您的留言已保存，我们会尽快回复您。"
CRISIS_WAIT = "请不要挂机，马上有人陪您说话。如果您或身边的人正有生命危险，请同时拨打110或120。"
WAIT = "请不要挂机，我们正在为您接通。"
NO_CALL_BACK = "没有可以呼叫的回拨，请在回拨页面重新呼叫。"
NOT_ANSWERED = "对方未接听。"
CHOICES = "按2由我们回拨，按3留言，继续等待请不要按键。"


def position(place: Place) -> str:
    """Where the caller stands and how long it may take, as far as it is known."""
    text = f"您前面还有{place.before}位。" if place.before else "您是下一位。"
    return text + (f"预计等待{place.minutes}分钟。" if place.minutes is not None else "")
