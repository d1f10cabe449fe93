"""One row of multipliers, and what two machines read at its end.

Readings are those of the first rows of an MLP, untrained, for images of digits, on the chip of each
machine, with all noise.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network

MODULUS, READINGS = 33, 400
WIDTH, HEIGHT = 900, 470
# The rails, from the laser to the hybrid.
RAILS = ((94, "+"), (168, "−"))
MIDDLE = sum(y for y, _ in RAILS) / 2
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.small{font-size:11.5px;fill:#555}"
    ".guide{fill:none;stroke:#0072b2;stroke-width:2}.ring{fill:#fff;stroke:#009e73;stroke-width:2}"
    ".shifter{fill:#e69f00}.part{fill:#f3f6f9;stroke:#666}.wire{fill:none;stroke:#666}"
    ".cell{stroke:#ddd}.right{stroke:#0072b2}.wrong{stroke:#d55e00}"
    ".right,.wrong{fill:none;stroke-width:2.6;stroke-linecap:round}.title{font-weight:600}"
)


def readings(preset: str) -> tuple[Tensor, Tensor, Tensor]:
    """I and Q over the full scale, what exceeds it on its edge, and which are decided wrongly."""
    data = load_dataset("digits")
    weights = next(build_network("mlp", data, seed=0).parameters()).detach()
    core = TensorCore(preset, overrides={"array.rows": 8, "array.units": 1}, seed=0)
    with core.probe(READINGS) as probe:
        core.matmul(weights[:8], data.test_x[:64].flatten(1).T)
    in_phase, quadrature, sent, decided = probe.samples[MODULUS]
    scale = (in_phase.square() + quadrature.square()).sqrt().clamp(min=1.0)
    return in_phase / scale, quadrature / scale, sent != decided


def row() -> str:
    """The picture as SVG text, on a ground of its own that is legible on light and dark pages."""
    title = "A row of modular multipliers in light, and the phases that two machines read behind it"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{title}"><style>{_STYLE}</style>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#fff"/>',
        *_parts(),
        *_words(),
        *_constellation(470, 352, "robust", "machine robust"),
        *_constellation(730, 352, "isca2024", "the paper's, at its published laser power"),
    ]
    return "\n".join(parts) + "</svg>\n"


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{words}</text>'


def _part(x: float, y: float, width: float, height: float, *lines: str) -> Iterator[str]:
    size = f'width="{width:g}" height="{height:g}"'
    yield f'<rect class="part" x="{x:g}" y="{y:g}" {size} rx="4"/>'
    for i, line in enumerate(lines):
        at = y + height / 2 + 5 + 16 * (i - (len(lines) - 1) / 2)
        yield _text(x + width / 2, at, line)


def _parts() -> Iterator[str]:
    """Laser, rails, the digits of one multiplier, the others, receiver."""
    yield _text(20, 28, "One row: a dot product of 16 pairs of residues", "title", "start")
    yield from _part(20, MIDDLE - 20, 62, 40, "laser")
    for y, _ in RAILS:
        yield f'<path class="guide" d="M82 {MIDDLE:g}C104 {MIDDLE:g} 100 {y} 122 {y}H560"/>'
        yield f'<path class="guide" d="M600 {y}C624 {y} 622 {MIDDLE:g} 646 {MIDDLE:g}"/>'
    box = 'x="140" y="42" width="340" height="170" rx="6"'
    yield f'<rect class="wire" {box} stroke-dasharray="4 4"/>'
    for number, x in enumerate((156, 240, 340)):
        yield from _digit(x, number)
    yield _text(462, MIDDLE + 4, "…")
    words = "one multiplier: rings send light through the shifter of every bit of x that is 1"
    yield _text(140, 230, words, "small", "start")
    yield from _part(500, 56, 100, 140, "15 more", "multipliers")
    yield from _part(646, MIDDLE - 40, 74, 80, "90°", "hybrid")
    for at, name in ((MIDDLE - 22, "I"), (MIDDLE + 22, "Q")):
        yield f'<path class="wire" d="M720 {at:g}H800"/>'
        yield f'<path d="M738 {at - 9:g}v18l15 -9z" fill="#666"/>'
        yield _text(778, at - 5, name)
    yield _text(748, MIDDLE + 56, "diodes", "small")
    yield from _part(800, MIDDLE - 40, 80, 80, "ADC,", "residue")


def _digit(x: float, number: int) -> Iterator[str]:
    """Ring switches and a shifter on both rails, the bit above."""
    weight = 2**number
    length = 12 * weight
    end = x + length + 34
    for y, name in RAILS:
        yield f'<path class="guide" d="M{x + 8:g} {y}V{y - 20}H{end - 8:g}V{y}"/>'
        yield f'<rect class="shifter" x="{x + 17:g}" y="{y - 26}" width="{length}" height="12"/>'
        yield f'<circle class="ring" cx="{x + 8:g}" cy="{y - 9}" r="7"/>'
        yield f'<circle class="ring" cx="{end - 8:g}" cy="{y - 9}" r="7"/>'
        asked = f"{name}{weight if number else ''}w"
        yield _text(x + 17 + length / 2, y + 17, asked, "small")
    yield _text(x + 17 + length / 2, 58, f"bit {number}", "small")


def _words() -> Iterator[str]:
    """What the row computes."""
    yield _text(20, 278, "What it reads", "title", "start")
    lines = (
        "The light of both rails differs by the phase",
        "2π/m · Σ x w, of which only the residue",
        "modulo m is left. The bits of x set the",
        "switches, w the voltage of the shifters.",
        "Three moduli give the integer; integers and",
        "an exponent for each 16 of them, all products",
        "of a network, forward and backward.",
    )
    for i, line in enumerate(lines):
        yield _text(20, 302 + 19 * i, line, "", "start")


def _constellation(x: float, y: float, preset: str, name: str) -> Iterator[str]:
    """Readings in the plane of I and Q, with the edges between residues."""
    radius = 86
    in_phase, quadrature, wrong = readings(preset)
    yield _text(x, y - radius - 14, name, "title")
    yield f'<circle class="cell" cx="{x:g}" cy="{y:g}" r="{radius}" fill="none"/>'
    for level in range(MODULUS):
        angle = 2 * math.pi * (level + 0.5) / MODULUS
        end = f"{x + radius * math.cos(angle):.1f}", f"{y + radius * math.sin(angle):.1f}"
        yield f'<line class="cell" x1="{x:g}" y1="{y:g}" x2="{end[0]}" y2="{end[1]}"/>'
    places = zip(in_phase.tolist(), quadrature.tolist(), wrong.tolist(), strict=True)
    dots: dict[bool, list[str]] = {False: [], True: []}
    for i, q, errs in places:
        dots[errs].append(f"M{x + radius * i:.1f} {y - radius * q:.1f}h0")
    for errs, drawn in dots.items():
        if drawn:
            yield f'<path class="{"wrong" if errs else "right"}" d="{"".join(drawn)}"/>'
    words = f"{int(wrong.sum())} of {len(wrong)} residues modulo {MODULUS} wrong"
    yield _text(x, y + radius + 18, words, "small")
