"""What a controller sees of a chip, and how well it knows what it sees."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import (
    ArrayShape,
    Design,
    ModularDotProduct,
    RowPosition,
    fabricate,
)
from circuits.chip.trims import Trims
from circuits.coding.phase_code import drive_level
from circuits.control.interface import ControllerInterface, ProbeSequence
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import flawed_design


def probes(interface: ControllerInterface) -> ProbeSequence:
    """A few, all with one load."""
    numbers = (31 * NoiseKey.from_seed(1).uniform(0, 24)).long().view(6, 4)
    some = torch.zeros(6, dtype=torch.float64)
    level = torch.tensor([[3, -7, 15, 1]])
    load = torch.zeros(6, dtype=torch.int64)
    return ProbeSequence(interface.gain.code.digits(numbers), level, load, some, some + 1.0)


@pytest.mark.parametrize("averages", [1, 16])
def test_phase_noise_of_the_laser_is_averaged_like_any_other(averages: int) -> None:
    plain = Design()
    plan = plain.calibration.model_copy(update={"averages": averages})
    known, rms2 = [], []
    for linewidth_hz in (0.0, 1e6):
        laser = plain.laser.model_copy(update={"linewidth_hz": linewidth_hz})
        receiver = plain.receiver.model_copy(update={"rail_mismatch_s": 1e-11})
        design = plain.model_copy(
            update={"laser": laser, "calibration": plan, "receiver": receiver}
        )
        rms2.append(laser.phase_variance_rad2(1e-11, receiver.noise_bandwidth_hz))
        key = NoiseKey.from_seed(0)
        interface = ControllerInterface(
            fabricate(design, (31,), ArrayShape(1, 2, 4), seed=0), 31, key
        )
        known.append(interface.known(probes(interface)).variance_rad2)
    assert rms2[1] > 0.0
    torch.testing.assert_close(
        known[1] - known[0], torch.full_like(known[0], rms2[1] / averages), rtol=1e-6, atol=1e-15
    )


def test_the_bench_reads_what_the_field_says() -> None:
    design = flawed_design(math.inf, extra_bits=14, plan={"policy": "none"})
    chip = fabricate(design, (33,), ArrayShape(2, 2, 4), seed=2)
    interface = ControllerInterface(chip, 33, NoiseKey.from_seed(0))
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randint(0, 33, (2, 6, 4), generator=generator)
    level = drive_level(w, 33)
    still = torch.zeros(6, dtype=torch.float64)
    probes = ProbeSequence(
        interface.gain.code.digits(x), level, torch.arange(6), still, still + 1.0
    )
    found = interface.read(Trims.none((2, 2), 4, 6, 1), probes).view(6, 2, 2, 2)
    for unit in range(2):
        for row in range(2):
            mdpu = ModularDotProduct(33, 4, chip=chip, position=RowPosition(unit, row))
            # Converters of 20 bits, and hybrids in FP32.
            assert torch.allclose(found[:, unit, row], mdpu.ratios(x, w), atol=3e-6)
    assert interface.reads == interface.loads == 6
