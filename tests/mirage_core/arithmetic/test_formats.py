"""Number formats against independent implementations, published code points and exact rationals."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
import torch

from mirage_core import BfpFormat, TensorCore, load_machine
from mirage_core.arithmetic.formats import (
    AnalogFormat,
    Bfloat16Format,
    BlockFormat,
    FastFormat,
    Fp32Format,
    Hfp8Format,
    IntegerFormat,
    LnsFormat,
    NumberFormat,
)
from mirage_core.arithmetic.formats.base import Role, Share
from mirage_core.arithmetic.formats.hfp8 import GRADIENTS, VALUES, Minifloat
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.mirage_core.helpers import gaussian
from tests.tolerance import assert_mean

KEY = NoiseKey.from_seed(0)
PAIR: tuple[Role, Role] = ("value", "value")


def code_points(dtype: type) -> list[float]:
    """All finite numbers of an 8-bit floating-point type, ascending, without a negative zero."""
    values = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float64)
    return sorted({float(v) + 0.0 for v in values if math.isfinite(v)})


def all_numbers(small: Minifloat, exponents: int) -> list[float]:
    """A minifloat's numbers from its definition: sign, exponent code, mantissa code."""
    found = set()
    for code in range(exponents):
        for mantissa in range(1 << small.mantissa_bits):
            whole = mantissa + ((1 << small.mantissa_bits) if code else 0)
            unit = small.least_exponent + max(code - 1, 0) - small.mantissa_bits
            found |= {whole * 2.0**unit, -whole * 2.0**unit}
    return sorted(found)


@pytest.mark.parametrize(
    ("small", "dtype", "exponents"),
    [(VALUES, ml_dtypes.float8_e4m3b11fnuz, 16), (GRADIENTS, ml_dtypes.float8_e5m2, 31)],
    ids=["1-4-3", "1-5-2"],
)
def test_hfp8_holds_the_published_code_points_and_rounds_between_them(
    small: Minifloat, dtype: type, exponents: int
) -> None:
    points = code_points(dtype)
    assert points == all_numbers(small, exponents)
    assert (points[-1], min(p for p in points if p > 0)) == (small.largest, small.smallest)
    held = torch.tensor(points)
    assert torch.equal(small.round(held), held)
    # Between every two neighbours: the tie, and the FP32 numbers on both sides of it.
    low, high = held[:-1], held[1:]
    tie = (low + high) / 2
    below, above = tie.nextafter(low), tie.nextafter(high)
    assert torch.equal(small.round(below), low)
    assert torch.equal(small.round(above), high)
    even = torch.from_numpy(tie.numpy().astype(dtype).astype(np.float32))
    assert torch.equal(small.round(tie), even)
    assert set((even == low).tolist()) == {True, False}
    beyond = torch.tensor([small.largest * 1.01, 1e30, 3.4e38])
    assert torch.equal(small.round(-beyond), torch.full((3,), -small.largest))
    x = gaussian(100_000) * torch.exp2(6 * gaussian(100_000, seed=1))
    x = x[x.abs() <= small.largest]
    assert torch.equal(small.round(x), torch.from_numpy(x.numpy().astype(dtype).astype(np.float32)))


def test_hfp8_gradients_are_those_of_torch_and_values_differ_from_its_e4m3fn() -> None:
    x = gaussian(50_000) * torch.exp2(5 * gaussian(50_000, seed=1))
    inside = x[x.abs() < 57344]
    assert torch.equal(GRADIENTS.round(inside), inside.to(torch.float8_e5m2).float())
    # A bias larger by four scales everything by 2^-4, up to the code that e4m3fn gives to NaN.
    inside = x[x.abs() <= 28]
    assert torch.equal(VALUES.round(inside), (16 * inside).to(torch.float8_e4m3fn).float() / 16)
    assert VALUES.round(torch.tensor(30.0)) == 30.0
    assert len(code_points(ml_dtypes.float8_e4m3b11fnuz)) == 255
    assert len(code_points(ml_dtypes.float8_e4m3fn)) == 253


def test_hfp8_scales_gradients_and_nothing_else() -> None:
    hfp8 = Hfp8Format(loss_scale_log2=10)
    small = torch.tensor([[2.0**-26, 3 * 2.0**-20, 57344 / 1024, 1e30, 3e38]])
    kept = hfp8.represent(small, "gradient", KEY)
    assert kept.tolist() == [[2.0**-26, 3 * 2.0**-20, 56.0, 56.0, 56.0]]
    assert hfp8.represent(small, "value", KEY).tolist() == [[0.0, 0.0, 30.0, 30.0, 30.0]]
    unscaled = Hfp8Format(loss_scale_log2=0).represent(small, "gradient", KEY)
    assert unscaled.tolist() == [[0.0, 0.0, 56.0, 57344.0, 57344.0]]


