"""What is streamed is what the words say."""

from __future__ import annotations

import pytest
import torch

from circuits.receiver.by_design import gain_control
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from studies.explorer.data import LEARNED, TILES, VECTORS, row_workload
from studies.metrics.learned import learned_streams


@pytest.mark.parametrize("modulus", [5, 32, 33])
def test_random_residues_are_even(modulus: int) -> None:
    work = row_workload(load_machine("robust"), modulus, "random")
    assert work.streamed.shape == (VECTORS, 16)
    assert work.drives.shape == (TILES, 1, 16)
    counts = torch.bincount(work.streamed.flatten(), minlength=modulus)
    assert len(counts) == modulus
    # Chi-squared of m - 1 degrees of freedom: six of its rms above its mean.
    expected = VECTORS * 16 / modulus
    found = float(((counts - expected) ** 2 / expected).sum())
    assert found < modulus - 1 + 6.0 * (2.0 * (modulus - 1)) ** 0.5


@pytest.mark.parametrize("preset", ["robust", "isca2024"])
def test_the_worst_case_loses_what_can_be_lost(preset: str) -> None:
    machine = load_machine(preset)
    gain = gain_control(machine.design, 33, 16)
    work = row_workload(machine, 33, "worst")
    lost_db = gain.rail_loss_db(gain.code.digits(work.streamed))
    every = gain.code.digits(torch.tensor(gain.code.values)[:, None])
    assert torch.equal(lost_db, (16 * gain.rail_loss_db(every).max()).expand(VECTORS))


def test_a_network_streams_what_it_learns_from() -> None:
    machine = load_machine("robust")
    work = row_workload(machine, 33, "network")
    every = learned_streams(machine, LEARNED)["forward"]
    assert {tuple(v) for v in work.streamed.tolist()} <= {tuple(v) for v in every.long().tolist()}
    assert int(work.drives.abs().max()) == machine.bfp.max_mantissa
    # Nearly half of what a network streams is zero.
    assert float((work.streamed == 0).double().mean()) > 0.3


def test_other_data_are_refused() -> None:
    with pytest.raises(InputError, match="must be random, network or worst"):
        row_workload(load_machine("robust"), 33, "best")  # type: ignore[arg-type]
