"""Is this webhook genuine? Type, size, signature over the raw URL, account, required and well-formed parameters."""

from twilio.request_validator import RequestValidator

from hotline.config import Config
from hotline.errors import Malformed, Refused, TooLarge, WrongType
from hotline.telephony.requests import WebhookRequest
from hotline.telephony.twilio.boundaries import ambiguous
from hotline.telephony.twilio.parameters import FORMS, NAME, required, well_formed

FORM = "application/x-www-form-urlencoded"
MOST_BYTES = 64 * 1024
MOST_PARAMETERS = 100


def verify(request: WebhookRequest, config: Config) -> dict[str, str]:
    """The parameters of a genuine webhook. Cheap checks first; nothing is believed before the signature."""
    _check_shape(request)
    params = _unique(request.form)
    if not _signed(request, params, config):
        raise Refused("签名不符")
    if params.get("AccountSid") != config.twilio_account_sid:
        raise Refused("账户不符")
    _check_parameters(params)
    if ambiguous(params):
        raise Refused("参数边界不明")
    return params


def _check_shape(request: WebhookRequest) -> None:
    if request.method != "POST":
        raise Malformed("只接受 POST")
    if request.content_type.split(";")[0].strip().lower() != FORM:
        raise WrongType("只接受表单")
    if request.content_length is None:
        raise Malformed("缺少长度")
    if request.content_length > MOST_BYTES:
        raise TooLarge("请求过大")
    if len(request.form) > MOST_PARAMETERS:
        raise Malformed("参数过多")


def _unique(form: list[tuple[str, str]]) -> dict[str, str]:
    params = dict(form)
    if len(params) != len(form):
        raise Malformed("参数重复")
    if any("\0" in name or "\0" in value for name, value in form):
        raise Malformed("参数含有空字符")
    return params


def _signed(request: WebhookRequest, params: dict[str, str], config: Config) -> bool:
    """Against every token of the list: the primary, and the next or previous one during a rotation."""
    given = request.header("X-Twilio-Signature")
    url = config.public_base_url + request.raw_target
    if not given or not request.raw_target.startswith("/"):
        return False
    genuine = False
    for token in config.twilio_auth_tokens:
        genuine |= RequestValidator(token).validate(url, params, given)
    return genuine


def _check_parameters(params: dict[str, str]) -> None:
    absent = [name for name in required(params) if name not in params]
    if absent:
        raise Malformed("缺少参数 " + "、".join(absent))
    wrong = [
        name
        for name, value in params.items()
        if not (well_formed(name, value) if name in FORMS else NAME.fullmatch(name))
    ]
    if wrong:
        raise Malformed("参数格式不符 " + "、".join(sorted(wrong)[:5]))
