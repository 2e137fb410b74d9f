"""The city reporter's own door: the months to file, the form, the template, what the province said."""

from io import BytesIO

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock, sheets
from hotline.calls.models import CATEGORY_LABEL, Category
from hotline.clock import Month
from hotline.db import session
from hotline.errors import HotlineError, Invalid, Refused, TooLarge
from hotline.people.models import Role
from hotline.places.models import Area
from hotline.sheets.reading import MAX_BYTES
from hotline.statistics import editions, returns, returns_files, returns_reminded
from hotline.statistics.returns_models import RETURN_LABEL, Form, ReturnState
from hotline.web import gate
from hotline.web.bulletin.months import month_of
from hotline.web.gate.attachments import attachment

SHOWN = 12
_COUNT = validate.Range(0, 10**9 - 1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

reporters = gate.door("returns", __name__, url_prefix="/returns", roles=(Role.REPORTER,))
gate.nav("报送", "returns.mine", 41)


class ReturnForm(Schema):
    total = fields.Integer(required=True, validate=_COUNT)
    explanation = fields.String(load_default="", validate=validate.Length(max=500))
    consultation = fields.Integer(validate=_COUNT)
    complaint = fields.Integer(validate=_COUNT)
    phone_booking = fields.Integer(validate=_COUNT)
    manual = fields.Integer(validate=_COUNT)
    crisis = fields.Integer(validate=_COUNT)
    ivr = fields.Integer(validate=_COUNT)
    expert_qa = fields.Integer(validate=_COUNT)
    satisfaction_inbound = fields.Integer(validate=_COUNT)


class ReturnUpload(Schema):
    file = gate.Upload(required=True)


def _city() -> Area:
    """The city of whoever is here. Raises Refused for a reporter without one."""
    code = gate.person().city_code
    area = session.get(Area, code) if code else None
    if area is None:
        raise Refused("您的账户没有对应的城市，请联系管理员")
    return area


@reporters.get("/")
def mine() -> ResponseReturnValue:
    """The last twelve months of one's own city."""
    area, month, months = _city(), Month.of(clock.today()), []
    for _ in range(SHOWN):
        month = month.previous
        months.append((month, returns.city_month(month, area)))
    return gate.page(
        "bulletin/my_returns.html",
        area=area,
        months=months,
        words=RETURN_LABEL,
        reminders=returns_reminded.reminders(area.code),
        open_states=(ReturnState.NOT_DUE, ReturnState.MISSING, ReturnState.RETURNED),
    )


@reporters.get("/<month>")
def show(month: str) -> ResponseReturnValue:
    return _page(month_of(month))


def _page(month: Month, fault: HotlineError | None = None, form: object = None) -> ResponseReturnValue:
    area = _city()
    body = gate.page(
        "bulletin/my_return.html",
        area=area,
        month=month,
        now=returns.city_month(month, area),
        earlier=returns.filings(month, area.code),
        verdicts=returns.verdicts,
        words=RETURN_LABEL,
        labels={item.code: CATEGORY_LABEL[Category(item.code)] for item in editions.of(month).hotline.categories},
        sent=form or {},
        fault=fault,
    )
    return (body, fault.status) if fault else body


@reporters.post("/<month>")
def send(month: str) -> ResponseReturnValue:
    this, form = month_of(month), None
    try:
        form = gate.load(ReturnForm())
        categories = {code: form[code] for code in returns.CATEGORY_CODES if code in form}
        returns.file(_city().code, this, form["total"], categories, explanation=form["explanation"])
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return _page(this, fault, form)
    gate.done("已报送")
    return redirect(url_for(".show", month=this))


@reporters.post("/<month>/file")
def send_file(month: str) -> ResponseReturnValue:
    """A filled-in template; the file is kept as it came."""
    this = month_of(month)
    try:
        upload = gate.load(ReturnUpload())["file"]
        data = upload.stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise TooLarge("文件超过 5 MB")
        said = returns_files.read(BytesIO(data), upload.filename)
        if said.month != this:
            raise Invalid(f"文件里的月份是 {said.month}，不是 {this}", fields={"file": ["月份不符"]})
        returns.file(
            _city().code,
            this,
            said.total,
            said.categories,
            form=Form.FILE,
            explanation=said.explanation,
            source_name=upload.filename,
            source_file=data,
        )
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return _page(this, fault)
    gate.done("已报送")
    return redirect(url_for(".show", month=this))


@reporters.get("/<month>/template.<kind>")
def template(month: str, kind: str) -> ResponseReturnValue:
    this, out = month_of(month), BytesIO()
    name = f"12320报送_{_city().short}_{this}.{'csv' if kind == 'csv' else 'xlsx'}"
    if kind == "csv":
        sheets.write_csv(out, returns_files.HEADER, returns_files.template_rows(this))
        return attachment(name, "text/csv; charset=utf-8", out.getvalue())
    sheets.write_xlsx(out, "报送", returns_files.HEADER, returns_files.template_rows(this))
    return attachment(name, XLSX, out.getvalue())
