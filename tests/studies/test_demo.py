"""The demo, in small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.streamed import streamed_in_training
from studies.show.error_budget import error_budgets
from studies.show.link import link_rows
from tests.figures import is_picture
from tests.machines import FEW_ROWS


def test_a_budget_in_short_is_that_of_the_budget() -> None:
    from studies.demo import budget_in_short

    machine = load_machine("robust", FEW_ROWS)
    streamed = streamed_in_training(machine, load_dataset("digits"))["forward"]
    said = budget_in_short(machine, streamed)
    worst = error_budgets(machine, streamed)[0]
    rows = {
        row.modulus: row
        for row in link_rows(machine, {"forward": streamed})
        if row.streamed != "worst input"
    }
    # The console writes texts as they are: what would make them bold would be read.
    assert said.startswith(f"robust, modulo {worst.modulus},")
    assert f"loses {rows[worst.modulus].median.rail_loss_db:.1f} dB" in said
    assert f"{100 * worst.symbol_error_rate:.2g} % of the readings" in said
    assert f"mostly by: {worst.dominant.name}" in said
    assert "lasts 4000 ps" in said


def test_the_demo_says_what_the_light_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies import demo

    monkeypatch.setattr(demo, "SEEDS", (0,))
    monkeypatch.setattr(demo, "Recipe", lambda seed: Recipe(seed=seed, epochs=1))
    monkeypatch.setattr(demo, "load_machine", lambda name: load_machine(name, FEW_ROWS))
    demo.run(tmp_path)
    printed = capsys.readouterr().out
    before, _, after = printed.partition("FP32, seed 0")
    # A newcomer reads this first.
    assert len(before.splitlines()) <= 20
    assert "it settles" in before
    assert "NOT SETTLED" in before
    assert "mirage show budget isca2024" in before
    assert "wrong readouts" in after
    summary = json.loads((tmp_path / "demo.json").read_text())
    # One epoch is enough to learn much, and the published machine knows nothing.
    assert summary["robust"] > 0.7
    assert summary["isca2024"][0] < 0.3
    for name in ("learning_curves.png", "constellation.png"):
        assert is_picture(tmp_path / name)
