"""Platforms, their keys, and the events pushed to them: the administrators' page."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import clock
from hotline.db import session
from hotline.web import gate
from hotline.web.orders import forms, words
from hotline.web.orders.entrance import administrators, door
from hotline.workorders import platforms, pushing
from hotline.workorders.codes import Source
from hotline.workorders.platforms import SCOPE_LABEL, Scope


@door.get("/platforms")
@administrators
def platform_list() -> ResponseReturnValue:
    return _list()


def _list(**more: object) -> str:
    every = platforms.every()
    return gate.page(
        "orders/platforms.html",
        platforms=every,
        tokens={one.id: platforms.tokens(one.id) for one in every},
        sources=forms.MANUAL_SOURCES,
        scope_label=SCOPE_LABEL,
        now=clock.now(),
        **words.LABELS,
        **more,
    )


@door.post("/platforms")
@administrators
def add_platform() -> ResponseReturnValue:
    """A new platform; the secret its events are signed with is shown once."""
    sent = gate.load(forms.NewPlatform())
    made = platforms.add(
        sent["name"], Source(sent["source"]), callback_url=sent["callback_url"], city_code=sent["city_code"] or None
    )
    secret = made.secret
    session.commit()
    return _list(told_once=("签名密钥", made.name, secret))


@door.post("/platforms/<int:platform_id>/callback")
@administrators
def set_callback(platform_id: int) -> ResponseReturnValue:
    platforms.call_back(platforms.find(platform_id), gate.load(forms.Callback())["callback_url"])
    return _done("回调地址已保存")


@door.post("/platforms/<int:platform_id>/secret")
@administrators
def renew_secret(platform_id: int) -> ResponseReturnValue:
    """Another signing secret, shown once."""
    platform = platforms.find(platform_id)
    secret = platforms.renew_secret(platform)
    session.commit()
    return _list(told_once=("签名密钥", platform.name, secret))


@door.post("/platforms/<int:platform_id>/tokens")
@administrators
def issue_token(platform_id: int) -> ResponseReturnValue:
    """A new key, shown once."""
    sent = gate.load(forms.NewToken())
    platform = platforms.find(platform_id)
    scopes = [Scope(one) for one in sent["scopes"]]
    text, _ = platforms.issue(platform, sent["label"], scopes, days=sent["days"], by_id=gate.person().id)
    session.commit()
    return _list(told_once=("令牌", platform.name, text))


@door.post("/platforms/<int:platform_id>/tokens/<int:token_id>/revoke")
@administrators
def revoke_token(platform_id: int, token_id: int) -> ResponseReturnValue:
    platforms.revoke(platform_id, token_id)
    return _done("令牌已吊销")


@door.post("/platforms/<int:platform_id>/enabled")
@administrators
def enable_platform(platform_id: int) -> ResponseReturnValue:
    enabled = gate.load(forms.Enabled())["enabled"]
    platforms.enable(platforms.find(platform_id), enabled)
    return _done("平台已启用" if enabled else "平台已停用")


def _done(text: str) -> ResponseReturnValue:
    session.commit()
    flash(text)
    return redirect(url_for("orders.platform_list"), 303)


@door.get("/events")
@administrators
def events() -> ResponseReturnValue:
    """What is pushed to platforms: waiting, tried, given up, delivered."""
    query = gate.query(forms.Events())
    rows = pushing.listed(open_only=not query["all"], before=query["before"])
    older = rows[-1][0].id if len(rows) == 100 else None
    return gate.page("orders/events.html", rows=rows, query=query, older=older, **words.LABELS)


@door.post("/events/<int:event_id>/again")
@administrators
def push_again(event_id: int) -> ResponseReturnValue:
    pushing.again(event_id)
    session.commit()
    flash("已重新安排推送")
    return redirect(url_for("orders.events"), 303)
