"""Texts that would run as scripts, written wherever the house shows what others wrote: none runs."""

import pytest
from sqlalchemy import select

from hotline.db import session
from hotline.people.demo import DEMO_PASSWORD
from hotline.people.models import Account
from hotline.places.models import Institution
from hotline.workorders.models import Order
from tests.matters import workorders as make

pytestmark = [pytest.mark.browser, pytest.mark.once]

RUN = "window.top.hit=1"
PAYLOADS = (
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"'\"><svg/onload={RUN}>",
    f"</textarea><img src=x onerror={RUN}>",
    f"</title><img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"--><img src=x onerror={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<iframe srcdoc='<script>{RUN}</script>'>",
    f"<video><source onerror={RUN}></video>",
    f"<input autofocus onfocus={RUN}>",
    f'" autofocus onfocus="{RUN}',
    f"' autofocus onfocus='{RUN}",
    f"<math><mtext><img src=x onerror={RUN}>",
    f"<select><style></select><img src=x onerror={RUN}>",
    f"<template><img src=x></template><img src=x onerror={RUN}>",
    f"<object data='javascript:{RUN}'></object>",
    f"<embed src='javascript:{RUN}'>",
    "{{ 7*7 }}${7*7}",
)
PAGES = {
    "paidan01": ("/orders/", *(f"/orders/{number}" for number in range(1, len(PAYLOADS) + 1)), "/orders/1/print"),
    "guanli01": ("/admin/people", "/admin/institutions", "/admin/institutions?q=script"),
    "shenji01": ("/admin/trail",),
}


@pytest.fixture
def written(committed_app, staff):
    with committed_app.app_context():
        for payload in PAYLOADS:
            order = make.order(title=payload, content=payload, caller_name=payload[:40], address=payload)
            assert session.get(Order, order.id).title == payload
        for number, account in enumerate(session.scalars(select(Account)).all()):
            account.name = PAYLOADS[number % len(PAYLOADS)][:40]
        for number, place in enumerate(session.scalars(select(Institution).limit(len(PAYLOADS))).all()):
            place.name = f"{PAYLOADS[number]}{number}"[:80]
        session.commit()
        session.remove()


def hit(page) -> bool:
    page.wait_for_timeout(40)
    return page.evaluate("window.hit === 1")


def test_the_texts_would_run_where_nothing_stops_them(screen):
    fired = []
    for payload in PAYLOADS[:3]:
        screen.goto("about:blank")
        screen.set_content(f"<body>{payload}</body>")
        fired.append(hit(screen))
    assert fired == [True, True, True]


@pytest.mark.parametrize("login", PAGES)
def test_no_text_runs_as_a_script(written, served, screen, login):
    screen.goto(f"{served}/sign-in")
    screen.fill("[name=login]", login)
    screen.fill("[name=password]", DEMO_PASSWORD)
    with screen.expect_navigation():
        screen.keyboard.press("Enter")
    for path in PAGES[login]:
        told = screen.goto(served + path)
        assert told.status == 200, path
        assert not hit(screen), path
        assert screen.locator("body img[src='x']").count() == 0, path
