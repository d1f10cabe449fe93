"""Layers on the machine: gradients, conversion and back, what is refused."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

import mirage_core as mirage
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.mirage_core.helpers import exact_core, gradients, integers


@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(20, 6),
        nn.Linear(20, 6, bias=False),
        nn.Conv2d(4, 6, 3),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
        nn.Conv2d(4, 6, 3, groups=2, padding="same", bias=False),
        nn.Conv2d(4, 4, 3, padding=1, groups=4, padding_mode="circular"),
        nn.Conv2d(4, 6, 1, stride=2),
    ],
    ids=str,
)
def test_layers_equal_torch_on_numbers_that_the_format_holds(layer: nn.Module) -> None:
    shape = (3, 20) if isinstance(layer, nn.Linear) else (2, 4, 9, 8)
    with torch.no_grad():
        for i, parameter in enumerate(layer.parameters()):
            parameter.copy_(integers(*parameter.shape, seed=i))
    x = integers(*shape, seed=9)
    plain = copy.deepcopy(layer)
    upstream = integers(*plain(x).shape, seed=8)
    optical = mirage.convert(layer, exact_core())
    # Sums of small integers are exact in FP32, so any order gives the same bits.
    for found, expected in zip(
        gradients(optical, x, upstream), gradients(plain, x, upstream), strict=True
    ):
        assert torch.equal(found, expected)


def test_single_images_and_leading_axes() -> None:
    conv = mirage.convert(nn.Conv2d(2, 3, 3), exact_core())
    image = integers(2, 5, 5)
    assert torch.equal(conv(image), conv(image[None])[0])
    linear = mirage.convert(nn.Linear(6, 3), exact_core())
    x = integers(2, 4, 6)
    assert torch.equal(linear(x)[1, 2], linear(x[1, 2]))


@pytest.mark.parametrize("width", [1, 9, 15, 17, 32])
def test_inputs_of_the_wrong_width_are_refused(width: int) -> None:
    layer = mirage.convert(nn.Linear(16, 4), exact_core())
    with pytest.raises(InputError, match="must be 16 long"):
        layer(torch.ones(2, width))
    with pytest.raises(InputError, match="columns meet"):
        exact_core().gemm(torch.ones(4, 16), torch.ones(2, width), NoiseKey.from_seed(0), "x")


@pytest.mark.parametrize("shape", [(2, 2, 8, 8), (2, 4, 8, 8), (8, 8), (2, 8, 8)])
def test_images_of_the_wrong_channels_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="3 channels"):
        mirage.convert(nn.Conv2d(3, 4, 3), exact_core())(torch.ones(shape))


def test_layers_keep_to_half_and_single_precision() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    with pytest.raises(InputError, match="float64"):
        layer(torch.ones(2, 8, dtype=torch.float64))
    half = mirage.convert(nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4)).bfloat16(), exact_core())
    assert half(torch.ones(2, 8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_autocast_feeds_fp32() -> None:
    layer = mirage.convert(nn.Linear(8, 4), exact_core())
    x = integers(3, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.float32
    assert torch.equal(y, layer(x))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(8, 4), (0, 3, 8)),
        (nn.Conv2d(3, 4, 3), (0, 3, 8, 8)),
        (nn.ConvTranspose1d(3, 4, 3), (0, 3, 8)),
        (nn.LSTM(8, 4), (5, 0, 8)),
        (nn.GRU(8, 4, batch_first=True), (0, 5, 8)),
    ],
    ids=str,
)
def test_batches_may_be_empty(layer: nn.Module, shape: tuple[int, ...]) -> None:
    expected = layer(torch.ones(shape))
    found = mirage.convert(layer, exact_core())(torch.ones(shape))
    for a, b in zip(tree_leaves(found), tree_leaves(expected), strict=True):
        assert a.shape == b.shape


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_recurrent_layers_keep_to_half_precision(kind: type[nn.Module], dtype: torch.dtype) -> None:
    layer = mirage.convert(kind(8, 4).to(dtype), exact_core())  # type: ignore[call-arg]
    x = torch.ones(2, 3, 8, dtype=dtype)
    assert all(y.dtype == dtype for y in tree_leaves(layer(x)))
