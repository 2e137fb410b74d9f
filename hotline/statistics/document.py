"""The bulletin as blocks: the one rendering model that every output is made from.

`build` fills an edition's wording with a month's figures. Pieces whose printed text an imported month keeps
(`MonthFigures.wording`): title, hotline, province, bookings.title, bookings.columns, bookings.total,
bookings.note, channels.title, channels.subtitle, channels.columns, channels.total.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hotline.statistics import definitions
from hotline.statistics.arrange import arranged
from hotline.statistics.chart_data import Chart
from hotline.statistics.edition import Edition, Item, Section
from hotline.statistics.figures import MonthFigures
from hotline.statistics.table_blocks import Table, bookings_table, channels_table, dataset_table
from hotline.statistics.wording import Run, Runs, fill, fill_text, joined, text_of


@dataclass(frozen=True)
class Sentence:
    """A paragraph; its runs name the figures in it."""

    id: str
    runs: Runs

    @property
    def text(self) -> str:
        return text_of(self.runs)


@dataclass(frozen=True)
class Document:
    """A bulletin ready to be written out. `marks` are printed at its head: version, revision, correction, draft.
    `labels` name the hotline's figures (`hotline.crisis`, `orders.wo_self`) as the edition does."""

    title: str
    blocks: tuple[Sentence | Table, ...]
    figures: MonthFigures
    edition: str
    marks: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> list[Table]:
        return [block for block in self.blocks if isinstance(block, Table)]

    @property
    def sentences(self) -> list[Sentence]:
        return [block for block in self.blocks if isinstance(block, Sentence)]


def build(
    figures: MonthFigures, edition: Edition, marks: tuple[str, ...] = (), charts: tuple[Chart, ...] = ()
) -> Document:
    """The bulletin of `figures` as `edition` prints it."""
    figures = arranged(figures)
    said = definitions.words(figures.month)
    title = figures.wording.get("title") or fill_text(edition.hotline.title, **said)
    blocks = tuple(block for section in edition.sections for block in _section(section, figures, edition))
    return Document(title, blocks, figures, edition.code, marks, charts, labels(edition))


def labels(edition: Edition) -> dict[str, str]:
    """Names of the hotline's figures in the words of `edition`."""
    named = {f"hotline.{item.code}": item.label for item in edition.hotline.categories}
    return {
        "hotline.total": "受理总量",
        **named,
        **{f"orders.{item.code}": item.label for item in edition.hotline.orders},
    }


def _section(section: Section, figures: MonthFigures, edition: Edition) -> Iterator[Sentence | Table]:
    if section is Section.HOTLINE:
        yield Sentence("hotline", _kept(figures, "hotline") or hotline_runs(figures, edition))
    elif section is Section.PROVINCE and figures.province is not None:
        yield Sentence("province", _kept(figures, "province") or province_runs(figures, edition))
    elif section is Section.BOOKINGS and figures.bookings is not None:
        yield bookings_table(figures.bookings, figures, edition)
    elif section is Section.CHANNELS and figures.channels is not None:
        yield channels_table(figures.channels, figures, edition)
    elif section is Section.DATASETS:
        yield from (dataset_table(table, edition) for table in figures.datasets)


def _kept(figures: MonthFigures, piece: str) -> Runs:
    text = figures.wording.get(piece, "")
    return (Run(text),) if text else ()


def hotline_runs(figures: MonthFigures, edition: Edition) -> Runs:
    """The hotline sentence: total, the edition's categories in their order, orders beside them."""
    wording, hotline = edition.hotline, figures.hotline

    def item(one: Item, family: str, count: int) -> Runs:
        return fill(wording.item, label=one.label, n=(Run(str(count), f"{family}.{one.code}"),), unit=one.unit)

    return fill(
        wording.sentence,
        **definitions.words(figures.month),
        total=(Run(str(hotline.total), "hotline.total"),),
        categories=joined([item(c, "hotline", hotline.categories.get(c.code, 0)) for c in wording.categories], "、"),
        orders=joined([item(o, "orders", hotline.orders.get(o.code, 0)) for o in wording.orders], "，"),
    )


def province_runs(figures: MonthFigures, edition: Edition) -> Runs:
    """The province sentence: the cities in the order of `figures`; the home city may be worded apart."""
    wording, said, province = edition.province, definitions.words(figures.month), figures.province
    if province is None:
        return ()
    cities = [
        fill(
            wording.home if city.city == said["home"] else wording.city,
            city=city.city,
            n=(Run(str(city.count), f"province.{city.city}"),),
        )
        for city in province.cities
        if city.count is not None
    ]
    total = (Run(str(province.total), "province.total"),)
    return fill(wording.sentence, **said, total=total, cities=joined(cities, "、"))
