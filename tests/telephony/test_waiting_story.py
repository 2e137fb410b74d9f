"""What a caller who waits can do and is told, and who is asked for them, over the real application."""

import pytest
from sqlalchemy import select

from hotline.calls.models import Outcome
from hotline.db import session
from hotline.people.models import Account, AccountRole, Role
from hotline.queues import presence, recordings
from hotline.queues.models import AgentState, Line, Waiting
from hotline.queues.records import CallBack, CallBackSource, Recording


def call_back_of(caller):
    return session.scalars(select(CallBack).where(CallBack.call_id == caller.call.id)).one_or_none()


@pytest.fixture
def supervisor(town):
    """班长, signed on at the desk, who serves no line."""
    account = session.scalars(select(Account).where(Account.login == "banzhang01")).one_or_none()
    if account is None:
        account = session.scalars(
            select(Account).join(AccountRole).where(AccountRole.role == Role.SUPERVISOR).order_by(Account.id)
        ).first()
    town.enter.client = town.enter.client
    return town.agent(account.login, "special")


def taken_over(code):
    session.expire_all()
    return session.get_one(Line, code).taken_over_by


def take_over(taker, line="consult", on=True):
    return taker.client.post("/wallboard/take-over", json={"line": line, "on": on})


class TestTakeOver:
    def test_the_taker_is_asked_first(self, town, supervisor):
        agent = town.agent("zuoxi01").ready()
        supervisor.ready()
        assert take_over(supervisor).status_code == 200
        caller = town.dial("13800001234").hears("心理危机").presses("2")
        supervisor.answers(caller)
        assert agent.line["offers"] == []

    def test_a_caller_whom_the_taker_cannot_take_goes_to_everybody_after_a_moment(self, town, supervisor):
        agent = town.agent("zuoxi01").ready()
        supervisor.ready()
        take_over(supervisor)
        supervisor.breaks()
        caller = town.dial("13800001234").hears("心理危机").presses("2").waits(2)
        assert agent.line["offers"] == []
        agent.answers(caller, within=10)

    def test_a_crisis_does_not_wait_for_the_taker(self, town, supervisor):
        agent = town.agent("zuoxi01", "crisis").ready()
        supervisor.ready()
        take_over(supervisor, "crisis")
        supervisor.breaks()
        caller = town.dial("13800001234").hears("心理危机").presses("5")
        agent.answers(caller, within=3)

    def test_who_lets_it_ring_out_is_asked_first_no_more(self, town, supervisor):
        agent = town.agent("zuoxi01").ready()
        supervisor.ready()
        take_over(supervisor)
        caller = town.dial("13800001234").hears("心理危机").presses("2")
        supervisor.is_offered(caller)
        agent.answers(caller, within=40)

    @pytest.mark.parametrize("goes", ["offline", "sign_out", "silent", "released"])
    def test_who_goes_gives_the_line_back(self, town, supervisor, goes):
        supervisor.ready()
        take_over(supervisor)
        assert taken_over("consult") == supervisor.account.id
        if goes == "offline":
            supervisor.asks("state", state="offline")
        elif goes == "sign_out":
            supervisor.alive = False
            supervisor.client.post("/sign-out")
        elif goes == "silent":
            supervisor.vanishes()
            town.passes(60)
        else:
            body = {"agent": supervisor.account.id, "reason": "页面卡住"}
            assert supervisor.client.post("/wallboard/release", json=body).status_code == 200
        assert taken_over("consult") is None
        assert presence.present(supervisor.account.id).state is AgentState.OFFLINE

    def test_who_is_not_signed_on_takes_nothing_over(self, town, supervisor):
        refused = take_over(supervisor)
        assert refused.status_code == 409
        assert "先在坐席工作台按“就绪”" in refused.json["message"]
        assert taken_over("consult") is None


class TestKeys:
    @pytest.mark.parametrize("after", [1, 11, 19, 27, 35])
    def test_the_keys_are_heard_at_any_time(self, town, after):
        caller = town.dial("13800001234").hears("心理危机").presses("2").hears("按2由我们回拨").waits(after)
        caller.presses("2").hears("已为您登记").is_cut_off()
        assert caller.call.outcome is Outcome.CALLBACK
        assert call_back_of(caller).source is CallBackSource.ASKED

    def test_who_says_nothing_after_the_tone_is_asked_again_and_then_waits_again(self, town):
        caller = town.dial("13800001234").hears("心理危机").presses("2").hears("按3留言").presses("3")
        caller.hears("请在滴声后留言").hears("没有听到您的声音").hears("没有听到您的声音").hears("转回排队").hears(
            "您是下一位"
        )
        first, second = session.scalars(select(Waiting).order_by(Waiting.turn)).all()
        assert second.ranked_at == first.ranked_at
        caller.presses("3").hears("请在滴声后留言").hears("没有听到您的声音").waits(8).says("请回电").presses("#")
        caller.hears("留言已保存").is_cut_off()
        assert caller.call.outcome is Outcome.VOICEMAIL

    def test_silent_again_and_again_keeps_the_caller_each_time(self, town):
        caller = town.dial("13800001234").hears("心理危机").presses("2")
        for _ in range(2):
            caller.hears("按3留言").presses("3").hears("请在滴声后留言").hears("转回排队")
        agent = town.agent("zuoxi01").ready()
        agent.answers(caller)


