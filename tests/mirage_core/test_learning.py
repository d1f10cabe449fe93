"""Layers on the machine: gradients, conversion and back, noise of every product, training."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

import mirage_core as mirage
from mirage_core.learning.datasets import load_dataset
from mirage_core.learning.networks import build_network
from mirage_core.learning.training import Recipe, Trainer
from photonics.errors import InputError
from photonics.random import NoiseKey

SMALL = ["array.units=1", "array.rows=8"]


def noisy_core(seed: int = 0, **changes: str) -> mirage.TensorCore:
    overrides = [*SMALL, "laser.power_w=1e-4", *(f"{k}={v}" for k, v in changes.items())]
    return mirage.TensorCore(mirage.load_machine("robust", overrides), seed=seed)


def exact_core() -> mirage.TensorCore:
    return mirage.TensorCore("isca2024-ideal", fidelity="integer")


def integers(*shape: int, seed: int = 0) -> torch.Tensor:
    """Small integers, which four-bit mantissas hold exactly."""
    return torch.randint(-3, 4, shape, generator=torch.Generator().manual_seed(seed)).float()


def gradients(model: nn.Module, x: torch.Tensor, upstream: torch.Tensor) -> list[torch.Tensor]:
    x = x.clone().requires_grad_()
    model.zero_grad()
    y = model(x)
    y.backward(upstream)
    return [y.detach(), x.grad, *(p.grad for p in model.parameters())]  # type: ignore[list-item]


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(20, 6),
        nn.Linear(20, 6, bias=False),
        nn.Conv2d(4, 6, 3),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
        nn.Conv2d(4, 6, 3, groups=2, padding="same", bias=False),
        nn.Conv2d(4, 4, 3, padding=1, groups=4, padding_mode="circular"),
        nn.Conv2d(4, 6, 1, stride=2),
    ],
    ids=str,
)
def test_layers_equal_torch_on_numbers_that_the_format_holds(layer: nn.Module) -> None:
    shape = (3, 20) if isinstance(layer, nn.Linear) else (2, 4, 9, 8)
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            parameter.copy_(integers(*parameter.shape, seed=i))
    x = integers(*shape, seed=9)
    plain = copy.deepcopy(layer)
    upstream = integers(*plain(x).shape, seed=8)
    optical = mirage.convert(layer, exact_core())
    # Sums of small integers are exact in FP32, so any order gives the same bits.
    for found, expected in zip(
        gradients(optical, x, upstream), gradients(plain, x, upstream), strict=True
    ):
        assert torch.equal(found, expected)


def test_single_images_and_leading_axes() -> None:
    conv = mirage.convert(nn.Conv2d(2, 3, 3), exact_core())
    image = integers(2, 5, 5)
    assert torch.equal(conv(image), conv(image[None])[0])
    linear = mirage.convert(nn.Linear(6, 3), exact_core())
    x = integers(2, 4, 6)
    assert torch.equal(linear(x)[1, 2], linear(x[1, 2]))


def test_all_three_products_go_through_the_core_with_their_own_noise() -> None:
    core = noisy_core()
    layer = mirage.convert(nn.Linear(32, 16, bias=False), core)
    x, upstream = torch.randn(8, 32), torch.randn(8, 16)
    with core.step(0):
        first = gradients(layer, x, upstream)
    assert set(core.ledger.kinds) == {"forward", "dx", "dw"}
    assert core.ledger.kinds["dx"].macs == core.ledger.kinds["dw"].macs == 8 * 32 * 16
    with core.step(0):
        again = gradients(layer, x, upstream)
    with core.step(1):
        other = gradients(layer, x, upstream)
    for a, b, c in zip(first, again, other, strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_the_same_operands_draw_other_noise_in_other_products() -> None:
    # A square symmetric set-up: forward and dx multiply the same matrices.
    core = noisy_core()
    layer = mirage.convert(nn.Linear(16, 16, bias=False), core)
    with torch.no_grad():
        layer.weight.copy_(layer.weight + layer.weight.T)
    x = torch.randn(64, 16)
    forward, grad_x, _ = gradients(layer, x, x)
    assert torch.equal(
        exact_core().matmul(x, layer.weight.T.detach(), "b"),
        exact_core().matmul(x, layer.weight.detach(), "b"),
    )
    assert not torch.equal(forward, grad_x)


def test_frozen_operands_cost_no_products() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2)), core)
    model[0].weight.requires_grad_(False)
    model(torch.randn(4, 8)).sum().backward()
    assert core.ledger.kinds["dw"].gemms == 1
    assert core.ledger.kinds["dx"].gemms == 1  # the first layer's bias asks for no product


def test_double_backward_is_refused() -> None:
    layer = mirage.convert(nn.Linear(4, 4), exact_core())
    x = torch.randn(2, 4, requires_grad=True)
    (grad,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


def test_evaluation_does_not_shift_training() -> None:
    def run(evaluate: bool) -> torch.Tensor:
        core = noisy_core()
        model = mirage.convert(build_network("mlp", load_dataset("digits"), 0), core)
        x = load_dataset("digits").train_x[:16]
        outputs = []
        for _ in range(2):
            model.train()
            outputs.append(model(x))
            if evaluate:
                model.eval()
                model(x)
        return torch.stack(outputs)

    assert torch.equal(run(False), run(True))


def test_root_forward_is_one_step_and_calls_are_counted() -> None:
    core = noisy_core()
    layer = nn.Linear(16, 16)

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([self.layer(x), self.layer(x)])

    model = mirage.convert(Twice(), core)
    first, second = model(torch.ones(64, 16) * torch.randn(16))
    assert not torch.equal(first, second)
    assert core.steps.counts == {"train": 1, "evaluation": 0}


def test_recomputation_redraws_the_same_noise() -> None:
    x = torch.randn(8, 16)

    def run(recompute: bool) -> list[torch.Tensor]:
        core = noisy_core()
        torch.manual_seed(0)
        model = mirage.convert(nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)), core)
        inputs = x.clone().requires_grad_()
        with core.step(0):
            if recompute:
                y = checkpoint(
                    model, inputs, use_reentrant=False, context_fn=core.checkpoint_contexts
                )
            else:
                y = model(inputs)
        y.square().sum().backward()
        return [y.detach(), inputs.grad, *(p.grad for p in model.parameters())]  # type: ignore[list-item]

    for a, b in zip(run(False), run(True), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("inside", [False, True])
def test_recomputation_without_contexts_is_refused(inside: bool) -> None:
    core = noisy_core()
    model = mirage.convert(nn.Linear(16, 4), core)
    x = torch.randn(2, 16, requires_grad=True)
    refused = pytest.raises(RuntimeError, match=r"context_fn=core\.checkpoint_contexts")
    if inside:
        with core.step(0):
            y = checkpoint(model, x, use_reentrant=False)
            with refused:
                y.sum().backward()
    else:
        y = checkpoint(model, x, use_reentrant=False)
        with refused:
            y.sum().backward()


def test_recomputation_inside_a_step_redraws_the_same_noise() -> None:
    x, results = torch.randn(8, 16), []
    for recompute in (False, True):
        core = noisy_core()
        torch.manual_seed(0)
        model = mirage.convert(nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 4)), core)
        inputs = x.clone().requires_grad_()
        with core.step(0):
            contexts = core.checkpoint_contexts
            y = (
                checkpoint(model, inputs, use_reentrant=False, context_fn=contexts)
                if recompute
                else model(inputs)
            )
            y.square().sum().backward()
        results.append([y.detach(), inputs.grad, *(p.grad for p in model.parameters())])
    for plain, again in zip(*results, strict=True):
        assert torch.equal(plain, again)


@pytest.mark.parametrize("width", [1, 9, 15, 17, 32])
def test_inputs_of_the_wrong_width_are_refused(width: int) -> None:
    layer = mirage.convert(nn.Linear(16, 4), exact_core())
    with pytest.raises(InputError, match="must be 16 long"):
        layer(torch.ones(2, width))
    with pytest.raises(InputError, match="columns meet"):
        exact_core().gemm(torch.ones(4, 16), torch.ones(2, width), NoiseKey.from_seed(0), "x")


@pytest.mark.parametrize("shape", [(2, 2, 8, 8), (2, 4, 8, 8), (8, 8), (2, 8, 8)])
def test_images_of_the_wrong_channels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 channels"):
        mirage.convert(nn.Conv2d(3, 4, 3), exact_core())(torch.ones(shape))


def test_layers_keep_to_half_and_single_precision() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    with pytest.raises(InputError, match="float64"):
        layer(torch.ones(2, 8, dtype=torch.float64))
    half = mirage.convert(nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4)).bfloat16(), exact_core())
    assert half(torch.ones(2, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_a_second_conversion_keeps_the_first_core_in_step() -> None:
    first, second = noisy_core(), noisy_core()
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    mirage.convert(model, first, include=["0", "1"])
    mirage.convert(model, second, include="2")
    model(torch.ones(2, 4))
    assert (first.steps.counts["train"], second.steps.counts["train"]) == (1, 1)


def test_a_report_is_no_step_of_a_run() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 4)), core)
    mirage.report(model, torch.ones(2, 4))
    assert core.steps.counts == {"train": 0, "evaluation": 0}
    model(torch.ones(2, 4))
    assert core.steps.counts["train"] == 1


def test_a_failed_forward_leaves_no_step_open() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 4)), core)
    with pytest.raises(InputError):
        model(torch.ones(2, 5))
    model(torch.ones(2, 4))
    model(torch.ones(2, 4))
    assert core.steps.counts["train"] == 3


def test_a_module_in_two_places_goes_by_either_name() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.enc = nn.Linear(4, 4)
            self.dec = self.enc

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.dec(self.enc(x))

    model = mirage.convert(Tied(), noisy_core(), include=["dec"])
    assert type(model.enc).__name__ == "OpticalLinear"
    assert len(list(model.parameters())) == 2


@pytest.mark.parametrize("core", ["robust", {}, None])
def test_what_is_no_core_is_refused(core: object) -> None:
    with pytest.raises(InputError, match="core = "):
        mirage.convert(nn.Linear(2, 2), core)  # type: ignore[arg-type]


def test_a_split_batch_of_images_reads_the_same_as_the_whole() -> None:
    core = noisy_core()
    layer = mirage.convert(nn.Conv2d(2, 5, 3), core)
    images = torch.randn(6, 2, 7, 7)
    with core.step(0):
        whole = layer(images)
    parts = []
    for part in (slice(0, 2), slice(2, 6)):
        with core.step(0, row_offset=part.start):
            parts.append(layer(images[part]))
    assert torch.equal(torch.cat(parts), whole)


def test_steps_of_a_training_have_noise_of_their_own() -> None:
    data = load_dataset("digits")
    seen = []
    trainer = Trainer(Recipe(epochs=1, batch_size=719), data, noisy_core())
    real = trainer.core.steps.step  # type: ignore[union-attr]

    def spy(number: int, **options: object) -> object:
        seen.append((number, options["training"]))
        return real(number, **options)  # type: ignore[arg-type]

    trainer.core.steps.step = spy  # type: ignore[union-attr,assignment,method-assign]
    trainer.run_epoch()
    assert seen == [(0, True), (1, True), (0, False)]


def test_one_process_of_distributed_training() -> None:
    import torch.distributed as dist

    store = dist.HashStore()
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        core = noisy_core()
        model = mirage.convert(nn.Sequential(nn.Linear(8, 4)), core)
        wrapped = nn.parallel.DistributedDataParallel(model)
        with core.step(0):
            wrapped(torch.randn(4, 8)).sum().backward()
        assert model[0].weight.grad is not None
        assert core.ledger.total.gemms == 2
    finally:
        dist.destroy_process_group()


def test_conversion_is_in_place_and_undone() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    parameters, keys = list(model.parameters()), list(model.state_dict())
    core = exact_core()
    assert mirage.convert(model, core) is model
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert list(model.state_dict()) == keys
    assert type(model[0]).__name__ == "OpticalConv2d"
    x = torch.randn(2, 1, 8, 8)
    assert mirage.revert(model) is model
    assert type(model[0]) is nn.Conv2d
    assert type(model[2]) is nn.Linear
    plain = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    plain.load_state_dict(model.state_dict())
    assert torch.equal(model(x), plain(x))
    assert core.steps.counts["train"] == 0


def test_patterns_choose_layers_and_cores() -> None:
    first, second = exact_core(), exact_core()
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4))
    mirage.convert(model, {"0": first, "*": second}, exclude=["2"])
    assert model[0].optical_core is first
    assert model[1].optical_core is second
    assert type(model[2]) is nn.Linear
    for wrong in ({"include": ["fc*"]}, {"exclude": ["3"]}):
        with pytest.raises(InputError, match="matches no convertible layer"):
            mirage.convert(model, first, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no Linear or Conv2d"):
        mirage.convert(nn.ReLU(), first)


def test_report_names_what_stays_digital() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)
            self.extra = nn.Parameter(torch.ones(6, 6))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(self.norm(self.fc(x)), self.extra)

    model = mirage.convert(Mixed(), exact_core())
    found = mirage.report(model, torch.ones(5, 6))
    places = {r.name: (r.place, r.macs) for r in found.layers}
    assert places["fc"] == ("optical", 5 * 36)
    assert places["norm"][0] == "digital"
    assert found.unseen_macs == 5 * 36
    assert "outside of layers" in str(found)
    assert type(model.fc).__name__ == "OpticalLinear"
    assert model.training


def test_models_copy_and_pickle() -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 2)), core)
    x = torch.randn(3, 8)
    twin = copy.deepcopy(model)
    assert twin[0].optical_core is core
    loaded = pickle.loads(pickle.dumps(model))
    with core.step(0):
        here = model(x)
    with loaded[0].optical_core.step(0):
        assert torch.equal(loaded(x), here)
    assert loaded[0].optical_core is loaded[1].optical_core


def test_autocast_feeds_fp32() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    x = integers(3, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    assert torch.equal(y, layer(x))


def test_backward_under_autocast_is_fp32() -> None:
    x, upstream = integers(4, 8), integers(4, 6, seed=2)
    results = []
    for enabled in (False, True):
        layer = mirage.convert(nn.Linear(8, 6, bias=False), exact_core())
        with torch.no_grad():
            layer.weight.copy_(integers(6, 8, seed=1) + 0.25)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            results.append(gradients(layer, x, upstream))
    for plain, cast in zip(*results, strict=True):
        assert torch.equal(plain, cast)


def test_parts_of_a_split_batch_have_weight_gradients_of_their_own_noise() -> None:
    core = noisy_core()
    layer = mirage.convert(nn.Linear(16, 8, bias=False), core)
    x, upstream = torch.randn(16, 16), torch.randn(16, 8)
    gradient = []
    for offset in (0, 16):
        with core.step(0, row_offset=offset):
            gradient.append(gradients(layer, x, upstream)[2].clone())
    assert not torch.equal(*gradient)


def test_training_repeats_and_resumes_bit_for_bit() -> None:
    data = load_dataset("digits")
    short = type(data)(
        data.name,
        data.train_x[:128],
        data.train_y[:128],
        data.test_x[:50],
        data.test_y[:50],
        10,
        "",
    )
    recipe = Recipe(epochs=2, batch_size=32)

    def trainer() -> Trainer:
        return Trainer(recipe, short, noisy_core())

    whole, again = trainer(), trainer()
    for t in (whole, again):
        t.run_epoch()
        t.run_epoch()
    assert [(r.train_loss, r.test_accuracy) for r in whole.history] == [
        (r.train_loss, r.test_accuracy) for r in again.history
    ]
    begun, resumed = trainer(), trainer()
    begun.run_epoch()
    resumed.load_state_dict(begun.state_dict())
    resumed.run_epoch()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
        assert torch.equal(value, resumed.model.state_dict()[name])


def test_twins_start_alike() -> None:
    data = load_dataset("digits")
    plain, optical = (Trainer(Recipe(seed=4), data, core) for core in (None, exact_core()))
    for a, b in zip(plain.model.parameters(), optical.model.parameters(), strict=True):
        assert torch.equal(a, b)
    first = next(iter(data.batches(8, plain.order)))[1]
    assert torch.equal(first, next(iter(data.batches(8, optical.order)))[1])


def test_digits_are_split_once() -> None:
    data = load_dataset("digits")
    assert (len(data.train_y), len(data.test_y)) == (1437, 360)
    assert data.train_x.shape[1:] == (1, 8, 8)
    assert set(data.train_y.tolist()) == set(range(10)) == set(data.test_y.tolist())
    with pytest.raises(InputError, match="digits"):
        load_dataset("mnist")
    with pytest.raises(InputError, match="cnn, mlp"):
        build_network("vgg", data, 0)
