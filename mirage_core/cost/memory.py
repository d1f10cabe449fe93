r"""Traffic of memories, which the paper leaves out: bytes, what fits, stalls and energy.

Each product reads its operands from SRAM and adds partial sums up there.  DRAM gives an operand
once if it fits in its SRAM, the image of a convolution as it is stored and not as it is unfolded;
else what the order of the tiles makes of it::

    order     held operand A   streamed operand B          outputs O
    rows      once             once for each block of rows  once, if a block's N sums fit
    groups    once             once, if a group's N fit     once, if all M N sums fit
    sums that do not fit       are written and read again for every further group

* rows: a block of rows keeps its outputs while the groups of K pass.
* groups: a group of K keeps its streamed vectors while the blocks of rows pass; vectors that do not
  fit are read for each block.

A product waits for DRAM where its bytes take longer than its symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from mirage_core.cost.array import ModularArray
from mirage_core.cost.component import Component
from mirage_core.cost.dataflow import Dataflow, placed
from mirage_core.cost.work import Work
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from photonics.representation import one_line

Order = Literal["rows", "groups", "best"]
ORDERS: tuple[Order, ...] = get_args(Order)

PAPER_SRAM_BYTES = 8 * 2**20
"""Of each of the paper's three memories."""


@dataclass(frozen=True)
class Memory:
    """Memories of a machine.

    Attributes:
        sram_bytes: of each of three: held operands, streamed ones, outputs.
        dram_bytes_per_s: bandwidth.
        dram_j_per_byte: energy; 31 pJ a byte is 3.9 pJ a bit of HBM2, O'Connor et al., MICRO 2017,
            10.1145/3123939.3124545.
        value_bytes: of a number, FP32 by default.
        order: of the tiles; ``best`` takes the one with less traffic.
    """

    sram_bytes: int = PAPER_SRAM_BYTES
    dram_bytes_per_s: float = 900e9
    dram_j_per_byte: float = 31.2e-12
    value_bytes: int = 4
    order: Order = "best"

    __repr__ = one_line

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise InputError("order", self.order, f"must be one of {', '.join(ORDERS)}")
        if not self.dram_bytes_per_s > 0.0:
            raise InputError("dram_bytes_per_s", self.dram_bytes_per_s, "must be above 0")
        for name in ("sram_bytes", "value_bytes"):
            if not getattr(self, name) >= 1:
                raise InputError(name, getattr(self, name), "must be at least 1")


@dataclass(frozen=True)
class Traffic:
    """Bytes that a product moves.

    Attributes:
        sram_held: read from SRAM for tiles.
        sram_streamed: read from SRAM for vectors.
        sram_sums: partial sums written to SRAM, and read again.
        dram_held: read from DRAM, of the operand that sits still.
        dram_streamed: of the other one.
        dram_outputs: outputs and sums, written and read.
        dram_s: time that DRAM takes.
        stall_s: of it, what is not hidden behind symbols.
    """

    sram_held: float
    sram_streamed: float
    sram_sums: float
    dram_held: float
    dram_streamed: float
    dram_outputs: float
    dram_s: float
    stall_s: float

    __repr__ = one_line

    @property
    def dram(self) -> float:
        """All bytes of DRAM."""
        return self.dram_held + self.dram_streamed + self.dram_outputs


def traffic(product: Product, dataflow: Dataflow, array: ModularArray, memory: Memory) -> Traffic:
    """Bytes of a product on arrays with a memory."""
    if memory.order == "best":
        orders: tuple[Order, Order] = ("rows", "groups")
        both = [traffic(product, dataflow, array, replace(memory, order=o)) for o in orders]
        return min(both, key=lambda found: found.dram)
    still, work = placed(product, dataflow), Work.of(product, dataflow, array)
    size, fits = memory.value_bytes, memory.sram_bytes
    blocks, groups = -(-still.m // array.rows), -(-still.k // array.length)
    first, second, outputs = (stored // still.count for stored in product.stored)
    held, streamed = (second, first) if dataflow == "DF2" else (first, second)
    kept, passing = min(min(still.m, array.rows) * still.n, outputs), streamed
    if memory.order == "groups":
        kept, passing = outputs, -(-streamed // groups)
    again = blocks if passing * size > fits else 1
    passes = 1 if kept * size <= fits else 2 * groups - 1
    dram = tuple(still.count * size * x for x in (held, streamed * again, outputs * passes))
    dram_s = sum(dram) / memory.dram_bytes_per_s
    return Traffic(
        sram_held=size * work.drives,
        sram_streamed=size * work.values,
        sram_sums=size * work.moves,
        dram_held=dram[0],
        dram_streamed=dram[1],
        dram_outputs=dram[2],
        dram_s=dram_s,
        stall_s=max(dram_s - array.time_s(product, dataflow), 0.0),
    )


def dram(memory: Memory) -> Component:
    """Price of the bytes that a DRAM moves."""
    return Component(
        action="dram_bytes",
        energy_j=memory.dram_j_per_byte,
        status="published",
        source="3.9 pJ a bit of HBM2, O'Connor et al., MICRO 2017, 10.1145/3123939.3124545",
    )


def largest_operands(products: Sequence[Product], value_bytes: int = 4) -> tuple[int, int, int]:
    """Bytes that hold the largest A, B and O of any product in full."""
    values = [product.stored for product in products]
    first, second, outputs = (value_bytes * max(column) for column in zip(*values, strict=True))
    return first, second, outputs
