"""The simplest networks of images."""

from __future__ import annotations

import math

from torch import nn

from mirage_core.networks.small.images import Shape, image_of


def mlp(shape: Shape, classes: int) -> nn.Module:
    """Two linear layers with 64 hidden units."""
    return nn.Sequential(
        nn.Flatten(), nn.Linear(math.prod(shape), 64), nn.ReLU(), nn.Linear(64, classes)
    )


def cnn(shape: Shape, classes: int) -> nn.Module:
    """Two 3x3 convolutions with pooling, and a linear layer."""
    channels, height, width = image_of("cnn", shape, 4)
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), classes),
    )
