"""What a training step through the light costs: times of the FP32 step."""

from __future__ import annotations

import copy
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mirage_core.core.tensor_core import TensorCore
from mirage_core.learning.convert import convert
from mirage_core.networks.small.lenet import lenet5
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from studies.bench.products import timed

_BATCH = 128


def training_steps(repetitions: int) -> list[dict[str, Any]]:
    """Forward and backward of a batch of 128 digits through `robust`, over plain FP32."""
    data = load_dataset("digits")
    x, y = data.train_x[:_BATCH], data.train_y[:_BATCH]
    pixels = x.view(_BATCH, 1, 8, 8)
    large = F.interpolate(pixels, size=(28, 28), mode="bilinear", align_corners=False)
    torch.manual_seed(0)
    found = [(name, build_network(name, data, 0), x) for name in ("mlp", "cnn")]
    found.append(("LeNet-5, 28x28", lenet5((1, 28, 28), 10), large))
    return [_step(name, network, images, y, repetitions) for name, network, images in found]


def _step(name: str, network: nn.Module, x: Tensor, y: Tensor, repetitions: int) -> dict[str, Any]:
    def step(model: nn.Module) -> None:
        model.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()

    core = TensorCore("robust")
    light = convert(copy.deepcopy(network), core)
    times: tuple[list[float], list[float]] = ([], [])
    for repetition in range(-2, repetitions):
        with core.step(repetition + 2):
            for kept, model in zip(times, (network, light), strict=True):
                once = timed(step, model)
                if repetition >= 0:
                    kept.append(once)
    fp32, through = map(median, times)
    return {"network": name, "path": core.path, "ratio": through / fp32, "fp32_ms": 1e3 * fp32}
