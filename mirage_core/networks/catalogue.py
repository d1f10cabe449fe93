"""Networks of full size by name, with what they are called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from mirage_core.networks.alexnet import AlexNet
from mirage_core.networks.mobilenet import mobilenet_v2
from mirage_core.networks.resnet import resnet18, resnet50
from mirage_core.networks.transformer import Transformer
from mirage_core.networks.vgg import vgg16
from mirage_core.networks.yolo import YoloV2
from mirage_core.tracing.trace import Trace, trace
from photonics.checks import whole_number
from photonics.errors import InputError

IMAGE = (3, 224, 224)


@dataclass(frozen=True)
class FullSize:
    """A network of full size.

    Attributes:
        build: makes it.
        shape: of one sample.
        parameters: how many numbers it trains.
        source: where that count is published.
    """

    build: Callable[[], nn.Module]
    shape: tuple[int, ...]
    parameters: int
    source: str

    def trace(self, batch: int, *, training: bool = True, input_gradient: bool = False) -> Trace:
        """Products for a batch, the network being built without numbers."""
        batch = whole_number("batch", batch, least=1)
        with torch.device("meta"):
            network, x = self.build(), torch.empty(batch, *self.shape)
        return trace(network, (x,), training=training, input_gradient=input_gradient)


_TORCHVISION = "torchvision 0.28, num_params of its weights"
NETWORKS = {
    "alexnet": FullSize(AlexNet, IMAGE, 61_100_840, _TORCHVISION),
    "resnet18": FullSize(resnet18, IMAGE, 11_689_512, _TORCHVISION),
    "resnet50": FullSize(resnet50, IMAGE, 25_557_032, _TORCHVISION),
    "vgg16": FullSize(vgg16, IMAGE, 138_357_544, _TORCHVISION),
    "mobilenetv2": FullSize(mobilenet_v2, IMAGE, 3_504_872, _TORCHVISION),
    "yolov2": FullSize(YoloV2, (3, 416, 416), 50_655_389, "size of yolov2-voc.weights"),
    "transformer": FullSize(
        Transformer, (64, 768), 85_054_464, "BERT base without embeddings, arXiv 1810.04805"
    ),
}
"""The seven networks of the paper."""


def full_size(name: str) -> FullSize:
    """A network by name.

    Raises:
        InputError: for an unknown one.
    """
    if name not in NETWORKS:
        allowed = f"must be one of {', '.join(NETWORKS)}"
        raise InputError("network", name, allowed, "or module:callable, which makes a network")
    return NETWORKS[name]
