"""Number formats beside each other: bits, range, quantisation noise, error of a product."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.formats import (
    BASELINES,
    AnalogFormat,
    Bfloat16Format,
    BlockFormat,
    FastFormat,
    Fp32Format,
    Hfp8Format,
    IntegerFormat,
    LnsFormat,
    MxFormat,
    NumberFormat,
)
from mirage_core.arithmetic.formats.base import Role
from photonics.random import NoiseKey
from photonics.units import power_to_db
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.format_figures import format_bars
from studies.report.tables import console, print_table

DEPTHS = (16, 256, 4096)
_ROWS = 64


def formats() -> list[NumberFormat]:
    """The formats of the table, in its order; those by name that it does not list come last."""
    blocks = [(3, 16), (4, 8), (4, 16), (4, 32), (5, 16), (5, 64)]
    # The first three have Mirage's integers and dot products; the first one its converters, too.
    analog = [(5, 16, 6), (5, 16, 8), (5, 16, 13), (8, 128, 8), (8, 128, 12), (8, 128, 22)]
    listed = [
        Fp32Format(),
        Bfloat16Format(),
        Hfp8Format(),
        MxFormat(),
        MxFormat(values="e5m2"),
        MxFormat(values="e2m1", gradients="e2m1"),
        *(IntegerFormat(bits=b, scale=s) for b in (8, 12) for s in ("tensor", "channel")),
        LnsFormat(),
        *(FastFormat(bfp=BfpFormat(mantissa_bits=m, rounding="stochastic")) for m in (2, 3, 4)),
        *(BlockFormat(bfp=BfpFormat(mantissa_bits=m, group_size=g)) for m, g in blocks),
        BlockFormat(bfp=BfpFormat(rounding="nearest")),
        *(AnalogFormat(bits=b, length=h, adc_bits=a) for b, h, a in analog),
    ]
    return [*listed, *(each for each in BASELINES.values() if each not in listed)]


@dataclass(frozen=True)
class FormatRow:
    """What one format is worth.

    Attributes:
        name: of the format.
        bits: stored for a number, with its share of exponents and scales in rows of 4096.
        range_db: power ratio of the largest to the smallest magnitude beside each other.
        snr_db: signal to quantisation noise of one operand, by distribution: normal, and Student's
            t with three degrees of freedom.  Infinite where nothing is lost.
        gemm_error: root mean square error of a product over that of the product itself, against
            FP64, Gaussian operands, by the length of the contracted axis.
    """

    name: str
    bits: float
    range_db: float
    snr_db: dict[str, float]
    gemm_error: dict[int, float]


def gaussian(rows: int, depth: int, key: NoiseKey) -> Tensor:
    """Standard normal numbers (rows, depth), float32."""
    return key.normal(0, rows * depth).float().view(rows, depth)


def student_t(rows: int, depth: int, key: NoiseKey, degrees: int = 3) -> Tensor:
    """Student's t with few degrees of freedom: heavy tails, (rows, depth), float32."""
    count = rows * depth
    chi2 = sum(key.fold("chi2", i).normal(0, count).square() for i in range(degrees))
    normal = key.fold("normal").normal(0, count)
    return (normal / torch.sqrt(torch.as_tensor(chi2) / degrees)).float().view(rows, depth)


def snr_db(x: Tensor, represented: Tensor) -> float:
    """Power of x over that of its error, dB; infinite if there is none."""
    noise = float((represented.double() - x.double()).square().sum())
    return power_to_db(float(x.double().square().sum()) / noise) if noise else math.inf


def gemm_error(number_format: NumberFormat, depth: int, key: NoiseKey) -> float:
    """Relative root mean square error of a Gaussian product of 64 x depth x 64."""
    w, x = (gaussian(_ROWS, depth, key.fold(depth, name)) for name in ("w", "x"))
    roles: tuple[Role, Role] = ("value", "value")
    found = number_format.product(w, x, roles, key.fold("rounding")).double()
    exact = x.double() @ w.double().T
    return float(((found - exact).square().mean() / exact.square().mean()).sqrt())


def measure(number_format: NumberFormat, seed: int = 0) -> FormatRow:
    """One row of the table; the same data for every format."""
    key = NoiseKey.from_seed(seed).fold("format table")
    data = {
        "normal": gaussian(_ROWS, DEPTHS[-1], key),
        "t3": student_t(_ROWS, DEPTHS[-1], key),
    }
    rounding = key.fold("rounding")
    return FormatRow(
        name=number_format.name,
        bits=number_format.bits_per_number(DEPTHS[-1]),
        range_db=20 * number_format.range_log2 * math.log10(2),
        snr_db={
            n: snr_db(x, number_format.represent(x, "value", rounding)) for n, x in data.items()
        },
        gemm_error={depth: gemm_error(number_format, depth, key) for depth in DEPTHS},
    )


def table(out: Path | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """Print the table of formats; with ``out``, draw it there as well.

    Returns:
        The rows, for JSON; an infinite ratio is ``None``.
    """
    if out is not None:
        make_output_folder(out)
    rows = [measure(f, seed) for f in formats()]
    print_table(
        "Number formats: SNR of one operand; root mean square error of Gaussian products, FP64 = 1",
        (
            "format",
            "bits",
            "range/dB",
            *(f"SNR/dB {n}" for n in rows[0].snr_db),
            *(f"GEMM K={k}" for k in DEPTHS),
        ),
        [
            (
                r.name,
                f"{r.bits:.2f}",
                f"{r.range_db:.0f}",
                *("exact" if math.isinf(v) else f"{v:.1f}" for v in r.snr_db.values()),
                *(f"{v:.1e}" for v in r.gemm_error.values()),
            )
            for r in rows
        ],
    )
    console().print(
        "range: largest over smallest magnitude under one exponent or scale; HFP8 forward (1-4-3). "
        "SNR of an analog\nrow: its operands; what its converter drops shows in the products. HFP8 "
        "takes values as they are, unscaled;\nINT, LNS and analog scale them to their largest code."
    )
    if out is not None:
        save(format_bars(rows), out / "formats.png")
        console().print(f"figure in {out}: formats.png")
    return [_plain(row) for row in rows]


def _plain(row: FormatRow) -> dict[str, Any]:
    values = asdict(row)
    snr: Mapping[str, float] = values["snr_db"]
    values["snr_db"] = {n: None if math.isinf(v) else v for n, v in snr.items()}
    return values
