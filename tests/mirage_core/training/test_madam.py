"""Madam against its definition in plain Python, and what multiplying weights implies."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.training.datasets import load_dataset
from mirage_core.training.madam import Madam
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from photonics.errors import InputError


def by_definition(
    start: list[float], gradients: list[list[float]], lr: float, gamma: int, bits: int
) -> list[float]:
    """Weights after the steps, one weight at a time; the codes of a step are rounded halves up."""
    largest = 3.0 * math.sqrt(sum(w * w for w in start) / len(start))
    after = []
    for i, w in enumerate(start):
        mean_square, sign = 0.0, math.copysign(1.0, w)
        octaves = math.log2(abs(w) / largest)
        for t, step in enumerate(gradients, 1):
            mean_square = 0.999 * mean_square + 0.001 * step[i] ** 2
            normal = step[i] / math.sqrt(mean_square / (1 - 0.999**t)) if mean_square else 0.0
            octaves -= lr * max(-1.5, min(1.5, normal)) * sign
            code = max(1 - 2 ** (bits - 1), min(0, round(gamma * octaves)))
            octaves = code / gamma
        after.append(sign * largest * 2.0**octaves)
    return after


@pytest.mark.parametrize(("gamma", "bits", "lr"), [(2048, 16, 1 / 128), (8, 8, 0.3), (64, 6, 0.5)])
def test_madam_follows_its_definition(gamma: int, bits: int, lr: float) -> None:
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(20, generator=generator)
    gradients = torch.randn(12, 20, generator=generator)
    gradients[:, 0] = 0.0
    gradients[4] *= 100.0  # normalised, about the square root of 5: above the bound
    w = nn.Parameter(start.clone())
    optimizer = Madam([w], lr=lr, g_bound=1.5, base_factor=gamma, bits=bits)
    for g in gradients:
        w.grad = g
        optimizer.step()
    expected = by_definition(start.tolist(), gradients.tolist(), lr, gamma, bits)
    # FP32 weights, and a normalised gradient in FP32: far less than a code.
    torch.testing.assert_close(w.detach(), torch.tensor(expected), rtol=1e-6, atol=0.0)


def test_a_steady_gradient_moves_a_weight_by_its_learning_rate_in_octaves() -> None:
    w = nn.Parameter(torch.tensor([0.5, -0.5]))
    optimizer = Madam([w], lr=1 / 16, p_scale=2.0)  # largest weight 1, a power of two
    for _ in range(16):
        w.grad = torch.tensor([3.0, 3.0])
        optimizer.step()
    assert w.tolist() == [0.25, -1.0]
    for _ in range(16):
        w.grad = torch.tensor([3.0, 3.0])
        optimizer.step()
    assert w.tolist() == [0.125, -1.0]  # the bound holds


def test_signs_stay_and_zeros_stay() -> None:
    w = nn.Parameter(torch.tensor([1.0, -1e-3, 0.0, 2.0]))
    optimizer = Madam([w], lr=1.0)
    for i in range(50):
        w.grad = torch.tensor([1.0, -1.0, 1.0, (-1.0) ** i])
        optimizer.step()
    assert w.sign().tolist() == [1, -1, 0, 1]
    least = 3 * math.sqrt((1 + 1e-6 + 4) / 4) * 2.0 ** (-(2**15 - 1) / 2048)
    torch.testing.assert_close(w.detach()[:2], torch.tensor([least, -least]), rtol=1e-6, atol=0.0)


def test_state_resumes() -> None:
    def make() -> tuple[nn.Parameter, Madam]:
        w = nn.Parameter(torch.tensor([0.5, -2.0, 1.0]))
        return w, Madam([w], lr=0.1)

    def steps(w: nn.Parameter, optimizer: Madam, numbers: range) -> None:
        for i in numbers:
            w.grad = torch.tensor([1.0, -float(i), 0.3])
            optimizer.step()

    whole, begun, resumed = make(), make(), make()
    steps(*whole, range(8))
    steps(*begun, range(4))
    resumed[1].load_state_dict(begun[1].state_dict())
    with torch.no_grad():
        resumed[0].copy_(begun[0])
    steps(*resumed, range(4, 8))
    assert torch.equal(whole[0], resumed[0])


def test_closures_and_parameters_without_a_gradient() -> None:
    w, idle = nn.Parameter(torch.tensor([2.0])), nn.Parameter(torch.ones(1))
    optimizer = Madam([w, idle], lr=0.25)

    def closure() -> float:
        optimizer.zero_grad()
        loss = w.square().sum()
        loss.backward()
        return float(loss.detach())

    assert optimizer.step(closure) == 4.0
    assert optimizer.step() is None
    assert 0 < w.item() < 2.0
    assert idle.item() == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lr": 0.0}, "lr = 0.0"),
        ({"beta": 1.0}, "beta = 1.0"),
        ({"p_scale": -1.0}, "p_scale"),
        ({"bits": 1}, "2 to 24"),
        ({"base_factor": 0}, "at least 1"),
    ],
)
def test_impossible_settings_are_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Madam([nn.Parameter(torch.ones(1))], **changes)  # type: ignore[arg-type]


def test_weights_that_are_all_zero_are_refused() -> None:
    w = nn.Parameter(torch.zeros(3))
    w.grad = torch.ones(3)
    with pytest.raises(InputError, match="all zeros"):
        Madam([w]).step()


def test_a_network_learns_in_logarithms_with_multiplied_weights() -> None:
    recipe = Recipe(epochs=3, optimizer="madam", learning_rate=0.125, weight_bound=30.0)
    trainer = Trainer(recipe, load_dataset("digits"), mirage.FormatCore("lns"))
    signs = [p.sign().clone() for p in trainer.model.parameters()]
    for _ in range(3):
        record = trainer.run_epoch()
    assert record.test_score > 0.85
    for p, sign in zip(trainer.model.parameters(), signs, strict=True):
        assert torch.equal(p.sign(), sign)
