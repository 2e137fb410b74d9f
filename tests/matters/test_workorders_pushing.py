"""Events pushed to a real server: signed, tried again with back-off, visible, never to an address inside."""

import base64
import hmac
import json
import socket
import ssl
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from hotline import clock
from hotline.db import session
from hotline.errors import Conflict, Invalid
from hotline.jobs import Outbox
from hotline.workorders import bundles, chores, files, handling, platforms, posting, pushing, revisits
from hotline.workorders.codes import Party, Source, State
from hotline.workorders.exchange_models import OutgoingEvent
from hotline.workorders.moves import By
from hotline.workorders.revisit_codes import RevisitFailure, Solved
from hotline.workorders.revisits import Verdict
from tests.matters import workorders as make


@contextmanager
def listener(*statuses):
    """A server that answers with these statuses in turn and keeps what it was told."""
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(statuses[min(len(told), len(statuses)) - 1])
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?x=1", told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def dispatched(url):
    platform = platforms.add("市12345", Source.CITY, callback_url=url)
    order = make.order(caller_name="钱多多")
    handling.dispatch(order, make.desk(), make.gulou(), reason="请核实")
    return platform, order, session.scalars(select(OutgoingEvent)).one()


def push(event_id):
    parcel = pushing.prepare(event_id)
    if parcel:
        pushing.note(event_id, posting.send(parcel))
    session.flush()
    return parcel


def standard_webhook(secret, headers, body):
    """A receiver as the published specification has it: the key is what stands in base64 behind its mark."""
    mark, _, coded = secret.partition("_")
    key = base64.b64decode(coded, validate=True)
    assert (mark, 24 <= len(key) <= 64) == ("whsec", True)
    said = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    mine = base64.b64encode(hmac.digest(key, said, "sha256")).decode()
    return f"v1,{mine}" in headers["webhook-signature"].split(" ")


def test_an_event_is_signed_and_says_what_happened(app):
    with listener(204) as (url, told):
        platform, order, event = dispatched(url)
        push(event.id)
    headers, body = told[0]
    content = json.loads(body)
    assert content["type"] == "order.dispatch"
    assert content["data"]["external_no"] == order.external_no
    assert (content["data"]["from_state"], content["data"]["to_state"]) == ("registered", "dispatched")
    assert "钱多多" not in body.decode()
    assert standard_webhook(platform.secret, headers, body)
    assert not standard_webhook(platform.secret, headers, body + b" ")
    assert not standard_webhook(platforms.renew_secret(platform), headers, body)
    assert (event.status, event.tries) == (204, 1)
    assert event.delivered_at is not None
    assert push(event.id) is None


def test_a_refusal_is_tried_again_later_and_at_last_given_up(app):
    with listener(500) as (url, told):
        _, _, event = dispatched(url)
        for tries in range(1, len(pushing.WAITS) + 1):
            push(event.id)
            assert (event.tries, event.status, event.delivered_at) == (tries, 500, None)
            assert event.next_at is not None
        push(event.id)
    assert event.failed_at is not None
    assert len(told) == len(pushing.WAITS)
    waiting = session.scalars(select(Outbox).where(Outbox.name == "push_event").order_by(Outbox.id)).all()
    waits = [(row.not_before - row.wanted_at) for row in waiting[1:]]
    assert waits == list(pushing.WAITS)
    pushing.again(event.id)
    assert (event.failed_at, event.tries) == (None, 0)


def test_a_redirect_is_not_followed(app):
    with listener(302) as (url, told):
        _, _, event = dispatched(url)
        push(event.id)
    assert (len(told), event.status, event.delivered_at) == (1, 302, None)


def test_nobody_there(app):
    _, _, event = dispatched("http://127.0.0.1:1/")
    push(event.id)
    assert (event.status, event.error) == (None, "ConnectionRefusedError")


INSIDE = ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "192.168.1.1", "[::ffff:127.0.0.1]"]
INSIDE += ["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]", "[fd00::1]", "[::]", "0.0.0.0", "224.0.0.1", "127.1"]  # noqa: S104


@pytest.mark.parametrize("host", INSIDE)
def test_in_production_no_address_inside_is_reached(app, host):
    _, _, event = dispatched(f"http://{host}:9/")
    posting.configure(replace(app.config["HOTLINE"], mode="production"))
    try:
        push(event.id)
    finally:
        posting.configure(app.config["HOTLINE"])
    assert event.error == "回调地址指向内部网络，已拒绝"


@pytest.mark.parametrize("address", ["8.8.8.8", "2400:3200::1"])
def test_the_public_net_is_outside(address):
    assert posting.outside(address)


