"""The demo, in small."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from mirage_core.training.recipe import Recipe
from tests.figures import is_picture
from tests.machines import FEW_ROWS


def test_the_demo_says_what_the_light_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies import demo

    monkeypatch.setattr(demo, "SEEDS", (0,))
    monkeypatch.setattr(demo, "Recipe", lambda seed: Recipe(seed=seed, epochs=1))
    monkeypatch.setattr(demo, "load_machine", lambda name: load_machine(name, FEW_ROWS))
    demo.run(tmp_path)
    printed = capsys.readouterr().out
    assert "NOT SETTLED" in printed
    assert "wrong readouts" in printed
    summary = json.loads((tmp_path / "demo.json").read_text())
    # One epoch is enough to learn much, and the published machine knows nothing.
    assert summary["robust"] > 0.7
    assert summary["isca2024"][0] < 0.3
    for name in ("learning_curves.png", "constellation.png"):
        assert is_picture(tmp_path / name)
