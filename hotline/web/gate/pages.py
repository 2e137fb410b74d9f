"""Pages: templates filled with what every page needs."""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hotline.config import Config
from hotline.db import session
from hotline.errors import HotlineError
from hotline.people.models import ROLE_LABEL
from hotline.web.gate import headers, nav, visitor


def page(template: str, **context: Any) -> str:
    """Render a page or a fragment; `person`, the navigation and `may(endpoint)` are always there."""
    return render_template(template, **context)


def refill(fault: HotlineError, template: str, **context: Any) -> tuple[str, int]:
    """Show the form again as it was sent, with the fault beside each field. Roll back before you read again."""
    return page(template, fault=fault, form=request.form, **context), fault.status


def done(text: str) -> None:
    """Say on the next page what was done."""
    flash(text)


def act(do: Callable[[], str], again: Callable[[HotlineError], ResponseReturnValue], then: str) -> ResponseReturnValue:
    """Do one thing and keep it, then go to the page `then` and say there what `do` told; or show the form `again`
    with what was wrong."""
    try:
        told = do()
        session.commit()
    except HotlineError as fault:
        session.rollback()
        return again(fault)
    done(told)
    return redirect(then, 303)


def _common() -> dict[str, Any]:
    config: Config = current_app.config["HOTLINE"]
    return {
        "person": visitor.visitor(),
        "nav": nav.visible(),
        "may": visitor.may,
        "csp_nonce": headers.nonce(),
        "line_name": config.line_name,
        "mode": config.mode,
        "role_label": ROLE_LABEL,
        "request_id": g.get("request_id", ""),
        "fault": None,
        "form": {},
    }


def init_app(app: Flask) -> None:
    app.context_processor(_common)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