def resolving(monkeypatch, *answers):
    """A name server that says of platform.example another thing each time; returns the names that were asked for."""
    asked, real = [], socket.getaddrinfo

    def lookup(host, port, *more, **named):
        if host != "platform.example":
            return real(host, port, *more, **named)
        asked.append(host)
        return real(answers[min(len(asked), len(answers)) - 1], port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return asked


def test_a_name_is_asked_once_and_the_answer_is_where_the_event_goes(app, monkeypatch):
    asked = resolving(monkeypatch, "127.0.0.1", "127.0.0.2")
    with listener(204) as (url, told):
        named = url.replace("127.0.0.1", "platform.example")
        _, _, event = dispatched(named)
        push(event.id)
    assert (event.status, asked) == (204, ["platform.example"])
    assert told[0][0]["Host"] == urlsplit(named).netloc


def test_tls_is_asked_for_by_name(app, monkeypatch, tmp_path):
    """A certificate nobody signed is refused; before that the server was told the name, not the address."""
    resolving(monkeypatch, "127.0.0.1")
    named, context = [], ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    context.sni_callback = lambda _line, name, _context: named.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        thread = Thread(target=greet, args=(server, context))
        thread.start()
        _, _, event = dispatched(f"https://platform.example:{server.getsockname()[1]}/")
        push(event.id)
        thread.join()
    assert (named, event.status, event.error) == (["platform.example"], None, "SSLCertVerificationError")


def greet(server, context):
    line, _ = server.accept()
    with suppress(OSError), closing(context.wrap_socket(line, server_side=True)):
        pass


def self_signed(folder):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    day = timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, clock.now() - day, clock.now() + day)
    path = folder / "own.pem"
    clear = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signed = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    path.write_bytes(key.private_bytes(*clear) + signed)
    return path


IMPOSSIBLE = [
    *(
        "http://[::1",
        "http://127.0.0.1:99999/x",
        "http://h:abc/",
        "http://h:0/",
        "http:///x",
        "ftp://x",
        "javascript:x",
    ),
    *("http://127.0.0.1:8779/回调", "http://例え/x", f"http://{'a' * 70}.com/", "http://a..b/", "http://user@h/"),
    *("http://127.0.0.1/a b", "http://[abc]/", "http://h\\x/", "http://h/\nx", "平台"),
]


@pytest.mark.parametrize("url", IMPOSSIBLE)
def test_an_address_no_request_can_go_to_is_refused_and_one_of_old_is_told_as_a_fault(app, url):
    with pytest.raises(Invalid, match="回调地址无效"):
        platforms.add("市12345", Source.CITY, callback_url=url)
    platform, _, event = dispatched("http://127.0.0.1:1/")
    platform.callback_url = url
    push(event.id)
    assert (event.tries, event.status, event.error[:6]) == (1, None, "回调地址无效")


def test_a_try_that_ended_with_its_worker_is_seen(app):
    _, _, event = dispatched("http://127.0.0.1:1/")
    pushing.prepare(event.id)
    assert (event.status, event.error) == (None, "推送中断，没有结果")


def test_a_delivered_event_is_not_sent_again_and_a_disabled_platform_is_told_nothing(app):
    with listener(200) as (url, told):
        platform, order, event = dispatched(url)
        platforms.enable(platform, enabled=False)
        push(event.id)
        assert (told, event.error) == ([], "平台已停用或没有回调地址")
        platforms.enable(platform, enabled=True)
        pushing.again(event.id)
        push(event.id)
        with pytest.raises(Conflict):
            pushing.again(event.id)
    assert len(told) == 1
    assert [row[2] for row in pushing.listed(open_only=False)] == [order.own_no]
    assert pushing.listed(open_only=True) == []


def told_of(order):
    """What the platform was told of an order: each event's kind and content."""
    events = select(OutgoingEvent).where(OutgoingEvent.order_id == order.id).order_by(OutgoingEvent.id)
    return [(event.kind, pushing.body(event)["data"]) for event in session.scalars(events)]


