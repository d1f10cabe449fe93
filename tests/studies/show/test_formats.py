"""The table of formats against closed forms, and the command that shows it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from scipy.stats import kstest

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.formats import (
    BASELINES,
    Bfloat16Format,
    BlockFormat,
    Hfp8Format,
    IntegerFormat,
    LnsFormat,
    NumberFormat,
)
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.questions.formats import contestants
from studies.show import formats
from tests.commands import invoke
from tests.figures import is_picture
from tests.tolerance import Z, assert_mean

KEY = NoiseKey.from_seed(0)
COUNT = 1 << 16


def uniform(low: float, high: float) -> torch.Tensor:
    return (low + (high - low) * KEY.uniform(0, COUNT)).float().view(1, -1)


def measured_db(number_format: NumberFormat, x: torch.Tensor) -> float:
    return formats.snr_db(x, number_format.represent(x, "value", KEY))


def assert_snr(found_db: float, signal: float, noise: float) -> None:
    """Within z of a ratio of two means of squares, each of relative rms sqrt(4/5 / n) at most.

    4/5 is the relative variance of the square of a uniform number; that of a signal within a
    factor of two is smaller.
    """
    allowed = 10 / math.log(10) * Z * math.sqrt(2 * 0.8 / COUNT)
    assert abs(found_db - 10 * math.log10(signal / noise)) < allowed


@pytest.mark.parametrize("bits", [8, 12])
def test_uniform_quantiser(bits: int) -> None:
    x = uniform(-1, 1)
    x[0, 0] = 1.0
    step = 1 / (2 ** (bits - 1) - 1)
    assert_snr(measured_db(IntegerFormat(bits=bits), x), 1 / 3, step**2 / 12)


@pytest.mark.parametrize(
    ("number_format", "mantissa_bits"), [(Bfloat16Format(), 7), (Hfp8Format(), 3)], ids=str
)
def test_floating_point_within_a_binade(number_format: NumberFormat, mantissa_bits: int) -> None:
    # Uniform in 1 ... 2, the step is 2^-bits throughout.
    assert_snr(measured_db(number_format, uniform(1, 2)), 7 / 3, 4.0**-mantissa_bits / 12)


def test_block_floating_point_truncates_and_rounds() -> None:
    # One element near 1 in each group holds the exponent; the others are uniform below.
    x = uniform(-0.96, 0.96).view(-1, 16)
    x[:, 0] = 0.9375  # a whole mantissa, which adds no noise
    others = x[:, 1:]
    for rounding, share in (("truncate", 3), ("nearest", 12)):
        bfp = BlockFormat(bfp=BfpFormat(rounding=rounding))  # type: ignore[arg-type]
        held = bfp.represent(x, "value", KEY)[:, 1:]
        if rounding == "nearest":
            inside = others.abs() < 0.9375 + 2.0**-5
            assert bool(inside.all())
        error = (held - others).double()
        # The outermost cells are cut off at 0.96: 0.36 of a step of 15.36.
        cells = 15.36
        cut = 0.36
        if rounding == "truncate":
            expected = ((15 + cut**3) / 3) / cells * 4.0**-4
        else:
            expected = (15 / 12 + (cut**3 - 0.125) / 3 + 1 / 24) / cells * 4.0**-4
        assert_mean(error.square().numpy(), expected, math.sqrt(0.8) * 4.0**-4 / share)


def test_logarithms_have_one_relative_error() -> None:
    gamma = 8
    x = torch.exp2(-uniform(0, 14))
    x[0, 0] = 1.0
    relative = LnsFormat(base_factor=gamma).represent(x, "value", KEY) / x - 1
    w = 1 / (2 * gamma)

    def moment(power: float) -> float:
        """Mean of 2^(power·u) for u uniform in ±w."""
        a = power * math.log(2) * w
        return math.sinh(a) / a

    mean_square = moment(2) - 2 * moment(1) + 1
    fourth = moment(4) - 4 * moment(3) + 6 * moment(2) - 4 * moment(1) + 1
    spread = math.sqrt(fourth - mean_square**2)
    assert_mean(relative.double().square().numpy(), mean_square, spread)


@pytest.mark.parametrize(
    "number_format",
    [
        Bfloat16Format(),
        Hfp8Format(),
        LnsFormat(scale="tensor"),
        BlockFormat(bfp=BfpFormat(rounding="stochastic")),
    ],
    ids=lambda f: f.name,
)
def test_errors_of_both_operands_add_up_in_a_product(number_format: NumberFormat) -> None:
    depth = 256
    rows = []
    for name in ("w", "x"):
        x = formats.gaussian(64, depth, KEY.fold(depth, name))
        held = number_format.represent(x, "value", KEY.fold("rounding", name))
        rows.append(10 ** (-formats.snr_db(x, held) / 10))
    expected = rows[0] + rows[1] + rows[0] * rows[1]
    found = formats.gemm_error(number_format, depth, KEY) ** 2
    # 64 x 64 sums; the errors of one row are shared by 64 of them, so count the rows of both.
    assert abs(found / expected - 1) < Z * math.sqrt(2 / 128)


def test_heavy_tails_are_those_of_student() -> None:
    x = formats.student_t(8, 1024, KEY).flatten().numpy()
    assert kstest(x, "t", (3,)).pvalue > 1e-5
    assert kstest(formats.gaussian(8, 1024, KEY).flatten().numpy(), "norm").pvalue > 1e-5
    assert kstest(x, "norm").pvalue < 1e-5


def test_a_format_with_a_name_is_shown_and_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    new = IntegerFormat(bits=6)
    assert new not in formats.formats()
    monkeypatch.setitem(BASELINES, "int6", new)
    assert formats.formats()[-1] == new
    assert new.name in contestants()


@pytest.mark.slow  # 3 s
def test_show_formats_prints_draws_and_emits(tmp_path: Path) -> None:
    target = tmp_path / "formats.json"
    arguments = ["show", "formats", "--out", str(tmp_path / "out"), "--json", str(target)]
    shown = invoke(*arguments)
    rows = {row["name"]: row for row in json.loads(target.read_text())}
    assert len(rows) == len(formats.formats())
    for name in rows:
        assert name in shown
    assert is_picture(tmp_path / "out" / "formats.png")
    assert rows["FP32"]["snr_db"]["normal"] is None
    assert rows["BFP 4 bit, g=16"]["bits"] == 5.5
    # What residues are there to beat: the converter that just suffices for a residue.
    errors = {n: row["gemm_error"]["4096"] for n, row in rows.items()}
    assert errors["analog 8 bit, h=128, ADC 8/22"] > 10 * errors["analog 8 bit, h=128, ADC 22/22"]
    assert errors["analog 5 bit, h=16, ADC 6/13"] > 3 * errors["analog 5 bit, h=16, ADC 13/13"]
    # Shared scales suffer from heavy tails, logarithms do not.
    assert (
        rows["INT8 per tensor"]["snr_db"]["t3"] < rows["INT8 per tensor"]["snr_db"]["normal"] - 10
    )
    assert (
        abs(rows["LNS 8 bit, γ=8"]["snr_db"]["t3"] - rows["LNS 8 bit, γ=8"]["snr_db"]["normal"]) < 1
    )


def test_the_command_has_an_example_and_refuses_a_folder_that_cannot_be(tmp_path: Path) -> None:
    assert "Example: " in invoke("show", "formats", "--help")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"--out.*cannot be written"):
        formats.table(tmp_path / "file" / "x")
