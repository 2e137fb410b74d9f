"""A labelled synthetic set that judges automatic linking: true pairs told in other words, and cunning false ones.

A true pair is a call and the order another platform wrote about the same matter: reworded, shortened, with another
number, a missing or mistyped name, some days later; one order in five comes as a letter does, without number and
institution. False ones share what tempts: the same number on another matter, the same hospital and kind of complaint
by another person, a family on one telephone, a twin matter, a namesake, a crowd with one complaint.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from hotline import clock
from hotline.workorders.matching import AUTOMATIC_FROM, LIKELY, Facts, match

SURNAMES = "钱孙周吴郑冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = "一二三春夏秋冬云山石林河海江梅兰竹菊松柏晨曦暮雪晴雨岚峰岩川"
PLACES = (
    "呼吸内科",
    "骨科",
    "儿科",
    "急诊",
    "妇产科",
    "眼科",
    "口腔科",
    "皮肤科",
    "心内科",
    "体检中心",
    "收费处",
    "药房",
)
MATTERS = (
    ("排队等候{n}小时无人解释", "候诊时间达{n}小时且没有说明"),
    ("医生{who}态度生硬不耐烦", "{who}医生服务态度差，说话不耐烦"),
    ("重复收取{n}元检查费", "检查费{n}元被多收一次"),
    ("预约第{n}号被临时取消没有通知", "约好的{n}号取消，未收到通知"),
    ("{n}号窗口工作人员提前下班", "窗口{n}没到时间就停止服务"),
    ("住院押金{n}元迟迟不退", "出院后押金{n}元至今未退还"),
    ("病历复印等了{n}天", "复印病历拖了{n}天"),
    ("手术后第{n}天伤口感染无人处理", "术后{n}天伤口发炎，医院没有处理"),
    ("{n}楼卫生间脏乱有异味", "反映{n}层厕所不干净，味道大"),
    ("开具{n}盒不需要的药品", "被开了{n}盒用不上的药"),
    ("检查报告过了{n}天还没有出", "报告{n}天没拿到"),
    ("停车收费{n}元没有发票", "停车费{n}元不给票"),
)
ASKS = ("要求核实处理", "希望给予答复", "请有关部门调查", "要求退费并道歉", "请尽快解决")
OPENINGS = ("市民反映", "来电人称", "诉求人反映", "市民来电", "投诉")
FILLERS = ("其本人", "当天", "现场", "多次沟通未果", "对此不满", "情况属实")


CALIBRATION_SEEDS = range(1, 6)
"""The threshold of automatic linking is chosen on these alone; what it is worth is measured on others."""

CALIBRATION_SIZE = 2000
BARE = 0.2
"""Orders without number and institution."""

WANTED = 0.998
"""A fifth of the error that is allowed (0.01): real texts are worse than invented ones."""


@dataclass(frozen=True)
class Matter:
    """What happened: where, what, the figures, who was there."""

    institution: int
    place: str
    kind: int
    n: int
    who: str
    day: int


@dataclass(frozen=True)
class Pair:
    """An order, a call, and whether they tell of the same matter."""

    order: Facts
    call: Facts
    same: bool


class _Maker:
    """Draws people, matters and the words they are told in."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.start = clock.at_local(datetime.fromisoformat("2026-03-02").date(), 9)

    def person(self) -> tuple[str, str]:
        name = self.random.choice(SURNAMES) + "".join(self.random.sample(GIVEN, self.random.choice((1, 2, 2))))
        return name, f"n{self.random.randrange(10**9)}"

    def matter(self) -> Matter:
        draw = self.random
        who = draw.choice(SURNAMES) + "某"
        return Matter(
            draw.randrange(1, 60),
            draw.choice(PLACES),
            draw.randrange(len(MATTERS)),
            draw.randrange(2, 400),
            who,
            draw.randrange(1, 28),
        )

    def words(self, matter: Matter, telling: int) -> str:
        draw = self.random
        core = MATTERS[matter.kind][telling % 2].format(n=matter.n, who=matter.who)
        parts = [f"{matter.day}日在{matter.place}", core, *draw.sample(FILLERS, draw.randrange(3))]
        if draw.random() < 0.3:
            parts[0] = matter.place
        if draw.random() < 0.5:
            parts = [parts[0], *draw.sample(parts[1:], len(parts) - 1)]
        text = draw.choice(OPENINGS) + "，".join(parts) + "，" + draw.choice(ASKS)
        return self._mistyped(text)

    def _mistyped(self, text: str) -> str:
        if self.random.random() < 0.25:
            place = self.random.randrange(len(text))
            text = text[:place] + self.random.choice(GIVEN) + text[place + 1 :]
        return text

    def facts(self, matter: Matter, name: str, number: str, telling: int, hours: float) -> Facts:
        draw = self.random
        shown = draw.choices((name, name[0] + "先生", "匿名", ""), (70, 5, 15, 10))[0]
        known = frozenset({matter.institution}) if draw.random() < 0.8 else frozenset[int]()
        numbers = frozenset({number}) if draw.random() < 0.93 else frozenset({f"x{draw.randrange(10**9)}"})
        return Facts(numbers, shown, known, self.start + timedelta(hours=hours), self.words(matter, telling))

    def order(self, matter: Matter, name: str, number: str, telling: int, hours: float) -> Facts:
        """What another platform wrote; one in five comes as a letter does, without number and institution."""
        told = self.facts(matter, name, number, telling, hours)
        bare = self.random.random() < BARE
        return replace(told, numbers=frozenset(), institutions=frozenset()) if bare else told

    def true_pair(self) -> Pair:
        name, number = self.person()
        matter = self.matter()
        called = self.random.uniform(0, 600)
        call = self.facts(matter, name, number, 0, called)
        order = self.order(matter, name, number, self.random.randrange(2), called + self.random.expovariate(1 / 20))
        return Pair(order, call, same=True)

    def false_pair(self) -> Pair:
        draw = self.random
        name, number = self.person()
        other_name, other_number = self.person()
        matter = other = self.matter()
        kind = draw.choice(("same person", "same hospital", "family", "stranger", "twin", "namesake", "crowd"))
        if kind in ("same person", "family"):
            other = self.matter()
            other_number = number
            other_name = name if kind == "same person" else name[0] + other_name[1:]
        if kind == "same person" and draw.random() < 0.4:
            other = Matter(matter.institution, matter.place, other.kind, other.n, other.who, other.day)
            if other.kind == matter.kind:
                other = Matter(other.institution, other.place, (other.kind + 1) % len(MATTERS), other.n, other.who, 28)
        if kind in ("same hospital", "stranger"):
            drawn = self.matter()
            institution = matter.institution if kind == "same hospital" else drawn.institution
            other = Matter(institution, drawn.place, drawn.kind, drawn.n, drawn.who, drawn.day)
        if kind in ("namesake", "crowd"):
            other_name, other = (name, self._near(matter)) if kind == "namesake" else (other_name, self._alike(matter))
        hours = draw.uniform(0, 600)
        order = self.order(matter, name, number, 1, hours)
        call = self.facts(other, other_name, other_number, 0, hours - draw.uniform(0, 300))
        return Pair(order, call, same=False)

    def _near(self, matter: Matter) -> Matter:
        """Another matter that shares a hospital, a place, a kind, or nothing."""
        other = self.matter()
        shared = {one: getattr(matter, one) for one in ("institution", "place", "kind") if self.random.random() < 0.4}
        return replace(other, **shared)

    def _alike(self, matter: Matter) -> Matter:
        """What somebody else met with at the same place: other figures, another day, another doctor."""
        other = self.matter()
        return replace(matter, n=other.n, day=other.day, who=other.who)


