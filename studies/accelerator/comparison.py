"""The machine against systolic arrays of equal energy or equal area, and against a GPU.

Equal energy: as many multipliers as take, in a cycle of theirs, what the machine takes in a symbol.
Equal area: as many arrays as the machine's area holds.  Of either side memory is left out, of
arrays everything but the multipliers, as the paper has it.  Arrays are of 32 x 16 multipliers, as
many as there are; the paper's own scaling at equal energy, one array of ever more rows, wastes
them and is in :mod:`mirage_core.cost.published.hardware`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.component import Component, Components
from mirage_core.cost.gpu import H100
from mirage_core.cost.published.hardware import FORMATS, Format
from mirage_core.cost.systolic import SystolicArrays
from mirage_core.tracing.product import Product


@dataclass(frozen=True)
class Rival:
    """Another machine at the same work.

    Attributes:
        name: of it.
        rule: what is equal.
        arrays: how many, each of 32 x 16 multipliers; none for a GPU.
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
    return {n: c for n, c in components.items() if not n.startswith("SRAM")}


def rivals(
    products: Sequence[Product], bill: NetworkBill, formats: Sequence[str] = tuple(FORMATS)
) -> list[Rival]:
    """All formats by both rules, where their area is known, and one GPU.

    Args:
        products: of the network.
        bill: of the machine, without memory.
        formats: of the arrays.
    """
    listed, found = tuple(products), []
    for name in formats:
        form = FORMATS[name]
        counts = {"equal energy": _by_energy(form, bill)}
        if form.area_mm2 is not None:
            counts["equal area"] = bill.area_mm2 / (512 * form.area_mm2)
        for rule, count in counts.items():
            found.append(_rival(form, rule, count, listed))
    gpu_s, gpu_j = H100.total_s(listed), H100.energy_j(listed)
    return [*found, Rival(f"{H100.name} (roofline)", "data sheet", None, gpu_s, gpu_j)]


def _by_energy(form: Format, bill: NetworkBill) -> float:
    """Arrays of 512 multipliers whose cycle takes as much energy as a symbol of the machine."""
    symbol_j = bill.total.power_w * bill.array.symbol_s
    return symbol_j / (512 * form.energy_j)


def _rival(form: Format, rule: str, count: float, products: tuple[Product, ...]) -> Rival:
    """Arrays of a format; less than one is an array with fewer rows."""
    if count >= 1.0:
        arrays = SystolicArrays(int(count), form.clock_hz)
    else:
        arrays = SystolicArrays(1, form.clock_hz, rows=max(int(32 * count), 1))
    macs = sum(product.macs for product in products)
    time_s = arrays.total_s(products)
    return Rival(form.name, rule, arrays.multipliers / 512, time_s, macs * form.energy_j)
