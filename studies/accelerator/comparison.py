"""The machine against systolic arrays of equal energy or equal area, and against a GPU.

Equal energy: as many multipliers as take, in a cycle of theirs, what the machine takes in a symbol.
Equal area: as many arrays as the machine's area holds.  Of either side memory is left out, of
arrays everything but the multipliers, as the paper has it.  Arrays of the paper's formats are of 32
x 16 multipliers; the paper's own scaling at equal energy, one array of ever more rows, wastes
them and is in :mod:`mirage_core.cost.published.hardware`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.component import Component, Components
from mirage_core.cost.gpu import H100
from mirage_core.cost.systolic import SystolicArrays
from mirage_core.tracing.product import Product
from studies.accelerator.own_arrays import PUBLISHED, ArrayKind


@dataclass(frozen=True)
class Rival:
    """Another machine at the same work.

    Attributes:
        name: of it.
        rule: what is equal.
        arrays: how many; none for a GPU.
        time_s: for all products.
        energy_j: of the multipliers for all products; of a GPU, at its design power.
    """

    name: str
    rule: str
    arrays: float | None
    time_s: float
    energy_j: float

    @property
    def delay_energy_js(self) -> float:
        """Energy times time."""
        return self.energy_j * self.time_s


def without_memory(components: Components) -> dict[str, Component]:
    """Components that are no memory."""
    return {n: c for n, c in components.items() if not n.startswith(("SRAM", "DRAM"))}


def rivals(
    products: Sequence[Product],
    bill: NetworkBill,
    kinds: Mapping[str, ArrayKind] = PUBLISHED,
) -> list[Rival]:
    """All kinds of arrays by both rules, where their area is known, and one GPU.

    Args:
        products: of the network.
        bill: of the machine, without memory.
        kinds: of the arrays.
    """
    listed, found = tuple(products), []
    symbol_j = bill.total.power_w * bill.array.symbol_s
    for name, kind in kinds.items():
        counts = {"equal energy": symbol_j / (kind.multipliers * kind.energy_j)}
        if kind.area_mm2 is not None:
            counts["equal area"] = bill.area_mm2 / (kind.multipliers * kind.area_mm2)
        for rule, count in counts.items():
            found.append(_rival(name, kind, rule, count, listed))
    gpu_s, gpu_j = H100.total_s(listed), H100.energy_j(listed)
    return [*found, Rival(f"{H100.name} (roofline)", "data sheet", None, gpu_s, gpu_j)]


def _rival(
    name: str, kind: ArrayKind, rule: str, count: float, products: tuple[Product, ...]
) -> Rival:
    """So many arrays of a kind; less than one is an array with fewer rows."""
    arrays = SystolicArrays(max(int(count), 1), kind.clock_hz, kind.rows, kind.length)
    if count < 1.0:
        arrays = replace(arrays, rows=max(int(kind.rows * count), 1))
    macs, time_s = sum(product.macs for product in products), arrays.total_s(products)
    share = arrays.multipliers / kind.multipliers
    return Rival(name, rule, share, time_s, macs * kind.energy_j)
