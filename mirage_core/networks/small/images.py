"""What small networks of images have in common."""

from __future__ import annotations

import torch
from torch import nn

from photonics.errors import InputError

Shape = tuple[int, ...]
"""Channels, height and width of an image; or places of a text."""


def image_of(name: str, shape: Shape, least: int) -> tuple[int, int, int]:
    """Channels, height and width of the images that a network is to learn.

    Raises:
        InputError: for what is no image of at least so many pixels along each side.
    """
    if len(shape) != 3 or min(shape[1:]) < least:
        told = "x".join(map(str, shape))
        allowed = f"learns images of {least} x {least} pixels or more, and the data are {told}"
        raise InputError("model", name, allowed, "take another --model, or other --data")
    channels, height, width = shape
    return channels, height, width


def features_of(body: nn.Module, shape: Shape) -> int:
    """How many numbers a network makes of one input; its buffers stay as they are."""
    training = body.training
    with torch.no_grad():
        made = body.eval()(torch.zeros(1, *shape))
    body.train(training)
    return int(made[0].numel())


def head(features: int, classes: int) -> list[nn.Module]:
    """Mean over the image, and a linear layer."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, classes)]
