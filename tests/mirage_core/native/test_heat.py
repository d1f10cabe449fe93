"""Tiles whose heaters warm each other: screens, kernels and the reference decide alike."""

from __future__ import annotations

import pytest
import torch

from circuits.coding.phase_code import drive_level
from mirage_core.engines.placement import Placement
from mirage_core.native.engine import _Readouts
from photonics.random import NoiseKey
from tests.mirage_core.native.kernels import INSTRUCTIONS, network_like, normal, pair
from tests.mirage_core.native.test_engine import assert_same

DIM = ("laser.power_w=4e-3", "calibration.accept=any")
MACHINES = {
    "compensated": ("thermo-optic", *DIM),
    "believed": ("thermo-optic", *DIM, "multiplier.heat.coupling_error_rms=0"),
    "uncompensated": ("thermo-optic", *DIM, "multiplier.heat.compensated=false"),
    "cold switches": ("thermo-optic", *DIM, "multiplier.heat.switch_share=0"),
    "filtered": ("thermo-optic", *DIM, "receiver.memory=filtered"),
}


@pytest.mark.parametrize("name", MACHINES)
def test_warm_tiles_are_decided_alike(name: str) -> None:
    fast, slow = pair(*MACHINES[name])
    assert fast.path.startswith("native")
    assert all(arrays.digits.heat is not None for arrays in fast.compiled.arrays.values())
    assert_same(fast, slow, *network_like(21, 50, 40))
    assert_same(fast, slow, *normal(21, 50, 40))
    assert fast.ledger.total.errors.total() > 0


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_every_instruction_set_warms_alike(instructions: str) -> None:
    fast, slow = pair(*MACHINES["compensated"], instructions=instructions)
    assert_same(fast, slow, *normal(43, 50, 30))


def test_tensors_screen_warm_tiles_alike() -> None:
    fast, slow = pair(*MACHINES["compensated"], tensors=True)
    assert_same(fast, slow, *normal(21, 50, 40))
    assert fast.ledger.total.screened > 0


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_kernels_add_the_same_steps_as_the_reference(instructions: str) -> None:
    """One step more or less would hardly ever change a decision."""
    fast, _ = pair(*MACHINES["compensated"], instructions=instructions)
    engine, bfp = fast._native, fast.machine.bfp
    assert engine is not None
    generator = torch.Generator().manual_seed(0)
    size = 3, 11, bfp.group_size
    mantissa = torch.randint(-15, 16, size, generator=generator, dtype=torch.int8)
    streamed = mantissa[:, :1].contiguous()
    readouts = _Readouts(
        engine, mantissa.unsqueeze(0), streamed.unsqueeze(0), [NoiseKey.from_seed(0)], 0, {}
    )
    placement, rows = Placement(fast.compiled.shape), slice(0, 11)
    for number, (modulus, arrays) in enumerate(fast.compiled.arrays.items()):
        level = drive_level(mantissa.long(), modulus)
        assert arrays.digits.heat is not None
        base, delta = arrays.digits.heat.added(placement.unit(3, rows), placement.row(rows), level)
        # (Q, group, row, multiplier, base and digits)
        expected = torch.cat((base.unsqueeze(3), delta.unflatten(2, (size[2], -1))), 3).movedim(
            -1, 0
        )
        assert expected.abs().sum() > 0
        for group in range(3):
            for block, count in ((0, 8), (1, 3)):
                turned = torch.zeros(count, size[2], 8, dtype=torch.int32)
                warmed = torch.zeros(count, size[2], 2, 8, dtype=torch.int32)
                given = number, block, group, turned, warmed
                assert engine.kernels.call("heat_of", readouts.struct, *given) == 0
                found = torch.cat((warmed, turned.unsqueeze(2)), 2).movedim(2, 0)
                part = expected[:, group, 8 * block : 8 * block + count]
                assert torch.equal(found[..., : part.shape[-1]].float(), part)
