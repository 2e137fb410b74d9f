"""Every route × every role, really requested: inside or refused, as the table says."""

import pytest

from hotline.people import sessions
from hotline.people.models import Role
from hotline.web.gate import guards
from tests.conftest import carry
from tests.guards.routes import MACHINE, PUBLIC, ROUTES, SIGNED_IN

SAMPLE = {"int": "1", "string": "x", "default": "x", "path": "x", "any": "x", "uuid": "0" * 32, "float": "1.0"}
SAMPLE_OF = {"month": "2024-02", "day": "2024-02-01", "filename": "hotline.css"}
NOTHING_TO_REQUEST = {"gate.sign_out"}
"""Requesting it would end the session that the next request needs."""


def rules(app):
    """Every listed route but the files; a route that is not listed has its own test."""
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint in ROUTES.keys() - guards.STATIC_ENDPOINTS]


def allowed(entry) -> frozenset[Role]:
    return frozenset(Role) if entry in (PUBLIC, SIGNED_IN, MACHINE) else frozenset(entry)


def address_of(app, rule) -> str:
    values = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__.removesuffix("Converter").lower()
        kind = {"integer": "int", "unicode": "string"}.get(converter, converter)
        values[name] = SAMPLE_OF.get(name, SAMPLE.get(kind, "x"))
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=sorted(rule.methods)[0])


def test_every_route_has_an_entry_and_every_entry_a_route(shared_app):
    there = {rule.endpoint for rule in shared_app.url_map.iter_rules()}
    assert sorted(there - ROUTES.keys()) == []
    assert sorted(ROUTES.keys() - there) == []


def test_the_guards_say_what_the_table_says(shared_app):
    wrong = {}
    for rule in rules(shared_app):
        entry, audience = ROUTES[rule.endpoint], guards.audience(shared_app, rule.endpoint)
        machine = guards.guard_of(rule.endpoint.rpartition(".")[0]).check is not None
        told = MACHINE if machine else PUBLIC if audience == guards.PUBLIC else audience
        wanted = frozenset(Role) if entry == SIGNED_IN else entry if isinstance(entry, str) else frozenset(entry)
        if told != wanted:
            wrong[rule.endpoint] = told
    assert wrong == {}


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role or "nobody")
def test_each_role_gets_in_where_the_table_says(app, client, people, role):
    """Refused is 401 for nobody and 403 for the wrong role; anything else means the guard let the request in.

    Plain pages are really shown; where a view needs arguments or changes something, a stand-in answers for it.
    """
    token = sessions.open_session(people[role], "127.0.0.1") if role else None
    wrong = {}
    for rule in rules(app):
        entry = ROUTES[rule.endpoint]
        if entry == MACHINE or rule.endpoint in NOTHING_TO_REQUEST or "stream" in rule.endpoint:
            continue
        if token:
            carry(client, token)
        plain_page = "GET" in rule.methods and not rule.arguments
        status = client.get(rule.rule).status_code if plain_page else guarded_status(app, client, rule)
        inside = entry == PUBLIC or (role is not None and role in allowed(entry))
        expected = status not in (401, 403, 500) if inside else status == (403 if role else 401)
        if not expected:
            wrong[rule.endpoint] = status
    assert wrong == {}


def guarded_status(app, client, rule) -> int:
    """The status of a request that goes through the gate to a stand-in for the view."""
    view = app.view_functions[rule.endpoint]

    def reached(**_arguments):
        return "", 204

    reached.__dict__.update(view.__dict__)
    app.view_functions[rule.endpoint] = reached
    try:
        method = next(name for name in ("GET", "POST", "PUT", "PATCH", "DELETE") if name in rule.methods)
        return client.open(address_of(app, rule), method=method, data={} if method != "GET" else None).status_code
    finally:
        app.view_functions[rule.endpoint] = view


def test_machines_prove_themselves(app, client):
    """A request without proof is refused at every machine's door; only whether the house is up may anybody ask."""
    let_in = {}
    for rule in rules(app):
        if ROUTES[rule.endpoint] == MACHINE and rule.endpoint not in ("ops.live", "ops.ready"):
            status = guarded_status(app, client, rule)
            if status not in (400, 401, 403, 415):
                let_in[rule.endpoint] = status
    assert let_in == {}


def test_a_door_without_a_guard_stops_the_start(shared_app):
    from flask import Blueprint, Flask

    loose = Blueprint("loose", __name__)
    loose.add_url_rule("/loose", view_func=lambda: "open")
    app = Flask("loose")
    app.register_blueprint(loose)
    with pytest.raises(RuntimeError, match=r"loose\.<lambda>"):
        guards.check_doors(app)


def test_a_guard_taken_away_refuses_everybody(app, client, monkeypatch):
    monkeypatch.delitem(guards._guards, "gate")
    answer = client.get("/sign-in", headers={"Accept": "application/json"})
    assert answer.status_code == 403
