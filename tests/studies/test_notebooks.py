"""Each notebook runs from its first cell to its last, and shows what is true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

pytest.importorskip("marimo", reason="marimo is not installed: mirage-photonics[notebooks]")


def run(name: str) -> Mapping[str, Any]:
    """Names that the cells of a notebook define."""
    _, names = import_module(f"studies.notebooks.{name}").app.run()
    return names


def test_the_explorer_shows_the_row_of_its_sliders() -> None:
    from studies.explorer.row import explore
    from studies.explorer.settings import RowSettings

    names = run("explorer")
    asked = replace(RowSettings.of("robust"), data="network")
    assert names["settings"] == asked
    assert names["row"].budget == explore(asked).budget


def test_an_architect_sees_exact_products_ranges_and_prices() -> None:
    names = run("architect")
    assert (names["wrong_pairs"], names["wrong_rows"]) == (0, 0)
    assert names["held"].max_magnitude == (31 * 32 * 33 - 1) // 2
    assert names["blind"] == [32]
    assert set(names["priced"]) == {"physics", "published"}
    # 16 samples of ResNet18: three products of each layer, but no gradient of the images.
    forward, first = 1.8141e9, 64 * 3 * 49 * 112**2
    assert names["work"].trace.macs == pytest.approx(16 * (3 * forward - first), rel=1e-3)


def test_a_researcher_sees_a_network_learn_on_light() -> None:
    names = run("researcher")
    assert names["found"].unseen_macs == 0
    assert [row.kind for row in names["fidelities"]] == ["forward", "dw", "forward", "dx", "dw"]
    losses = {name: np.array(each) for name, (each, _) in names["trained"].items()}
    for name, (_, right) in names["trained"].items():
        # Guesses are right one time in ten; six rms of 360 guesses are another tenth.
        assert right > 0.2, name
        assert losses[name][-10:].mean() < 0.5 * losses[name][:10].mean()
    assert (losses["FP32"] != losses["on light"]).any()
