"""`flask ivr check` and `publish`: whatever a file holds is told in one readable way."""

import json
from datetime import timedelta

import pytest

from hotline import clock
from hotline.config import from_environment
from hotline.db import session
from hotline.ivr import service
from tests.conftest import run_command

DEFAULT = service.DEFAULT.read_text("utf-8")
NODES = len(json.loads(DEFAULT)["nodes"])


@pytest.fixture
def check(app, tmp_path):
    def run(content, *more, command="check"):
        file = tmp_path / "menu.json"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run_command(app, "ivr", command, str(file), *more)

    return run


def swapped(old, new):
    assert old in DEFAULT
    return DEFAULT.replace(old, new, 1)


def test_a_menu_without_fault_passes(app, check):
    done = check(DEFAULT)
    assert (done.exit_code, done.output) == (0, f"ok: {NODES} nodes\n")
    assert run_command(app, "ivr", "check").output == done.output
    assert check(b"\xef\xbb\xbf" + DEFAULT.encode()).output == done.output


BROKEN = [
    (swapped('"fever": {', '"crisis": {"kind": "hangup", "say": "x"}, "fever": {'), "crisis 节点名称重复"),
    (swapped('"5": "crisis", ', '"5": "smoking", "5": "crisis", '), "welcome 按键重复：5"),
    (swapped('"line": "general"', '"line": "crisis", "line": "general"'), "general 内容重复：line"),
    (swapped('"1": "非常满意", ', '"1": "满意", "1": "非常满意", '), "survey 评价按键重复：1"),
    (swapped('"entry": "welcome",', '"entry": "x", "entry": "welcome",'), "- 文件中有两个entry"),
    (swapped('"booking": [[', '"booking": [], "booking": [['), "- 服务时间名称重复：booking"),
    (swapped('"fever": {', '"a\\nb": {"kind": "hangup", "say": "x"}, "fever": {'), "a\\nb 名称只能用"),
    ("[]", "- 不是一个菜单文件"),
    ("null", "- 不是一个菜单文件"),
    ("{", "Error: 文件不是 JSON：第 1 行第 2 个字符处无法识别"),
    ("", "Error: 文件不是 JSON：第 1 行第 1 个字符处无法识别"),
    (DEFAULT.encode("gbk"), "Error: 文件不是 UTF-8 编码"),
    (bytes(range(256)), "Error: 文件不是 UTF-8 编码"),
    ("[" * 200_000, "Error: 文件嵌套过深"),
    ("1" * 5000, "Error: 文件中有过长的数字"),
    (swapped('"fever": {', '"\\ud800": {"kind": "hangup", "say": "x"}, "fever": {'), "Error: 文件含有无法保存的字符"),
    (swapped('"2": "fever"', '"2": "\\ud800"'), "Error: 文件含有无法保存的字符"),
]


@pytest.mark.parametrize(("content", "told"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_wrong_with_a_file_is_told_in_its_own_line(check, content, told):
    done = check(content)
    assert done.exit_code == 1
    assert any(line.startswith(told) for line in done.output.splitlines()), done.output
    assert "Traceback" not in done.output


def test_a_house_that_was_not_prepared_says_so_in_one_line(tmp_path):
    from app import create_app

    empty = create_app(from_environment({"HOTLINE_MODE": "test", "DATA_DIR": str(tmp_path)}))
    done = run_command(empty, "ivr", "check")
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "workers.prepare" in done.output


def test_a_file_is_published_from_a_time_on(app, check):
    later = clock.local(clock.now() + timedelta(days=2)).replace(second=0, microsecond=0, tzinfo=None)
    words = swapped("正在为您转接人工服务。", "马上为您转接。")
    done = check(words, "--from", f"{later:%Y-%m-%dT%H:%M}", "--note", "改写", command="publish")
    assert (done.exit_code, done.output) == (0, f"published: in force from {later:%Y-%m-%d %H:%M}\n")
    at = clock.at_local(later.date(), later.hour, later.minute)
    assert service.published(at).tree["nodes"]["general"]["say"] == "马上为您转接。"
    assert service.published().id != service.published(at).id
    again = check(words, "--from", f"{later:%Y-%m-%dT%H:%M}", "--note", "改写", command="publish")
    assert (again.exit_code, "这一时刻" in again.output) == (1, True)
    past = check(words, "--from", "2024-01-01T08:00", "--note", "改写", command="publish")
    assert (past.exit_code, "不能早于现在" in past.output) == (1, True)
    session.rollback()


def test_a_broken_file_is_not_published(app, check):
    before = service.newest()
    refused = check(swapped('"2": "fever"', '"2": "moon"'), "--note", "改写", command="publish")
    assert (refused.exit_code, "topics 指向不存在的节点：moon" in refused.output) == (1, True)
    assert service.newest() == before
