"""A test set scores the same however it is split."""

from __future__ import annotations

import pytest

from mirage_core.training import evaluation
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from tests.mirage_core.helpers import noisy_core


def test_parts_of_a_test_set_have_the_noise_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    core = noisy_core()
    trainer = Trainer(Recipe(), load_dataset("digits"), core)
    found = []
    for size in (500, 64):
        monkeypatch.setattr(evaluation, "_BATCH", size)
        before = core.ledger.total
        score = trainer.evaluate()
        total = core.ledger.total
        found.append((score, total.wrong_integers - before.wrong_integers))
    assert found[0] == found[1]
    assert found[0][1] > 0
