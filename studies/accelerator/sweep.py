"""Latency and use over sizes of the arrays, without physics: ``rows=8,16,32 units=4,8``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product as combinations

from mirage_core.cost.array import ModularArray
from mirage_core.cost.dataflow import Choice
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from studies.accelerator.quantities import number
from studies.report.tables import print_table

AXES = ("units", "rows", "length")


@dataclass(frozen=True)
class SweepRow:
    """One size.

    Attributes:
        units: that work side by side.
        rows: dot products of an array.
        length: multipliers of a row.
        time_s: of all products.
        utilisation: multiply-accumulates over what all multipliers could do in that time.
        mean_use: multipliers that hold an operand, on the mean over time.
    """

    units: int
    rows: int
    length: int
    time_s: float
    utilisation: float
    mean_use: float


def axes_of(words: Sequence[str]) -> dict[str, list[int]]:
    """Sizes by name from ``rows=8,16`` and the like, each word one or more of them.

    Raises:
        InputError: for another name, or what is no whole number.
    """
    found: dict[str, list[int]] = {}
    for word in " ".join(words).split():
        name, _, values = word.partition("=")
        if name not in AXES:
            raise InputError("--sweep", word, f"must be one of {', '.join(AXES)}", "rows=8,16,32")
        if name in found:
            raise InputError("--sweep", word, "is given twice", f"put all {name} in one")
        try:
            found[name] = [int(value) for value in values.split(",")]
        except ValueError:
            raise InputError("--sweep", word, "must be whole numbers", f"{name}=8,16,32") from None
        if min(found[name]) < 1:
            raise InputError("--sweep", word, "must be at least 1")
    return found


def sweep(
    products: tuple[Product, ...],
    array: ModularArray,
    axes: dict[str, list[int]],
    choice: Choice = "OPT2",
) -> list[SweepRow]:
    """All combinations of sizes."""
    found = []
    for sizes in combinations(*axes.values()):
        sized = array.resized(**dict(zip(axes, sizes, strict=True)))
        found.append(
            SweepRow(
                sized.units,
                sized.rows,
                sized.length,
                sized.total_s(products, choice),
                sized.utilisation(products, choice),
                sized.mean_use(products, choice),
            )
        )
    return found


def print_sweep(rows: Sequence[SweepRow]) -> None:
    """Print the table."""
    print_table(
        "Sizes of the arrays, latency alone, without waits for DRAM",
        ("units", "rows", "length", "time", "utilisation", "multipliers in use"),
        [
            (
                str(r.units),
                str(r.rows),
                str(r.length),
                f"{number(1e3 * r.time_s)} ms",
                f"{100 * r.utilisation:.1f} %",
                f"{100 * r.mean_use:.1f} %",
            )
            for r in rows
        ],
    )
