"""Bars that need not be seen, and what they say."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.report import progress as bars


@pytest.mark.parametrize(("after_s", "seen"), [(0.0, True), (60.0, False)])
def test_quick_work_shows_no_bar(
    after_s: float, seen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(bars, "console", lambda: Console(file=screen, force_terminal=True))
    with bars.progress("many [/things]\x1b[2J", 3, after_s) as advance:
        for name in ("one", "two", "three"):
            advance(0, name)
            advance()
    assert (r"many [/things]\x1b[2J" in screen.getvalue()) == seen
    assert ("3/3" in screen.getvalue()) == seen


def test_bars_are_told_of_while_there_are_any() -> None:
    # A chip that is made meanwhile shows no bar of its own.
    assert not bars.bars_shown()
    with bars.progress_bar(60.0):
        assert bars.bars_shown()
    assert not bars.bars_shown()


def test_a_training_goes_on_from_the_epoch_that_it_is_at() -> None:
    data = load_dataset("digits")
    few = replace(data, train_x=data.train_x[:64], train_y=data.train_y[:64])
    trainer = Trainer(Recipe(epochs=3, batch_size=16), few)
    trainer.run_epoch()
    with bars.progress_bar(60.0) as bar:
        seen = []
        for _ in bars.train_epochs(trainer, bar, "twin"):
            (task,) = bar.tasks
            seen.append((len(trainer.history), task.completed, task.total))
            right = trainer.history[-1].test_score
            assert task.fields["note"].endswith(f"accuracy {100 * right:.2f} %")
    # Four steps make an epoch.
    assert seen == [(2, 8, 12), (3, 12, 12)]
