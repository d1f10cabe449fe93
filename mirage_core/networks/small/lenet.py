"""LeNet-5 with rectifiers and maxima.

Source: LeCun et al., "Gradient-based learning applied to document recognition", Proc. IEEE 86,
2278 (1998); there all of 16 maps see only some of the 6 before them.
"""

from __future__ import annotations

from torch import nn

from mirage_core.networks.small.images import Shape, features_of, image_of


def lenet5(shape: Shape, classes: int) -> nn.Module:
    """Two 5x5 convolutions and three linear layers; 61,706 parameters for MNIST.

    Images of 32 pixels or more are not padded; smaller ones are, to become as large.  Below 12
    pixels the second convolution is padded, too.
    """
    channels, height, width = image_of("lenet5", shape, 6)
    first = 2 if min(height, width) < 32 else 0
    second = 2 if min(height, width) < 12 else 0
    body = nn.Sequential(
        *(nn.Conv2d(channels, 6, 5, padding=first), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5, padding=second), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    )
    features = features_of(body, shape)
    return nn.Sequential(
        *body,
        *(nn.Linear(features, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()),
        nn.Linear(84, classes),
    )
