"""One of everything that an address can name, owned by known people, for tests that walk over all the routes.

Calls, sheet, bookings and call-backs are zuoxi01's; the order is 南京鼓楼医院's (yiyuan01); views, imports and exports
belong to whoever makes such things first.
"""

import io
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from hotline import clock
from hotline.bookings import service as bookings
from hotline.bookings.models import HalfDay, Suspension
from hotline.bookings.service import Wish
from hotline.calls import intake, registration
from hotline.calls.models import Call, Category, EventKind
from hotline.clock import Month
from hotline.crisis import service as crisis
from hotline.crisis.models import FollowUp
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.jobs import Job, Outbox, enqueue
from hotline.people.models import Account, AccountRole, Role
from hotline.queues import blocklist, recordings, roster
from hotline.queues.records import CallBack, CallBackSource, CallBackState, Recording
from hotline.statistics import datasets, datasets_import, returns, revisions, sealing
from hotline.statistics.exports_models import ExportFormat, ExportKind, ExportRun, ExportState
from hotline.workorders import files, links, platforms, saved_views
from hotline.workorders.codes import Move, Source, State
from hotline.workorders.exchange_models import ImportFile, OutgoingEvent
from hotline.workorders.models import OrderMove
from tests.matters import workorders as make
from tests.matters.calls_made import answered
from tests.matters.months_made import HOME, history
from tests.matters.test_bookings import identity

MONTH = Month("2024-02")
PDF = b"%PDF-1.7 x"
ROWS = "序号,单位,12320在线预约,快速预约,诊间预约,第三方,小计\n1,南京鼓楼医院,5,6,0,2,13\n"


@dataclass
class World:
    """The people, those who own nothing, and the values of an address's parts: by endpoint and name, or by name."""

    people: dict[Role, Account]
    strangers: dict[Role, Account]
    values: dict[str | tuple[str, str], Any]
    folder: Any

    def value(self, endpoint: str, name: str) -> Any:
        wanted = ((endpoint, name), (endpoint.partition(".")[0], name), name)
        return next(self.values[each] for each in wanted if each in self.values)

    def address(self, app, rule) -> str:
        values = {name: self.value(rule.endpoint, name) for name in rule.arguments}
        with app.test_request_context():
            return app.url_map.bind("localhost").build(rule.endpoint, values, method=method_of(rule))


def method_of(rule) -> str:
    return next(name for name in ("POST", "PUT", "PATCH", "DELETE", "GET") if name in rule.methods)


def build(app, people) -> World:
    config, values = app.config["HOTLINE"], {}
    values |= calls(people, config)
    values |= orders(people, config)
    values |= statistics(people)
    values |= house(people)
    session.commit()
    return World(people, strangers(people), values, config.data_dir)


def strangers(people) -> dict[Role, Account]:
    """One more person of each role that owns or belongs: another agent, unit, city, supervisor, statistician."""
    made = {}
    for role in (Role.AGENT, Role.SUPERVISOR, Role.STATISTICIAN, Role.DISPATCHER, Role.UNIT, Role.REPORTER):
        account = make.account(f"other-{role.value}")
        account.institution_id = make.tongren() if role is Role.UNIT else None
        account.city_code = "320600" if role is Role.REPORTER else None
        session.add(AccountRole(account_id=account.id, role=role))
        made[role] = account
    session.commit()
    return made


def calls(people, config) -> dict[Any, Any]:
    """A complaint's call that is being written, a crisis call with its sheet, and what hangs on them."""
    agent, now = people[Role.AGENT], clock.now()
    plain = session.get_one(Call, answered(agent, at=now - timedelta(minutes=9), provider_ref="CA11"))
    registration.open_draft(plain.id, agent.id)
    grave = session.get_one(Call, answered(agent, at=now - timedelta(minutes=6), provider_ref="CA12"))
    grave.category = Category.CRISIS
    registration.open_draft(grave.id, agent.id)
    crisis.save(grave.id, agent.id, {"answers": {"H1": 1}, "followup_consent": True, "safety_plan": "家人陪伴"}, 0)
    follow_up = FollowUp(call_id=grave.id, name="24小时", due_at=now, owner_id=agent.id)
    missed = session.get_one(Call, answered(agent, at=now - timedelta(minutes=3), provider_ref="CA13"))
    call_back = CallBack(
        call_id=missed.id,
        source=CallBackSource.ABANDONED,
        state=CallBackState.TAKEN,
        line="general",
        asked_at=now,
        due_at=now,
        owner_id=agent.id,
        taken_at=now,
    )
    sound = Recording(call_id=plain.id, provider_ref="RE1", started_at=now, delete_after=now + timedelta(days=9))
    visit = bookings.book(wish(now), agent.id, plain.id)
    held = Suspension(document_hash="0" * 64, since=clock.today(), until=clock.today() + timedelta(days=9), no_shows=3)
    session.add_all([follow_up, call_back, sound, held])
    session.flush()
    recordings.keep(sound.id, b"RIFF", config.recording_dir)
    crisis_views = ("break_glass", "link_out", "save_sheet", "sheet", "submit_sheet", "take_alert")
    return {
        "ref": plain.ref,
        **{(f"desk.{name}", "ref"): grave.ref for name in crisis_views},
        ("desk.assign_call_back", "ref"): missed.ref,
        ("desk.dial_call_back", "ref"): missed.ref,
        ("desk.give_back_call_back", "ref"): missed.ref,
        ("desk.take_call_back", "ref"): missed.ref,
        ("desk.call_back_attempt", "ref"): missed.ref,
        "call": plain.ref,
        "call_id": plain.id,
        "recording_id": sound.id,
        "booking_id": visit.id,
        "followup_id": follow_up.id,
        "suspension_id": held.id,
    }


