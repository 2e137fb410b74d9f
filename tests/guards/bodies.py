"""What a route takes in, found by asking it once, and bodies made from that: one that fits, and hostile ones."""

import io
from contextlib import contextmanager
from datetime import timedelta

from marshmallow import fields, validate

from hotline import clock, db
from hotline.db import session
from hotline.people import sessions
from hotline.people.demo import DEMO_PASSWORD
from hotline.web.gate import Upload, intake
from tests.conftest import carry
from tests.guards.objects import ROWS, method_of

KNOWN = {
    "current": DEMO_PASSWORD,
    "unit": "南京鼓楼医院",
    "reason": "核对情况后办理",
    "number": "13800001234",
    "announcement": "这里是疫情专线，请稍候。",
}


@contextmanager
def undone():
    """Whatever the requests inside commit is as if it had never been."""
    session.rollback()
    inner = db.db.engine.begin_nested()
    try:
        yield
    finally:
        session.remove()
        inner.rollback()


class Asker:
    """Sends requests as one person or another, and sees which schemas judge them."""

    def __init__(self, client, world, monkeypatch) -> None:
        self.client = client
        self.asked = []
        self.tokens = {
            (role, own): sessions.open_session(account, "127.0.0.1")
            for own, group in ((True, world.people), (False, world.strangers))
            for role, account in group.items()
        }
        session.commit()
        judge = intake._judge
        monkeypatch.setattr(intake, "_judge", lambda schema, sent: self.asked.append(schema) or judge(schema, sent))

    def enter(self, role, own=True) -> bool:
        """Go on as the one who owns things, or as the stranger of that role, if there is one."""
        if (role, own) in self.tokens:
            carry(self.client, self.tokens[role, own])
        return (role, own) in self.tokens

    def schema(self, address, method):
        """The schema of the body, or None; `address` carries no query."""
        self.asked.clear()
        with undone():
            self.client.open(address, method=method, json={})
        return self.asked[-1] if self.asked else None

    def status(self, address, method, body=None, **more):
        with undone():
            return self.client.open(address, method=method, **(as_sent(body) | more)).status_code


def as_sent(body):
    """A dict goes as JSON, as a form when it carries a file."""
    if body is None:
        return {}
    if any(isinstance(value, tuple) for value in body.values()):
        return {"data": {name: as_part(value) for name, value in body.items() if value is not None}}
    return {"json": body}


def as_part(value):
    """A part of a form: a file that can be read once, or text."""
    if isinstance(value, tuple):
        return io.BytesIO(value[0]), value[1]
    return str(value).encode("utf-8", "replace").decode()


def routes(app, listed, methods=("POST", "PUT", "PATCH", "DELETE")):
    """The rules whose endpoint is `listed` and that change something."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint in listed and method_of(rule) in methods]


def fitting(schema, values, turn=0):
    """A body the schema accepts; ids are those of `values`, by name; another `turn`, another choice of each list."""
    return {
        field.data_key or name: values.get(name, KNOWN.get(name, value_of(field, turn)))
        for name, field in (schema.load_fields.items() if schema else ())
    }


def value_of(field, turn=0):
    """Some value that a field accepts."""
    rules = [field.validate] if callable(field.validate) else list(field.validate or ())
    for rule in rules:
        if isinstance(rule, validate.OneOf):
            choices = [choice for choice in rule.choices if choice != ""]
            return choices[turn % len(choices)]
    return next(make(field, rules) for kind, make in MAKERS.items() if isinstance(field, kind))


def least(rules, kind):
    """The smallest number or length that the rules let through, and never nothing."""
    return max(
        (int(rule.min or getattr(rule, "equal", None) or 1) for rule in rules if isinstance(rule, kind)), default=1
    )


MAKERS = {
    Upload: lambda _field, _rules: (ROWS.encode(), "a.csv"),
    fields.Integer: lambda _field, rules: least(rules, validate.Range),
    fields.Enum: lambda field, _rules: next(iter(field.enum)).value,
    fields.List: lambda field, _rules: [value_of(field.inner)],
    fields.Boolean: lambda _field, _rules: True,
    fields.Dict: lambda _field, _rules: {},
    fields.Date: lambda _field, _rules: f"{clock.today():%Y-%m-%d}",
    fields.DateTime: lambda _field, _rules: (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S"),
    fields.Field: lambda _field, rules: "查" * least(rules, validate.Length),
}
"""By kind of field, the narrower kinds first."""
