"""Residual networks of 18 and 50 layers.

Source: He et al., "Deep residual learning for image recognition", CVPR 2016, arXiv 1512.03385;
torchvision 0.28, ``models/resnet.py``.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

Strided = Literal["3x3", "1x1"]


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a short cut."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int, strided: Strided) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _short_cut(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 ones, beside a short cut.

    Where the image is halved, either the 3x3 convolution does it (torchvision's, called v1.5) or
    the first 1x1 one, as published.
    """

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int, strided: Strided) -> None:
        super().__init__()
        first, middle = (stride, 1) if strided == "1x1" else (1, stride)
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, middle, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _short_cut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """A convolution, four stages of residual blocks, and a linear layer.

    Args:
        block: kind of the blocks.
        blocks: how many in each stage.
        strided: which convolution of a bottleneck halves the image.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        blocks: tuple[int, int, int, int],
        strided: Strided = "3x3",
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        inputs = 64
        for stage, count in enumerate(blocks, 1):
            width, made = 64 << (stage - 1), list[nn.Module]()
            for i in range(count):
                stride = 2 if i == 0 and stage > 1 else 1
                made.append(block(inputs, width, stride, strided))
                inputs = width * block.expansion
            self.add_module(f"layer{stage}", nn.Sequential(*made))
        self.fc = nn.Linear(inputs, 1000)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            y = self.get_submodule(f"layer{stage}")(y)
        z: Tensor = self.fc(F.adaptive_avg_pool2d(y, 1).flatten(1))
        return z


def _short_cut(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if inputs == outputs and stride == 1:
        return None
    convolution = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


def resnet18() -> ResNet:
    """18 layers, 11.7 million parameters."""
    return ResNet(BasicBlock, (2, 2, 2, 2))


def resnet50(strided: Strided = "3x3") -> ResNet:
    """50 layers, 25.6 million parameters."""
    return ResNet(Bottleneck, (3, 4, 6, 3), strided)
