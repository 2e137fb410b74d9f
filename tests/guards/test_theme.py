"""The theme: every pair of text and ground has the contrast of WCAG AA, light and dark."""

import re
from pathlib import Path

import pytest

SHEET = Path(__file__).resolve().parents[2] / "hotline" / "static" / "hotline.css"
PAIRS = [
    *((ink, ground) for ink in ("ink", "ink-soft", "house", "blue") for ground in ("paper", "sheet", "sunken")),
    ("house-strong", "house-soft"),
    ("ink", "house-soft"),
    ("red", "sheet"),
    *((tone, f"{tone}-soft") for tone in ("blue", "amber", "red", "green")),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_contrast(mode, ink, ground):
    block = re.search(rf'\[data-bs-theme="{mode}"\] \{{\n(  --ink:.*?)\n\}}', SHEET.read_text("utf-8"), re.DOTALL)[1]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    assert contrast(colours[ink], colours[ground]) >= 4.5
