"""Messages and call-backs that a key of the menu leads to belong to the line the node names."""

import json

import pytest
from sqlalchemy import select

from hotline import clock
from hotline.calls.models import Call, Outcome
from hotline.db import session
from hotline.ivr import service as ivr
from hotline.queues.records import CallBack
from tests.signed import Provider, caller_leg

LEG = caller_leg(1)


@pytest.fixture
def provider(client, app):
    document = json.loads(ivr.DEFAULT.read_text("utf-8"))
    document["nodes"]["consult"] = {"kind": "voicemail", "say": "现在没有人值班。", "line": "consult"}
    document["nodes"]["complaint"] = {"kind": "callback", "say": "好的。", "line": "complaint"}
    ivr.publish(document, by=None, at=clock.now())
    session.commit()
    return Provider(client, app.config["HOTLINE"])


@pytest.mark.parametrize(
    ("key", "line", "ways", "outcome"),
    [
        ("2", "consult", ["/phone/message", "/phone/message-left"], Outcome.VOICEMAIL),
        ("3", "complaint", ["/phone/call-back"], Outcome.CALLBACK),
    ],
)
def test_they_are_counted_and_called_back_for_that_line(provider, key, line, ways, outcome):
    provider.call("/phone/voice", LEG)
    led = provider.call("/phone/menu?node=welcome&n=1", LEG, Digits=key).text
    for way in ways:
        assert f"{way}?line={line}" in led
        led = provider.call(f"{way}?line={line}", LEG).text
    provider.call("/phone/status", LEG, CallStatus="completed")
    call, back = session.scalars(select(Call)).one(), session.scalars(select(CallBack)).one()
    assert (call.outcome, call.queue, back.line) == (outcome, line, line)
