"""Networks in other number formats: the contract of the tensor core, three products each."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.arithmetic.formats import BASELINES, Hfp8Format
from mirage_core.arithmetic.formats.hfp8 import GRADIENTS, VALUES
from mirage_core.data.dataset import Dataset
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian

NAMES = list(BASELINES)


def short_digits() -> Dataset:
    data = load_dataset("digits")
    train, test = slice(0, 256), slice(0, 60)
    return Dataset(
        "digits",
        data.train_x[train],
        data.train_y[train],
        data.test_x[test],
        data.test_y[test],
        10,
        "",
    )


@pytest.mark.parametrize("name", NAMES)
def test_products_have_the_shapes_of_torch_and_about_its_values(name: str) -> None:
    for a_shape, b_shape in (((3, 40), (40, 5)), ((2, 3, 40), (40, 5)), ((40,), (40, 5))):
        a, b = gaussian(*a_shape), gaussian(*b_shape, seed=1)
        for side in ("a", "b"):
            product = mirage.FormatCore(name).matmul(a, b, side)  # type: ignore[arg-type]
            exact = a @ b
            assert product.dtype == torch.float32
            assert product.shape == exact.shape
            # Every format is within half of the result; wrong operands would be at sqrt(2).
            assert float((product - exact).norm() / exact.norm()) < 0.5


@pytest.mark.parametrize("name", NAMES)
def test_special_values_spread_as_in_fp32(name: str) -> None:
    a, b = gaussian(6, 20), gaussian(20, 5, seed=1)
    a[1, 3], a[2, 0], b[7, 4] = math.nan, math.inf, -math.inf
    product, expected = mirage.FormatCore(name).matmul(a, b), a @ b
    assert torch.equal(product.isfinite(), expected.isfinite())
    assert torch.equal(product.isnan(), expected.isnan())
    assert torch.equal(product[product.isinf()], expected[expected.isinf()])


@pytest.mark.parametrize("name", NAMES)
def test_zeros_and_nothing(name: str) -> None:
    core = mirage.FormatCore(name)
    assert torch.equal(core.matmul(torch.zeros(3, 8), gaussian(8, 2)), torch.zeros(3, 2))
    assert core.matmul(torch.zeros(3, 0), torch.zeros(0, 2)).shape == (3, 2)
    assert core.matmul(torch.zeros(0, 4), torch.zeros(4, 2)).shape == (0, 2)


def test_fp32_layers_train_as_those_of_torch() -> None:
    layer, x, upstream = nn.Linear(20, 6), gaussian(4, 20), gaussian(4, 6, seed=1)
    plain = copy.deepcopy(layer)
    converted = mirage.convert(layer, mirage.FormatCore("fp32"))
    outcomes = []
    for model in (plain, converted):
        inputs = x.clone().requires_grad_()
        y = model(inputs)
        y.backward(upstream)
        outcomes.append([y.detach(), inputs.grad, model.weight.grad, model.bias.grad])
    for expected, found in zip(*outcomes, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_hfp8_meets_gradients_in_their_own_format_in_both_backward_products() -> None:
    core = mirage.FormatCore(Hfp8Format(loss_scale_log2=0))
    layer = mirage.convert(nn.Linear(12, 7, bias=False), core)
    x, upstream = gaussian(5, 12).requires_grad_(), 40 * gaussian(5, 7, seed=1)
    y = layer(x)
    y.backward(upstream)
    with torch.no_grad():
        w8, x8, dy8 = VALUES.round(layer.weight), VALUES.round(x), GRADIENTS.round(upstream)
        assert not torch.equal(VALUES.round(upstream), dy8)
        # Sums of few products of few bits are exact in FP32, in any order.
        assert torch.equal(y, x8 @ w8.T)
        assert torch.equal(x.grad, dy8 @ w8)
        assert torch.equal(layer.weight.grad, dy8.T @ x8)
    assert {kind: counts.macs for kind, counts in core.ledger.kinds.items()} == dict.fromkeys(
        ("forward", "dx", "dw"), 5 * 12 * 7
    )


def test_stochastic_formats_draw_anew_in_every_product_and_repeat_for_a_step() -> None:
    core = mirage.FormatCore("fast", seed=1)
    layer = mirage.convert(nn.Linear(32, 16, bias=False), core)
    with torch.no_grad():
        layer.weight.copy_(gaussian(16, 32))
    x = gaussian(8, 32)
    with core.step(0):
        first, second = layer(x), layer(x)
    with core.step(0):
        again = layer(x)
    with core.step(0, row_offset=3):
        part = layer(x[3:])
    assert not torch.equal(first, second)
    assert torch.equal(first, again)
    assert torch.equal(part, first[3:])
    with mirage.FormatCore("fast", seed=2).step(0):
        assert not torch.equal(mirage.FormatCore("fast", seed=2).matmul(x, layer.weight.T), first)


def test_reports_say_which_format() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2))
    light = mirage.TensorCore("isca2024-ideal", fidelity="integer")
    mirage.convert(model, {"0": light, "1": mirage.FormatCore("int8")})
    found = {
        r.name: (r.place, r.reason, r.macs) for r in mirage.report(model, torch.ones(3, 8)).layers
    }
    assert found == {
        "0": ("optical", "", 3 * 64),
        "1": ("format", "INT8 per tensor", 3 * 16),
    }
    assert "INT8" in str(mirage.report(model))
    assert type(mirage.revert(model)[1]) is nn.Linear


@pytest.mark.parametrize("name", ["fast", "hfp8", "analog"])
def test_training_resumes_bit_for_bit(name: str) -> None:
    data, recipe = short_digits(), Recipe(epochs=2, batch_size=32)

    def trainer() -> Trainer:
        return Trainer(recipe, data, mirage.FormatCore(name))

    whole, begun, resumed = trainer(), trainer(), trainer()
    whole.run_epoch()
    begun.run_epoch()
    whole.run_epoch()
    resumed.load_state_dict(begun.state_dict())
    resumed.run_epoch()
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[key])


def test_copies_share_the_core_and_pickles_carry_it() -> None:
    core = mirage.FormatCore("fast", seed=3)
    model = mirage.convert(nn.Sequential(nn.Linear(8, 2)), core)
    assert copy.deepcopy(model)[0].optical_core is core
    loaded = pickle.loads(pickle.dumps(model))[0].optical_core
    assert loaded.number_format == core.number_format
    x = gaussian(4, 8)
    with core.step(0), loaded.step(0):
        assert torch.equal(core.matmul(x, x.T), loaded.matmul(x, x.T))


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(InputError, match=r"number_format = 'fp4'.*bfloat16"):
        mirage.FormatCore("fp4")
    with pytest.raises(InputError, match="float32, float16 or bfloat16"):
        mirage.FormatCore("int8").matmul(torch.ones(2, 2).double(), torch.ones(2, 2))


@pytest.mark.slow  # 18 s
@pytest.mark.parametrize("name", ["bfloat16", "hfp8", "int8", "int8-channel", "int12", "lns"])
def test_digits_are_learnt_as_well_as_in_fp32(name: str) -> None:
    data = load_dataset("digits")

    def mean(core_name: str) -> float:
        right = []
        for seed in range(3):
            trainer = Trainer(Recipe(seed=seed), data, mirage.FormatCore(core_name, seed=seed))
            for _ in range(trainer.recipe.epochs):
                trainer.run_epoch()
            right.append(trainer.history[-1].test_score)
        return sum(right) / len(right)

    # Two means over 3 x 360 answers of 96 %: 5 times sqrt(2 · 0.96 · 0.04 / 1080).
    assert abs(mean(name) - mean("fp32")) < 5 * math.sqrt(2 * 0.96 * 0.04 / 1080)
