"""What callers hear besides the menu itself."""

from hotline.queues.estimate import Place

AGAIN = "通话中断，正在为您重新接通，请不要挂机。"
MOVED = "正在为您转接，请不要挂机。"
UNREACHED = "对方暂时无法接通，正在为您转回人工服务，请不要挂机。"
WHY_AGAIN = {"moved": MOVED, "unreached": UNREACHED}
CRISIS_ENDS = "感谢您愿意和我们说话。任何时候需要，请再拨打我们的电话，或者拨打12356。"
MESSAGE_KEPT = "您的留言已保存，我们会尽快回复您。"
CRISIS_WAIT = "请不要挂机，马上有人陪您说话。如果您或身边的人正有生命危险，请同时拨打110或120。"
WAIT = "请不要挂机，我们正在为您接通。"
NO_CALL_BACK = "没有可以呼叫的回拨，请在回拨页面重新呼叫。"
NOT_ANSWERED = "对方未接听。"
CHOICES = "按2由我们回拨，按3留言，继续等待请不要按键。"
CHOICES_UNSEEN = "按3留言，继续等待请不要按键。"
UNSEEN = "您的来电没有显示号码，我们无法回拨。请留言并说出您的电话号码。"
UNSPOKEN = "没有听到您的留言，正在为您转回排队，请不要挂机。"


def position(place: Place) -> str:
    """Where the caller stands and how long it may take, as far as it is known."""
    text = f"您前面还有{place.before}位。" if place.before else "您是下一位。"
    if place.long:
        return text + "预计等待时间较长。"
    return text + (f"预计等待{place.minutes}分钟。" if place.minutes is not None else "")


def overflowed(line_name: str) -> str:
    """What a caller hears who waited so long that another line takes over."""
    return f"您等待的线路繁忙，已为您转到{line_name}，您的位置不变。"


def blocked(crisis_key: str) -> str:
    """What a blocked number hears; `crisis_key` is the one of the menu as it is now."""
    return f"您的号码暂时无法使用本服务。如果您正处于心理危机，请按{crisis_key}。"
