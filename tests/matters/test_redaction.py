"""A person is taken out of a text however they are written there; what is not theirs stays letter for letter."""

import random
import time
import unicodedata

import pytest

from hotline.workorders.redaction import MARK, Person, bare, redact

ONE = Person("欧阳靖雯", ("025-83281234", "13800001234"), ("江苏省南京市鼓楼区汉口路22号3幢501室",))
TWO = Person("李明", ("0086 138-0000-5678", ""), ())
SIGNS = ["", " ", "　", "-", "－", ".", "·", "—", "/", "_", "*", "\u200b", "\u00ad", "\n", "、", "，", "（", ")"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("来电83281234反映", f"来电{MARK}反映"),
        ("来电８３２８-１２３４反映", f"来电{MARK}反映"),
        ("电话（025）8328 1234。", f"电话（{MARK}。"),
        ("手机１３８００００１２３４、138.0000.1234", f"手机{MARK}、{MARK}"),
        ("手机一三八零零零零幺二三四", f"手机{MARK}"),
        ("手机①③⑧⓪⓪⓪⓪①②③④", f"手机{MARK}"),
        ("号码138****1234，尾号：1234", f"号码{MARK}，{MARK}"),
        ("+86 138 0000 1234", f"+86 {MARK}"),
        ("欧阳 靖雯、欧·阳·靖·雯、欧阳女士", f"{MARK}、{MARK}、{MARK}"),
        ("住汉口路22号3幢501，来电", f"住{MARK}，来电"),
        ("住汉口路２２号", f"住{MARK}"),
        ("南京市鼓楼区汉口路 22 号", MARK),
        ("22号3幢501室", MARK),
        ("家住汉口路一带", f"家住{MARK}一带"),
        ("子女电话139 0000 9999", f"子女电话{MARK}"),
        ("身份证320102199001011234", f"身份证{MARK}"),
        ("身份证３２０１０２１９９００１０１１２３Ｘ。", f"身份证{MARK}。"),
    ],
)
def test_what_is_the_persons(text, left):
    assert redact(text, ONE) == left


@pytest.mark.parametrize(
    "text",
    [
        "",
        "11月22号在南京鼓楼医院门诊三楼排队3小时，收费501元，欧阳路",
        "２０２６年11月21日 10:30:25，工单 SZ20261121000123，金额 1，234．50 元",
        "市民反映：１２３２０ 热线 ①登记；㎡、㍿、ﷺ、é、é、👩‍⚕️、\u200b、\t\r\n",
        "南京市鼓楼区中山路321号南京鼓楼医院，025-12320，挂号费 22.00",
        "12345平台转来；床号 501，楼层 22，编号 8328",
    ],
)
def test_what_is_nobodys_stays_letter_for_letter(text):
    assert redact(text, ONE) == text


def test_two_words_are_no_name():
    kept = "搬运行李，明天再来；行李：明日"
    assert redact(kept, TWO) == kept
    assert redact("李明、李 明、李-明", TWO) == f"{MARK}、{MARK}、{MARK}"


@pytest.mark.parametrize("name", ["匿名", "市民", "未知"])
def test_who_gave_no_name_takes_no_word_away(name):
    assert redact(f"{name}反映，12345转来", Person(name, ("12345",), ("南京市",))) == f"{name}反映，12345转来"


def _wide(char: str) -> str:
    return chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char


@pytest.mark.parametrize("seed", range(40))
def test_nothing_of_the_person_comes_out_whatever_stands_between(seed):
    """Each of what is kept, with signs and widths thrown in between, in text that is nobody's."""
    chance = random.Random(seed)
    around = ["市民反映", "，请核实。", "Ｂ楼 ", "2026-11-21 ", "㎡", "鼓楼医院（门诊）", "🏥"]
    text, rest = [], []
    for secret in (ONE.name, *ONE.numbers, "83281234", "汉口路22号", "汉口路22号3幢501", *ONE.places):
        between = chance.choice(around)
        said = "".join(
            (_wide(char) if chance.random() < 0.4 else char) + chance.choice(SIGNS) * chance.randint(0, 3)
            for char in secret[:-1]
        )
        text += [between, said + secret[-1]]
        rest.append(between)
    out = redact("".join(text), ONE)
    assert "".join(out.split(MARK)) == "".join(rest)
    assert out.count(MARK) == len(rest)


def test_width_variants_count_in_the_bare_form_too():
    assert bare("Ｏ’Ｂｒｉéｎ　－ ３") == bare(unicodedata.normalize("NFD", "o'brién3"))


@pytest.mark.parametrize(
    ("person", "unit"),
    [
        (Person("李李李李", ("11111111111",), ("1幢" * 100,)), "1幢1"),
        (Person("啊" * 40, ("1" * 40,), ("啊1" * 100,)), "1 啊"),
        (ONE, "０2５－"),
        (ONE, "138-"),
        (ONE, "ﷺ"),
    ],
)
def test_hostile_texts_cost_what_their_length_costs(person, unit):
    """Ten times the text takes about ten times as long, not a hundred times."""

    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        begin = time.process_time()
        redact(text, person)
        return time.process_time() - begin

    short = min(seconds(2_000) for _ in range(3))
    assert min(seconds(20_000) for _ in range(3)) < 40 * short