def test_bfloat16_is_the_upper_half_rounded() -> None:
    every = torch.arange(-(1 << 15), 1 << 15).to(torch.int16).view(torch.bfloat16).float()
    every = every[every.isfinite()].view(1, -1)
    bfloat16 = Bfloat16Format()
    assert torch.equal(bfloat16.represent(every, "value", KEY), every)
    bits = np.random.default_rng(0).integers(0, 1 << 32, 200_000, dtype=np.uint32)
    x = bits.view(np.float32)
    x = x[np.isfinite(x)]
    found = bfloat16.represent(torch.from_numpy(x)[None], "value", KEY)[0].numpy()
    np.testing.assert_array_equal(found, x.astype(ml_dtypes.bfloat16).astype(np.float32))
    # By integer arithmetic alone: add just under half, and one more if the kept part is odd.
    raw = x.view(np.uint32).astype(np.uint64)
    upper = (raw + 0x7FFF + ((raw >> 16) & 1)) & 0xFFFF0000
    np.testing.assert_array_equal(found, upper.astype(np.uint32).view(np.float32))


def test_fp32_is_left_alone() -> None:
    w, x = gaussian(5, 40), gaussian(7, 40, seed=1)
    assert torch.equal(Fp32Format().product(w, x, PAIR, KEY), x @ w.T)


def integer_codes(x: list[float], bits: int) -> tuple[list[int], Fraction]:
    """Codes and scale of those that share one, in exact arithmetic; the scale is an FP32 number."""
    limit = 2 ** (bits - 1) - 1
    scale = Fraction(float(np.float32(max(map(abs, x))) / np.float32(limit)))
    if scale == 0:
        return [0] * len(x), scale
    return [max(-limit, min(limit, round(Fraction(v) / scale))) for v in x], scale


@pytest.mark.parametrize("scale", ["tensor", "channel"])
@pytest.mark.parametrize("bits", [2, 8, 12, 16])
def test_integers_follow_their_definition(bits: int, scale: Share) -> None:
    number_format = IntegerFormat(bits=bits, scale=scale)
    w = gaussian(3, 33) * torch.tensor([[1.0], [1e-3], [0.0]])
    x = torch.cat([gaussian(3, 33, seed=1) ** 3, torch.full((1, 33), 2.0**-149)])

    def codes(rows: list[list[float]]) -> list[tuple[list[int], Fraction]]:
        if scale == "channel":
            return [integer_codes(row, bits) for row in rows]
        flat, shared = integer_codes([v for row in rows for v in row], bits)
        return [(flat[i : i + 33], shared) for i in range(0, len(flat), 33)]

    w_codes, x_codes = codes(w.tolist()), codes(x.tolist())
    held = number_format.represent(w, "value", KEY).tolist()
    for row, (code, unit) in zip(held, w_codes, strict=True):
        assert row == [float(np.float32(float(c * unit))) for c in code]
    product = number_format.product(w, x, PAIR, KEY)
    for n, (x_code, x_scale) in enumerate(x_codes):
        for m, (w_code, w_scale) in enumerate(w_codes):
            dot = sum(a * b for a, b in zip(x_code, w_code, strict=True))
            # Both scales are FP32, so their product is exact in FP64 and rounds twice at most.
            assert float(product[n, m]) == float(np.float32(dot * float(x_scale * w_scale)))


def test_integers_round_ties_to_even_and_keep_the_largest() -> None:
    x = torch.tensor([[127.0, -127.0, 0.5, 1.5, 2.5, -2.5, 0.49999997, 126.5]])
    held = IntegerFormat().represent(x, "value", KEY)
    assert held.tolist() == [[127, -127, 0, 2, 2, -2, 0, 126]]


def test_logarithms_take_the_nearest_code() -> None:
    lns = LnsFormat(bits=8, base_factor=8)
    x = torch.cat([gaussian(4, 60) * torch.exp2(4 * gaussian(4, 60, seed=1)), torch.zeros(4, 2)], 1)
    held = lns.represent(x, "gradient", KEY)
    for row, kept in zip(x.tolist(), held.tolist(), strict=True):
        top = max(map(abs, row))
        for value, found in zip(row, kept, strict=True):
            if value == 0:
                assert found == 0
                continue
            # round(8 log2(top/|v|)) = k if and only if 2^(2k-1) <= (top/|v|)^16 <= 2^(2k+1).
            ratio = (Fraction(top) / Fraction(abs(value))) ** 16
            code = round(8 * math.log2(top / abs(found)))
            assert abs(found) == float(np.float32(top * 2.0 ** (-code / 8)))
            assert found * value > 0
            assert ratio <= Fraction(2) ** (2 * code + 1) or code == 127
            assert ratio >= Fraction(2) ** (2 * code - 1) or code == 0


