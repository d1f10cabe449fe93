"""A small detector after YOLO v2 (Redmon and Farhadi, CVPR 2017, arXiv 1612.08242).

Its outputs (batch, anchor, 5 + class, row, column) are for each anchor of each cell of a grid: the
centre, width, height and presence of an object, and its class, as section 2 there has them; the
loss and the boxes are :mod:`mirage_core.training.tasks.detection`'s.
"""

from __future__ import annotations

from torch import Tensor, nn

from mirage_core.networks.small.images import Shape, image_of

STRIDE = 8
"""Pixels along each side of a cell."""
ANCHORS = ((1.2, 1.2), (1.8, 1.8))
"""Width and height in cells."""


class SmallYolo(nn.Module):
    """Five 3x3 convolutions with normalised batches, and a 1x1 one that tells what is seen."""

    def __init__(self, shape: Shape, classes: int) -> None:
        super().__init__()
        inputs, _, _ = image_of("small-yolo", shape, 2 * STRIDE)
        layers = list[nn.Module]()
        for width, pooled in ((16, True), (32, True), (64, True), (64, False), (64, False)):
            convolution = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(width), nn.LeakyReLU(0.1)]
            layers += [nn.MaxPool2d(2)] if pooled else []
            inputs = width
        self.features = nn.Sequential(*layers)
        self.detector = nn.Conv2d(inputs, len(ANCHORS) * (5 + classes), 1)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y: Tensor = self.detector(self.features(x)).unflatten(1, (len(ANCHORS), -1))
        return y
