"""VGG-16 without batch normalisation.

Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
recognition", arXiv 1409.1556, column D; torchvision 0.28, ``models/vgg.py``.
"""

from __future__ import annotations

from torch import nn

_WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def vgg16() -> nn.Sequential:
    """Thirteen 3x3 convolutions and three linear layers, 138 million parameters."""
    layers, inputs = list[nn.Module](), 3
    for stage in _WIDTHS:
        for width in stage:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    classifier = nn.Sequential(
        nn.Linear(512 * 7 * 7, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 1000),
    )
    return nn.Sequential(
        nn.Sequential(*layers), nn.AdaptiveAvgPool2d((7, 7)), nn.Flatten(), classifier
    )
