r"""Time of products on systolic arrays.

An array of ``length`` x ``rows`` multipliers: K runs over ``length``, and outputs leave ``rows`` at
a time.  N vectors need ``N + length + rows - 2`` cycles to pass, and the operand that sits still
takes ``length`` more to be loaded; an output that sits still is not loaded, and K replaces N::

    DF1, DF2   count ceil(ceil(M / rows) ceil(K / length) / arrays) (N + 2 length + rows - 2)
    DF3        count ceil(ceil(M / rows) ceil(N / length) / arrays) (K + length + rows - 2)

SCALE-Sim 3.0.0 counts one cycle less for a product on one array: it counts from zero.  The paper's
drawn latencies have ``length`` cycles more in DF3, as if an output were loaded.

Source: Samajdar et al., ISPASS 2020 (SCALE-Sim); Demirkiran et al., ISCA 2024, arXiv 2311.17323,
Fig. 7(b).
"""

from __future__ import annotations

from dataclasses import dataclass

from mirage_core.cost.dataflow import Choice, Dataflow, chosen, placed
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from photonics.representation import one_line

DATAFLOWS: tuple[Dataflow, ...] = ("DF1", "DF2", "DF3")


@dataclass(frozen=True)
class SystolicArrays:
    """Equal systolic arrays side by side.

    Attributes:
        arrays: how many.
        clock_hz: of their multipliers.
        rows: outputs that leave an array at a time.
        length: multipliers that add up to one.
        outputs_loaded: whether an output that sits still takes time to be loaded, as the paper
            has it.
    """

    arrays: int
    clock_hz: float
    rows: int = 32
    length: int = 16
    outputs_loaded: bool = False

    __repr__ = one_line

    def __post_init__(self) -> None:
        for name in ("arrays", "rows", "length"):
            if not getattr(self, name) >= 1:
                raise InputError(name, getattr(self, name), "must be at least 1")
        if not self.clock_hz > 0.0:
            raise InputError("clock_hz", self.clock_hz, "must be above 0")

    @property
    def multipliers(self) -> int:
        """In all arrays."""
        return self.arrays * self.rows * self.length

    def fill_cycles(self, dataflow: Dataflow) -> int:
        """Cycles for loading, filling and draining."""
        loads = dataflow != "DF3" or self.outputs_loaded
        return (2 if loads else 1) * self.length + self.rows - 2

    def cycles(self, product: Product, dataflow: Dataflow) -> int:
        """Cycles of a product."""
        still = placed(product, dataflow)
        across, passing = (still.n, still.k) if dataflow == "DF3" else (still.k, still.n)
        tiles = -(-still.m // self.rows) * -(-across // self.length)
        rounds = still.count * -(-tiles // self.arrays)
        return rounds * (passing + self.fill_cycles(dataflow))

    def time_s(self, product: Product, dataflow: Dataflow) -> float:
        """Time of a product."""
        return self.cycles(product, dataflow) / self.clock_hz

    def plan(self, products: tuple[Product, ...], choice: Choice = "OPT2") -> list[Dataflow]:
        """Dataflow of every product."""
        return chosen(products, choice, DATAFLOWS, self.time_s)

    def total_s(self, products: tuple[Product, ...], choice: Choice = "OPT2") -> float:
        """Time of products one after the other."""
        flows = self.plan(products, choice)
        return sum(self.time_s(p, flow) for p, flow in zip(products, flows, strict=True))