class TestWithheldNumber:
    def test_a_message_without_a_number_is_a_task(self, town):
        caller = town.dial("anonymous").hears("心理危机").presses("2").hears("按3留言")
        assert not any("按2" in words for words in caller.heard)
        caller.presses("3").hears("请在滴声后留言").waits(8).says("请派人来").presses("#").hears("留言已保存")
        caller.is_cut_off()
        row = call_back_of(caller)
        assert (row.source, row.line) == (CallBackSource.VOICEMAIL, "consult")
        page = town.agent("zuoxi01").client.get("/desk/call-backs").text
        assert "号码未显示" in page

    def test_the_key_for_a_call_back_leads_to_a_message(self, town):
        caller = town.dial("anonymous").hears("心理危机").presses("2").hears("按3留言").presses("2")
        caller.hears("请在滴声后留言")


class TestMessage:
    @pytest.fixture
    def left(self, town):
        """A caller who left a message, whose sound has come."""
        caller = town.dial("13800001234").hears("心理危机").presses("2").hears("按3留言").presses("3")
        caller.hears("请在滴声后留言").waits(8).says("请回电").presses("#").hears("留言已保存").is_cut_off()
        sound = session.scalars(select(Recording)).one()
        recordings.keep(sound.id, b"RIFF", town.app.config["HOTLINE"].recording_dir)
        session.commit()
        return caller

    def test_is_heard_by_anybody_until_somebody_has_taken_it_then_by_its_owner(self, town, left):
        owner, other = town.agent("zuoxi01"), town.agent("zuoxi02")
        sound = session.scalars(select(Recording)).one()
        address = f"/calls/{left.call.ref}/recordings/{sound.id}"
        assert [each.client.post(address).status_code for each in (owner, other)] == [200, 200]
        assert f'data-play="{address}"' in other.client.get(f"/calls/{left.call.ref}").text
        assert owner.client.post(f"/desk/call-backs/{left.call.ref}/take").status_code == 303
        assert [each.client.post(address).status_code for each in (owner, other)] == [200, 403]
        assert f'data-play="{address}"' not in other.client.get(f"/calls/{left.call.ref}").text
        owner.client.post(f"/desk/call-backs/{left.call.ref}/attempt", data={"result": "reached"})
        assert [each.client.post(address).status_code for each in (owner, other)] == [200, 403]

    def test_who_talked_in_a_transferred_call_hears_it(self, town):
        first, second, third = (town.agent(login).ready() for login in ("zuoxi01", "zuoxi02", "zuoxi03"))
        second.breaks()
        third.breaks()
        caller = town.dial("13800001234").hears("心理危机").presses("2")
        first.answers(caller)
        second.ready()
        first.transfers("warm", "agent", second.account.id)
        second.joins()
        first.leaves()
        caller.talks(10)
        second.finishes()
        caller.is_cut_off()
        sound = session.scalars(select(Recording)).one()
        recordings.keep(sound.id, b"RIFF", town.app.config["HOTLINE"].recording_dir)
        session.commit()
        address = f"/calls/{caller.call.ref}/recordings/{sound.id}"
        assert [each.client.post(address).status_code for each in (first, second, third)] == [200, 200, 403]


class TestCallBackInTurn:
    def test_the_caller_is_rung_when_the_turn_has_come(self, town):
        telephone = town.outside("+8613800001234")
        asked = town.dial("13800001234").hears("心理危机").presses("2").hears("按2由我们回拨").presses("2")
        asked.hears("已为您登记").is_cut_off()
        later = town.dial("13800001235").hears("心理危机").presses("2").hears("您是下一位")
        agent = town.agent("zuoxi01").ready()
        offer = agent.is_offered(asked)
        assert offer["line"] == "回拨·健康咨询"
        view = agent.asks("answer", offer=offer["id"])
        assert (view["goto"], view["reason"]) == ("/desk/call-backs?view=mine", "outbound")
        assert asked.call.ref in agent.client.get(view["goto"]).text
        dialled = agent.client.post(f"/desk/call-backs/{asked.call.ref}/dial").get_json()
        agent.leg = town.exchange.connect_browser(f"agent_{agent.account.id}", dialled)
        telephone.answers()
        agent.says("您好，给您回电")
        assert "您好，给您回电" in telephone.heard
        colleague = town.agent("zuoxi02").ready()
        colleague.answers(later)


class TestWait:
    def told(self, caller):
        """The minutes that were announced."""
        words = next(words for words in caller.heard if "预计等待" in words)
        return int(words.split("预计等待")[1].split("分钟")[0])

    def test_no_number_is_named_while_nobody_is_at_work(self, town):
        caller = town.dial("13800001234").hears("心理危机").presses("2").hears("您是下一位")
        assert "预计等待时间较长" in caller.heard[-1]

    def test_the_wait_grows_with_the_place_and_shrinks_with_the_agents(self, town):
        agent = town.agent("zuoxi01").ready()
        served = town.dial("13800001230").hears("心理危机").presses("2")
        agent.answers(served)
        served.talks(140)
        agent.finishes()
        served.is_cut_off()
        agent.wraps_up()
        agent.answers(town.dial("13800001231").hears("心理危机").presses("2"))
        first = town.dial("13800001232").hears("心理危机").presses("2").hears("预计等待")
        second = town.dial("13800001233").hears("心理危机").presses("2").hears("预计等待")
        minutes = [self.told(caller) for caller in (first, second)]
        assert any("您前面还有1位" in words for words in second.heard)
        assert minutes == [3, 6]
        town.agent("zuoxi02").ready().answers(first)
        third = town.dial("13800001235").hears("心理危机").presses("2").hears("预计等待")
        assert self.told(third) == 3
