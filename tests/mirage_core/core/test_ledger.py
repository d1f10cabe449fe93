"""The ledger counts what was done."""

from __future__ import annotations

import torch

from mirage_core import TensorCore, load_machine
from tests.machines import ONE_UNIT


def test_ledger_counts_what_was_done() -> None:
    core = TensorCore(load_machine("isca2024-ideal", ONE_UNIT))
    core.matmul(torch.randn(19, 40), torch.randn(40, 7))
    counts = core.ledger.total
    # Three groups of K, three blocks of eight rows.
    assert (counts.gemms, counts.macs) == (1, 19 * 40 * 7)
    assert (counts.tile_loads, counts.symbols) == (9, 63)
    assert counts.integers == 3 * 19 * 7
    assert dict(counts.readouts) == dict.fromkeys((31, 32, 33), 3 * 19 * 7)
    assert counts.errors.total() == counts.wrong_integers == 0
    assert core.ledger.total.residue_error_rate == 0


def test_errors_in_the_ledger_are_those_of_the_output() -> None:
    machine = load_machine("robust", [*ONE_UNIT, "laser.power_w=1e-4"])
    core = TensorCore(machine)
    a, b = torch.randint(-15, 16, (8, 16)).float(), torch.randint(-15, 16, (16, 400)).float()
    product = core.matmul(a, b)
    counts = core.ledger.total
    exact = TensorCore(machine, fidelity="integer").matmul(a, b)
    assert counts.wrong_integers == int((product != exact).sum()) > 0
    assert counts.errors.total() >= counts.wrong_integers
