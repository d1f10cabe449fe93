"""Convolutions on the core, plain and transposed, of one to three axes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian
from tests.mirage_core.learning.agreement import assert_agrees, assert_agrees_in_context

SIZES = {1: (9,), 2: (9, 8), 3: (5, 6, 7)}


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv1d(4, 6, 3),
        nn.Conv1d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2),
        nn.Conv1d(4, 4, 4, padding="same", padding_mode="reflect", groups=4, bias=False),
        nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2),
        nn.Conv2d(4, 6, (4, 3), padding="same", padding_mode="replicate"),
        nn.Conv2d(4, 6, (4, 3), padding="same"),
        nn.Conv3d(4, 6, (3, 2, 1), stride=(2, 1, 3), padding=(1, 0, 2), dilation=(1, 2, 1)),
        nn.Conv3d(4, 6, 3, padding="same", padding_mode="circular", groups=2),
        nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose1d(4, 6, 2, dilation=3, output_padding=2, groups=2),
        nn.ConvTranspose2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2)),
        nn.ConvTranspose2d(4, 4, 3, groups=4, bias=False),
        nn.ConvTranspose3d(4, 6, (2, 3, 2), stride=(2, 1, 2), padding=1, dilation=(2, 1, 1)),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_convolutions_are_those_of_torch(layer: nn.Module) -> None:
    axes = layer.weight.ndim - 2  # type: ignore[union-attr, operator]
    # Operators count padding along all axes alike, which these do before they convolve.
    counted = getattr(layer, "padding_mode", "zeros") == "zeros" and layer.padding != "same"
    assert_agrees(layer, gaussian(2, 4, *SIZES[axes]), counted=counted)


@pytest.mark.parametrize(
    "layer", [nn.Conv1d(4, 2, 3), nn.Conv3d(4, 2, 2), nn.ConvTranspose2d(4, 2, 3)]
)
def test_single_images(layer: nn.Module) -> None:
    axes = layer.weight.ndim - 2  # type: ignore[union-attr, operator]
    assert_agrees(layer, gaussian(4, *SIZES[axes]), counted=False)


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("of", ["input", "weight", "both", "neither"])
def test_the_memory_format_is_torchs(axes: int, of: str, single: bool, transposed: bool) -> None:
    last = torch.channels_last if axes == 2 else torch.channels_last_3d
    kind = getattr(nn, f"Conv{'Transpose' if transposed else ''}{axes}d")
    for kernel, groups, padding in ((3, 1, 0), (1, 1, 0), (3, 2, 0), (7, 1, 3)):
        layer = kind(4, 6, kernel, groups=groups, padding=padding)
        x = gaussian(2, 4, *(7 - axes,) * axes)
        if of in ("weight", "both"):
            layer = layer.to(memory_format=last)
        if of in ("input", "both"):
            x = x.contiguous(memory_format=last)
        x = x[0] if single else x
        expected = layer(x)
        found = mirage.convert(layer, mirage.FormatCore("fp32"))(x)
        assert found.stride() == expected.stride()


def test_autocast_of_convolutions_keeps_the_memory_format() -> None:
    layer, x = nn.Conv2d(4, 6, 3), gaussian(2, 4, *SIZES[2])
    x = x.contiguous(memory_format=torch.channels_last).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        expected = layer(x)
        found = mirage.convert(layer, mirage.FormatCore("fp32"))(x)
    assert found.stride() == expected.stride()


def test_a_view_goes_on_working() -> None:
    layer = mirage.convert(nn.Conv2d(1, 2, 3), exact_core())
    assert layer(torch.ones(3, 1, 5, 5)).view(3, -1).shape == (3, 18)


def convolved(geometry: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return torch.convolution(x, weight, None, *geometry)


def test_the_general_function_is_told_whether_it_is_transposed() -> None:
    x, weight = gaussian(2, 4, 9), gaussian(4, 4, 3, seed=1)
    for transposed in (False, True):
        geometry = [2], [1], [1], transposed, [0], 1
        assert_agrees_in_context(partial(convolved, geometry), x, weight)
    assert_agrees_in_context(lambda x, w: F.conv1d(x, w, padding="valid"), x, weight)


def test_what_does_not_fit_is_refused() -> None:
    conv = mirage.convert(nn.Conv1d(4, 2, 3, dilation=4), mirage.FormatCore("fp32"))
    with pytest.raises(InputError, match=r"is smaller than the kernel, which spans \(9,\) pixels"):
        conv(torch.ones(1, 4, 8))
    with pytest.raises(InputError, match="4 channels"):
        mirage.convert(nn.ConvTranspose1d(4, 2, 3), mirage.FormatCore("fp32"))(torch.ones(1, 3, 8))