def wish(now: datetime) -> Wish:
    return Wish(
        institution_id=make.gulou(),
        department="呼吸内科",
        visit_day=clock.business_day(now) + timedelta(days=2),
        half_day=HalfDay.MORNING,
        patient_name="钱多多",
        document_type="ID",
        document_no=identity("32010219900101123"),
        phone="13800001234",
    )


def orders(people, config) -> dict[Any, Any]:
    order, here, _ = make.at_state(State.PROCESSING)
    main, _, _ = make.at_state(State.PROCESSING)
    kept = files.add(config.attachments_dir, order, "a.pdf", PDF, here)
    link = links.link(order, make.call().id, here)
    platform = platforms.add("市12345", Source.CITY, city_code="320500")
    _, token = platforms.issue(platform, "测试", list(platforms.Scope))
    view = saved_views.save(people[Role.DISPATCHER].id, "我的", {"source": Source.CITY.value})
    taken = ImportFile(
        platform_id=platform.id,
        name="a.csv",
        body="",
        uploaded_at=clock.now(),
        uploaded_by_id=people[Role.DISPATCHER].id,
        summary={},
    )
    move = session.scalars(select(OrderMove.id).where(OrderMove.order_id == order.id)).first()
    event = OutgoingEvent(
        platform_id=platform.id, order_id=order.id, move_id=move, kind=Move.SIGN.value, made_at=clock.now()
    )
    session.add_all([taken, event])
    session.flush()
    return {
        "order_id": order.id,
        "parent_id": main.id,
        "unit_id": make.gulou(),
        "rate": "signed_in_time",
        ("orders.act", "name"): "note",
        ("orders.read_file", "ref"): kept.ref,
        ("exchange", "ref"): kept.ref,
        "external_no": order.external_no,
        "file_id": kept.id,
        "link_id": link.id,
        "platform_id": platform.id,
        "token_id": token.id,
        "view_id": view.id,
        "import_id": taken.id,
        "event_id": event.id,
    }


def statistics(people) -> dict[Any, Any]:
    """A sealed month with a proposal, a filing of Suzhou, a table, an export of the statistician's."""
    sealing.seal(MONTH)
    intake.record([history(clock.day_start(MONTH.first), "self_service")], HOME)
    proposal = revisions.detect(MONTH)
    filing = returns.file("320500", MONTH, 12, source_name="a.csv", source_file=b"a,b")
    data = ROWS.encode()
    draft = datasets_import.read(MONTH, "bookings", io.BytesIO(data), "表.csv", cumulative="9", source=data)
    datasets_import.confirm(draft, {})
    again = datasets_import.read(MONTH, "bookings", io.BytesIO(data), "表.csv", cumulative="9", source=data)
    run = ExportRun(
        kind=ExportKind.CALLS,
        format=ExportFormat.CSV,
        filters={"first": "2024-02-01", "last": "2024-02-29"},
        state=ExportState.DONE,
        rows_total=0,
        asked_at=clock.now(),
        asked_by_id=people[Role.STATISTICIAN].id,
        asked_by="陆清和",
        touched_at=clock.now(),
    )
    session.add(run)
    session.flush()
    return {
        "month": str(MONTH),
        "return_id": filing.id,
        "draft_id": again.id,
        "version_id": datasets.latest(MONTH, "bookings").id,
        "dataset_id": "bookings",
        "run_id": run.id,
        "proposal_id": proposal.id,
        "figure": "ivr",
        "chart_id": "trend",
        "number": 2024,
        "kind": "csv",
        "city_code": "320500",
        ("bulletin.download", "name"): "text",
    }


def house(people) -> dict[Any, Any]:
    line = ivr.switch_on("9", "专线", "special", "这里是疫情专线", until=None, by=people[Role.SUPERVISOR].id)
    blocked = blocklist.ask("13800007777", "骚扰", 3, people[Role.SUPERVISOR].id)
    menu = ivr.publish(ivr.published().tree, by=None, at=clock.now() + timedelta(days=9))
    roster.add(people[Role.AGENT].id, clock.today(), roster.Span(time(8), time(16)))
    long_ago = clock.now() - timedelta(days=3)
    end = intake.Report("test", "leg-unheard", "end-unheard", EventKind.LEG_STATUS, long_ago, {"status": "completed"})
    enqueue(Job.TIDY)
    return {
        "line_id": line.id,
        "menu_id": menu.id,
        "block_id": blocked.id,
        ("wallboard", "call_id"): intake.receive(end, HOME).call_id,
        "shift_id": roster.planned(clock.today(), clock.today())[0].id,
        "contact_code": "12356",
        "line_code": "consult",
        "outbox_id": session.scalars(select(Outbox.id)).first(),
        "account_id": people[Role.AGENT].id,
        "institution_id": make.gulou(),
        ("admin.remove_prompt", "name"): "welcome",
        ("prompts.play", "name"): "welcome",
    }
