"""Cycles of systolic arrays against those that SCALE-Sim counts."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from mirage_core.cost.dataflow import Dataflow
from mirage_core.cost.systolic import SystolicArrays
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from tests.close import close

COUNTS = Path(__file__).with_name("scale_sim_counts.csv")


def counted() -> list[dict[str, str]]:
    with COUNTS.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", counted(), ids=lambda row: "-".join(row.values()))
def test_cycles_are_those_of_scale_sim(row: dict[str, Any]) -> None:
    arrays = SystolicArrays(1, 1e9, int(row["rows"]), int(row["length"]))
    product = Product("l", "forward", int(row["m"]), int(row["k"]), int(row["n"]))
    # It counts from zero.
    assert arrays.cycles(product, cast(Dataflow, row["dataflow"])) - 1 == int(row["cycles"])


def test_the_paper_loads_outputs_too() -> None:
    plain = SystolicArrays(8, 1e9)
    product = Product("l", "forward", 64, 100, 32)
    assert plain.cycles(product, "DF3") == 100 + 46
    assert replace(plain, outputs_loaded=True).cycles(product, "DF3") == 100 + 62
    assert plain.cycles(product, "DF1") == 2 * (32 + 62)


def test_time_number_and_clock() -> None:
    arrays = SystolicArrays(2, 5e8)
    assert arrays.multipliers == 1024
    product = Product("l", "forward", 320, 160, 1000, count=3)
    assert arrays.cycles(product, "DF1") == 3 * 50 * 1062
    assert arrays.time_s(product, "DF1") == close(3 * 50 * 1062 * 2e-9)
    assert replace(arrays, arrays=4).cycles(product, "DF1") == 3 * 25 * 1062
    best_s = min(arrays.time_s(product, flow) for flow in ("DF1", "DF2", "DF3"))  # type: ignore[arg-type]
    assert arrays.total_s((product, product)) == close(2 * best_s)


@pytest.mark.parametrize("field", ["arrays", "rows", "length", "clock_hz"])
def test_arrays_of_nothing_are_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} = 0"):
        replace(SystolicArrays(1, 1e9), **{field: 0})
