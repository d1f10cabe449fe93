"""Presets that are said to train keep errors rarer than training bears."""

from __future__ import annotations

import pytest

from studies.metrics.integers import wrong_by_flaws, wrong_by_noise
from tests.studies.metrics.machines import at

# Integers predicted wrong: the strictest of the bounds that the study `co-design` answers for.
BEARABLE = 1e-6


def wrong(preset: str, **changes: float) -> float:
    """Integers wrong on one chip, for the data of the gradients of weights."""
    point = at(preset, {k.replace("__", "."): v for k, v in changes.items()}, rows=4, streamed="dw")
    return wrong_by_noise(point) + wrong_by_flaws(point)


@pytest.mark.parametrize("preset", ["lean", "robust"])
def test_presets_that_train_err_more_seldom_than_training_bears(preset: str) -> None:
    found = wrong(preset)
    over = found / BEARABLE
    assert found < BEARABLE, f"{preset} no longer closes: {found:.1e} integers wrong, {over:.3g} x"


def test_a_machine_with_too_little_light_does_not_close() -> None:
    assert wrong("lean", laser__power_w=0.1e-3) > BEARABLE
