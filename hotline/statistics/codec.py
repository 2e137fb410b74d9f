"""A month's figures as JSON and back: what is stored, sealed and handed to other systems."""

from dataclasses import asdict
from typing import Any

from hotline.clock import Month
from hotline.statistics import figures as f


def to_json(figures: f.MonthFigures) -> dict[str, Any]:
    """Plain JSON values; `from_json` gives equal figures back."""
    parts = {
        "hotline": asdict(figures.hotline),
        "province": figures.province and asdict(figures.province),
        "bookings": figures.bookings and asdict(figures.bookings),
        "channels": figures.channels and asdict(figures.channels),
        "datasets": [asdict(table) for table in figures.datasets],
        "conflicts": [asdict(conflict) for conflict in figures.conflicts],
    }
    return {"month": str(figures.month), "source": figures.source.value, **parts, "wording": dict(figures.wording)}


def from_json(body: dict[str, Any]) -> f.MonthFigures:
    """The figures that `to_json` wrote."""
    return f.MonthFigures(
        month=Month(body["month"]),
        source=f.Source(body["source"]),
        hotline=f.HotlineFigures(**body["hotline"]),
        province=body["province"] and _province(body["province"]),
        bookings=body["bookings"] and _bookings(body["bookings"]),
        channels=body["channels"] and _channels(body["channels"]),
        datasets=tuple(_dataset(table) for table in body["datasets"]),
        wording=body["wording"],
        conflicts=tuple(f.Conflict(**conflict) for conflict in body["conflicts"]),
    )


def _province(body: dict[str, Any]) -> f.ProvinceFigures:
    return f.ProvinceFigures(body["total"], tuple(f.CityCount(**city) for city in body["cities"]))


def _bookings(body: dict[str, Any]) -> f.BookingTable:
    rows = tuple(f.BookingRow(**{**row, "counts": tuple(row["counts"])}) for row in body["rows"])
    lists = {"groups": tuple(body["groups"]), "totals": tuple(body["totals"]), "rows": rows}
    return f.BookingTable(**{**body, **lists})


def _channels(body: dict[str, Any]) -> f.ChannelTable:
    return f.ChannelTable(tuple(f.ChannelRow(**row) for row in body["rows"]), body["total"])


def _dataset(body: dict[str, Any]) -> f.DatasetTable:
    lists = {
        "columns": tuple(f.Column(**column) for column in body["columns"]),
        "rows": tuple(tuple(row) for row in body["rows"]),
        "totals": tuple(body["totals"]),
        "notes": tuple(f.Note(**note) for note in body["notes"]),
        "paragraphs": tuple(body["paragraphs"]),
    }
    return f.DatasetTable(**{**body, **lists})
