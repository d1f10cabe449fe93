"""Figures as SVG text: no library, small, sharp in print, and readable without a script.

Every point carries its numbers as a title, which browsers show under the pointer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from studies.report.charts import Chart, Series

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 34, 52
_BAR, _LEGEND_LINE = 15, 16
# Of a logarithmic axis; on fewer, two and five times each are written, too.
_FEW_DECADES = 2.2
# Distinguishable with every kind of colour vision, and in grey: Okabe and Ito (2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a7a00")
_SHAPES = ("circle", "square", "diamond", "triangle")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.grid{stroke:#ddd;stroke-width:1}"
    ".frame{fill:none;stroke:#888}.title{font-weight:600;font-size:13px}"
)
# Pages with a dark ground show these figures, too.
_GROUND = '<rect width="100%" height="100%" fill="#fff"/>'


def svg(chart: Chart) -> str:
    """The figure as one SVG element."""
    drawn = _bars(chart) if chart.kind == "bars" else _lines(chart)
    height, body = drawn
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {_WIDTH} {height:g}" width="{_WIDTH}" height="{height:g}" '
        f'aria-label="{escape(chart.title, quote=True)}"><style>{_STYLE}</style>{_GROUND}'
        f'<text class="title" x="{_LEFT}" y="18">{escape(chart.title)}</text>{body}</svg>'
    )


class Scale:
    """From numbers to places along one side of the frame."""

    def __init__(self, values: Sequence[float], start: float, end: float, log: bool) -> None:
        usable = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
        low, high = (min(usable), max(usable)) if usable else (1.0, 10.0) if log else (0.0, 1.0)
        if log:
            low, high = math.log10(low), math.log10(high)
        if high - low < 1e-12 * max(abs(low), abs(high), 1e-300):
            low, high = low - 0.5, high + 0.5
        margin = 0.04 * (high - low)
        self.low, self.high = low - margin, high + margin
        self.start, self.end, self.log = start, end, log

    def __call__(self, value: float) -> float:
        """Place of a number."""
        at = math.log10(value) if self.log else value
        share = (at - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def shows(self, value: float) -> bool:
        """Whether a number has a place."""
        return math.isfinite(value) and (value > 0 or not self.log)

    def lower(self, value: float) -> float:
        """Place of the lower end of an interval: that of the frame for what has none."""
        return self(value) if self.shows(value) else self.start

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Numbers to be written, with their texts."""
        span = self.high - self.low
        if self.log and span > 0.6:
            step, parts = max(1, math.ceil(span / 8)), (1, 2, 5) if span < _FEW_DECADES else (1,)
            for power in range(math.floor(self.low), math.floor(self.high) + 1):
                for part in parts if power % step == 0 else ():
                    if self.low <= math.log10(part) + power <= self.high:
                        yield part * 10.0**power, _power(part, power)
            return
        low, high = (10**self.low, 10**self.high) if self.log else (self.low, self.high)
        pitch = _nice((high - low) / 6)
        first = math.ceil(low / pitch - 1e-9)
        for i in range(first, math.floor(high / pitch + 1e-9) + 1):
            if i > 0 or not self.log:
                yield i * pitch, f"{i * pitch:.4g}"


def _nice(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= step * 0.999)


def _power(part: int, power: int) -> str:
    if -3 < power < 4:
        return f"{part * 10.0**power:g}"
    raised = str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if part == 1 else f"{part}·10{raised}"


