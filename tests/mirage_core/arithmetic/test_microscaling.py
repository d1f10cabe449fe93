"""MX formats against the tables of their specification, other casts and exact sums."""

from __future__ import annotations

import math
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mirage_core import FormatCore, InputError, convert
from mirage_core.arithmetic.formats import BASELINES, MxFormat
from mirage_core.arithmetic.formats.microscaling import ELEMENTS, in_blocks, scale_log2
from photonics.random import NoiseKey
from tests.mirage_core.helpers import gaussian

KEY = NoiseKey.from_seed(0)
# Code points of other implementations, and how many codes there are.
DTYPES = {
    "e4m3": (ml_dtypes.float8_e4m3fn, 256),
    "e5m2": (ml_dtypes.float8_e5m2, 256),
    "e2m1": (ml_dtypes.float4_e2m1fn, 16),
}


def numbers(element: str) -> Tensor:
    """All finite numbers of an element type, ascending, with one zero."""
    dtype, codes = DTYPES[element]
    values = np.arange(codes, dtype=np.uint8).view(dtype).astype(np.float32)
    return torch.from_numpy(np.unique(values[np.isfinite(values)] + np.float32(0)))


def cast(x: Tensor, element: str) -> Tensor:
    """Rounded by another implementation, saturated."""
    top = float(numbers(element).max())
    return torch.from_numpy(
        x.clamp(-top, top).numpy().astype(DTYPES[element][0]).astype(np.float32)
    )


def test_elements_are_those_of_the_specification() -> None:
    assert numbers("e2m1").tolist()[7:] == [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    # Table 1 and section 5.3: largest, smallest normal and smallest subnormal number.
    ends = {"e4m3": (448, -6, -9), "e5m2": (57344, -14, -16), "e2m1": (6, 0, -1)}
    for name, (largest, normal, subnormal) in ends.items():
        element, held = ELEMENTS[name], numbers(name)
        assert element.largest == largest == held.max()
        assert element.smallest == 2.0**subnormal == held[held > 0].min()
        assert element.least_exponent == normal
    emax = {n: e.largest_exponent for n, e in ELEMENTS.items()}
    assert emax == {"e4m3": 8, "e5m2": 15, "e2m1": 2}
    assert {n: len(numbers(n)) for n in ELEMENTS} == {"e4m3": 253, "e5m2": 247, "e2m1": 15}


@pytest.mark.parametrize("name", ELEMENTS)
def test_elements_round_to_the_nearest_with_ties_to_even_and_saturate(name: str) -> None:
    element, held = ELEMENTS[name], numbers(name)
    assert torch.equal(element.round(held), held)
    low, high = held[:-1], held[1:]
    tie = (low + high) / 2
    assert torch.equal(element.round(tie.nextafter(low)), low)
    assert torch.equal(element.round(tie.nextafter(high)), high)
    assert torch.equal(element.round(tie), cast(tie, name))
    assert set((element.round(tie) == low).tolist()) == {True, False}
    beyond = torch.tensor([1.0, 1.03, 1.99, 1e30]) * element.largest
    assert set(element.round(torch.cat([beyond, -beyond])).abs().tolist()) == {element.largest}
    if name != "e2m1":
        torch_type = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}[name]
        x = gaussian(20_000) * torch.exp2(5 * gaussian(20_000, seed=1))
        x = x[x.abs() <= element.largest]
        assert torch.equal(element.round(x), x.to(torch_type).float())


@pytest.mark.parametrize("name", ELEMENTS)
def test_scales_are_those_of_the_specification_for_every_magnitude(name: str) -> None:
    power = torch.exp2(torch.arange(-149, 128).double()).float()[:, None]
    most = torch.cat([power, 1.5 * power, power.nextafter(torch.zeros(()))], 1)
    most = torch.where(most > 0, most, power)
    blocks = torch.stack([most / 8, -most], -1)
    found = scale_log2(blocks, ELEMENTS[name])[..., 0]
    for row, magnitudes in zip(found.tolist(), most.tolist(), strict=True):
        for log2, magnitude in zip(row, magnitudes, strict=True):
            floor = math.frexp(magnitude)[1] - 1
            assert 2.0**floor <= magnitude < 2.0 ** (floor + 1)
            assert log2 == max(floor - ELEMENTS[name].largest_exponent, -127)
    # Every scale is a number of E8M0, as torch has it.
    scales = torch.exp2(found.double()).float()
    assert torch.equal(scales.to(torch.float8_e8m0fnu).float(), scales)


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_element_under_every_scale_is_held(name: str) -> None:
    held, top = numbers(name), ELEMENTS[name].largest
    log2 = torch.arange(-127, 128, dtype=torch.float64)[:, None]
    blocks = held.double() * torch.exp2(log2)
    fits = top * torch.exp2(log2[:, 0]) <= torch.finfo(torch.float32).max
    assert int(fits.sum()) == 255 - ELEMENTS[name].largest_exponent
    blocks = blocks[fits].float()
    assert torch.equal(in_blocks(blocks, ELEMENTS[name]), blocks)


