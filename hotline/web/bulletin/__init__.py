"""The statistician's door: the month counted, checked, sealed and printed; its returns, tables, history, editions."""

from hotline.people.models import Role
from hotline.web import gate

door = gate.door(
    "bulletin",
    __name__,
    url_prefix="/bulletin",
    roles=(Role.STATISTICIAN, Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR),
)

statisticians = gate.allow(Role.STATISTICIAN)
administrators = gate.allow(Role.ADMIN)

from hotline.web.bulletin import (  # noqa: E402
    downloads,
    edition_pages,
    exports,
    history,
    month,
    records,
    reporting,
    returns,
    seal,
    tables,
)

gate.nav("导出", "bulletin.exports", 42)
gate.nav("月报", "bulletin.shelf", 40, home_of=(Role.STATISTICIAN,))

__all__ = [
    "door",
    "downloads",
    "edition_pages",
    "exports",
    "history",
    "month",
    "records",
    "reporting",
    "returns",
    "seal",
    "tables",
]
