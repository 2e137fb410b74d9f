"""Background work: who is alive, what waits, what was given up and why, and running it again."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from hotline import audit, backlog, heartbeats, outbox
from hotline.calls import provider_clock
from hotline.db import session
from hotline.queues import orphans
from hotline.web import gate
from hotline.web.admin.entrance import administrators, door
from hotline.web.admin.job_words import JOB_WORDS


@door.get("/jobs")
@administrators
def jobs() -> ResponseReturnValue:
    skew = provider_clock.ahead(gate.provider().name)
    return gate.page(
        "admin/jobs.html",
        skew=None if skew is None else skew.total_seconds(),
        clocks_agree=provider_clock.agrees(skew),
        strays=orphans.count(),
        processes=heartbeats.seen(),
        queues=backlog.queues(),
        given_up=backlog.given_up(),
        trying=backlog.trying_again(),
        words=JOB_WORDS,
    )


@door.post("/jobs/<int:outbox_id>/again")
@administrators
def run_job_again(outbox_id: int) -> ResponseReturnValue:
    gate.load(gate.Nothing())
    outbox.run_again(outbox_id)
    audit.record("job.again", f"outbox:{outbox_id}")
    session.commit()
    gate.done("作业已重新排队。")
    return redirect(url_for("admin.jobs"), 303)
