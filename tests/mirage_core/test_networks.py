"""Networks of full size: parameters as published, layers as torchvision's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import torch
from torch import nn

from mirage_core.networks.catalogue import NETWORKS, full_size
from mirage_core.networks.resnet import resnet50
from mirage_core.tracing.trace import trace
from photonics.errors import InputError

THEIRS = {
    "alexnet": "alexnet",
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "vgg16": "vgg16",
    "mobilenetv2": "mobilenet_v2",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_are_as_many_as_published(name: str) -> None:
    network = NETWORKS[name]
    found = network.trace(2)
    assert found.parameters == network.parameters
    assert found.warnings == ()


def test_the_weights_of_yolo_fill_the_file_of_its_authors() -> None:
    """Running means and variances are in it; its head is four numbers of 4 bytes."""
    with torch.device("meta"):
        network = NETWORKS["yolov2"].build()
    running = sum(b.numel() for b in network.buffers() if b.ndim == 1)
    assert 4 * (NETWORKS["yolov2"].parameters + running) + 16 == 202_704_260


def _torchvision() -> Any:
    """Torchvision, whose operators are declared where its compiled part does not load."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in ("nms", "qnms"):
                if not hasattr(torch.ops.torchvision, name):
                    library.define(f"{name}(Tensor boxes, Tensor scores, float least) -> Tensor")
            import torchvision
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"torchvision does not load: {error}")
    return torchvision


@pytest.mark.parametrize("name", THEIRS)
def test_products_are_those_of_torchvision(name: str) -> None:
    models = _torchvision().models
    with torch.device("meta"):
        theirs, x = getattr(models, THEIRS[name])(), torch.empty(2, 3, 224, 224)
    expected = trace(theirs, [x]).products
    found = NETWORKS[name].trace(2).products

    def shape(product: Any) -> tuple[object, ...]:
        return (product.computation, product.m, product.k, product.n, product.count)

    assert [shape(p) for p in found] == [shape(p) for p in expected]


def test_the_first_residual_network_strides_earlier() -> None:
    with torch.device("meta"):
        x = torch.empty(1, 3, 224, 224)
        late, early = (trace(resnet50(s), [x], training=False) for s in ("3x3", "1x1"))  # type: ignore[arg-type]
    # Three stages halve in their first block: a 3x3 convolution on a quarter of the pixels, and a
    # 1x1 one before it.
    saved = sum(
        3 * (first - first // 4) * width * (4 * width // 2)
        for first, width in ((56**2, 128), (28**2, 256), (14**2, 512))
    )
    assert 3 * (late.macs - early.macs) == saved
    assert late.parameters == early.parameters


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(InputError, match="must be one of alexnet, resnet18"):
        full_size("lenet")
    with pytest.raises(InputError, match="batch = 0"):
        full_size("alexnet").trace(0)
    assert isinstance(full_size("vgg16").build(), nn.Module)
