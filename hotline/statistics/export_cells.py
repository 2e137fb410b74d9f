"""How the cells of an export are written: numbers masked unless revealed, times of the house, words for codes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, String, select, type_coerce

from hotline.clock import ZONE
from hotline.people.models import Account
from hotline.privacy import decrypt, mask_phone

BLOCK = 5000
"""Rows fetched at once."""


def shown(revealed: bool, label: str) -> Callable[[Any], str]:
    """From the stored bytes of a number to what the export may say of it."""

    def show(blob: Any) -> str:
        if blob is None:
            return ""
        number = decrypt(bytes(blob), label)
        return number if revealed else mask_phone(number)

    return show


def local(at: datetime | None) -> str:
    return at.astimezone(ZONE).isoformat(" ", "seconds")[:19] if at else ""


@lru_cache(maxsize=4096)
def day(day: date) -> str:
    return day.isoformat()


def seconds(ms: int | None) -> float | str:
    return "" if ms is None else ms / 1000


def streamed(connection: Connection, statement: Any) -> Iterator[Any]:
    return iter(connection.execution_options(yield_per=BLOCK).execute(statement))


def words(labels: Mapping[Any, str]) -> dict[str | None, str]:
    """Stored value → label; nothing stays empty."""
    return {None: "", "": "", **{member.value: label for member, label in labels.items()}}


def raw(column: Any) -> Any:
    """The column as it is stored, without the cost of turning it into a member of its enum."""
    return type_coerce(column, String)


def agents(connection: Connection) -> dict[int | None, str]:
    """How agents are told apart: by number, else by name."""
    known = connection.execute(select(Account.id, Account.agent_no, Account.name))
    return {None: "", **{row.id: row.agent_no or row.name for row in known}}
