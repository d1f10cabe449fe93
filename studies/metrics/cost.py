"""What a machine costs: time, energy, power and area, each part priced for itself.

A network of full size is what is computed; see :mod:`mirage_core.cost`.
"""

from __future__ import annotations

from functools import lru_cache

from mirage_core.cost.bases import Basis, array_of, components_of
from mirage_core.cost.bill import Bill, NetworkBill, peak
from mirage_core.machine.config import MachineConfig
from mirage_core.networks.catalogue import full_size
from mirage_core.tracing.product import Product
from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric

_BASIS: Basis = "physics"


@metric("step_time_s", "s", "time of a training step of conditions.network", "log")
def step_time_s(at: Evaluation) -> float:
    """At the clock that is set, whether symbols settle or not."""
    return _total(at).time_s


@metric("step_energy_j", "J", "energy of a training step of conditions.network", "log")
def step_energy_j(at: Evaluation) -> float:
    """Of all parts."""
    return _total(at).total_j.value


@metric("energy_per_mac_pj", "pJ", "energy of a multiply-accumulate of conditions.network", "log")
def energy_per_mac_pj(at: Evaluation) -> float:
    """Padding, loads and idle parts included."""
    return 1e12 * _total(at).energy_per_mac_j


@metric("peak_power_w", "W", "electrical power of the machine while all arrays stream", "log")
def peak_power_w(at: Evaluation) -> float:
    """Lasers, trimmers, converters and all else."""
    machine = at.machine
    return peak(array_of(machine, _BASIS), components_of(machine, _BASIS)).power_w


@metric("area_mm2", "mm²", "area of all parts of the machine, on whichever chiplet", "log")
def area_mm2(at: Evaluation) -> float:
    """Of whatever network."""
    return step_bill(at).area_mm2


def _total(at: Evaluation) -> Bill:
    return step_bill(at).total


def step_bill(
    at: Evaluation, machine: MachineConfig | None = None, basis: Basis = _BASIS
) -> NetworkBill:
    """A training step of the network of a point, on its own machine or another one."""
    priced = at.machine if machine is None else machine
    products = products_of(at.conditions.network, at.conditions.batch)
    return NetworkBill.of(products, array_of(priced, basis), components_of(priced, basis))


@lru_cache
def products_of(network: str, batch: int) -> tuple[Product, ...]:
    """All products of a training step of a network of full size."""
    return tuple(full_size(network).trace(batch).products)
