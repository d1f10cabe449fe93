"""A small residual network, as He et al. (arXiv 1512.03385, section 4.2) have for CIFAR-10."""

from __future__ import annotations

from torch import nn

from mirage_core.networks.resnet import BasicBlock
from mirage_core.networks.small.images import Shape, head, image_of


def small_resnet(shape: Shape, classes: int) -> nn.Module:
    """Their 6n+2 layers with n = 1: a convolution, three blocks of 16, 32 and 64 maps."""
    channels, _, _ = image_of("small-resnet", shape, 8)
    return nn.Sequential(
        *(nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
        BasicBlock(16, 16, 1, "3x3"),
        BasicBlock(16, 32, 2, "3x3"),
        BasicBlock(32, 64, 2, "3x3"),
        *head(64, classes),
    )