@pytest.mark.parametrize("name", ELEMENTS)
def test_blocks_are_scaled_and_cast_as_another_implementation_does(name: str) -> None:
    spread = torch.exp2(6 * gaussian(500, 32, seed=1) + 30 * gaussian(500, 1, seed=2))
    x = gaussian(500, 32) * spread
    most = x.abs().amax(1, keepdim=True).double()
    scale = torch.exp2(most.log2().floor() - ELEMENTS[name].largest_exponent)
    inner = (x.double() / scale).float()
    expected = (cast(inner, name).double() * scale).float()
    assert torch.equal(in_blocks(x, ELEMENTS[name]), expected)
    # Some of the largest elements lie beyond the largest number, and saturate.
    assert bool((inner.abs() > ELEMENTS[name].largest).any())


def test_a_block_that_has_no_scale_is_nan_and_its_neighbours_are_not() -> None:
    x = torch.ones(3, 70)
    x[0, 3], x[1, 40], x[2, 69] = math.nan, math.inf, -math.inf
    held = MxFormat().represent(x, "value", KEY)
    blocks = [held[:, i : i + 32].isnan().float().mean(1).tolist() for i in (0, 32, 64)]
    assert blocks == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert torch.equal(MxFormat().represent(torch.zeros(2, 40), "value", KEY), torch.zeros(2, 40))


def test_blocks_have_32_elements_each_with_a_scale() -> None:
    x = torch.full((1, 64), 2.0**-20)
    x[0, 31] = 1.0
    held = BASELINES["mxfp4"].represent(x, "value", KEY)[0]
    assert held[:31].tolist() == [0.0] * 31
    assert held[31:].tolist() == [1.0] + [2.0**-20] * 32


def test_products_are_exact_in_blocks_and_add_up_in_fp32() -> None:
    w, x = gaussian(3, 70), gaussian(4, 70, seed=1)
    for mx in (MxFormat(gradients="e4m3"), BASELINES["mxfp4"]):
        held = [mx.represent(t, "value", KEY).tolist() for t in (w, x)]
        found = mx.product(w, x, ("value", "value"), KEY)
        for n, row in enumerate(held[1]):
            for m, other in enumerate(held[0]):
                total = np.float32(0)
                for start in range(0, 70, 32):
                    pairs = zip(row[start : start + 32], other[start : start + 32], strict=True)
                    total += np.float32(float(sum(Fraction(a) * Fraction(b) for a, b in pairs)))
                assert float(found[n, m]) == float(total)
        assert torch.equal(mx.product(w, x[2:], ("value", "value"), KEY), found[2:])


def test_a_layer_quantises_each_of_its_three_products_along_its_own_axis() -> None:
    layer = convert(nn.Linear(40, 33, bias=False), FormatCore("mxfp8"))
    x, upstream = gaussian(35, 40).requires_grad_(), gaussian(35, 33, seed=1) ** 3
    layer(x).backward(upstream)

    def values(t: Tensor) -> Tensor:
        return MxFormat().represent(t.detach(), "value", KEY).double()

    def gradient(t: Tensor) -> Tensor:
        return MxFormat().represent(t, "gradient", KEY).double()

    w = layer.weight
    assert w.grad is not None
    pairs = (
        (layer(x), values(x) @ values(w).T),
        (x.grad, gradient(upstream) @ values(w.T).T),
        (w.grad, gradient(upstream.T) @ values(x.T).T),
    )
    for found, expected in pairs:
        # Two blocks at most: three roundings to FP32 of sums within the largest one.
        largest = float(expected.abs().max())
        torch.testing.assert_close(found.double(), expected, rtol=0, atol=4 * 2.0**-24 * largest)
    assert not torch.equal(gradient(upstream), values(upstream))


def test_names_bits_and_ranges() -> None:
    mx8, mx4 = BASELINES["mxfp8"], BASELINES["mxfp4"]
    assert (mx8.name, mx4.name) == ("MXFP8 E4M3/E5M2", "MXFP4 E2M1")
    assert (mx8.bits_per_number(64), mx4.bits_per_number(64)) == (8.25, 4.25)
    assert (mx8.range_log2, mx4.range_log2) == (math.log2(448) + 9, math.log2(12))
    with pytest.raises(InputError, match="values = 'e3m4': must be 'e4m3', 'e5m2' or 'e2m1'"):
        MxFormat(values="e3m4")  # type: ignore[arg-type]
