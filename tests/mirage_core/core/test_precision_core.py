"""Bits that move on one chip: the same numbers, decisions and counts as machines of those bits."""

from __future__ import annotations

import json
import pickle

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.core.ledger import Counts, Ledger
from mirage_core.engines import CompactEngine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.trainer import Recipe, Trainer
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian, gradients, noisy_core
from tests.mirage_core.native.kernels import normal, pair

MOVING = mirage.Precision(phases=[{"bits": 2}, {"start": 3, "bits": 4}])


def exact_core(*changes: str) -> mirage.TensorCore:
    return mirage.TensorCore("isca2024-ideal", overrides=changes, fidelity="integer")


@pytest.mark.parametrize("rounding", ["truncate", "nearest", "stochastic"])
@pytest.mark.parametrize("bits", [1, 2, 3, 5])
def test_integers_are_those_of_a_machine_of_so_many_bits(bits: int, rounding: str) -> None:
    a, b = gaussian(9, 40), gaussian(40, 7, seed=1)
    changed = exact_core(f"bfp.rounding={rounding}").with_bits(bits)
    made = exact_core(f"bfp.rounding={rounding}", f"bfp.mantissa_bits={bits}")
    with changed.step(2), made.step(2):
        assert torch.equal(changed.matmul(a, b), made.matmul(a, b))


def test_integers_of_fewer_bits_are_those_of_their_definition() -> None:
    """Of one group and two bits: trunc(4 x / 2^e) with 2^e just above the largest magnitude."""
    x = torch.tensor([[0.9, -0.5, 0.26, 0.24]])
    found = exact_core().with_bits(2).matmul(x, torch.eye(4))
    assert found.tolist() == [[0.75, -0.5, 0.25, 0.0]]


@pytest.mark.parametrize("tensors", [False, True], ids=["native", "tensors"])
@pytest.mark.parametrize("bits", [1, 3])
def test_readouts_of_fewer_bits_are_decided_as_by_the_reference(bits: int, tensors: bool) -> None:
    fast, slow = (
        core.with_bits(bits) for core in pair("robust", "laser.power_w=1e-3", tensors=tensors)
    )
    slow._native = None
    if tensors:
        fast._native = None
    assert isinstance(slow.engine, CompactEngine)
    slow.engine.limit = None
    with fast.step(1), slow.step(1):
        assert torch.equal(*(core.matmul(*normal(21, 50, 40)) for core in (fast, slow)))
    found, expected = vars(fast.ledger.total), vars(slow.ledger.total)
    assert {**found, "screened": 0, "handed_back": 0} == expected
    assert fast.ledger.total.errors.total() > 30
    assert fast.ledger.total.screened > 0


def test_the_chip_is_the_same_and_more_errors_are_noticed() -> None:
    """Legal integers of one bit are ±16, of four bits ±3600: fewer errors pass the check."""
    core = noisy_core()
    few = core.with_bits(1)
    assert few.compiled is core.compiled
    assert few.steps is core.steps
    core.matmul(*normal(8, 32, 200))
    few.matmul(*normal(8, 32, 200))
    assert few.ledger.total.undetected < core.ledger.total.undetected / 20


def test_more_bits_than_the_moduli_hold_are_refused_with_the_most_that_they_do() -> None:
    """16 · 31² = 15376 is within ±16367 of {31, 32, 33}, not within ±15311 of {29, 32, 33}."""
    assert exact_core().with_bits(5).machine.bfp.max_dot == 15376
    most = "mantissa_bits = 6: must be at most 5 .* another machine"
    with pytest.raises(InputError, match=most):
        exact_core().with_bits(6)
    with pytest.raises(InputError, match="mantissa_bits = 5: must be at most 4"):
        mirage.PrecisionCore(noisy_core(), mirage.Precision(layers={"fc": 5}))
    by_epoch = mirage.Precision(unit="epoch")
    with pytest.raises(InputError, match=r"unit = 'epoch': .*in_steps"):
        mirage.PrecisionCore(noisy_core(), by_epoch)


