"""Every route that changes something, sent hostile bodies: refused or taken, never a defect.

One case per field by default; all of them with `FUZZ_CASES=40 pytest tests/guards/test_hostile.py`.
"""

import os
from itertools import cycle, islice

from hotline.people.models import Role
from tests.guards.bodies import fitting, routes
from tests.guards.objects import method_of
from tests.guards.routes import MACHINE, ROUTES

CASES = int(os.environ.get("FUZZ_CASES", "1"))
"""Hostile values per field, thrice as many bodies per route; each goes on in the list where the one before stopped."""

VALUES = (
    None,
    True,
    -1,
    2**53,
    2**63 - 1,
    2**63,
    10**400,
    1.5,
    -1e308,
    "",
    " ",
    "²",
    "٣",
    "-0",
    "9" * 20,
    "9" * 5000,
    "x" * 100_000,
    "a\x00b",
    "\ud800",
    "\u202e\ufeff\u2028",
    "😀" * 30,
    "%00%s%n{{7*7}}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "10000-01-01",
    "0001-01-01",
    "9999-12-31T23:59:59",
    "2024-02-30",
    [],
    [[[]]],
    ["x"] * 3000,
    {},
    {"a": {"b": [1, {"c": None}]}},
    {"": ""},
)
BODIES = (
    (b"", "application/json"),
    (b"null", "application/json"),
    (b"[]", "application/json"),
    (b'"x"', "application/json"),
    (b"1e999", "application/json"),
    (b"[" * 50_000, "application/json"),
    (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json"),
    (b'{"version": NaN}', "application/json"),
    (b'{"version": 1, "version": 2}', "application/json"),
    (b"\xff\xfe{\x00}", "application/json"),
    (b"{}", "application/json; charset=utf-16"),
    (b"version=1", "text/plain"),
    (b"<a/>", "application/xml"),
    (b"version=%FF%00&reason=%ED%A0%80&" + b"a=1&" * 600, "application/x-www-form-urlencoded"),
    (b"--x\r\nno end", "multipart/form-data; boundary=x"),
    (b"x", "multipart/form-data"),
    (
        b'--x\r\nContent-Disposition: form-data; name=a; filename="' + b"n" * 9000 + b'"\r\n\r\n\r\n--x--',
        "multipart/form-data; boundary=x",
    ),
)


def someone(entry):
    return Role.ADMIN if isinstance(entry, str) else min(entry)


def changing(app):
    return routes(app, [name for name, entry in ROUTES.items() if entry != MACHINE])


def sent(schema, world, value):
    """For each field a fitting body with a hostile value in its place."""
    for name in fitting(schema, world.values):
        for turn, hostile in enumerate(islice(value, CASES)):
            yield name, hostile, {**fitting(schema, world.values, turn), name: hostile}


def test_hostile_values_never_meet_a_defect(app, world, asker):
    broken, tried, values = {}, 0, cycle(VALUES)
    for rule in changing(app):
        asker.enter(someone(ROUTES[rule.endpoint]))
        address, method = world.address(app, rule), method_of(rule)
        schema = asker.schema(address, method)
        for name, hostile, body in sent(schema, world, values) if schema else ():
            tried += 1
            told = asker.status(address, method, body)
            if told >= 500:
                broken.setdefault(rule.endpoint, []).append((told, name, repr(hostile)[:40]))
    assert broken == {}
    assert tried > 250


def test_hostile_bodies_never_meet_a_defect(app, world, asker):
    broken, bodies = {}, cycle(BODIES)
    for rule in changing(app):
        asker.enter(someone(ROUTES[rule.endpoint]))
        address, method = world.address(app, rule), method_of(rule)
        for data, kind in islice(bodies, min(3 * CASES, len(BODIES))):
            told = asker.status(address, method, data=data, content_type=kind)
            if told >= 500:
                broken.setdefault(rule.endpoint, []).append((told, kind, data[:30]))
    assert broken == {}


FOREIGN_FIELDS = {
    "role": "admin",
    "roles": ["admin"],
    "id": 1,
    "owner": 1,
    "created_at": "2024-01-01",
    "sealed": True,
    "__class__": "x",
}


def test_fields_that_are_not_asked_for_are_refused(app, world, asker):
    """Each schema of each route, with one field too many: named and refused, whatever else is right."""
    taken, judged, foreign = {}, 0, cycle(FOREIGN_FIELDS)
    for rule in changing(app):
        asker.enter(someone(ROUTES[rule.endpoint]))
        address, method = world.address(app, rule), method_of(rule)
        schema = asker.schema(address, method)
        known = set(schema.load_fields) if schema else set()
        good = fitting(schema, world.values)
        for name in set(islice(foreign, 2 * CASES)) - known if schema else ():
            judged += 1
            asker.asked.clear()
            told = asker.status(address, method, {**good, name: FOREIGN_FIELDS[name]})
            if told < 400:
                taken[rule.endpoint, name] = told
    assert taken == {}
    assert judged > 150
