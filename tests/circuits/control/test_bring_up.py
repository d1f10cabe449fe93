"""A chip brought up once, and given to everyone as a copy of his own."""

from __future__ import annotations

import torch

from circuits import bring_up
from mirage_core import TensorCore, load_machine


def test_whoever_spoils_a_chip_spoils_his_own_copy() -> None:
    machine = load_machine("robust", ["array.units=1", "array.rows=2", "bfp.group_size=4"])
    chip = TensorCore(machine, fidelity="compact").chip
    kept = chip.trims[29].digit_rad.clone()
    chip.trims[29].digit_rad.zero_()
    again = bring_up(machine.design, chip.moduli, chip.shape, machine.chip_seed)
    assert torch.equal(again.trims[29].digit_rad, kept)