def test_events_bear_the_names_of_the_interchange_and_say_what_was_decided(app, tmp_path):
    platforms.add("市12345", Source.CITY, callback_url="http://127.0.0.1:1/")
    order, here, there = make.at_state(State.PROCESSING)
    until = order.due_at + timedelta(days=3)
    handling.ask_extension(order, there, until, "需要会诊")
    handling.decide_extension(order, here, granted=True)
    kept = files.add(tmp_path, order, "a.pdf", b"%PDF-1.7 x", there)
    files.add(tmp_path, order, "b.pdf", b"%PDF-1.7 y", By(Party.PLATFORM))
    handling.reply(order, there, "已退费", "费用已退还")
    assert "费用已退还" not in str(told_of(order))
    handling.approve(order, here)
    revisits.fail(order, here, RevisitFailure.NO_ANSWER)
    revisits.answer(order, here, Verdict(Solved.YES, 5, 4, None))
    revisits.close(order, here)
    told = told_of(order)
    assert [kind.removeprefix("order.") for kind, _ in told] == [
        *("dispatch", "sign", "start", "extend.request", "extend.decision"),
        *("attachment", "reply", "revisit", "revisit", "close"),
    ]
    said = [data for _, data in told]
    assert said[0]["unit"] == "南京鼓楼医院"
    assert said[3]["until"] == until.isoformat()
    assert (said[4]["until"], said[4]["granted"]) == (until.isoformat(), True)
    assert (said[5]["file"]["ref"], said[6]["reply"]) == (kept.ref, "费用已退还")
    assert (said[7]["attempt"], "solved" in said[7]) == (1, False)
    grades = {name: said[8].get(name) for name in ("solved", "sat_result", "sat_unit", "sat_agent")}
    assert grades == {"solved": Solved.YES, "sat_result": 5, "sat_unit": 4, "sat_agent": None}


def approved_answers(order):
    """What history and events say of each approved answer."""
    lines = [line for line in pushing.history(order) if line["type"] == "order.reply"]
    events = [data for kind, data in told_of(order) if kind == "order.reply"]
    assert [(one["result"], one["reply"]) for one in lines] == [(one["result"], one["reply"]) for one in events]
    return [(one["result"], one["reply"]) for one in lines]


def test_each_round_tells_its_own_answer_once_it_is_approved(app):
    platforms.add("市12345", Source.CITY, callback_url="http://127.0.0.1:1/")
    platforms.add("省12345", Source.PROV, callback_url="http://127.0.0.1:1/")
    order, here, there = make.at_state(State.PROCESSING)
    child = make.order(here, source=Source.PROV)
    bundles.merge(child.id, order.id, here, "同一事项")
    handling.reply(order, there, "第一轮办理", "第一轮答复")
    assert approved_answers(order) == []
    handling.approve(order, here, "同意")
    handling.rework(order, here, "不满意")
    handling.restart(order, here)
    handling.reply(order, there, "第二轮办理", "第二轮答复")
    first, second = ("第一轮办理", "第一轮答复"), ("第二轮办理", "第二轮答复")
    for one in (order, child):
        assert approved_answers(one) == [first]
    handling.approve(order, here)
    for one in (order, child):
        assert approved_answers(one) == [first, second]


def test_a_bundled_order_tells_its_own_platform_the_end(app):
    platforms.add("省12345", Source.PROV, callback_url="http://127.0.0.1:1/")
    main, here, there = make.at_state(State.PROCESSING, reply_required=False)
    early, late = make.order(here, source=Source.PROV), make.order(here, source=Source.PROV)
    bundles.merge(early.id, main.id, here, "同一事项")
    handling.reply(main, there, "已退费", "费用已退还")
    handling.approve(main, here)
    bundles.merge(late.id, main.id, here, "同一事项")
    revisits.close(main, here)
    for child in (early, late):
        assert [kind for kind, _ in told_of(child)] == ["order.bundle", "order.reply", "order.close"]
        assert told_of(child)[1][1]["reply"] == "费用已退还"
        assert told_of(child)[2][1]["main"] == main.own_no
        assert (child.state, child.closed_at, child.due_at) == (State.CLOSED, main.closed_at, None)
    clock.use(lambda: main.closed_at + timedelta(days=31))
    try:
        assert chores.archive() == 3
    finally:
        clock.use(None)
    for order in (main, early, late):
        assert order.state is State.ARCHIVED
        assert pushing.history(order)[-1]["type"] == "order.archive"


def test_a_main_order_worked_again_opens_what_is_bundled_under_it(app):
    platforms.add("省12345", Source.PROV, callback_url="http://127.0.0.1:1/")
    main, here, there = make.at_state(State.PROCESSING, reply_required=False)
    child = make.order(here, source=Source.PROV)
    bundles.merge(child.id, main.id, here, "同一事项")
    handling.reply(main, there, "已退费", "费用已退还")
    handling.approve(main, here)
    revisits.close(main, here)
    handling.rework(main, here, "又来反映")
    assert (child.state, child.parent_id) == (State.MERGED, main.id)
    assert (child.closed_at, child.replied_at) == (None, None)
    assert child.due_at is not None
    assert told_of(child)[-1][0] == "order.rework"


def test_self_received_orders_tell_no_platform(app):
    platforms.add("市12345", Source.CITY, callback_url="http://127.0.0.1:1/")
    from hotline.workorders import self_orders

    order = self_orders.settle(make.call().id)
    handling.dispatch(order, make.desk(), make.gulou())
    assert session.scalars(select(OutgoingEvent)).all() == []