def test_logarithms_have_all_their_codes_and_no_more() -> None:
    lns = LnsFormat(bits=4, base_factor=2)
    points = torch.exp2(-torch.arange(8) / 2)[None]
    assert torch.equal(lns.represent(points, "value", KEY), points)
    smaller = torch.tensor([[1.0, 1e-3, -1e-30, 0.0]])
    least = 2.0**-3.5
    held = lns.represent(smaller, "value", KEY)[0]
    assert held.tolist() == torch.tensor([1.0, least, -least, 0.0]).tolist()
    shared = LnsFormat(scale="tensor").represent(torch.tensor([[1.0], [2.0**-20]]), "value", KEY)
    assert shared[1].item() == torch.tensor(2.0 ** (-127 / 8)).item()
    assert LnsFormat().represent(torch.tensor([[1.0], [2.0**-20]]), "value", KEY)[1] == 2.0**-20


@pytest.mark.parametrize("kind", ["gaussian", "wide", "sparse"])
def test_mirage_as_a_format_is_the_tensor_core_bit_for_bit(kind: str) -> None:
    w, x = gaussian(9, 100), gaussian(11, 100, seed=1)
    if kind == "wide":
        w = w * torch.exp2(20 * gaussian(9, 100, seed=2))
    if kind == "sparse":
        x = x * (gaussian(11, 100, seed=3) > 1)
    core = TensorCore("isca2024-ideal", fidelity="integer")
    expected = core.gemm(w, x, KEY, "forward")
    assert torch.equal(BlockFormat().product(w, x, PAIR, KEY), expected)


def test_fast_rounds_stochastically_in_groups_of_sixteen() -> None:
    fast = FastFormat(bfp=BfpFormat(mantissa_bits=3, rounding="stochastic"))
    x = torch.full((4000, 16), 0.3)
    x[:, 0] = 0.9
    held = fast.represent(x, "value", KEY)[:, 1:]
    assert set(held.unique().tolist()) == {0.25, 0.375}
    chance = (0.3 - 0.25) / 0.125
    assert_mean(held.numpy(), 0.3, 0.125 * math.sqrt(chance * (1 - chance)))
    whole = fast.product(gaussian(3, 32), x[:6].repeat(1, 2), PAIR, KEY)
    part = fast.product(gaussian(3, 32), x[2:6].repeat(1, 2), PAIR, KEY, row_offset=2)
    assert torch.equal(part, whole[2:])


def test_analog_follows_its_definition() -> None:
    analog = AnalogFormat(bits=5, length=8, adc_bits=7)
    assert (analog.output_bits, analog.step) == (5 + 5 + 3 - 1, 2**5)
    w, x = gaussian(3, 21), gaussian(4, 21, seed=1) ** 3
    x[0, :8] = 0.0
    w[1, :8], x[1, :8] = torch.ones(8), torch.ones(8)  # the largest dot product
    product = analog.product(w, x, PAIR, KEY)
    for n, x_row in enumerate(x.tolist()):
        for m, w_row in enumerate(w.tolist()):
            total = np.float32(0)
            for start in range(0, 21, 8):
                x_code, x_scale = integer_codes(x_row[start : start + 8], 5)
                w_code, w_scale = integer_codes(w_row[start : start + 8], 5)
                dot = sum(a * b for a, b in zip(x_code, w_code, strict=True))
                code = max(-63, min(63, round(Fraction(dot, 32))))
                total += np.float32(code * 32 * float(x_scale * w_scale))
            assert float(product[n, m]) == float(total)
    assert analog.convert(torch.tensor([8 * 15.0**2])).item() == round(1800 / 32) * 32
    assert AnalogFormat(bits=5, length=8, adc_bits=2).convert(torch.tensor([1800.0])) == 1 << 10


def test_analog_with_enough_bits_loses_nothing() -> None:
    w, x = gaussian(5, 300), gaussian(6, 300, seed=1)
    exact = AnalogFormat(bits=6, length=64, adc_bits=17)
    assert exact.output_bits == 17
    products = [
        AnalogFormat(bits=6, length=64, adc_bits=b).product(w, x, PAIR, KEY)
        for b in (6, 8, 10, 17, 30)
    ]
    assert torch.equal(products[3], products[4])
    held = exact.represent(x, "value", KEY).double() @ exact.represent(w, "value", KEY).double().T
    # Three groups, each rounded to FP32 and added in FP32.
    assert float((products[3] - held).abs().max()) < 6 * 2.0**-24 * float(held.abs().max()) * 3
    errors = [float((p - products[3]).square().mean()) for p in products[:3]]
    # Two more bits are a quarter of the step and about a sixteenth of the noise.
    assert errors[0] > 4 * errors[1] > 16 * errors[2] > 0


