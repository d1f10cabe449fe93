"""Time and energy of products on a machine: by layer, computation and component."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from mirage_core.cost.array import ModularArray
from mirage_core.cost.component import Components
from mirage_core.cost.dataflow import Choice, Dataflow
from mirage_core.cost.memory import Memory, traffic
from mirage_core.cost.work import Work
from mirage_core.tracing.product import Product
from photonics.representation import one_line


@dataclass(frozen=True)
class Interval:
    """A value, and how far down and up the ranges of its parts reach together."""

    value: float
    low: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.value + other.value, self.low + other.low, self.high + other.high)


@dataclass(frozen=True)
class Bill:
    """Energy of each component for some work.

    Attributes:
        work: what was done.
        time_s: how long it took.
        energy_j: by component.
    """

    work: Work
    time_s: float
    energy_j: dict[str, Interval] = field(repr=False)

    @classmethod
    def of(cls, work: Work, time_s: float, components: Components) -> Bill:
        """Price some work."""
        energies = {}
        for name, component in components.items():
            value = component.energy_of(work, time_s)
            energies[name] = Interval(value, value * component.low, value * component.high)
        return cls(work, time_s, energies)

    @property
    def total_j(self) -> Interval:
        """Energy of all components; all ranges at their ends together."""
        return sum(self.energy_j.values(), Interval(0.0, 0.0, 0.0))

    @property
    def power_w(self) -> float:
        """Mean power."""
        return self.total_j.value / self.time_s if self.time_s else 0.0

    @property
    def energy_per_mac_j(self) -> float:
        """Energy of a multiply-accumulate of the products; padding does none."""
        return self.total_j.value / self.work.macs if self.work.macs else 0.0

    @property
    def dominant(self) -> str:
        """The component that takes most energy."""
        return max(self.energy_j, key=lambda name: self.energy_j[name].value)

    @property
    def least_known(self) -> str:
        """The component whose range leaves most energy open; none where no range is known."""
        open_j = {name: energy.high - energy.low for name, energy in self.energy_j.items()}
        name = max(open_j, key=lambda each: open_j[each])
        return name if open_j[name] > 0.0 else "none: no ranges are known"

    @classmethod
    def total(cls, bills: Iterable[Bill]) -> Bill:
        """Bills one after the other."""
        listed = list(bills)
        energies: dict[str, Interval] = {}
        for bill in listed:
            for name, energy in bill.energy_j.items():
                energies[name] = energies.get(name, Interval(0.0, 0.0, 0.0)) + energy
        work = Work.total(bill.work for bill in listed)
        return cls(work, sum(bill.time_s for bill in listed), energies)


@dataclass(frozen=True)
class ProductBill:
    """A product, how it is computed, and what it costs.

    Attributes:
        product: which.
        dataflow: operand that sits still.
        use: multipliers of its tiles that hold an operand, over all of theirs.
        bill: its cost.
    """

    product: Product
    dataflow: Dataflow
    use: float
    bill: Bill

    __repr__ = one_line


@dataclass(frozen=True)
class NetworkBill:
    """Cost of a network on a machine.

    Attributes:
        array: the machine's arrays.
        items: one for each product.
        area_mm2: of all components.
    """

    array: ModularArray
    items: tuple[ProductBill, ...]
    area_mm2: float

    __repr__ = one_line

    @classmethod
    def of(
        cls,
        products: Sequence[Product],
        array: ModularArray,
        components: Components,
        choice: Choice = "OPT2",
        memory: Memory | None = None,
    ) -> NetworkBill:
        """Price all products of a network, one after the other.

        Args:
            products: of the network.
            array: that they run on.
            components: prices.
            choice: of the dataflow, the quickest with all waits where one is to be found.
            memory: for whose DRAM products wait; none for no limit.
        """
        listed = tuple(products)

        def done(product: Product, flow: Dataflow) -> tuple[Work, float]:
            work, time_s = Work.of(product, flow, array), array.time_s(product, flow)
            if memory is None:
                return work, time_s
            moved = traffic(product, flow, array, memory)
            return replace(work, dram_bytes=moved.dram), time_s + moved.stall_s

        items = []
        flows = array.plan(listed, choice, lambda product, flow: done(product, flow)[1])
        for product, flow in zip(listed, flows, strict=True):
            bill = Bill.of(*done(product, flow), components)
            items.append(ProductBill(product, flow, array.slots(product, flow).used, bill))
        return cls(array, tuple(items), area_mm2(components))

    @property
    def total(self) -> Bill:
        """Of all products."""
        return Bill.total(item.bill for item in self.items)

    def by_computation(self) -> dict[str, Bill]:
        """Of forward, dx and dw."""
        return self._by(lambda item: item.product.computation)

    def by_layer(self) -> dict[str, Bill]:
        """Of each layer."""
        return self._by(lambda item: item.product.layer)

    def _by(self, key: object) -> dict[str, Bill]:
        assert callable(key)
        parts: dict[str, list[Bill]] = {}
        for item in self.items:
            parts.setdefault(key(item), []).append(item.bill)
        return {name: Bill.total(bills) for name, bills in parts.items()}

    @property
    def utilisation(self) -> float:
        """Multiply-accumulates over those that all multipliers could do in the time."""
        total = self.total
        return total.work.macs / (total.time_s * self.array.peak_macs_per_s)


def area_mm2(components: Components) -> float:
    """Area of all components, on whichever chiplet."""
    return sum(component.area_mm2 for component in components.values())


def peak(array: ModularArray, components: Components) -> Bill:
    """A second of arrays that are full and only stream: energies are powers in watts."""
    return Bill.of(Work.peak_per_s(array), 1.0, components)
