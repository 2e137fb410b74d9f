"""Recordings: noted once, brought home whole, played only as they were kept, gone when their time is over."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hotline import audit, clock
from hotline.calls import intake
from hotline.calls.models import EventKind
from hotline.db import session
from hotline.errors import NotFound
from hotline.jobs import Job, Outbox
from hotline.queues import recordings, waiting
from hotline.queues.records import Recording
from hotline.telephony.provider import ProviderUnavailable
from workers import telephone


def never(_call) -> bool:
    return False


def broken(_ref) -> None:
    raise ProviderUnavailable("503")


SOUND = b"RIFF....WAVEfmt a talk"


@pytest.fixture
def call_id(app):
    report = intake.Report("test", "leg-1", "ring", EventKind.OFFERED, clock.now(), {}, "13800001234")
    return intake.receive(report, "320100").call_id


def ready(ref: str = "RE1", kind: str = "talk") -> Recording:
    recordings.ready("test", "leg-1", ref, kind=kind, started_at=clock.now(), seconds=9)
    return session.scalars(select(Recording).where(Recording.provider_ref == ref)).one()


def test_a_notice_told_twice_wants_one_fetching(call_id):
    made = ready()
    recordings.ready("test", "leg-1", "RE1", kind="talk", started_at=clock.now(), seconds=9)
    wanted = select(func.count(Outbox.id)).where(Outbox.name == Job.FETCH_RECORDING)
    assert session.scalar(wanted) == 1
    assert recordings.at_provider(made.id) == ("RE1", False)


def test_a_recording_of_an_unknown_leg_is_nobodys(app):
    recordings.ready("test", "leg-9", "RE9", kind="talk", started_at=clock.now(), seconds=9)
    assert session.scalar(select(func.count(Recording.id))) == 0


def test_it_is_kept_whole_and_its_playing_leaves_a_trace(call_id, tmp_path):
    made = ready()
    recordings.keep(made.id, SOUND, tmp_path)
    recordings.keep(made.id, b"another", tmp_path)
    assert recordings.open_file(made.id, tmp_path).read_bytes() == SOUND
    session.commit()
    actions = session.scalars(select(audit.AuditEntry.action)).all()
    assert "recording.play" in actions
    assert recordings.at_provider(made.id) == ("RE1", True)


def test_an_altered_file_is_not_played(call_id, tmp_path):
    made = ready()
    recordings.keep(made.id, SOUND, tmp_path)
    (tmp_path / made.file).write_bytes(SOUND + b"!")
    with pytest.raises(NotFound, match="校验不一致"):
        recordings.open_file(made.id, tmp_path)


def test_classes_decide_how_long_a_recording_is_kept(call_id):
    waiting.enter(call_id, "crisis")
    days = {kind: (ready(f"RE-{kind}", kind).delete_after - clock.now()).days for kind in ("talk", "voicemail")}
    assert days["talk"] >= 3 * 365
    assert ready("RE-x", "unknown").kind == "crisis"


def test_what_is_over_goes_and_the_row_says_so(call_id, tmp_path):
    made = ready()
    recordings.keep(made.id, SOUND, tmp_path)
    made.delete_after = clock.now() - timedelta(seconds=1)
    session.flush()
    assert recordings.purge(tmp_path, never) == 1
    assert not (tmp_path / made.file).exists()
    assert recordings.purge(tmp_path, never) == 0
    with pytest.raises(NotFound):
        recordings.open_file(made.id, tmp_path)


@pytest.mark.parametrize("sign", ["its sheet", "a line it waited in"])
def test_what_turned_out_to_be_crisis_is_kept_as_crisis(call_id, tmp_path, sign):
    made = ready()
    recordings.keep(made.id, SOUND, tmp_path)
    made.delete_after = clock.now() - timedelta(seconds=1)
    if sign != "its sheet":
        waiting.enter(call_id, "crisis")
    recordings.purge(tmp_path, lambda call: sign == "its sheet")
    assert (made.kind, made.delete_after - made.started_at) == ("crisis", recordings.KEEP["crisis"])
    assert (tmp_path / made.file).exists()


def test_what_could_never_be_fetched_is_deleted_with_the_provider_too(call_id):
    made = ready()
    assert recordings.never_fetched() == []
    made.delete_after = clock.now() - timedelta(seconds=1)
    session.flush()
    assert recordings.never_fetched() == ["RE1"]


def test_a_deletion_that_failed_with_the_provider_is_tried_again(town):
    caller = town.dial("13800001250").hears("心理危机").presses("2")
    town.agent("zuoxi01").ready().answers(caller)
    caller.talks(10).hangs_up()
    town.passes(5)
    (made,) = recordings.of_call(caller.call.id)
    kept = town.exchange.recordings[made.provider_ref]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town.provider, "delete_recording", broken)
        with pytest.raises(ProviderUnavailable):
            telephone.fetch_recording(made.id)
    assert made.fetched_at is not None
    assert made.provider_ref in town.exchange.recordings
    telephone.fetch_recording(made.id)
    assert kept not in town.exchange.recordings.values()


def test_a_lost_fetching_is_wanted_again(call_id):
    ready()
    assert recordings.want_again(clock.now() + timedelta(hours=2)) == 1
