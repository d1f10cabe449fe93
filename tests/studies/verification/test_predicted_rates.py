"""Predicted error rates in the campaign: right ones pass, and every wrong one is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.optical_errors import Workload
from circuits.chip.chip import Chip
from mirage_core.machine.loading import load_machine
from photonics.random import NoiseKey
from studies.verification import predicted_rates
from studies.verification.check import holm
from tests.measured_heaters import row, stencil

LIKE = load_machine("isca2024-ideal", ["moduli=[29, 32, 33]"])
RATE, ROWS, SYMBOLS = 0.02, 32, (8, 512)


def failed(preset: str, repeats: int) -> list[str]:
    found = predicted_rates.predicted_rates(LIKE, preset, repeats)
    assert len(found.checks) == 3
    assert all(c.points[0]["errors"] >= 400 for c in found.checks)
    return [c.name for c in holm(found.checks) if c.status == "failed"]


def without_drift(chip: Chip) -> Chip:
    return chip.with_trims(chip.trims)


def untrimmed_receivers(chip: Chip) -> Chip:
    trims = {
        m: one.changed(gain=torch.ones_like(one.gain), offset=torch.zeros_like(one.offset))
        for m, one in chip.trims.items()
    }
    return replace(chip, trims=trims)


def less_noise(chip: Chip) -> Chip:
    density = chip.design.receiver.tia.noise_a_per_rthz
    assert density is not None
    design = chip.design.changed({"receiver.tia.noise_a_per_rthz": 0.9 * density})
    return replace(chip, design=design)


@pytest.mark.parametrize(
    "mistaken",
    [without_drift, untrimmed_receivers, pytest.param(less_noise, marks=pytest.mark.slow)],  # 7 s
)
def test_a_prediction_of_another_chip_fails(
    monkeypatch: pytest.MonkeyPatch, mistaken: Callable[[Chip], Chip]
) -> None:
    def wrong(chip: Chip, modulus: int, work: Workload) -> ErrorBudget:
        return error_budget(mistaken(chip), modulus, work)

    monkeypatch.setattr(predicted_rates, "error_budget", wrong)
    assert failed("robust", 8) != []


@pytest.mark.parametrize(
    "measured",
    [
        {"multiplier.heat.coupling.stencil": stencil(2.5e-4)},
        pytest.param(
            {
                "multiplier.heat.coupling.measured": row(2.5e-4, 80),
                "multiplier.heat.reach_rows": 0,
                "multiplier.encoding": "twos-complement",
            },
            marks=pytest.mark.slow,  # 6 s
        ),
    ],
    ids=["stencil", "row"],
)
def test_heaters_that_were_measured_err_as_predicted(
    monkeypatch: pytest.MonkeyPatch, measured: dict[str, Any]
) -> None:
    by_law = {"multiplier.heat.switch_coupling.law.nearest_coupling": 2.5e-4}
    changes = {"array.rows": 8, "multiplier.heat.coupling.law": None, **by_law, **measured}
    monkeypatch.setitem(predicted_rates.MACHINES, "thermo-optic", changes)
    assert failed("thermo-optic", 8) == []


@pytest.fixture(scope="module")
def budget() -> ErrorBudget:
    """Any one, with the rate of these tests."""
    core = predicted_rates.TensorCore(load_machine("isca2024-ideal", ["array.units=1"]))
    ones = torch.ones(4, 16, dtype=torch.int64)
    work = Workload(ones, ones[None], torch.zeros(1, dtype=torch.int64))
    made = error_budget(core.chip, 31, work)
    return replace(made, symbol_error_rate=RATE)


def p_value(budget: ErrorBudget, chance: torch.Tensor) -> float:
    """Of errors of readings with given probabilities in each symbol, (T, N)."""
    uniform = NoiseKey.from_seed(12).uniform(0, chance.numel() * ROWS).view(*chance.shape, ROWS)
    wrong = (uniform < chance[..., None]).sum(-1)
    return predicted_rates.errs_as_predicted("any", budget, wrong, ROWS).p_values[0]


def test_counts_are_judged_by_their_own_spread(budget: ErrorBudget) -> None:
    assert p_value(budget, torch.full(SYMBOLS, RATE)) > 0.01
    assert p_value(budget, torch.full(SYMBOLS, 1.1 * RATE)) < 1e-5
    # Whole symbols that err together: 14 % more errors are within chance, and far beyond it for
    # as many readings that err each for itself.
    key = NoiseKey.from_seed(13)
    together = (key.uniform(0, 8 * 512).view(SYMBOLS) < RATE).double()
    count, readings = float(together.sum()) * ROWS, together.numel() * ROWS
    z = abs(count - RATE * readings) / (readings * RATE) ** 0.5
    assert z > 6.0
    assert p_value(budget, together) > 0.01


def test_few_errors_tell_nothing(budget: ErrorBudget) -> None:
    few = torch.zeros(SYMBOLS, dtype=torch.int64)
    few[:, :49] = 1
    enough = few.clone()
    enough[:, :51] = 1
    for wrong, reason in ((few, "fewer than 400 errors were made"), (enough, "")):
        check = predicted_rates.errs_as_predicted("any", budget, wrong, ROWS)
        assert check.inconclusive == reason
