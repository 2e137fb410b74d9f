"""The administrators' and auditors' door: people, places, lists, contacts, menu, city returns, jobs, audit trail."""

from hotline.web.admin import (
    calendar,
    codes,
    contacts,
    finding,
    institutions,
    jobs,
    limits,
    lines,
    menu_upkeep,
    menus,
    people,
    people_acts,
    reporting,
    topics,
    trail,
)
from hotline.web.admin.entrance import door

__all__ = [
    "calendar",
    "codes",
    "contacts",
    "door",
    "finding",
    "institutions",
    "jobs",
    "limits",
    "lines",
    "menu_upkeep",
    "menus",
    "people",
    "people_acts",
    "reporting",
    "topics",
    "trail",
]
