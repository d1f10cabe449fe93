"""What parts of a machine do for a product, counted: the actions that energy is paid for.

::

    tiles    count ceil(M / rows) ceil(K / length)        loaded
    drives   count M K                                    values that the tiles hold
    symbols  tiles N                                      vectors streamed past tiles
    values   count ceil(M / rows) K N                     values of those vectors
    sums     count M ceil(K / length) N                   integers added to sums in FP32
    dots     sums                                         integers read, each in every modulus
    moves    2 sums - count M N                           sums written, and read but for the first

What is read again is streamed, and read, once more; a sum waits until its integer is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Literal, get_args

from mirage_core.core.ledger import Counts
from mirage_core.cost.array import ModularArray
from mirage_core.cost.dataflow import Dataflow, placed
from mirage_core.tracing.product import Product
from photonics.representation import one_line

Action = Literal["tiles", "drives", "symbols", "values", "dots", "sums", "moves", "dram_bytes"]
ACTIONS: tuple[Action, ...] = get_args(Action)
TOLD: dict[str, str] = {
    "tiles": "load of an array",
    "drives": "value written into a multiplier, in all moduli",
    "symbols": "vector streamed past a tile, in all moduli",
    "values": "value of a streamed vector, in all moduli",
    "dots": "dot product of a row, in all moduli",
    "sums": "integer added to a sum",
    "moves": "sum written or read",
    "dram_bytes": "byte of DRAM",
}
"""What one action of each kind is, in words."""


@dataclass(frozen=True)
class Work:
    """Actions of one or more products.

    Attributes:
        tiles: loads of an array.
        drives: values written into multipliers.
        symbols: vectors streamed past tiles.
        values: values that they hold, padding left out.
        dots: integers read.
        sums: integers added to sums.
        macs: multiply-accumulates, without padding.
        outputs: numbers of the results.
        dram_bytes: moved from and to DRAM, where there is one.
    """

    tiles: float = 0.0
    drives: float = 0.0
    symbols: float = 0.0
    values: float = 0.0
    dots: float = 0.0
    sums: float = 0.0
    macs: float = 0.0
    outputs: float = 0.0
    dram_bytes: float = 0.0

    __repr__ = one_line

    @classmethod
    def of(cls, product: Product, dataflow: Dataflow, array: ModularArray) -> Work:
        """Actions of a product on arrays."""
        still, slots = placed(product, dataflow), array.slots(product, dataflow)
        blocks = -(-still.m // array.rows) + array.streamed_again(still.m)
        sums = still.count * still.m * -(-still.k // array.length) * still.n
        return cls(
            tiles=slots.tiles,
            drives=still.count * still.m * still.k,
            symbols=slots.symbols + slots.symbols_again,
            values=still.count * blocks * still.k * still.n,
            dots=sums * (1.0 + array.re_reads.of_integer),
            sums=sums,
            macs=product.macs,
            outputs=product.values[2],
        )

    @classmethod
    def done(cls, counts: Counts, array: ModularArray) -> Work:
        """Actions that a core has entered in its ledger.

        The ledger does not say how many values a streamed vector holds: it counts as full.
        """
        return cls(
            tiles=counts.tile_loads,
            drives=counts.drives,
            symbols=counts.symbols,
            values=counts.symbols * array.length,
            dots=counts.integers + counts.re_reads,
            sums=counts.integers,
            macs=counts.macs,
            outputs=counts.outputs,
        )

    @classmethod
    def peak_per_s(cls, array: ModularArray) -> Work:
        """Actions in a second of arrays that are full and only stream."""
        symbols = array.units / array.symbol_s
        dots = symbols * array.rows
        return cls(
            symbols=symbols,
            values=symbols * array.length,
            dots=dots,
            sums=dots,
            macs=dots * array.length,
            outputs=0.0,
        )

    @property
    def moves(self) -> float:
        """Sums written and read: each is written, and all but the first of an output are read."""
        return 2.0 * self.sums - self.outputs

    def __add__(self, other: Work) -> Work:
        return Work(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Work)))

    @classmethod
    def total(cls, works: Iterable[Work]) -> Work:
        """Sum of many."""
        return sum(works, Work())
