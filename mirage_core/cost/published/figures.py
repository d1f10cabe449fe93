"""Figures of the paper as numbers, digitised from its vector drawings to about 0.1 %; Table I.

Source: Demirkiran et al., ISCA 2024, arXiv 2311.17323v2, Figs. 5 to 9, and Table I as printed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

NETWORKS = {
    "AlexNet": "alexnet",
    "ResNet18": "resnet18",
    "ResNet50": "resnet50",
    "VGG16": "vgg16",
    "MobileNetV2": "mobilenetv2",
    "YOLOv2": "yolov2",
    "Transformer": "transformer",
}
"""Networks as the paper calls them, and as we do."""


@cache
def figures() -> dict[str, Any]:
    """All figures, by name."""
    text = files(__package__).joinpath("figures.json").read_text()
    found: dict[str, Any] = json.loads(text)
    return found
