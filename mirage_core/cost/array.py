r"""Time of products on modular arrays that keep one operand still.

::

    tiles  = ceil(M / rows) ceil(K / length)                            of each of count products
    rounds = count ceil(tiles / units)                                  one product after another
    rounds = ceil(count tiles / units)                                  products side by side
    time   = rounds (load + N symbol)                                   loading stops the array
    time   = load + (rounds - 1) max(load, N symbol) + N symbol         double-buffered
    time  += symbols again symbol / units                               what is read again

A tile is as many rows as an array has, of as many multipliers as a row has.  Each unit holds one
tile, and all N vectors of the other operand pass it before the next tile is loaded.  No time is
lost elsewhere: neither memory nor anything digital stands still.  Products one after another are
what a tensor core does, and what the paper counts.

Source, but for the options: derived from the drawn latencies of Demirkiran et al., ISCA 2024,
arXiv 2311.17323, Fig. 7(a), which they meet to 0.1 %.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from circuits.analysis.timing import row_timing
from mirage_core.cost.dataflow import Choice, Dataflow, Time, chosen, placed
from mirage_core.cost.re_reads import NOTHING_AGAIN, ReReads
from mirage_core.machine.config import MachineConfig
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from photonics.representation import one_line

DATAFLOWS: tuple[Dataflow, ...] = ("DF1", "DF2")
"""What an array of phase shifters can do: outputs that sit still would load it every symbol."""


@dataclass(frozen=True)
class Slots:
    """What a product occupies.

    Attributes:
        tiles: loaded over all units.
        rounds: tiles that the busiest unit loads.
        vectors: streamed past each tile.
        used: multipliers of the loaded tiles that hold an operand, over all of theirs.
        symbols_again: vectors streamed once more, on the mean.
    """

    tiles: int
    rounds: int
    vectors: int
    used: float
    symbols_again: float

    __repr__ = one_line

    @property
    def symbols(self) -> int:
        """Vectors streamed over all tiles, those left out that are streamed once more."""
        return self.tiles * self.vectors


@dataclass(frozen=True)
class ModularArray:
    """Units of modular arrays.

    Attributes:
        units: that work side by side.
        rows: dot products of an array.
        length: multipliers of a row.
        symbol_s: time of a vector.
        load_s: time in which a tile is loaded.
        double_buffered: whether the next tile is loaded while vectors stream.
        side_by_side: whether units share equal products, such as groups of a convolution.
        re_reads: how often integers are read again.
    """

    units: int
    rows: int
    length: int
    symbol_s: float
    load_s: float
    double_buffered: bool = False
    side_by_side: bool = False
    re_reads: ReReads = NOTHING_AGAIN

    __repr__ = one_line

    def __post_init__(self) -> None:
        for name in ("units", "rows", "length"):
            if not getattr(self, name) >= 1:
                raise InputError(name, getattr(self, name), "must be at least 1")
        for name in ("symbol_s", "load_s"):
            if not getattr(self, name) >= 0.0:
                raise InputError(name, getattr(self, name), "must be 0 or more")

    @classmethod
    def of(cls, machine: MachineConfig, *, settled: bool = False) -> ModularArray:
        """Arrays of a machine, at its clock and with its time to load.

        Args:
            machine: any.
            settled: at the fastest clock at which everything settles, if that is slower.
        """
        symbol_s = machine.design.symbol_s
        if settled:
            symbol_s = max(symbol_s, settled_symbol_s(machine))
        return cls(
            machine.array.units,
            machine.array.rows,
            machine.bfp.group_size,
            symbol_s,
            machine.design.multiplier.load_s,
        )

    def slots(self, product: Product, dataflow: Dataflow = "DF1") -> Slots:
        """Tiles, rounds and vectors of a product."""
        still = placed(product, dataflow)
        each = -(-still.m // self.rows) * -(-still.k // self.length)
        tiles = still.count * each
        rounds = _rounds(each, still.count, self.units, side_by_side=self.side_by_side)
        used = still.m * still.k / (each * self.rows * self.length)
        again = still.count * -(-still.k // self.length) * still.n * self.streamed_again(still.m)
        return Slots(tiles, rounds, still.n, used, again)

    def streamed_again(self, rows: int) -> float:
        """Symbols again of a vector past all blocks of so many rows, on the mean."""
        blocks, rest = divmod(rows, self.rows)
        return blocks * self.re_reads.of_symbol(self.rows) + self.re_reads.of_symbol(rest)

    def time_s(self, product: Product, dataflow: Dataflow = "DF1") -> float:
        """Time of a product in which one operand sits still."""
        slots = self.slots(product, dataflow)
        stream_s = slots.vectors * self.symbol_s
        again_s = slots.symbols_again * self.symbol_s / self.units
        if self.double_buffered:
            later = (slots.rounds - 1) * max(self.load_s, stream_s)
            return self.load_s + later + stream_s + again_s
        return slots.rounds * (self.load_s + stream_s) + again_s

    def plan(
        self, products: tuple[Product, ...], choice: Choice = "OPT2", time_s: Time | None = None
    ) -> list[Dataflow]:
        """Dataflow of every product, by the time of the arrays alone unless another is given."""
        if choice == "DF3":
            allowed = "would load the shifters every symbol"
            raise InputError("dataflow", choice, allowed, "take DF1, DF2, OPT1 or OPT2")
        return chosen(products, choice, DATAFLOWS, time_s or self.time_s)

    def total_s(self, products: tuple[Product, ...], choice: Choice = "OPT2") -> float:
        """Time of products one after the other."""
        flows = self.plan(products, choice)
        return sum(self.time_s(p, flow) for p, flow in zip(products, flows, strict=True))

    @property
    def peak_macs_per_s(self) -> float:
        """Multiply-accumulates in a second of a machine that only streams."""
        return self.units * self.rows * self.length / self.symbol_s

    def utilisation(self, products: tuple[Product, ...], choice: Choice = "OPT2") -> float:
        """Multiply-accumulates over those that the multipliers could do in the time they take."""
        time_s = self.total_s(products, choice)
        return sum(p.macs for p in products) / (time_s * self.peak_macs_per_s)

    def mean_use(self, products: tuple[Product, ...], choice: Choice = "DF1") -> float:
        """Share of all multipliers that hold an operand, on the mean over time."""
        in_use_s = total_s = 0.0
        for product, flow in zip(products, self.plan(products, choice), strict=True):
            slots, time_s = self.slots(product, flow), self.time_s(product, flow)
            in_use_s += time_s * slots.used * slots.tiles / (slots.rounds * self.units)
            total_s += time_s
        return in_use_s / total_s

    def resized(self, **sizes: int) -> ModularArray:
        """The same with other numbers of units, rows or multipliers."""
        return replace(self, **sizes)  # type: ignore[arg-type]


def _rounds(tiles: int, count: int, units: int, *, side_by_side: bool) -> int:
    """Rounds of ``count`` products of so many tiles each."""
    return -(-count * tiles // units) if side_by_side else count * -(-tiles // units)


def settled_symbol_s(machine: MachineConfig) -> float:
    """Shortest symbol in which every unit of a machine settles."""
    length, design = machine.bfp.group_size, machine.design
    return max(row_timing(design, m, length).symbol_s for m in machine.all_moduli.moduli)
