"""The Chinese font of the PDF: one of this machine's TrueType fonts, embedded, so that every reader shows the page.

Where the machine has none, the page names STSong-Light, which most readers bring along.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "C:/Windows/Fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
)
NAMES = (
    "simfang.ttf",
    "STFangsong.ttf",
    "simsun.ttc",
    "Songti.ttc",
    "uming.ttc",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
)
"""From the house's own 仿宋 to what any desktop has; OpenType outlines (Noto CJK) cannot be embedded."""

EMBEDDED, NAMED = "Hotline", "STSong-Light"


@cache
def font() -> str:
    """The registered font's name."""
    for path in _found():
        try:
            pdfmetrics.registerFont(TTFont(EMBEDDED, str(path)))
        except (TTFError, OSError):
            continue
        return EMBEDDED
    pdfmetrics.registerFont(UnicodeCIDFont(NAMED))
    return NAMED


def _found() -> Iterator[Path]:
    """The machine's known Chinese fonts, the best first."""
    known = [path for folder in FOLDERS for path in Path(folder).expanduser().rglob("*.tt[cf]")]
    yield from (path for name in NAMES for path in known if path.name == name)
