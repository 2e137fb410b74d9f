"""Pages of the call list with a million calls, over the real web server, signed in."""

import re

import requests

from hotline.db import session
from hotline.people import demo
from hotline.places.models import Institution
from tests.load import bench_month, web

CSRF = re.compile(r'<meta name="csrf" content="([^"]+)">')
NEXT = re.compile(r'href="(/calls/\?[^"]*after=[^"]+)"')
LOGIN = "banzhang01"


def sign_in(base: str) -> requests.Session:
    browser = requests.Session()
    token = CSRF.search(browser.get(f"{base}/sign-in").text)[1]
    form = {"login": LOGIN, "password": demo.DEMO_PASSWORD, "csrf_token": token}
    browser.post(f"{base}/sign-in", form).raise_for_status()
    return browser


def pages(browser: requests.Session, base: str) -> dict[str, str]:
    """The first page, the page its own link leads to, and a filtered one."""
    first = browser.get(f"{base}/calls/")
    first.raise_for_status()
    following = NEXT.search(first.text)[1].replace("&amp;", "&")
    return {"first": "/calls/", "following": following, "complaints": "/calls/?category=complaint"}


def run(calls: int = 1_000_000, times: int = 200) -> dict[str, object]:
    demo.demo_accounts(session.query(Institution.id).filter_by(name="南京鼓楼医院").scalar())
    session.commit()
    bench_month.fill(calls)
    found: dict[str, object] = {"calls": calls}
    with web.serve("app:create_app()") as (port, master):
        base = f"http://127.0.0.1:{port}"
        browser = sign_in(base)
        cookie = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in browser.cookies)}
        for name, path in pages(browser, base).items():
            asked = [("GET", path, b"", cookie)] * times
            web.ask(port, asked[:10], 1)
            spent, refused, _ = web.ask(port, asked, 1)
            found[name] = {
                "p50_ms": web.percentile(spent, 0.5),
                "p95_ms": web.percentile(spent, 0.95),
                "refused": refused,
            }
        found["memory_mb"] = web.memory_mb(master)
    return found
