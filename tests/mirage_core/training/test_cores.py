"""Cores of trainings: bits that move, and products that run somewhere else."""

from __future__ import annotations

import pytest
import torch

import mirage_core as mirage
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.training.cores import training_core
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core

RECIPE, STEPS = Recipe(epochs=2, batch_size=512), 3
HALVES = mirage.Precision(unit="fraction", phases=[{"bits": 2}, {"start": 0.5, "bits": 4}])


def erring_core() -> mirage.TensorCore:
    """A core whose readouts are wrong now and then, without a chip to be made."""
    errors = mirage.ResidueErrors(probability=1e-4)
    return mirage.TensorCore("isca2024-ideal", fidelity="integer", errors=errors)


def trained(core: MatrixCore | None) -> Trainer:
    trainer = Trainer(RECIPE, load_dataset("digits"), core)
    assert trainer.steps_per_epoch == STEPS
    list(trainer.run())
    return trainer


def same(one: Trainer, other: Trainer) -> bool:
    pairs = zip(one.model.parameters(), other.model.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_a_format_for_every_product_is_the_training_in_that_format() -> None:
    places = {"*": dict.fromkeys(("forward", "dx", "dw"), "fast")}
    mixed = trained(training_core(erring_core(), RECIPE, STEPS, products=places))
    assert same(mixed, trained(mirage.FormatCore("fast", seed=0)))


def test_what_is_on_light_or_in_its_integers_is_as_the_machine_has_it() -> None:
    on_light = training_core(erring_core(), RECIPE, STEPS, products={"1": {"dw": "light"}})
    light = trained(erring_core())
    assert same(trained(on_light), light)
    everywhere = {"*": dict.fromkeys(("forward", "dx", "dw"), "integer")}
    exact = training_core(erring_core(), RECIPE, STEPS, products=everywhere)
    assert same(trained(exact), trained(exact_core()))
    assert not same(trained(exact_core()), light)


def test_bits_move_with_the_fraction_that_is_done_and_beside_other_places() -> None:
    core = training_core(exact_core(), RECIPE, STEPS, HALVES, {"3": {"dw": "fp32"}})
    trainer = trained(core)
    assert isinstance(core, mirage.MixedCore)
    light = core.core
    assert isinstance(light, mirage.PrecisionCore)
    steps = {bits: ledger.kinds["dw"].gemms for bits, ledger in light.phases.items()}
    # Layer 1 alone; the last evaluation is made after the last step, the first in between.
    assert steps == {2: STEPS, 4: STEPS}
    assert core.ledger.kinds["dw"].gemms == 4 * STEPS
    assert core.ledger.kinds["forward"].macs == sum(
        ledger.kinds["forward"].macs for ledger in light.phases.values()
    )
    # The phases go with the state.
    again = training_core(exact_core(), RECIPE, STEPS, HALVES, {"3": {"dw": "fp32"}})
    again.load_state_dict(trainer.state_dict()["core"])
    assert isinstance(again, mirage.MixedCore)
    assert again.state_dict() == core.state_dict()
    assert isinstance(again.core, mirage.PrecisionCore)
    assert {b: p.as_dict() for b, p in again.core.phases.items()} == {
        b: p.as_dict() for b, p in light.phases.items()
    }


def test_layers_are_taken_by_the_first_pattern_that_matches() -> None:
    core = training_core(
        exact_core(), RECIPE, STEPS, products={"1": {"dw": "fp32"}, "*": {"forward": "int8"}}
    )
    trained(core)
    kinds = core.ledger.kinds
    # Layer 1 is on the core but for dw, layer 3 but for forward: integers are counted there alone.
    tests, batches = 360, 1437
    assert kinds["dw"].integers > 0
    assert kinds["forward"].macs == 2 * (tests + batches) * (64 * 64 + 64 * 10)
    only_first = 2 * (tests + batches) * 64 * 4
    assert kinds["forward"].integers == only_first
    assert core.place[1].startswith("1: forward optical, dx optical, dw FP32; *: forward INT8")


@pytest.mark.parametrize(
    ("products", "message"),
    [
        ({"1": {"dw": "fp31"}}, r"products\.1\.dw = 'fp31': must be one of light, integer, fp32"),
        ({"1": {"backward": "fp32"}}, r"products\.1 = 'backward': must be one of forward, dx, dw"),
    ],
)
def test_places_that_there_are_not_are_refused(
    products: dict[str, dict[str, str]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        training_core(exact_core(), RECIPE, STEPS, products=products)


def test_patterns_that_match_no_layer_and_bits_beyond_the_moduli_are_refused() -> None:
    core = training_core(exact_core(), RECIPE, STEPS, products={"fc*": {"dw": "fp32"}})
    with pytest.raises(InputError, match="'fc\\*': matches no layer on the core; there is 1, 3"):
        Trainer(RECIPE, load_dataset("digits"), core)
    with pytest.raises(InputError, match="mantissa_bits = 9: must be at most 5"):
        training_core(exact_core(), RECIPE, STEPS, mirage.Precision(phases=[{"bits": 9}]))
