"""Steps and their noise, recomputation, split batches, and whole trainings."""

from __future__ import annotations

import gc
from dataclasses import replace

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from tests.machines import ONE_UNIT
from tests.mirage_core.helpers import exact_core, gradients, noisy_core

WANDER = (
    "drift.step_s=1",
    "drift.rail_wander_rms_k=2e-3",
    "drift.laser_wander_rms_hz=1e8",
    "drift.pilot_period_steps=3",
)


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

    def step() -> None:
        core = noisy_core()
        model = mirage.convert(nn.Sequential(nn.Linear(8, 4)), core)
        wrapped = nn.parallel.DistributedDataParallel(model)
        with core.step(0):
            wrapped(torch.randn(4, 8)).sum().backward()
        assert model[0].weight.grad is not None
        assert core.ledger.total.gemms == 2

    store = dist.HashStore()
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        step()
        # What is wrapped must be gone before the group: as its last owner it would wait for the
        # threads of the group with the lock of the interpreter held, which they may need.
        gc.collect()
    finally:
        dist.destroy_process_group()


def test_parts_of_a_split_batch_have_weight_gradients_of_their_own_noise() -> None:
    core = noisy_core()
    layer = mirage.convert(nn.Linear(16, 8, bias=False), core)
    x, upstream = torch.randn(16, 16), torch.randn(16, 8)
    gradient = []
    for offset in (0, 16):
        with core.step(0, row_offset=offset):
            gradient.append(gradients(layer, x, upstream)[2].clone())
    assert not torch.equal(*gradient)


@pytest.mark.parametrize("wander", [(), WANDER])
def test_training_repeats_and_resumes_bit_for_bit(wander: tuple[str, ...]) -> None:
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
        return Trainer(recipe, short, core_that(wander))

    whole, again = trainer(), trainer()
    for t in (whole, again):
        t.run_epoch()
        t.run_epoch()
    assert [(r.train_loss, r.test_score) for r in whole.history] == [
        (r.train_loss, r.test_score) for r in again.history
    ]
    begun, resumed = trainer(), trainer()
    begun.run_epoch()
    resumed.load_state_dict(begun.state_dict())
    resumed.run_epoch()
    assert resumed.history == [
        replace(r, seconds=s.seconds) for r, s in zip(whole.history, resumed.history, strict=True)
    ]
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name])
        assert torch.equal(value, resumed.model.state_dict()[name])


def core_that(wanders: tuple[str, ...]) -> mirage.TensorCore:
    """A core with noise, whose chip wanders where it is told so."""
    machine = mirage.load_machine("robust", [*ONE_UNIT, "laser.power_w=1e-3", *wanders])
    return mirage.TensorCore(machine)


def test_a_training_that_is_interrupted_between_steps_goes_on_by_itself() -> None:
    recipe, data = Recipe(epochs=2, batch_size=512), load_dataset("digits")
    whole, parts, steps = (
        Trainer(recipe, data, exact_core()),
        Trainer(recipe, data, exact_core()),
        [0],
    )
    list(whole.run())

    def stop(_: float) -> None:
        steps[0] += 1
        if steps[0] in (1, 3):
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            list(parts.run(stop))
    list(parts.run(stop))
    for one, other in zip(whole.model.parameters(), parts.model.parameters(), strict=True):
        assert torch.equal(one, other)
    assert parts.core is not None
    assert whole.core is not None
    assert parts.core.ledger == whole.core.ledger


def test_evaluation_is_at_the_time_of_training() -> None:
    data = load_dataset("digits")
    trainer = Trainer(Recipe(epochs=2, batch_size=719), data, core_that(WANDER))
    seen = []
    core = trainer.core
    assert isinstance(core, mirage.TensorCore)
    real = core._at
    core._at = lambda step: (seen.append(step), real(step))[1]  # type: ignore[assignment,method-assign]
    trainer.run_epoch()
    trainer.run_epoch()
    assert sorted(set(seen)) == [0, 1, 2, 3, 4]
    # Two steps, an evaluation of three layers at most, and so on.
    assert seen == sorted(seen)


def test_twins_start_alike() -> None:
    data = load_dataset("digits")
    plain, optical = (Trainer(Recipe(seed=4), data, core) for core in (None, exact_core()))
    for a, b in zip(plain.model.parameters(), optical.model.parameters(), strict=True):
        assert torch.equal(a, b)
    first = next(iter(data.batches(8, plain.order)))[1]
    assert torch.equal(first, next(iter(data.batches(8, optical.order)))[1])


def test_steps_leave_nothing_behind_in_devices_that_are_not_used() -> None:
    """Without a GPU torch keeps every seed of it, with where it was set, for one to come."""
    data = load_dataset("digits")
    trainer = Trainer(Recipe(epochs=1), data)
    kept = torch.cuda._queued_calls
    before = len(kept)
    with trainer._random_of("digital layers", trainer.step):
        first = torch.rand(3)
    with trainer._random_of("digital layers", trainer.step):
        again = torch.rand(3)
    assert torch.equal(first, again)
    trainer.step += 1
    with trainer._random_of("digital layers", trainer.step):
        assert not torch.equal(torch.rand(3), first)
    assert len(kept) == before


def restless() -> nn.Module:
    """A network whose dropout is always on."""

    class Restless(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(nn.functional.dropout(x.flatten(1)))

    return Restless(64, 10)


def test_what_networks_draw_in_evaluation_goes_by_seed_and_number() -> None:
    data = load_dataset("digits")

    def scores(seed: int) -> list[float]:
        trainer = Trainer(Recipe(model=f"{__name__}:restless", seed=seed, epochs=0), data)
        nn.init.eye_(trainer.model.get_parameter("weight"))
        before = torch.get_rng_state()
        found = [trainer.evaluate(number) for number in range(3)]
        assert torch.equal(torch.get_rng_state(), before)
        return found

    assert scores(1) == scores(1)
    assert len({*scores(1), *scores(2)}) > 3


def attentive() -> nn.Module:
    """A network that multiplies outside of its layers."""

    class Attentive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mix, self.head = nn.Parameter(torch.eye(8)), nn.Linear(64, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x.squeeze(1) @ self.mix
            return self.head((x @ x.mT).flatten(1))

    return Attentive()


def test_what_own_networks_multiply_outside_of_layers_is_on_the_core() -> None:
    data, core = load_dataset("digits"), mirage.FormatCore("fp32")
    samples = len(data.train_y), len(data.test_y)
    Trainer(Recipe(model=f"{__name__}:attentive", epochs=1), data, core).run_epoch()
    done = {kind: counts.macs for kind, counts in core.ledger.kinds.items()}
    layer, outside = 64 * 10, 8 * 8 * 8
    assert done["forward"] == sum(samples) * (layer + 2 * outside)
    # The images need no gradient; both operands of the square do.
    assert done["dw"] == samples[0] * (layer + 2 * outside)
    assert done["dx"] == samples[0] * (layer + outside)
