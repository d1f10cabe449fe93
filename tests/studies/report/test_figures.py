"""Pictures of machines side by side."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from matplotlib.figure import Figure

from mirage_core.engines.probe import Probe
from studies.report.figures import constellations, save


def test_machines_of_different_moduli_share_a_constellation_figure() -> None:
    sample = torch.tensor([[0.5, -0.5], [0.1, 0.2], [0.0, 1.0], [0.0, 2.0]])
    probes = {
        "two": Probe(samples={29: sample, 32: sample}),
        "three": Probe(samples={31: sample, 32: sample, 33: sample}),
    }
    titles = [axes.get_title() for axes in constellations(probes).axes]
    expected = ["two, m = 29", "two, m = 32", "", "three, m = 31", "three, m = 32", "three, m = 33"]
    assert [t.split(":")[0] for t in titles] == expected
    assert "1 of 2 wrong" in titles[0]


def test_names_are_drawn_as_they_are(tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.plot([1, 2], [1, 2], label="\x1b[31m")
    axes.set_title("$\\foo$\nbelow")
    axes.legend()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(figure, tmp_path / "drawn.png")
    assert axes.get_title() == "\\$\\foo\\$\nbelow"
