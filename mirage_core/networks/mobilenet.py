"""MobileNetV2: inverted residuals with depthwise convolutions.

Source: Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", CVPR 2018,
arXiv 1801.04381, Table 2; torchvision 0.28, ``models/mobilenetv2.py``.
"""

from __future__ import annotations

from torch import Tensor, nn

# Expansion, channels, blocks, stride of the first block.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU6()]


class InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a depthwise one, and a 1x1 one back to few."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers = [] if expansion == 1 else _convolution(inputs, wide, 1)
        layers += _convolution(wide, wide, 3, stride, groups=wide)
        layers += [nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*layers)
        self.has_short_cut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        y: Tensor = self.conv(x)
        return x + y if self.has_short_cut else y


def mobilenet_v2() -> nn.Sequential:
    """Width 1, 3.5 million parameters."""
    layers, inputs = _convolution(3, 32, 3, 2), 32
    for expansion, outputs, blocks, stride in _STAGES:
        for i in range(blocks):
            layers.append(InvertedResidual(inputs, outputs, stride if i == 0 else 1, expansion))
            inputs = outputs
    layers += _convolution(inputs, 1280, 1)
    pool = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(1280, 1000)]
    return nn.Sequential(*layers, *pool)
