"""Whose is it: every route with an id in its address, asked by somebody of the right role who has no part in it.

`REFUSED` names, for each such route, the roles that must not reach what is another's; an empty set says that all who
may use the route share what it shows. A route that is in neither fails, and so does a field that takes an id.
"""

from marshmallow import fields

from hotline.people.models import Role
from tests.guards.bodies import fitting, routes
from tests.guards.objects import method_of
from tests.guards.routes import AGENT, DISPATCHER, MACHINE, PUBLIC, ROUTES, STATISTICIAN, SUPERVISOR, UNIT

DESK = {AGENT, SUPERVISOR, DISPATCHER, UNIT}
REFUSED: dict[str, set[Role]] = {
    # a call is written by who took it; a crisis record is read by who took it, supervisors and the crisis line
    "calls.correction": {AGENT},
    "calls.play": {AGENT},
    "desk.book": {AGENT},
    "desk.cancel_booking": {AGENT},
    "desk.call_back_attempt": {AGENT, SUPERVISOR},
    "desk.complete": {AGENT},
    "desk.correct": {AGENT},
    "desk.dial_call_back": {AGENT, SUPERVISOR},
    "desk.give_back_call_back": {AGENT},
    "desk.hand_over_followup": {AGENT},
    "desk.link_order": {AGENT},
    "desk.link_out": {AGENT},
    "desk.record_followup": {AGENT},
    "desk.related_now": {AGENT},
    "desk.save": {AGENT},
    "desk.save_sheet": {AGENT},
    "desk.sheet": {AGENT},
    "desk.submit_sheet": {AGENT},
    "desk.take_call_back": {AGENT, SUPERVISOR},
    "desk.work": {AGENT},
    # an order belongs to its unit; views and imports to their person
    "orders.accept": {DISPATCHER, SUPERVISOR},
    "orders.act": {UNIT},
    "orders.add_file": {UNIT},
    "orders.behind": {UNIT},
    "orders.delete_view": DESK,
    "orders.import_preview": {DISPATCHER, SUPERVISOR},
    "orders.paper": {UNIT},
    "orders.read_file": {UNIT},
    "orders.rename_view": DESK,
    "orders.reveal": {UNIT},
    "orders.show": {UNIT},
    # an export belongs to who asked for it; supervisors may stop any
    "bulletin.cancel_export": {STATISTICIAN},
    "bulletin.download_export": {STATISTICIAN, SUPERVISOR},
    "bulletin.restart_export": {STATISTICIAN},
}
SHARED = {
    # the caller's card, history and masked record, with every reveal in the trail; broken glass is in the trail too
    *("calls.caller_history", "calls.show", "desk.break_glass", "desk.card", "desk.reveal"),
    # bookings (in a call only by who writes it), suspensions and alerts are the whole desk's
    *("desk.assign_call_back", "desk.lift_suspension", "desk.mark_booking", "desk.reveal_booking", "desk.take_alert"),
    # the dispatchers' desk
    *("orders.amend", "orders.amendment"),
    *("orders.bundle", "orders.link", "orders.release_file", "orders.remember_mapping", "orders.unlink"),
    # administration
    *("admin.change_line", "admin.change_contact", "admin.remove_contact"),
    *("admin.add_alias", "admin.close_event_line", "admin.close_institution", "admin.describe_person"),
    *("admin.disable_person", "admin.drop_second_factor", "admin.enable_person", "admin.end_sessions"),
    *("admin.institution", "admin.locate_institution", "admin.merge_institution", "admin.person"),
    *("admin.remove_prompt", "admin.rename_institution", "admin.reopen_institution", "admin.reset_password"),
    *("admin.run_job_again", "admin.set_roles", "admin.unlock_person", "admin.withdraw_menu", "orders.enable_platform"),
    *("orders.issue_token", "orders.push_again", "orders.renew_secret", "orders.revoke_token", "orders.set_callback"),
    # the month is the statistics office's
    *("bulletin.accept_return", "bulletin.approve", "bulletin.approve_export", "bulletin.as_of", "bulletin.check"),
    "bulletin.booking_records",
    *("bulletin.compare", "bulletin.compare_records", "bulletin.correct", "bulletin.count", "bulletin.discard_draft"),
    *("bulletin.download", "bulletin.download_chart", "bulletin.download_draft", "bulletin.draft"),
    *("bulletin.edition_form", "bulletin.fill_in", "bulletin.give_reason", "bulletin.hand_in", "bulletin.keep_draft"),
    *("bulletin.propose", "bulletin.publish", "bulletin.records", "bulletin.reject", "bulletin.return_file"),
    *("bulletin.returns", "bulletin.save_edition", "bulletin.seal", "bulletin.sealing", "bulletin.send_return_back"),
    *("bulletin.show", "bulletin.show_charts", "bulletin.show_counting", "bulletin.switch_table", "bulletin.table"),
    *("bulletin.table_file", "bulletin.table_template", "bulletin.tables", "bulletin.year"),
    # the reporter's city is that of the account, never of the address
    *("returns.send", "returns.send_file", "returns.show", "returns.template"),
    *(
        "wallboard.adopt_stray",
        "wallboard.approve_block",
        "wallboard.close_stray",
        "wallboard.event_line_off",
        "wallboard.lift_block",
        "wallboard.remove_shift",
        "wallboard.reveal_block",
        "wallboard.show_block",
    ),
}
PASSWORD_AGAIN = {"bulletin.approve", "bulletin.seal"}
"""Ask for the password, and the strangers have none."""
TAKEN = {"desk.call_back_attempt", "desk.dial_call_back", "desk.take_call_back"}
"""A conflict is told who has it."""
NOT_THERE = {"admin.remove_prompt", "bulletin.download_draft", "wallboard.adopt_stray"}
"""What the small world of this test does not hold."""

