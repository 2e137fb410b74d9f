"""The administrators' and auditors' door: people, places, lists, voice menu, city returns, jobs, audit trail."""

from hotline.web.admin import (
    calendar,
    codes,
    finding,
    institutions,
    jobs,
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
    "door",
    "finding",
    "institutions",
    "jobs",
    "menu_upkeep",
    "menus",
    "people",
    "people_acts",
    "reporting",
    "topics",
    "trail",
]
