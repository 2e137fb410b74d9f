"""The parts of a menu in the administrators' words."""

KIND_LABEL = {
    "menu": "按键菜单",
    "answer": "自助播报",
    "queue": "排队转人工",
    "transfer": "转接外线",
    "voicemail": "语音留言",
    "callback": "登记回拨",
    "hangup": "结束通话",
    "survey": "满意度评价",
}
KIND_ICON = {
    "menu": "grid-3x3-gap",
    "answer": "megaphone",
    "queue": "people",
    "transfer": "telephone-forward",
    "voicemail": "voicemail",
    "callback": "telephone-inbound",
    "hangup": "telephone-x",
    "survey": "star",
}
DAYS_LABEL = {"workday": "工作日", "holiday": "休息日和节假日", "all": "每天"}
KEYPAD = "123456789*0#"