def _lines(chart: Chart) -> tuple[float, str]:
    legend = len(chart.series) if any(series.label for series in chart.series) else 0
    per_row = 2
    height = _HEIGHT + _LEGEND_LINE * -(-legend // per_row)
    bottom = _HEIGHT - _BOTTOM
    values = [v for s in chart.series for v in (*s.y, *(s.low or ()), *(s.high or ()))]
    x = Scale([v for s in chart.series for v in s.x], _LEFT, _WIDTH - _RIGHT, chart.log_x)
    y = Scale(values, bottom, _TOP, chart.log_y)
    parts = [*_frame(chart, x, y, bottom)]
    for i, series in enumerate(chart.series):
        parts.append(_series(chart, series, i, x, y))
    for i, series in enumerate(chart.series[:legend]):
        at = _LEFT + (i % per_row) * (_WIDTH - _LEFT) / per_row
        down = _HEIGHT + _LEGEND_LINE * (i // per_row)
        parts.append(_mark(i, at, down - 4, "", series.dashed))
        parts.append(f'<text x="{at + 10:g}" y="{down}">{escape(series.label)}</text>')
    return height + 6, "".join(parts)


def _frame(chart: Chart, x: Scale, y: Scale, bottom: float) -> Iterator[str]:
    right = _WIDTH - _RIGHT
    ticks = list(enumerate(chart.names)) if chart.names else list(x.ticks())
    for value, text in ticks:
        at = x(value)
        yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/>'
        yield _text(at, bottom + 16, text, "middle")
    for value, text in y.ticks():
        at = y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>'
        yield _text(_LEFT - 6, at + 4, text, "end")
    size = f'width="{right - _LEFT}" height="{bottom - _TOP}"'
    yield f'<rect class="frame" x="{_LEFT}" y="{_TOP}" {size}/>'
    yield _text((_LEFT + right) / 2, bottom + 36, chart.x_label, "middle")
    middle = (_TOP + bottom) / 2
    turned = f'transform="rotate(-90 16 {middle:g})"'
    side = f'x="16" y="{middle:g}" text-anchor="middle" {turned}'
    yield f"<text {side}>{escape(chart.y_label)}</text>"


def _series(chart: Chart, series: Series, number: int, x: Scale, y: Scale) -> str:
    colour, parts = COLOURS[number % len(COLOURS)], []
    shown = [
        i
        for i, (a, b) in enumerate(zip(series.x, series.y, strict=True))
        if x.shows(a) and y.shows(b)
    ]
    if series.lined and len(shown) > 1:
        path = " ".join(f"{x(series.x[i]):.1f},{y(series.y[i]):.1f}" for i in shown)
        dashes = ' stroke-dasharray="6 4"' if series.dashed else ""
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.8"{dashes} points="{path}"/>'
        )
    for i in shown:
        at, value = x(series.x[i]), series.y[i]
        interval = ""
        if series.low is not None and series.high is not None:
            low, high = series.low[i], series.high[i]
            if math.isfinite(low) and y.shows(high):
                interval = f" [{low:.3g}, {high:.3g}]"
                ends = f'y1="{y.lower(low):.1f}" y2="{y(high):.1f}"'
                parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" {ends} stroke="{colour}"/>')
        where = chart.names[round(series.x[i])] if chart.names else f"{series.x[i]:.4g}"
        told = f"{series.label}: {chart.x_label} {where}, {chart.y_label} {value:.4g}{interval}"
        parts.append(_mark(number, at, y(value), told, series.dashed))
    return "".join(parts)


def _mark(number: int, x: float, y: float, told: str, hollow: bool) -> str:
    # Another shape when colours begin anew.
    shape = _SHAPES[(number + number // len(COLOURS)) % len(_SHAPES)]
    colour = COLOURS[number % len(COLOURS)]
    look = f'fill="{"#fff" if hollow else colour}" stroke="{colour}"'
    title = f"<title>{escape(told)}</title>" if told else ""
    if shape == "circle":
        return f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.6" {look}>{title}</circle>'
    corners = {
        "square": ((-3.3, -3.3), (3.3, -3.3), (3.3, 3.3), (-3.3, 3.3)),
        "diamond": ((0, -4.6), (4.6, 0), (0, 4.6), (-4.6, 0)),
        "triangle": ((0, -4.4), (4.2, 3.4), (-4.2, 3.4)),
    }[shape]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon class="point" points="{points}" {look}>{title}</polygon>'


def _bars(chart: Chart) -> tuple[float, str]:
    left: float = min(330, 30 + 7 * max((len(n) for n in chart.names), default=0))
    rows = len(chart.series)
    pitch = float(_BAR * rows + 6)
    bottom: float = _TOP + pitch * len(chart.names) + 4
    values = [v for s in chart.series for v in (*s.y, *(s.low or ()), *(s.high or ()))]
    x = Scale(values if chart.log_x else [*values, 0.0], left, _WIDTH - _RIGHT, chart.log_x)
    zero: float = left if chart.log_x else x(0.0)
    parts = list(_bar_frame(chart, x, left, bottom))
    for i, name in enumerate(chart.names):
        parts.append(_text(left - 6, _TOP + pitch * i + pitch / 2 + 4, name, "end"))
    for number, series in enumerate(chart.series):
        for place, value in zip(series.x, series.y, strict=True):
            top = _TOP + 3 + pitch * place + _BAR * number
            parts.append(_bar(chart, series, number, x, (zero, top), round(place), value))
        for i in set(range(len(chart.names))) - {round(place) for place in series.x}:
            middle = _TOP + pitch * i + _BAR * (number + 1) - 1
            parts.append(_text(left + 4, middle, "no number: see the table", "start"))
    for number, series in enumerate(chart.series if rows > 1 else ()):
        down = bottom + 44 + _LEGEND_LINE * number
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<rect x="{left}" y="{down - 10:g}" width="11" height="11" fill="{colour}"/>')
        parts.append(f'<text x="{left + 16}" y="{down:g}">{escape(series.label)}</text>')
    return bottom + 44 + (_LEGEND_LINE * rows if rows > 1 else 0), "".join(parts)


def _bar_frame(chart: Chart, x: Scale, left: float, bottom: float) -> Iterator[str]:
    for value, text in x.ticks():
        at = x(value)
        yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom:g}"/>'
        yield _text(at, bottom + 14, text, "middle")
    size = f'width="{_WIDTH - _RIGHT - left:g}" height="{bottom - _TOP:g}"'
    yield f'<rect class="frame" x="{left:g}" y="{_TOP}" {size}/>'
    yield _text((left + _WIDTH - _RIGHT) / 2, bottom + 30, chart.x_label, "middle")


def _bar(
    chart: Chart,
    series: Series,
    number: int,
    x: Scale,
    corner: tuple[float, float],
    i: int,
    value: float,
) -> str:
    zero, top = corner
    if not x.shows(value):
        return ""
    end, colour = x(value), COLOURS[number % len(COLOURS)]
    told, line, place = (
        f"{chart.names[i]}, {series.label}: {value:.4g}",
        "",
        list(series.x).index(i),
    )
    if series.low is not None and series.high is not None:
        low, high = series.low[place], series.high[place]
        if math.isfinite(low) and x.shows(high):
            told += f" [{low:.3g}, {high:.3g}]"
            middle = top + (_BAR - 3) / 2
            ends = f'x1="{x.lower(low):.1f}" x2="{x(high):.1f}" y1="{middle:.1f}" y2="{middle:.1f}"'
            line = f'<line {ends} stroke="#222"/>'
    box = (
        f'x="{min(zero, end):.1f}" y="{top:.1f}" width="{abs(end - zero):.1f}" height="{_BAR - 3}"'
    )
    return f'<rect class="point" {box} fill="{colour}"><title>{escape(told)}</title></rect>{line}'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
