"""Pictures of the explorer, as SVG text that a phone can read: nothing is worked out here.

Each is as wide as a phone, and grows with the column that it stands in.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.image import imsave
from numpy.typing import ArrayLike, NDArray

from circuits.analysis.error_budget import ErrorBudget
from studies.explorer.row import Constellation, Row
from studies.explorer.whole_chip import WholeChip
from studies.report.svg import COLOURS, Scale
from studies.show.error_budget import ANY_RAD, rate_text

_WIDTH = 360
_LEFT, _RIGHT, _TOP = 158, 48, 40
_PITCH, _BAR = 22, 14
_KINDS = ("per symbol", "shared by rows", "per load", "static", "per calibration")
_BLUE, _ORANGE = COLOURS[0], COLOURS[1]
# Cells of even and odd residues, and of the last one where it meets residue 0 and both are even.
_CELLS = ListedColormap(["#ffffff", "#dde4ea", "#c9d6df"])
_MOST_BARS = 9
# To which error rates are worked out.
_LEAST_RATE = 1e-15
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.t{font-weight:600;font-size:14px}"
    ".s{font-size:11px;fill:#555}"
)


def constellation(read: Constellation, modulus: int) -> str:
    """I and Q of all readings over the cells in which they are decided."""
    side, left, top = 300, 42, 34
    wrong = read.wrong

    def place(chosen: NDArray[np.bool_]) -> Iterable[tuple[float, float]]:
        # As the converters see it: what exceeds the full scale lies on its edge.
        x = left + (np.clip(read.in_phase[chosen], -1, 1) + 1) * side / 2
        y = top + (1 - np.clip(read.quadrature[chosen], -1, 1)) * side / 2
        return zip(x, y, strict=True)

    dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in place(~wrong))
    crosses = "".join(f"M{x - 3:.1f} {y - 3:.1f}l6 6m-6 0l6-6" for x, y in place(wrong))
    ticks = [(-1.0, "−1"), (0.0, "0"), (1.0, "1")]
    marks = "".join(
        _text(left + (v + 1) * side / 2, top + side + 15, t, "middle")
        + _text(left - 5, top + (1 - v) * side / 2 + 4, t, "end")
        for v, t in ticks
    )
    body = (
        f'<image x="{left}" y="{top}" width="{side}" height="{side}" '
        f'style="image-rendering:pixelated" href="{_picture(read.cells, modulus)}"/>'
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="#888"/>'
        f'<path d="{dots}" stroke="{_BLUE}" stroke-width="3.4" stroke-linecap="round"/>'
        f'<path d="{crosses}" stroke="{_ORANGE}" stroke-width="1.6" fill="none"/>{marks}'
        + _text(left + side / 2, top + side + 30, "I / full scale", "middle")
        + f'<g transform="rotate(-90 14 {top + side / 2})">'
        + _text(14, top + side / 2, "Q / full scale", "middle")
        + "</g>"
        + _text(left, top + side + 49, f"dots: {int((~wrong).sum())} read rightly", fill=_BLUE)
        + _text(left + 150, top + side + 49, f"crosses: {int(wrong.sum())} wrongly", fill="#b34700")
    )
    return _figure(f"Readings in their decision cells, m = {modulus}", body, top + side + 60)


def _picture(cells: NDArray[np.int64], modulus: int) -> str:
    """Cells as a PNG in the text of an address."""
    tone = cells % 2
    if modulus % 2:
        tone = np.where(cells == modulus - 1, 2, tone)
    buffer = io.BytesIO()
    imsave(buffer, tone, cmap=_CELLS, vmin=0, vmax=2, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def waterfall(budget: ErrorBudget) -> str:
    """Sources of phase error, adding up in quadrature from top to bottom, against half a cell."""
    counted = [c for c in budget.contributions if c.rms_rad > 1e-4 * budget.dominant.rms_rad]
    shown = counted[:_MOST_BARS]
    rows = [(c.name, c.rms_rad, _KINDS.index(c.kind)) for c in shown]
    others = math.sqrt(sum(c.rms_rad**2 for c in counted[_MOST_BARS:]))
    if others:
        rows.append((f"{len(counted) - _MOST_BARS} others", others, len(_KINDS)))
    before = [min(x, ANY_RAD) for x in np.sqrt(np.cumsum([0.0, *(r**2 for _, r, _ in rows)]))]
    half = budget.half_cell_rad
    scale = (_WIDTH - _LEFT - _RIGHT) / (1.05 * max(half, before[-1]))
    parts, used = [], []
    for i, (name, rms, kind) in enumerate(rows):
        x, wide = _LEFT + before[i] * scale, (before[i + 1] - before[i]) * scale
        colour = COLOURS[kind]
        used.append(kind)
        parts.append(_bar(i, name, x, wide, colour, _mrad(rms)))
    total = len(rows)
    parts.append(_bar(total, "in quadrature", _LEFT, before[-1] * scale, "#555", _mrad(before[-1])))
    bottom = _TOP + 16 + (total + 1) * _PITCH
    edge = _LEFT + half * scale
    parts.append(
        f'<line x1="{edge:.1f}" x2="{edge:.1f}" y1="{_TOP + 12}" y2="{bottom}" stroke="#000" '
        'stroke-width="1.4" stroke-dasharray="5 3"/>'
    )
    parts.append(_text(edge, _TOP + 6, f"half a cell: {_mrad(half)}", _side(edge)))
    legend = [(_KINDS[k], COLOURS[k]) for k in dict.fromkeys(used) if k < len(_KINDS)]
    keys, height = _legend(legend, bottom + 18)
    return _figure("Phase errors / mrad rms", "".join([*parts, keys]), height)


def energy(energy_j: dict[str, float]) -> str:
    """Energy of a multiply-accumulate by component."""
    rows = [(name, joule) for name, joule in energy_j.items() if joule > 0.0]
    shown = rows[:_MOST_BARS]
    rest = sum(joule for _, joule in rows[_MOST_BARS:])
    if rest:
        shown.append((f"{len(rows) - _MOST_BARS} others", rest))
    scale = (_WIDTH - _LEFT - _RIGHT) / max((joule for _, joule in shown), default=1.0)
    parts = [
        _bar(i, name, _LEFT, joule * scale, COLOURS[2], _number(1e12 * joule))
        for i, (name, joule) in enumerate(shown)
    ]
    return _figure(
        "Energy of a multiply-accumulate / pJ", "".join(parts), _TOP + 24 + len(shown) * _PITCH
    )


def row_rates(chip: WholeChip) -> str:
    """Predicted error rates of all rows of all moduli, sorted, on a logarithmic scale."""
    lines = {}
    for modulus, rates in chip.error_rate.items():
        sorted_ = np.sort(rates.ravel()).clip(_LEAST_RATE, 1.0)
        lines[f"m = {modulus}"] = 100.0 * (np.arange(len(sorted_)) + 0.5) / len(sorted_), sorted_
    title = "Predicted error rate of every row"
    return curves(title, "rows that err less / %", lines, log_y=True, ends=(_LEAST_RATE, 1.0))


def curves(
    title: str,
    x_label: str,
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    *,
    log_y: bool = False,
    ends: tuple[float, ...] = (),
) -> str:
    """Lines in one frame, with a key for each.

    Args:
        title: what is drawn upwards, with its unit.
        x_label: what is drawn to the right, with its unit.
        lines: abscissae and ordinates of each, by its name.
        log_y: whether ordinates are drawn by their logarithm.
        ends: ordinates that are in sight whatever the lines do.
    """
    left, top, wide, high = 46, 34, 296, 200
    every = [(np.asarray(x, dtype=float), np.asarray(y, dtype=float)) for x, y in lines.values()]
    x_scale = Scale(np.concatenate([x for x, _ in every]).tolist(), left, left + wide, False)
    tall = [*np.concatenate([y for _, y in every]).tolist(), *ends]
    y_scale = Scale(tall, top + high, top, log_y)
    parts = []
    for value, text in x_scale.ticks():
        parts.append(_text(x_scale(value), top + high + 15, text, "middle"))
    for value, text in y_scale.ticks():
        y = y_scale(value)
        parts.append(f'<path d="M{left} {y:.1f}h{wide}" stroke="#ddd"/>')
        parts.append(_text(left - 5, y + 4, text, "end"))
    for i, (xs, ys) in enumerate(every):
        points = " ".join(f"{x_scale(x):.1f},{y_scale(y):.1f}" for x, y in zip(xs, ys, strict=True))
        look = f'fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2"'
        parts.append(f'<polyline {look} points="{points}"/>')
    frame = f'x="{left}" y="{top}" width="{wide}" height="{high}"'
    parts.append(f'<rect {frame} fill="none" stroke="#888"/>')
    parts.append(_text(left + wide / 2, top + high + 31, x_label, "middle"))
    legend = [(name, COLOURS[i % len(COLOURS)]) for i, name in enumerate(lines)]
    keys, height = _legend(legend, top + high + 52, left)
    return _figure(title, "".join([*parts, keys]), height)


def headline(numbers: Sequence[tuple[str, str, str]]) -> str:
    """Tiles of a number each: what it is, its value, and what goes with it."""
    tiles = "".join(
        '<div style="background:#f3f6f9;color:#222;border-left:4px solid #0072b2;'
        'padding:.4rem .8rem;overflow-wrap:anywhere">'
        f'<div style="font-size:.85rem;color:#444">{escape(name)}</div>'
        f'<div style="font-size:1.35rem;font-weight:600">{escape(value)}</div>'
        f'<div style="font-size:.8rem;color:#444">{_breakable(note)}</div></div>'
        for name, value, note in numbers
    )
    return _grid(tiles, 10)


def _breakable(text: str) -> str:
    """A text of which dotted names may go on in the next line behind a dot."""
    return escape(text).replace(".", ".<wbr>").replace("_", "_<wbr>")


def row_numbers(row: Row) -> list[tuple[str, str, str]]:
    """The numbers of a row that stand above its pictures."""
    budget, read = row.budget, row.constellation
    return [
        (
            "Predicted error rate",
            rate_text(budget.symbol_error_rate),
            f"counted: {int(read.wrong.sum())} of {len(read.sent)} wrong",
        ),
        (
            "Phase error",
            f"{_mrad(budget.total_rms_rad)} mrad",
            f"rms, as it adds up here; half a cell: {_mrad(budget.half_cell_rad)} mrad",
        ),
        ("Most comes from", budget.dominant.name, f"change {budget.remedy.remedy}"),
        ("Loss of a rail", f"{row.rail_loss_db:.1f} dB", "median over the data"),
        (
            "Energy",
            f"{_number(1e12 * row.mac_j)} pJ",
            f"each multiply-accumulate, moduli {', '.join(map(str, row.moduli))}",
        ),
        ("Converters", f"{row.adc_bits} bits", "two for the row, I and Q"),
    ]


def chip_numbers(chip: WholeChip) -> list[tuple[str, str, str]]:
    """The numbers of a chip that stand above its picture."""
    array = chip.array
    worst = {m: float(rate.max()) for m, rate in chip.error_rate.items()}
    at = max(worst, key=lambda m: worst[m])
    return [
        ("Integers with a wrong residue", rate_text(chip.integer_error_rate), "as read once"),
        ("Worst row", rate_text(worst[at]), f"modulo {at}"),
        ("Power", f"{chip.power_w:,.0f} W", "all arrays full"),
        (
            "Multiply-accumulates",
            f"{1e-12 * array.peak_macs_per_s:.3g} T/s",
            f"{array.units} units of {array.rows} rows of {array.length}",
        ),
    ]


def bar_of_a_phone(row: Row) -> str:
    """What counts most of a row, at the lower edge of narrow screens, where sliders hide the rest.

    Wide screens show none.
    """
    said = (
        f"errs {rate_text(row.budget.symbol_error_rate)}",
        f"{_mrad(row.budget.total_rms_rad)} of {_mrad(row.budget.half_cell_rad)} mrad",
        f"{_number(1e12 * row.mac_j)} pJ",
    )
    inner = "".join(f"<span>{escape(each)}</span>" for each in said)
    return (
        "<style>.mirage-bar{display:none}@media(max-width:700px){.mirage-bar{display:flex;"
        "justify-content:space-between;position:fixed;left:0;right:0;bottom:0;z-index:9;"
        "background:#0b3954;color:#fff;padding:.5rem .8rem;font-size:.9rem}}</style>"
        f'<div class="mirage-bar">{inner}</div>'
    )


def pictures(*figures: str) -> str:
    """Figures side by side where there is room, below one another where not."""
    return _grid("".join(f"<div>{figure}</div>" for figure in figures), 20)


def controls(sliders: Sequence[str]) -> str:
    """Sliders, each with its label above it, in as many columns as there is room for."""
    return _grid("".join(f"<div>{slider}</div>" for slider in sliders), 19)


def _grid(cells: str, least_rem: int) -> str:
    return (
        '<div style="display:grid;gap:.8rem;grid-template-columns:'
        f'repeat(auto-fit,minmax(min(100%,{least_rem}rem),1fr))">{cells}</div>'
    )


def _figure(title: str, body: str, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH} {height:g}" '
        f'style="width:100%;max-width:30rem;height:auto;background:#fff" '
        f'aria-label="{escape(title, quote=True)}"><style>{_STYLE}</style>'
        f'<text class="t" x="6" y="18">{escape(title)}</text>{body}</svg>'
    )


def _bar(row: int, name: str, x: float, wide: float, colour: str, value: str) -> str:
    top = _TOP + 16 + row * _PITCH
    return (
        _text(_LEFT - 6, top + 12, name, "end")
        + f'<rect x="{x:.1f}" y="{top}" width="{max(wide, 0.8):.1f}" height="{_BAR}" '
        f'fill="{colour}"/>' + _text(x + max(wide, 0.8) + 4, top + 12, value)
    )


def _legend(keys: Sequence[tuple[str, str]], top: float, left: float = 10) -> tuple[str, float]:
    """Keys, three in a line, and the height that they reach down to."""
    parts = []
    for i, (name, colour) in enumerate(keys):
        x, y = left + 112 * (i % 3), top + 17 * (i // 3)
        parts.append(f'<rect x="{x}" y="{y - 10}" width="11" height="11" fill="{colour}"/>')
        parts.append(_text(x + 16, y, name))
    return "".join(parts), top + 17 * ((len(keys) - 1) // 3) + 8


def _text(x: float, y: float, text: str, anchor: str = "start", fill: str = "") -> str:
    look = f' style="fill:{fill}"' if fill else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{look}>{escape(text)}</text>'


def _side(x: float) -> str:
    """Anchor of a text at a place, so that it stays within the figure."""
    return "middle" if _LEFT < x < _WIDTH - 60 else "end"


def _mrad(phase_rad: float) -> str:
    return _number(1e3 * phase_rad) if phase_rad < ANY_RAD else f"> {1e3 * ANY_RAD:.0f}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000.0 else f"{value:.3g}"
