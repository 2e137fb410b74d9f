"""What hangs on the voice menu: temporary event lines and recorded prompts."""

from collections.abc import Callable

from flask import url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from hotline import clock
from hotline.ivr import prompts, service
from hotline.ivr.faults import KEYS
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door
from hotline.web.admin.menus import instant, show


class EventLineForm(Schema):
    key = fields.String(required=True, validate=validate.OneOf(sorted(KEYS)))
    name = fields.String(required=True, validate=validate.Length(2, 40))
    line = fields.String(required=True, validate=validate.Length(1, 20))
    announcement = fields.String(required=True, validate=validate.Length(4, 300))
    since = fields.NaiveDateTime(load_default=None)
    until = fields.NaiveDateTime(load_default=None)


class PromptForm(Schema):
    prompt = fields.String(required=True, validate=validate.Length(1, 40))
    file = gate.Upload(required=True)


def _act(act: Callable[[], str]) -> ResponseReturnValue:
    return gate.act(act, show, url_for("admin.menus"))


@door.post("/menus/event-lines")
@administrators
def open_event_line() -> ResponseReturnValue:
    def act() -> str:
        form = gate.load(EventLineForm())
        since, until = form.pop("since"), form.pop("until")
        service.switch_on(
            **form,
            since=max(instant(since), clock.now()) if since else None,
            until=instant(until) if until else None,
            by=gate.person().id,
        )
        return f"{form['key']}号键专线“{form['name']}”已登记。"

    return _act(act)


@door.post("/menus/event-lines/<int:line_id>/off")
@administrators
def close_event_line(line_id: int) -> ResponseReturnValue:
    def act() -> str:
        gate.load(gate.Nothing())
        service.switch_off(line_id, gate.person().id)
        return "专线已关闭。"

    return _act(act)


@door.post("/menus/prompts")
@administrators
def upload_prompt() -> ResponseReturnValue:
    def act() -> str:
        form = gate.load(PromptForm())
        content = form["file"].read(prompts.LARGEST + 1)
        prompts.save(gate.config().prompts_dir, form["prompt"], content)
        return f"录音 {form['prompt']} 已保存，来电人即刻听到。"

    return _act(act)


@door.post("/menus/prompts/<name>/remove")
@administrators
def remove_prompt(name: str) -> ResponseReturnValue:
    def act() -> str:
        gate.load(gate.Nothing())
        prompts.remove(gate.config().prompts_dir, name)
        return f"录音 {name} 已移除，改由语音合成朗读。"

    return _act(act)
