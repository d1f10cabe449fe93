"""The pictures say what the row says, and fit on a phone."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from mirage_core.cost.array import ModularArray
from studies.explorer import drawing
from studies.explorer.row import Row, explore
from studies.explorer.settings import RowSettings
from studies.explorer.whole_chip import WholeChip

SVG = "{http://www.w3.org/2000/svg}"
# Of a letter of 12 px, on the mean.
LETTER_PX = 6.0


@cache
def row(preset: str) -> Row:
    # Some readings are wrong, and most sources of error show.
    settings = replace(RowSettings.of(preset), data="random", static_error_rad=8e-3)
    return explore(settings)


def pictures(found: Row) -> dict[str, str]:
    return {
        "constellation": drawing.constellation(found.constellation, found.settings.modulus),
        "waterfall": drawing.waterfall(found.budget),
        "energy": drawing.energy(found.energy_j),
    }


def texts(svg: str) -> list[str]:
    return [t.text or "" for t in Xml.fromstring(svg).iter(f"{SVG}text")]


def bars(svg: str) -> list[Xml.Element]:
    """Bars of rows, without the keys of a legend."""
    return [r for r in Xml.fromstring(svg).iter(f"{SVG}rect") if r.get("height") == "14"]


@pytest.mark.parametrize("preset", ["robust", "isca2024", "thermo-optic"])
@pytest.mark.parametrize("name", ["constellation", "waterfall", "energy"])
def test_no_word_leaves_the_picture(preset: str, name: str) -> None:
    root = Xml.fromstring(pictures(row(preset))[name])
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for group in root:
        if group.get("transform"):
            continue
        for text in group.iter(f"{SVG}text"):
            x, long = float(text.attrib["x"]), LETTER_PX * len(text.text or "")
            before = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")]
            assert x - before * long >= 0.0, text.text
            assert x + (1.0 - before) * long <= width, text.text
            assert float(text.attrib["y"]) <= height, text.text


def test_every_reading_is_a_dot_or_a_cross() -> None:
    read = row("robust").constellation
    drawn = drawing.constellation(read, 33)
    wrong = int(read.wrong.sum())
    assert 0 < wrong < 512
    assert len(re.findall(r"M[\d.]+ [\d.]+h0", drawn)) == 512 - wrong
    assert drawn.count("m-6 0l6-6") == wrong
    assert f"dots: {512 - wrong} read rightly" in texts(drawn)
    # The first dot is where its reading is: I to the right, Q upwards.
    first = int(np.flatnonzero(~read.wrong)[0])
    x, y = map(float, re.search(r"M([\d.]+) ([\d.]+)h0", drawn).groups())  # type: ignore[union-attr]
    assert x == pytest.approx(42 + 150 * (1 + np.clip(read.in_phase[first], -1, 1)), abs=0.06)
    assert y == pytest.approx(34 + 150 * (1 - np.clip(read.quadrature[first], -1, 1)), abs=0.06)


def test_the_bars_add_up_in_quadrature() -> None:
    budget = row("robust").budget
    drawn = drawing.waterfall(budget)
    *parts, total = bars(drawn)
    assert budget.dominant.name in texts(drawn)
    ends = [float(b.attrib["x"]) + float(b.attrib["width"]) for b in parts]
    start, end = float(total.attrib["x"]), float(total.attrib["x"]) + float(total.attrib["width"])
    assert ends[-1] == pytest.approx(end, abs=1.0)
    largest = budget.dominant.rms_rad
    every = math.sqrt(sum(c.rms_rad**2 for c in budget.contributions))
    assert (ends[0] - start) / (end - start) == pytest.approx(largest / every, abs=0.01)
    # The edge of a cell is drawn to the same scale.
    edge = next(Xml.fromstring(drawn).iter(f"{SVG}line"))
    share = (float(edge.attrib["x1"]) - start) / (end - start)
    assert share == pytest.approx(budget.half_cell_rad / every, abs=0.01)


def test_a_phase_of_which_nothing_is_known_ends_its_bar() -> None:
    drawn = drawing.waterfall(row("isca2024").budget)
    assert "> 1814" in texts(drawn)


def test_energies_are_drawn_in_proportion() -> None:
    energy_j = row("robust").energy_j
    drawn = bars(drawing.energy(energy_j))
    first, second = list(energy_j.values())[:2]
    ratio = float(drawn[1].attrib["width"]) / float(drawn[0].attrib["width"])
    assert ratio == pytest.approx(second / first, abs=0.01)
    shown = sum(1 for joule in energy_j.values() if joule)
    assert f"{shown - 9} others" in texts(drawing.energy(energy_j))


def test_numbers_stand_above_and_on_the_bar_of_a_phone() -> None:
    found = row("robust")
    tiles = drawing.headline(drawing.row_numbers(found))
    rate = f"{found.budget.symbol_error_rate:.1e}"
    for part in (rate, found.budget.dominant.name, f"{found.rail_loss_db:.1f} dB", "8 bits"):
        assert f">{part}</div>" in tiles
    assert f"errs {rate}" in drawing.bar_of_a_phone(found)


def test_names_are_text_and_no_markup() -> None:
    assert "<b>" not in drawing.headline([("<b>", "<b>", "<b>")])


def test_curves_lie_on_their_scales() -> None:
    drawn = drawing.curves("loss", "step", {"a": ([0, 10], [1.0, 2.0]), "b": ([0, 10], [2.0, 1.0])})
    root = Xml.fromstring(drawn)
    first, second = (
        [*map(float, re.split("[ ,]", line.attrib["points"]))]
        for line in root.iter(f"{SVG}polyline")
    )
    assert first == pytest.approx([second[0], second[3], second[2], second[1]])
    marks = {t.text: float(t.attrib["x"]) for t in root.iter(f"{SVG}text")}
    assert marks["10"] - marks["0"] == pytest.approx(first[2] - first[0], abs=0.2)
    assert {"step", "a", "b"} <= set(marks)


def test_rows_of_a_chip_are_sorted() -> None:
    settings = RowSettings.of("robust")
    rates = {m: np.array([[1e-3, 1e-9], [0.0, 1e-6]]) for m in (29, 32)}
    chip = WholeChip(settings, ModularArray(1, 4, 16, 4e-9, 5e-9), rates, 2e-3, 100.0)
    drawn = drawing.row_rates(chip)
    lines = list(Xml.fromstring(drawn).iter(f"{SVG}polyline"))
    heights = [float(p.split(",")[1]) for p in lines[0].attrib["points"].split()]
    # Decades are evenly far apart: what is beyond sight lies at 1e-15.
    steps = np.diff(heights)
    assert steps == pytest.approx(-6 * steps[-1] / -3 * np.array([1, 0.5, 0.5]), abs=0.2)
    assert {"m = 29", "m = 32", "10⁻⁹", "1"} <= set(texts(drawn))
    told = drawing.chip_numbers(chip)
    assert told[0][1] == "2.0e-03"
    assert told[1] == ("Worst row", "1.0e-03", "modulo 29")