@pytest.mark.parametrize("bits", range(2, 13))
@pytest.mark.parametrize("length", [1, 3, 16, 100, 128])
def test_output_bits_are_enough_and_one_less_is_not(bits: int, length: int) -> None:
    analog = AnalogFormat(bits=bits, length=length)
    largest = length * (2 ** (bits - 1) - 1) ** 2
    assert largest <= 2 ** (analog.output_bits - 1) - 1
    if bits > 6 and length in (16, 128):
        assert largest > 2 ** (analog.output_bits - 2) - 1


def test_output_bits_of_the_paper() -> None:
    assert AnalogFormat(bits=5, length=16).output_bits == 13
    assert AnalogFormat(bits=8, length=128).output_bits == 22


def test_bits_of_a_number() -> None:
    assert BlockFormat().bits_per_number(256) == 1 + 4 + 8 / 16
    assert IntegerFormat(scale="channel").bits_per_number(256) == 8 + 32 / 256
    assert IntegerFormat().bits_per_number(256) == Hfp8Format().bits_per_number(256) == 8


def test_ranges_are_those_of_the_code_points() -> None:
    points = [p for p in code_points(ml_dtypes.float8_e4m3b11fnuz) if p > 0]
    assert Hfp8Format().range_log2 == math.log2(max(points) / min(points))
    every = torch.arange(1 << 15).to(torch.int16).view(torch.bfloat16).double()
    every = every[every.isfinite() & (every > 0)]
    expected = math.log2(float(every.max())) - math.log2(float(every.min()))
    assert math.isclose(Bfloat16Format().range_log2, expected, rel_tol=1e-12)
    fp32 = math.log2(torch.finfo(torch.float32).max) - math.log2(2.0**-149)
    assert math.isclose(Fp32Format().range_log2, fp32, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: IntegerFormat(bits=1), "bits = 1: must be greater than or equal to 2"),
        (lambda: BfpFormat(mantissa_bits=11), "mantissa_bits = 11: must be less than or equal"),
        (lambda: BfpFormat(group_size=0), "group_size = 0: must be greater than or equal to 1"),
        (lambda: BfpFormat(mantisa_bits=4), "mantisa_bits = 4: no such field; did you mean manti"),
        (lambda: BfpFormat(rounding="up"), "rounding = 'up': must be 'truncate', 'nearest' or"),
        (
            lambda: FastFormat(bfp=BfpFormat(mantissa_bits=5, rounding="stochastic")),
            "bfp = '5 bits, stochastic': FAST has 2 to 4 bits",
        ),
        (lambda: FastFormat(bfp=BfpFormat()), "bfp = '4 bits, truncate': FAST has 2 to 4 bits"),
        (lambda: AnalogFormat(adc_bits=1), "adc_bits = 1: must be greater"),
        (lambda: BlockFormat(bfp={"mantissa_bits": 0}), "bfp.mantissa_bits = 0: must be greater"),
        (lambda: LnsFormat(base_factor=7), "base_factor = 7: must be a power of two; use 4 or 8"),
        (lambda: LnsFormat(base_factor=0), "base_factor = 0: must be greater"),
    ],
)
def test_impossible_formats_are_refused_in_one_line(
    make: Callable[[], NumberFormat], message: str
) -> None:
    with pytest.raises(InputError) as error:
        make()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_an_impossible_format_in_a_machine_is_named_with_its_place() -> None:
    with pytest.raises(InputError, match=r"^bfp\.mantissa_bits = 11: must be less"):
        load_machine("isca2024", ["bfp.mantissa_bits=11"])
    with pytest.raises(InputError, match=r"^bfp\.mantisa_bits = 4: no such .* mean mantissa_bits"):
        load_machine("isca2024", ["bfp.mantisa_bits=4"])


def test_powers_of_two_are_bases_of_logarithms() -> None:
    for power in range(13):
        assert LnsFormat(base_factor=1 << power).base_factor == 1 << power


def test_formats_are_copied_and_kept_like_other_parts() -> None:
    changed = LnsFormat().model_copy(update={"bits": 6})
    assert pickle.loads(pickle.dumps(changed)) == changed == LnsFormat(bits=6)
    assert LnsFormat.model_validate(changed.model_dump()) == changed


def test_stochastic_rounding_needs_random_numbers() -> None:
    with pytest.raises(InputError, match="key"):
        BfpFormat(rounding="stochastic").quantize(torch.ones(2))