def test_a_step_decides_for_its_backward_and_for_evaluations_after_it() -> None:
    x, upstream = gaussian(6, 32), gaussian(6, 5, seed=1)
    torch.manual_seed(0)
    layer = nn.Linear(32, 5, bias=False)
    light = noisy_core()
    core = mirage.PrecisionCore(light, MOVING)

    def trained(on: mirage.PrecisionCore | mirage.TensorCore, step: int) -> list[torch.Tensor]:
        mirage.convert(layer, on)
        given = x.clone().requires_grad_()
        with on.step(step):
            y = layer(given)
        # The step is closed before the backward, as training loops do.
        grad, *_ = torch.autograd.grad(y, [given, layer.weight], upstream)
        return [y.detach(), grad]

    for step, bits in ((0, 2), (2, 2), (3, 4), (9, 4)):
        pairs = zip(trained(core, step), trained(light.with_bits(bits), step), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
    mirage.convert(layer, core)
    with core.step(0, training=False, time_step=3):
        layer(x)
    assert core.phases[4].kinds["forward"].gemms == 3


def test_phases_sum_to_the_ledger_and_go_on_from_a_checkpoint() -> None:
    model = nn.Sequential(nn.Linear(32, 6), nn.Linear(6, 5))
    by_layer = MOVING.changed({"layers": {"1": 3}})
    core = mirage.PrecisionCore(noisy_core(), by_layer)
    mirage.convert(model, core)
    for step in (2, 3):
        with core.step(step):
            gradients(model, gaussian(6, 32), gaussian(6, 5, seed=1))
    assert {bits: ledger.total.gemms for bits, ledger in core.phases.items()} == {2: 3, 3: 6, 4: 3}
    assert sum((phase.total for phase in core.phases.values()), Counts()) == core.ledger.total
    assert core.ledger.total.errors.total() > 0
    other = mirage.PrecisionCore(noisy_core(), by_layer)
    for state in (core.state_dict(), json.loads(json.dumps(core.state_dict()))):
        other.load_state_dict(state)
        assert other.phases == core.phases
    for wrong in ({}, {"phases": None}, {"phases": {"2": 3}}):
        part = {n: v for n, v in core.state_dict().items() if n != "phases"}
        with pytest.raises(InputError, match=r"state|ledger"):
            other.load_state_dict({**part, **wrong})
    loaded = pickle.loads(pickle.dumps(core))
    assert loaded.phases == core.phases
    assert loaded.steps is loaded.core.steps


def test_a_training_switches_with_its_epoch() -> None:
    data = load_dataset("digits")
    steps = -(-len(data.train_y) // 256)
    moving = mirage.Precision(unit="epoch", phases=[{"bits": 1}, {"start": 1, "bits": 4}])
    core = mirage.PrecisionCore(exact_core(), moving.in_steps(epochs=2, steps_per_epoch=steps))
    trainer = Trainer(Recipe(epochs=2, batch_size=256), data, core)
    for _ in range(2):
        trainer.run_epoch()
    gradients_of = {bits: ledger.kinds["dw"].gemms for bits, ledger in core.phases.items()}
    assert gradients_of == {1: 2 * steps, 4: 2 * steps}
    # The evaluation between the epochs has the bits of the step to come.
    assert core.phases[1].kinds["forward"].gemms == 2 * steps


def test_a_schedule_serves_single_products_of_a_mixed_core() -> None:
    light = noisy_core()
    moving = mirage.PrecisionCore(light, MOVING.changed({"layers": {"0": 3}}))
    core = mirage.MixedCore(moving, dw=light.with_bits(4))
    model = mirage.convert(nn.Sequential(nn.Linear(32, 5), nn.Linear(5, 5)), core)
    with core.step(0):
        gradients(model, gaussian(6, 32), gaussian(6, 5, seed=1))
    kinds = {bits: sorted(ledger.kinds) for bits, ledger in moving.phases.items()}
    assert kinds == {3: ["dx", "forward"], 2: ["dx", "forward"]}
    assert core.ledger.kinds["dw"].gemms == 2
    assert moving.ledger == Ledger()
    assert "mantissas of 2 or 3 or 4 bits" in core.place[1]


def test_a_pattern_that_matches_no_layer_is_refused() -> None:
    core = mirage.PrecisionCore(exact_core(), mirage.Precision(layers={"head*": 3}))
    for given in (core, mirage.MixedCore(exact_core(), dw=core)):
        with pytest.raises(InputError, match=r"layers = 'head\*': matches no layer .* 0, 1"):
            mirage.convert(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), given)
