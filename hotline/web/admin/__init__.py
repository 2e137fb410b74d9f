"""The administrators' and auditors' door: people, institutions, calendar, lists, voice menu, jobs, audit trail."""

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
    "topics",
    "trail",
]
