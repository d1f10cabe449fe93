"""Traffic of memories by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from mirage_core.cost.array import ModularArray
from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.component import Component
from mirage_core.cost.memory import Memory, dram, largest_operands, traffic
from mirage_core.tracing.product import Product, Sliding
from mirage_core.tracing.trace import trace
from photonics.errors import InputError
from tests.close import close

ARRAY = ModularArray(units=1, rows=4, length=8, symbol_s=1e-9, load_s=10e-9)
# 3 blocks of rows, 2 groups.
PRODUCT = Product("l", "forward", 12, 16, 100)
ROOMY = Memory(sram_bytes=10**9, dram_bytes_per_s=1e9, dram_j_per_byte=1e-12, order="rows")


def test_what_fits_is_moved_once() -> None:
    for order in ("rows", "groups", "best"):
        found = traffic(PRODUCT, "DF1", ARRAY, replace(ROOMY, order=order))  # type: ignore[arg-type]
        moved = (found.dram_held, found.dram_streamed, found.dram_outputs)
        assert moved == (4 * 192, 4 * 1600, 4 * 1200)
        assert found.dram == 4 * 2992
    other = traffic(PRODUCT, "DF2", ARRAY, ROOMY)
    assert (other.dram_held, other.dram_streamed) == (4 * 1600, 4 * 192)


def test_sums_are_written_and_read_for_every_group_but_the_first() -> None:
    found = traffic(PRODUCT, "DF1", ARRAY, ROOMY)
    # Two groups: written twice, read once.
    assert found.sram_sums == 4 * (2 + 1) * 1200
    assert found.sram_held == 4 * 192
    assert found.sram_streamed == 4 * 3 * 1600


def test_what_does_not_fit_is_moved_again() -> None:
    # A block's sums, 4 x 100 x 4 B, and a group's vectors, 8 x 100 x 4 B, fit; the streamed operand
    # does not, nor do all sums.
    tight = replace(ROOMY, sram_bytes=3200)
    by_rows = traffic(PRODUCT, "DF1", ARRAY, tight)
    assert (by_rows.dram_streamed, by_rows.dram_outputs) == (3 * 4 * 1600, 4 * 1200)
    by_groups = traffic(PRODUCT, "DF1", ARRAY, replace(tight, order="groups"))
    assert (by_groups.dram_streamed, by_groups.dram_outputs) == (4 * 1600, 3 * 4 * 1200)
    tighter = traffic(PRODUCT, "DF1", ARRAY, replace(ROOMY, sram_bytes=3199, order="groups"))
    assert (tighter.dram_streamed, tighter.dram_outputs) == (3 * 4 * 1600, 3 * 4 * 1200)
    best = traffic(PRODUCT, "DF1", ARRAY, replace(tight, order="best"))
    assert best.dram == min(by_rows.dram, by_groups.dram)
    nothing = traffic(PRODUCT, "DF1", ARRAY, replace(ROOMY, sram_bytes=1))
    assert nothing.dram_outputs == 3 * 4 * 1200


def test_a_product_waits_for_its_bytes() -> None:
    time_s = ARRAY.time_s(PRODUCT)
    slow = traffic(PRODUCT, "DF1", ARRAY, ROOMY)
    assert slow.dram_s == close(4 * 2992e-9)
    assert slow.stall_s == close(4 * 2992e-9 - time_s)
    assert traffic(PRODUCT, "DF1", ARRAY, replace(ROOMY, dram_bytes_per_s=1e15)).stall_s == 0.0


def test_traffic_is_that_of_every_copy() -> None:
    thrice = traffic(replace(PRODUCT, count=3), "DF1", ARRAY, ROOMY)
    once = traffic(PRODUCT, "DF1", ARRAY, ROOMY)
    assert thrice.dram == 3 * once.dram
    assert thrice.sram_sums == 3 * once.sram_sums


def test_room_that_would_do() -> None:
    products = [PRODUCT, Product("l", "dw", 5, 5, 500)]
    assert largest_operands(products) == (4 * 192, 4 * 2500, 4 * 2500)


@pytest.mark.parametrize(
    ("field", "value"), [("order", "any"), ("dram_bytes_per_s", 0.0), ("sram_bytes", 0)]
)
def test_memories_of_nothing_are_refused(field: str, value: object) -> None:
    with pytest.raises(InputError, match=field):
        replace(ROOMY, **{field: value})


def test_an_image_is_moved_as_it_is_stored() -> None:
    """3 x 3 taps on 8 x 8 pixels of 2 channels, 5 images: a ninth or so of what is unfolded."""
    sliding = Sliding(5, (8, 8), (3, 3), (1, 1), (1, 1), (1, 1))
    forward = Product("l", "forward", 4, 18, 320, sliding=sliding)
    image, weight, output = 5 * 2 * 64, 4 * 18, 4 * 320
    assert forward.stored == (weight, image, output)
    assert forward.of("dx").stored == (weight, output, image)
    assert forward.of("dw").stored == (output, image, weight)
    assert PRODUCT.stored == PRODUCT.values
    for flow, held, streamed in (("DF1", weight, image), ("DF2", image, weight)):
        found = traffic(forward, flow, ARRAY, ROOMY)  # type: ignore[arg-type]
        moved = (found.dram_held, found.dram_streamed, found.dram_outputs)
        assert moved == (4 * held, 4 * streamed, 4 * output)
    assert largest_operands([forward]) == (4 * weight, 4 * image, 4 * output)


@pytest.mark.parametrize(
    "shape",
    [
        {"stride": 2, "padding": 1},
        {"stride": 2, "output_padding": 1},
        {"dilation": 3, "output_padding": 2},
    ],
)
def test_a_transposed_convolution_moves_what_it_makes_as_it_is_stored(shape: Any) -> None:
    """Not 16 numbers for 4 x 4 taps of each pixel of the input."""
    layer, x = nn.ConvTranspose2d(6, 4, 4, groups=2, bias=False, **shape), torch.ones(5, 6, 7, 8)
    found = trace(layer, [x], input_gradient=True).products
    assert [p.macs for p in found] == [5 * 56 * 6 * 2 * 16] * 3
    stored = {p.computation: p.stored for p in found}
    weight, image, output = layer.weight.numel(), x.numel(), layer(x).numel()
    assert stored["forward"] == (weight, image, output)
    assert stored["dx"] == (weight, output, image)
    assert stored["dw"] == (output, image, weight)
    assert [p.padded_on_one_side for p in found] == list(found)


def test_waits_and_energy_of_dram_are_part_of_a_bill() -> None:
    prices = {"laser": Component(power_w=2.0, source="test"), "DRAM": dram(ROOMY)}
    found = traffic(PRODUCT, "DF1", ARRAY, ROOMY)
    bill = NetworkBill.of([PRODUCT], ARRAY, prices, "DF1", ROOMY).total
    assert bill.time_s == close(ARRAY.time_s(PRODUCT) + found.stall_s)
    assert bill.energy_j["DRAM"].value == close(4 * 2992e-12)
    assert bill.energy_j["laser"].value == close(2.0 * bill.time_s)


@pytest.mark.parametrize("choice", ["OPT1", "OPT2"])
def test_the_quickest_dataflow_is_that_with_waits(choice: str) -> None:
    """Of a tall product sums do not fit where the first operand stands still."""
    product, tight = Product("l", "forward", 4, 64, 1000), replace(ROOMY, sram_bytes=2000)
    assert ARRAY.time_s(product, "DF1") < ARRAY.time_s(product, "DF2")
    times = {
        flow: NetworkBill.of([product], ARRAY, {}, flow, tight).total.time_s  # type: ignore[arg-type]
        for flow in ("DF1", "DF2", choice)
    }
    assert times[choice] == times["DF2"] < times["DF1"]