IDS = {
    *("agent", "breach_approved_by", "call_id", "institution_id", "offer", "owner_id", "parent_id", "platform_id"),
    *("rule_id", "stint", "topic_id", "agent_id", "notice_ids", "order_id", "order_ids"),
}
COUNTS = {
    *("complaint", "consultation", "crisis", "days", "expert_qa", "hours", "ivr", "manual", "minutes"),
    *("phone_booking", "satisfaction_inbound", "total", "version", "year", "level", "base"),
    *("offer_seconds", "overflow_after", "priority", "reserved"),
    *("amount", "days_late", "sat_agent", "sat_result", "sat_unit", "due_day", "remind_before", "hour", "page"),
}
"""Whole numbers that name nothing."""
HARMLESS = {
    *(("calls.export", "agent_id"), ("calls.export", "institution_id"), ("desk.related_now", "institution_id")),
    *(("orders.acknowledge", "notice_ids"), ("orders.acknowledge", "order_id"), ("orders.dispatch_many", "order_ids")),
}
"""What only narrows a list, says where to go next, or is judged one by one: an id of nothing finds nothing."""
NOTHING = 987_654_321


def addressed(app):
    """Every route of people with something in its address."""
    for rule in app.url_map.iter_rules():
        if rule.arguments and ROUTES.get(rule.endpoint) not in (None, PUBLIC, MACHINE):
            yield rule


def test_every_route_with_an_id_says_whose_it_is(shared_app):
    there = {rule.endpoint for rule in addressed(shared_app)}
    assert sorted(there - REFUSED.keys() - SHARED) == []
    assert sorted((REFUSED.keys() | SHARED) - there) == []
    assert sorted(REFUSED.keys() & SHARED) == []


def test_what_is_anothers_is_not_reached(app, world, asker):
    """Somebody gets in by right, which shows that the object is there; strangers only where it is shared."""
    wrong, unseen = {}, []
    for rule in addressed(app):
        kept = REFUSED.get(rule.endpoint, set())
        by_right = [status(app, asker, world, rule, role, own=True) for role in sorted(ROUTES[rule.endpoint])]
        if all(each in (403, 404) for each in by_right):
            unseen.append(rule.endpoint)
            continue
        for role in sorted(ROUTES[rule.endpoint] & world.strangers.keys()):
            told = status(app, asker, world, rule, role, own=False)
            refused = told in (403, 404) or (told == 409 and rule.endpoint in TAKEN)
            if refused != (role in kept) and rule.endpoint not in PASSWORD_AGAIN:
                wrong[rule.endpoint, role.value] = told
    assert wrong == {}
    assert sorted(unseen) == sorted(NOT_THERE)


def status(app, asker, world, rule, role, *, own) -> int:
    asker.enter(role, own)
    address, method = world.address(app, rule), method_of(rule)
    if method == "GET":
        return asker.status(address, method)
    return asker.status(address, method, fitting(asker.schema(address, method), world.values))


def test_an_id_of_nothing_changes_nothing(app, world, asker):
    """Each field that takes an id, in each body: an id nobody has is refused, an id with another's sign as well."""
    wrong, tried, unknown = {}, set(), set()
    for rule in routes(app, [name for name, entry in ROUTES.items() if entry not in (PUBLIC, MACHINE)]):
        entry = ROUTES[rule.endpoint]
        asker.enter(min(entry) if isinstance(entry, set) else AGENT)
        address, method = world.address(app, rule), method_of(rule)
        schema = asker.schema(address, method)
        for name, field in schema.load_fields.items() if schema else ():
            numbers = isinstance(getattr(field, "inner", field), fields.Integer)
            unknown |= {name} if numbers and name not in IDS | COUNTS else set()
            if not numbers or name not in IDS or (rule.endpoint, name) in HARMLESS:
                continue
            body = fitting(schema, world.values) | {name: [NOTHING] if isinstance(field, fields.List) else NOTHING}
            told = asker.status(address, method, body)
            tried.add(name)
            if not 400 <= told < 500:
                wrong[rule.endpoint, name] = told
    assert unknown == set()
    assert wrong == {}
    assert tried == IDS - {"agent_id", "notice_ids", "order_id", "order_ids"}


NAMED = {"call", "parent", "urged_order"}
"""Texts that name a call or an order by its number."""
NUMBERED = {
    *(("orders.link", "call"), ("desk.cancel_booking", "call"), ("wallboard.observe", "call")),
    *(("orders.bundle", "parent"), ("orders.create", "urged_order"), ("orders.amend", "urged_order")),
}


def test_a_number_of_nothing_changes_nothing(app, world, asker):
    """Each field that takes the number of a call or an order: a number nobody has is refused."""
    wrong, tried = {}, set()
    for rule in routes(app, [name for name, entry in ROUTES.items() if entry not in (PUBLIC, MACHINE)]):
        entry = ROUTES[rule.endpoint]
        asker.enter(min(entry) if isinstance(entry, set) else AGENT)
        address, method = world.address(app, rule), method_of(rule)
        schema = asker.schema(address, method)
        for name in NAMED & schema.load_fields.keys() if schema else ():
            beside = {"parent_id": None, "call_id": None} if name in ("call", "parent") else {}
            told = asker.status(address, method, fitting(schema, world.values) | beside | {name: "SZ209901010001"})
            tried.add((rule.endpoint, name))
            if not 400 <= told < 500:
                wrong[rule.endpoint, name] = told
    assert wrong == {}
    assert tried == NUMBERED