def labelled(size: int, seed: int) -> list[Pair]:
    """`size` pairs, one true to two false."""
    maker = _Maker(seed)
    return [maker.true_pair() if n % 3 == 0 else maker.false_pair() for n in range(size)]


def calibrated() -> float:
    """The lowest threshold, in hundredths, that is right often enough on the seeds kept for choosing it."""
    pairs = [pair for seed in CALIBRATION_SEEDS for pair in labelled(CALIBRATION_SIZE, seed)]
    judged = [(match(pair.order, pair.call).confidence, pair.same) for pair in pairs]
    for hundredths in range(50, 100):
        linked = [same for confidence, same in judged if confidence >= hundredths / 100]
        if sum(linked) >= WANTED * len(linked):
            return hundredths / 100
    return 1.0


def measure(size: int, seed: int) -> dict[str, float | int]:
    """Precision and recall of what would be linked without a person, and of what would be marked as a duplicate."""
    pairs = labelled(size, seed)
    began = clock.monotonic()
    judged = [(pair, match(pair.order, pair.call).confidence) for pair in pairs]
    spent = clock.monotonic() - began
    numbered = [one for one in judged if one[0].order.numbers & one[0].call.numbers]
    unnumbered = [one for one in judged if not one[0].order.numbers & one[0].call.numbers]
    linked = _share(judged, AUTOMATIC_FROM)
    marked = _share(judged, LIKELY)
    return {
        "pairs": len(pairs),
        "calibration": seed in CALIBRATION_SEEDS,
        "true": linked.true,
        "linked": linked.taken,
        "right": linked.right,
        "precision": linked.precision,
        "recall": linked.recall,
        "recall_with_number": _share(numbered, AUTOMATIC_FROM).recall,
        "recall_without_number": _share(unnumbered, AUTOMATIC_FROM).recall,
        "threshold": AUTOMATIC_FROM,
        "duplicate_precision": marked.precision,
        "duplicate_recall": marked.recall,
        "duplicate_threshold": LIKELY,
        "milliseconds": round(spent * 1000, 1),
        "milliseconds_per_pair": round(spent * 1000 / len(pairs), 4),
    }


@dataclass(frozen=True)
class _Share:
    """How many pairs are true, how many a threshold takes, and how many of these rightly."""

    true: int
    taken: int
    right: int

    @property
    def precision(self) -> float:
        return round(self.right / self.taken, 4) if self.taken else 0.0

    @property
    def recall(self) -> float:
        return round(self.right / self.true, 4) if self.true else 0.0


def _share(judged: Sequence[tuple[Pair, float]], threshold: float) -> _Share:
    taken = [pair.same for pair, confidence in judged if confidence >= threshold]
    return _Share(sum(pair.same for pair, _ in judged), len(taken), sum(taken))
