"""Every page asked with junk in its address and in each of its query's fields: refused or shown, never a defect."""

import io
import re
from urllib.parse import quote

import pytest
from flask import request
from marshmallow import Schema, fields

from hotline.db import session
from hotline.errors import Invalid, Malformed
from hotline.people import sessions
from hotline.people.models import Role
from hotline.web.gate import guards, headers, intake
from hotline.web.gate.attachments import attachment
from tests.conftest import carry
from tests.guards.routes import PUBLIC, ROUTES, SIGNED_IN
from tests.matters import workorders as make

HUGE = ("0", "99999999999999999999", "9" * 5000)
WORDS = ("\x00", "..%2F..%2Fetc%2Fpasswd", "2024-13", "10000-01", "0001-01", "9999-12", "x" * 3000, "²", "%FF")
VALUES = (
    "99999999999999999999",
    "9" * 5000,
    "%00",
    "%FF",
    "2024-13",
    "0001-01-01",
    "9999-12-31",
    "0001-01",
    "²",
    "%25_",
)


def addresses(rule):
    """The rule's address with each kind of junk in all of its arguments."""
    numeric = all(type(rule._converters[name]).__name__ == "IntegerConverter" for name in rule.arguments)
    for junk in HUGE if numeric else WORDS:
        yield re.sub(r"<(int:|path:)?\w+>", lambda found, junk=junk: _part(found[1], junk), rule.rule)


def _part(kind, junk):
    if kind == "int:":
        return junk if junk.isdecimal() and junk.isascii() else HUGE[1]
    return junk if "%" in junk else quote(junk)


def pages(app):
    """Every route that is read by people or anybody, without streams, which never end."""
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint not in guards.STATIC_ENDPOINTS and "stream" not in rule.endpoint:
            yield rule


def someone(entry):
    """A role that the table lets in."""
    return Role.ADMIN if entry in (PUBLIC, SIGNED_IN) or isinstance(entry, str) else min(entry)


def test_junk_never_meets_a_defect(app, client, people, monkeypatch):
    make.order()
    tokens = {role: sessions.open_session(people[role], "127.0.0.1") for role in Role}
    session.commit()
    asked, judge = [], intake._judge
    monkeypatch.setattr(intake, "_judge", lambda schema, sent: asked.append(schema) or judge(schema, sent))
    broken, tried = {}, 0
    for rule in pages(app):
        carry(client, tokens[someone(ROUTES[rule.endpoint])])
        asked.clear()
        plain = re.sub(r"<(int:)?\w+>", lambda found: "1" if found[1] else "2024-02", rule.rule)
        wanted = [plain, *(addresses(rule) if rule.arguments else ()), f"{plain}?{'a=1&' * 2000}"]
        client.get(plain)
        names = {name for schema in asked for name in schema.load_fields}
        wanted += [f"{plain}?{name}={value}" for name in sorted(names) for value in VALUES]
        for address in wanted:
            tried += 1
            status = client.get(address).status_code
            if status >= 500 and rule.endpoint not in ("ops.ready",):
                broken.setdefault(rule.endpoint, []).append((status, address[:120]))
    assert broken == {}
    assert tried > 500


@pytest.mark.parametrize("name", ["a\r\nX: y.csv", "a\x00.csv", "名" * 300 + ".csv"])
def test_a_file_name_nobody_can_keep_is_refused(app, name):
    sent = {"file": (io.BytesIO(b"a,b"), "a.csv")}
    with app.test_request_context(data=sent, method="POST"):
        request.files["file"].filename = name
        with pytest.raises(Malformed):
            intake.load(Schema.from_dict({"file": fields.Raw()})())


@pytest.mark.parametrize("number", [2**63, -(2**64), 10**400])
def test_a_number_no_column_holds_is_refused(app, number):
    with app.test_request_context(json={"n": number}, method="POST"), pytest.raises(Invalid):
        intake.load(Schema.from_dict({"n": fields.Integer()})())


def test_a_file_handed_out_keeps_its_own_policy(app):
    with app.test_request_context("/orders/1/files/x"):
        told = headers.add(attachment("图.html", "text/html", b"<script>"))
    assert told.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
