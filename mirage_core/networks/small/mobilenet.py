"""A small network after MobileNetV2 (Sandler et al., arXiv 1801.04381)."""

from __future__ import annotations

from torch import nn

from mirage_core.networks.mobilenet import InvertedResidual
from mirage_core.networks.small.images import Shape, head, image_of


def small_mobilenet(shape: Shape, classes: int) -> nn.Module:
    """A convolution, four inverted residuals that halve the image twice, and a linear layer."""
    channels, _, _ = image_of("small-mobilenet", shape, 8)
    return nn.Sequential(
        *(nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU6()),
        InvertedResidual(16, 16, 1, 1),
        InvertedResidual(16, 24, 2, 4),
        InvertedResidual(24, 24, 1, 4),
        InvertedResidual(24, 32, 2, 4),
        *head(32, classes),
    )
