"""A small network after VGG (Simonyan and Zisserman, arXiv 1409.1556), with normalised batches."""

from __future__ import annotations

from torch import nn

from mirage_core.networks.small.images import Shape, features_of, image_of

_WIDTHS = ((16, 16), (32, 32), (64, 64))


def small_vgg(shape: Shape, classes: int) -> nn.Module:
    """Three stages of two 3x3 convolutions, each pooled after, and two linear layers."""
    inputs, _, _ = image_of("small-vgg", shape, 8)
    layers = list[nn.Module]()
    for stage in _WIDTHS:
        for width in stage:
            convolution = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    body = nn.Sequential(*layers, nn.Flatten())
    features = features_of(body, shape)
    return nn.Sequential(*body, nn.Linear(features, 128), nn.ReLU(), nn.Linear(128, classes))
