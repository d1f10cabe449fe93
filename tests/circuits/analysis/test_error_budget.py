"""Every contribution to the error budget against the model with that source alone."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.analysis import receiver_errors as receiver
from circuits.analysis.error_budget import error_budget
from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.optics.hybrid import Hybrid
from photonics.errors import InputError
from tests.circuits.analysis.budget_helpers import ROWS, UNITS, chip_of, machine, workload

# 10 GHz of noise bandwidth.
BAND = ("receiver.photodiode.bandwidth_hz=1e18", f"receiver.tia.bandwidth_hz={2e10 / math.pi}")


def worked_example(m: int) -> Chip:
    """10 µW against 1 mW of a reference, with diodes that reject 25 dB and a trimmed offset."""
    made = machine(
        "isca2024-ideal",
        "multiplier.bend.loss_db=0",
        "multiplier.rails=single",
        "laser.power_w=1.01e-3",
        f"signal_share={10 / 1010}",
        "laser.rin_db_per_hz=-150",
        "receiver.photodiode.responsivity_a_per_w=1",
        "receiver.photodiode.dark_current_a=20e-9",
        *BAND,
        "receiver.tia.noise_a_per_rthz=15e-12",
        "receiver.adc_extra_bits=12",
    )
    chip = chip_of(made)
    apart = 10 ** (-25 / 20)
    sides = torch.tensor([1 + apart, 1 - apart] * 2, dtype=torch.float64)
    uneven = Hybrid(chip.fabricated[m].hybrid.transfer, sides.expand(UNITS, ROWS, 4))
    chip = replace(chip, fabricated={m: replace(chip.fabricated[m], hybrid=uneven)})
    # 28.398 µA of the 505 µA of both rails.
    offset = torch.full((UNITS, ROWS, 2, 2), apart, dtype=torch.float64)
    trims = Trims.none((UNITS, ROWS), 16, made.design.multiplier.code(m).count, 1, 2)
    return chip.with_trims({m: trims.changed(offset=offset)})


def test_the_worked_example() -> None:
    """Variances in A² of a receiver of 10 GHz at an amplitude of 100 µA."""
    budget = error_budget(worked_example(32), 32, workload())
    for name, variance_a2, rel in (
        (receiver.SHOT, 1.61820e-12, 1e-5),
        (receiver.DARK, 1.28174e-16, 1e-5),
        (receiver.AMPLIFIER, 2.25e-12, 1e-5),
        # The mean over the phases that the data happen to give.
        (receiver.INTENSITY, 8.06460e-15, 0.02),
    ):
        expected = math.sqrt(variance_a2) / 1e-4
        assert budget.contribution(name).rms_rad == pytest.approx(expected, rel=rel)
    # 2π Δν τ would be 2.967 mrad; the receiver's band of 10 GHz sees 1.554.
    line = ("laser.linewidth_hz=1e5", "receiver.rail_mismatch_s=14.010e-12")
    apart = error_budget(chip_of(machine("isca2024-ideal", *BAND, *line)), 32, workload())
    assert apart.contribution(receiver.LINEWIDTH).rms_rad == pytest.approx(1.554e-3, rel=5e-4)
    assert budget.dominant.name == receiver.AMPLIFIER
    # Shot noise that the uneven diodes add is of second order.
    rates = {31: 2.7704e-7, 32: 6.4118e-7, 33: 1.3792e-6}
    for m, rate in rates.items():
        alone = error_budget(worked_example(m), m, workload())
        assert alone.random_rms_rad == pytest.approx(19.6886e-3, rel=1e-4)
        assert alone.symbol_error_rate == pytest.approx(rate, rel=5e-3)


def test_a_workload_must_fit_the_chip() -> None:
    chip, work = chip_of(machine("isca2024-ideal")), workload(8)
    with pytest.raises(InputError, match="rows"):
        error_budget(chip, 31, replace(work, drives=work.drives.repeat(1, 2, 1)))
    with pytest.raises(InputError, match="vectors as long"):
        error_budget(chip, 31, replace(work, streamed=work.streamed[:, :8]))
