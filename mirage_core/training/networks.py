"""Networks by name, built for a data set from a seed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from mirage_core.training.datasets import Dataset
from photonics.errors import InputError
from photonics.random import seed_number


def mlp(data: Dataset) -> nn.Module:
    """Two linear layers with 64 hidden units."""
    inputs = data.train_x[0].numel()
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 64), nn.ReLU(), nn.Linear(64, data.classes)
    )


def cnn(data: Dataset) -> nn.Module:
    """Two 3x3 convolutions with pooling, and a linear layer."""
    channels, height, width = data.train_x.shape[1:]
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), data.classes),
    )


_NETWORKS: dict[str, Callable[[Dataset], nn.Module]] = {"mlp": mlp, "cnn": cnn}


def network_names() -> list[str]:
    """Names that :func:`build_network` knows."""
    return sorted(_NETWORKS)


def build_network(name: str, data: Dataset, seed: int) -> nn.Module:
    """Build a network with initial weights that depend on the seed alone.

    Raises:
        InputError: for an unknown name, or what is no seed.
    """
    if name not in _NETWORKS:
        raise InputError("model", name, f"must be one of {', '.join(network_names())}")
    with torch.random.fork_rng():
        torch.manual_seed(seed_number("seed", seed))
        return _NETWORKS[name](data)
