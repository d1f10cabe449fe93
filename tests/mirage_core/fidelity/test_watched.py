"""Cores that watch change nothing of what they watch."""

from __future__ import annotations

import torch
from torch import nn

import mirage_core as mirage
from mirage_core.fidelity.watched import Fp32Core, WatchedCore
from tests.mirage_core.helpers import gaussian, noisy_core


def test_products_are_those_of_the_core_and_its_ledger_stays_as_it_is() -> None:
    x, weight = gaussian(6, 32), gaussian(5, 32, seed=1)
    # Of a row with an infinity only the outputs that it reaches are kept apart.
    x[2, 3] = float("inf")
    plain, core = noisy_core(), noisy_core()
    watched = WatchedCore(core)
    with plain.step(4), watched.step(4):
        expected, found = (each.matmul(weight, x.T) for each in (plain, watched))
    assert torch.equal(found[:, :2], expected[:, :2])
    assert torch.equal(found.isinf(), expected.isinf())
    assert core.ledger.kinds == {}
    (seen,) = watched.seen.values()
    assert seen.counts == plain.ledger.total
    assert torch.equal(seen.outputs[0].T[:, :2], expected[:, :2])


def test_energies_are_of_light_and_of_format_apart() -> None:
    x, weight = gaussian(6, 32), gaussian(5, 32, seed=1)
    watched, exact = WatchedCore(noisy_core()), noisy_core()
    exact = mirage.TensorCore(exact.machine, fidelity="integer")
    quantised = exact.matmul(weight, x.T).double()
    lit, true = watched.matmul(weight, x.T).double(), weight.double() @ x.T.double()
    energies = next(iter(watched.seen.values())).energies
    for found, expected in (
        (energies.signal, true),
        (energies.exact, quantised),
        (energies.quantised, quantised - true),
        (energies.optical, lit - true),
        (energies.light, lit - quantised),
    ):
        torch.testing.assert_close(found, float(expected.square().sum()))


def test_outputs_are_kept_as_they_were_before_layers_that_work_in_place() -> None:
    core = Fp32Core(seed=0)
    model = mirage.convert(nn.Sequential(nn.Linear(4, 3, bias=False), nn.ReLU(inplace=True)), core)
    x = gaussian(6, 4)
    model(x)
    (kept,) = core.outputs["0", "forward"]
    torch.testing.assert_close(kept, x @ model[0].weight.detach().T)
    assert (kept < 0).any()
