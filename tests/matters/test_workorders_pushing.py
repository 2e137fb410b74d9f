"""Events pushed to a real server: signed, tried again with back-off, visible, never to an address inside."""

import base64
import hmac
import json
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from sqlalchemy import select

from hotline.db import session
from hotline.errors import Conflict
from hotline.jobs import Outbox
from hotline.workorders import handling, platforms, pushing
from hotline.workorders.codes import Source
from hotline.workorders.exchange_models import OutgoingEvent
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
        pushing.note(event_id, pushing.send(parcel))
    session.flush()
    return parcel


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
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    seal = base64.b64encode(hmac.new(platform.secret.encode(), text, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{seal}"
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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.1.2.3", "169.254.169.254", "[::1]", "192.168.1.1"])
def test_in_production_no_address_inside_is_reached(app, host):
    _, _, event = dispatched(f"http://{host}:9/")
    pushing.configure(replace(app.config["HOTLINE"], mode="production"))
    try:
        push(event.id)
    finally:
        pushing.configure(app.config["HOTLINE"])
    assert event.error == "回调地址指向内部网络，已拒绝"


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


def test_self_received_orders_tell_no_platform(app):
    platforms.add("市12345", Source.CITY, callback_url="http://127.0.0.1:1/")
    from hotline.workorders import self_orders

    order = self_orders.settle(make.call().id)
    handling.dispatch(order, make.desk(), make.gulou())
    assert session.scalars(select(OutgoingEvent)).all() == []
