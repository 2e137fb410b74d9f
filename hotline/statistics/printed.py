"""Reading a published bulletin (JSON in the shape of the archive) into figures exactly as printed.

Parts may be missing; figures must be whole numbers. A text that the edition would word differently is kept as
it was printed; a text that disagrees with the stated values is kept too and told as a conflict (rule S1).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hotline.clock import Month
from hotline.errors import Invalid
from hotline.statistics import editions
from hotline.statistics import figures as f
from hotline.statistics.document import Document, build
from hotline.statistics.edition import Edition
from hotline.statistics.printed_tables import Conflicts, bookings, channels, dataset, part, texts, whole
from hotline.statistics.wording import Run, Runs

BLANK = re.compile(r"\s+")
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def canonical(text: str) -> str:
    """Text without layout: printed blanks and line breaks mean nothing."""
    return BLANK.sub("", text)


def read(body: Mapping[str, Any]) -> f.MonthFigures:
    """The figures of a published month. Raises Invalid naming the place that cannot be read."""
    conflicts: Conflicts = []
    month = _month(body)
    edition = editions.of(month)
    figures = f.MonthFigures(
        month=month,
        source=f.Source.PRINTED,
        hotline=_hotline(part(body, "hotline")),
        province=_province(body["province"]) if body.get("province") else None,
        bookings=bookings(body["bookings"], edition, conflicts) if body.get("bookings") else None,
        channels=channels(body["channels"], conflicts) if body.get("channels") else None,
        datasets=tuple(dataset(table, edition, conflicts) for table in body.get("other_tables") or []),
    )
    wording = dict(_kept(build(figures, edition), edition, _pieces(body), conflicts))
    return replace(figures, wording=wording, conflicts=tuple(conflicts))


def _month(body: Mapping[str, Any]) -> Month:
    hotline, about = part(body, "hotline"), body.get("bulletin") or {}
    year, month = hotline.get("year", about.get("stat_year")), hotline.get("month", about.get("stat_month"))
    try:
        return Month(f"{int(year):04d}-{int(month):02d}")
    except (TypeError, ValueError) as error:
        raise Invalid("文件没有说明是哪年哪月（hotline.year、hotline.month）") from error


def _hotline(body: Mapping[str, Any]) -> f.HotlineFigures:
    return f.HotlineFigures(
        total=whole(part(body, "total").get("value"), "hotline.total"),
        categories={c["code"]: whole(c.get("value"), f"hotline.{c['code']}") for c in body.get("categories") or []},
        orders={o["code"]: whole(o.get("value"), f"orders.{o['code']}") for o in body.get("work_orders") or []},
    )


def _province(body: Mapping[str, Any]) -> f.ProvinceFigures:
    cities = [
        f.CityCount(
            city["city"], None if city.get("value") is None else whole(city["value"], f"province.{city['city']}")
        )
        for city in body.get("cities") or []
    ]
    return f.ProvinceFigures(whole(part(body, "total").get("value"), "province.total"), tuple(cities))


def _pieces(body: Mapping[str, Any]) -> dict[str, str]:
    """The printed texts of the file by the name of the piece; tables' columns joined by tabs."""
    hotline, province = part(body, "hotline"), body.get("province") or {}
    table, list_ = body.get("bookings") or {}, body.get("channels") or {}
    found = {
        "title": hotline.get("title"),
        "hotline": hotline.get("sentence"),
        "province": province.get("sentence"),
        "bookings.title": table.get("title"),
        "bookings.columns": texts(table.get("columns")),
        "bookings.total": (table.get("totals") or {}).get("label"),
        "bookings.note": (table.get("cumulative") or {}).get("text"),
        "channels.title": list_.get("title"),
        "channels.subtitle": list_.get("subtitle"),
        "channels.columns": texts(list_.get("columns")),
        "channels.total": (list_.get("total") or {}).get("text"),
    }
    return {piece: text for piece, text in found.items() if text}


def _would_print(document: Document) -> dict[str, Runs]:
    """What the edition prints for each piece from the same figures."""
    made: dict[str, Runs] = {"title": (Run(document.title),)}
    made |= {sentence.id: sentence.runs for sentence in document.sentences}
    for table in document.tables:
        if table.id in ("bookings", "channels"):
            made[f"{table.id}.title"] = (Run(table.title),)
            made[f"{table.id}.subtitle"] = (Run(table.subtitle),)
            made[f"{table.id}.columns"] = (Run("\t".join(table.columns)),)
            made[f"{table.id}.total"] = (Run(table.total[0].text if table.total else table.total_line),)
            made |= {f"{table.id}.note": (Run(note),) for note in table.notes}
    return made


def _kept(
    document: Document, edition: Edition, pieces: Mapping[str, str], conflicts: Conflicts
) -> Iterator[tuple[str, str]]:
    """The printed pieces that differ from the edition's; those that name other figures are conflicts as well."""
    usual = _would_print(document)
    for piece, text in pieces.items():
        runs = usual.get(piece, ())
        if canonical(text) == canonical("".join(run.text for run in runs)):
            continue
        yield piece, text
        conflicts += _missing(piece, text, _figure_runs(piece, runs, document.figures))


def _figure_runs(piece: str, runs: Runs, figures: f.MonthFigures) -> Runs:
    if piece == "bookings.note" and figures.bookings and figures.bookings.cumulative is not None:
        return (Run(str(figures.bookings.cumulative), "bookings.cumulative"),)
    if piece == "channels.total" and figures.channels:
        return (Run(str(figures.channels.total), "channels.total"),)
    return runs


def _missing(piece: str, text: str, runs: Runs) -> Iterator[f.Conflict]:
    """The figures that do not stand in the printed text, in their order."""
    numbers = iter(NUMBER.findall(canonical(text)))
    for run in runs:
        if run.figure and not any(number == run.text for number in numbers):
            yield f.Conflict(run.figure, text, run.text)
            return
