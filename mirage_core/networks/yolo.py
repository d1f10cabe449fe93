"""YOLO v2 for the 20 classes of PASCAL VOC, 416 x 416 pixels.

Source: Redmon and Farhadi, "YOLO9000: Better, faster, stronger", CVPR 2017, arXiv 1612.08242, with
the layers of the authors' ``yolov2-voc.cfg``: their file of weights, 202,704,260 bytes, holds the
numbers of these layers (running means and variances included) behind a head of 16 or 20 bytes.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Channels and kernels of the layers; "M" halves the image.
_TO_PASSTHROUGH = (
    (32, 3), "M", (64, 3), "M", (128, 3), (64, 1), (128, 3), "M", (256, 3), (128, 1), (256, 3), "M",
    (512, 3), (256, 1), (512, 3), (256, 1), (512, 3),
)  # fmt: skip
_BEHIND = ("M", (1024, 3), (512, 1), (1024, 3), (512, 1), (1024, 3), (1024, 3), (1024, 3))
_ANCHORS, _CLASSES, _PASSED = 5, 20, 64


def _convolution(inputs: int, outputs: int, kernel: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1)]


def _layers(listed: tuple[object, ...], inputs: int) -> nn.Sequential:
    layers = list[nn.Module]()
    for layer in listed:
        if isinstance(layer, tuple):
            outputs, kernel = layer
            layers += _convolution(inputs, outputs, kernel)
            inputs = outputs
        else:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


class YoloV2(nn.Module):
    """Darknet-19 with a passthrough of finer features to the detector."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = _layers(_TO_PASSTHROUGH, 3)
        self.coarse = _layers(_BEHIND, 512)
        self.passed = nn.Sequential(*_convolution(512, _PASSED, 1))
        outputs = _ANCHORS * (5 + _CLASSES)
        self.detector = nn.Sequential(
            *_convolution(4 * _PASSED + 1024, 1024, 3), nn.Conv2d(1024, outputs, 1)
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        fine = self.fine(x)
        # Four pixels of the finer image become four times as many channels of one.
        passed = nn.functional.pixel_unshuffle(self.passed(fine), 2)
        y: Tensor = self.detector(torch.cat((passed, self.coarse(fine)), dim=1))
        return y
