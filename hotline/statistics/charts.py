"""Charts as inline SVG of our own: classes instead of colours, data labels, a `<title>` on every mark.

No script, no font, no style attribute; crisp at any size, readable by a screen reader, light and dark by CSS.
"""

from collections.abc import Iterable, Iterator
from html import escape

from hotline.statistics.chart_data import Chart, Series, Shape, most_of
from hotline.statistics.chart_scale import percent, scale

WIDTH, LEFT, RIGHT, TOP = 760, 64, 16, 64
PLOT = 250


def svg(chart: Chart) -> str:
    """The chart as an `<svg class="chart">` element."""
    draw = {Shape.STACKED: _stacked, Shape.GROUPED: _grouped, Shape.BARS: _bars, Shape.HEAT: _heat}[chart.shape]
    height = {Shape.BARS: TOP + 34 * len(chart.labels), Shape.HEAT: TOP + 210}.get(chart.shape, TOP + PLOT + 36)
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="chart-{chart.id}-title chart-{chart.id}-text">'
        f'<title id="chart-{chart.id}-title">{escape(chart.title)}</title>'
        f'<desc id="chart-{chart.id}-text">{escape(spoken(chart))}</desc>'
        f"{_text(0, 20, chart.title, 'head')}{''.join(draw(chart))}</svg>"
    )


def standalone(chart: Chart, css: str) -> str:
    """The chart as a file of its own, with its style inside."""
    return svg(chart).replace("<title", f"<style>{css}</style><title", 1)


def spoken(chart: Chart) -> str:
    """The chart in words, for those who do not see it."""
    return "；".join(
        f"{series.name}："
        + "，".join(f"{label} {value}" for label, value in zip(chart.labels, series.values, strict=True))
        for series in chart.series
    ).replace("None", "无数据")


def _text(x: float, y: float, text: str, classes: str = "ink") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}">{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, classes: str, told: str, extra: str = "") -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}" class="{classes}"'
        f"{extra}><title>{escape(told)}</title></rect>"
    )


def _legend(series: Iterable[Series]) -> Iterator[str]:
    x = 0.0
    for one in series:
        yield _rect(x, 34, 11, 11, f"s{one.colour}", one.name)
        yield _text(x + 16, 44, one.name, "soft")
        x += 30 + 12 * len(one.name)


def _axis(top: int, step: int) -> Iterator[str]:
    for value in range(0, top + 1, step):
        y = TOP + PLOT - PLOT * value / top
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" class="rule"/>'
        yield _text(LEFT - 8, y + 4, str(value), "soft end")


def _stacked(chart: Chart) -> Iterator[str]:
    totals = [sum(one.values[n] or 0 for one in chart.series) for n in range(len(chart.labels))]
    top, step = scale(max(totals, default=0))
    yield from _legend(chart.series)
    yield from _axis(top, step)
    slot = (WIDTH - LEFT - RIGHT) / len(chart.labels)
    for n, label in enumerate(chart.labels):
        x, y = LEFT + slot * (n + 0.14), float(TOP + PLOT)
        for one in chart.series:
            tall = PLOT * (one.values[n] or 0) / top
            y -= tall
            if tall:
                yield _rect(
                    x, y, slot * 0.72, tall, f"s{one.colour}", f"{label} {one.name} {one.values[n]}{chart.unit}"
                )
            if tall >= 14:
                yield _text(x + slot * 0.36, y + tall / 2 + 4, str(one.values[n]), "on mid")
        yield _text(
            x + slot * 0.36, y - 5, str(totals[n]) if totals[n] else "无数据", "ink mid" if totals[n] else "soft mid"
        )
        yield _text(x + slot * 0.36, TOP + PLOT + 18, label, "soft mid")


def _grouped(chart: Chart) -> Iterator[str]:
    top, step = scale(most_of(chart))
    yield from _legend(chart.series)
    yield from _axis(top, step)
    slot = (WIDTH - LEFT - RIGHT) / len(chart.labels)
    wide = slot * 0.76 / len(chart.series)
    for n, label in enumerate(chart.labels):
        for at, one in enumerate(chart.series):
            value, x = one.values[n], LEFT + slot * (n + 0.12) + wide * at
            tall = PLOT * (value or 0) / top
            told = f"{one.name} {label} {'无' if value is None else value}{chart.unit}"
            yield _rect(x + 1, TOP + PLOT - tall, wide - 2, tall, f"s{one.colour}", told)
            yield _text(x + wide / 2, TOP + PLOT - tall - 5, "—" if value is None else str(value), "soft mid")
        yield _text(LEFT + slot * (n + 0.5), TOP + PLOT + 18, label, "ink mid")


def _bars(chart: Chart) -> Iterator[str]:
    values = chart.series[0].values
    total, most = sum(value or 0 for value in values), max((value or 0 for value in values), default=0)
    left = 22 + 13 * max((len(label) for label in chart.labels), default=0)
    for n, (label, value) in enumerate(zip(chart.labels, values, strict=True)):
        y, count = 40 + 34 * n, value or 0
        wide = (WIDTH - left - 130) * count / (most or 1)
        part = percent(count, total) if total else "—"
        yield _text(left - 10, y + 16, label, "ink end")
        yield _rect(left, y, wide, 22, "s1", f"{label} {count}{chart.unit}，占 {part}")
        yield _text(left + wide + 8, y + 16, f"{count}{chart.unit}  {part}", "ink")


def _heat(chart: Chart) -> Iterator[str]:
    most = most_of(chart) or 1
    wide = (WIDTH - LEFT - RIGHT) / len(chart.labels)
    for n, label in enumerate(chart.labels):
        yield _text(LEFT + wide * (n + 0.5), 44, label.removesuffix("时"), "soft mid")
    for at, one in enumerate(chart.series):
        y = 52 + 30 * at
        yield _text(LEFT - 10, y + 19, one.name, "ink end")
        for n, value in enumerate(one.values):
            part = (value or 0) / most
            told = f"{one.name} {chart.labels[n]} {value}{chart.unit}"
            x = LEFT + wide * n
            yield _rect(x, y, wide, 28, "cell", told, f' fill-opacity="{0.06 + 0.94 * part:.2f}"')
            if value:
                yield _text(x + wide / 2, y + 18, str(value), "on mid" if part > 0.5 else "soft mid")
