"""Optics against photontorch, an independent network solver, where it is installed.

A comparison is a name and a function of six uniform random numbers that returns the largest
difference of field transfers; to add a circuit is to add one to :data:`COMPARISONS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from circuits.chip.chip import fabricate
from devices.passive.coupler import Coupler
from devices.passive.waveguide import Waveguide
from mirage_core.machine.config import MachineConfig
from photonics.optics import coupler_matrix, mzi_matrix
from photonics.random import NoiseKey
from photonics.rings import ring_add_drop
from studies.verification.check import Check, Finding
from studies.verification.machines import of_preset
from studies.verification.photontorch_oracle import devices as reference
from studies.verification.photontorch_oracle.check import (
    Agreement,
    compare_chip,
    compare_dot_products,
)

WITHIN = 1e-9
"""Largest difference of a field transfer, or of a power over all the light that arrives."""

CHIPS = ("robust", "thermo-optic")
"""Presets of which a chip is compared row by row, as it leaves the fab; one of them has heaters."""


def _waveguide(u: Sequence[float]) -> float:
    guide = Waveguide(
        length_m=1e-3 * u[0],
        loss_db_per_m=1e4 * u[1],
        effective_index=1.5 + u[2],
        group_index=3.0 + 2.0 * u[3],
        dispersion_s_per_m2=0.0,
    )
    light_m = (1540.0 + 20.0 * u[4]) * 1e-9
    found = reference.waveguide(
        guide.length_m, guide.loss_db_per_m, guide.effective_index, guide.group_index, light_m
    )
    return abs(found - complex(guide.transfer(light_m)))


def _coupler(u: Sequence[float]) -> float:
    ours = Coupler(cross_power=u[0], excess_loss_db=3.0 * u[1]).matrix()
    return _largest(reference.coupler(u[0], 3.0 * u[1]) - ours)


def _interferometer(u: Sequence[float]) -> float:
    phase, upper_db, lower_db = 20.0 * (u[2] - 0.5), 3.0 * u[3], 3.0 * u[4]
    ours = mzi_matrix(coupler_matrix(u[0]), coupler_matrix(u[1]), phase, upper_db, lower_db)
    return _largest(reference.mzi(u[0], u[1], phase, upper_db, lower_db) - ours)


def _ring(u: Sequence[float]) -> float:
    first, second = 0.02 + 0.9 * u[0], 0.02 + 0.9 * u[1]
    loss_db, turn = 2.0 * u[2], 2.0 * math.pi * u[3]
    found = reference.ring_add_drop(first, second, loss_db, turn)
    straight = math.sqrt(1.0 - first), math.sqrt(1.0 - second)
    ours = ring_add_drop(*straight, 10.0 ** (-loss_db / 20.0), turn)
    return max(abs(one - complex(other)) for one, other in zip(found, ours, strict=True))


def _largest(difference: Tensor) -> float:
    return float(difference.abs().max())


COMPARISONS: dict[str, Callable[[Sequence[float]], float]] = {
    "waveguide": _waveguide,
    "coupler": _coupler,
    "interferometer": _interferometer,
    "ring": _ring,
}


def outside_reference(like: MachineConfig, settings: int, rows: int = 1) -> Finding:
    """Every comparison.

    Args:
        like: machine whose moduli the chips have.
        settings: random ones of every circuit.
        rows: of every array of the chips.
    """
    devices = [_compare(name, settings) for name in COMPARISONS]
    units = _powers("dot products", lambda: compare_dot_products(settings))
    chips = [_powers(f"chip of {p}", partial(_chip_rows, like, p, rows)) for p in CHIPS]
    return Finding([*devices, units, *chips])


def _chip_rows(like: MachineConfig, preset: str, rows: int) -> Agreement:
    machine = of_preset(preset, like, {"array.rows": rows})
    chip = fabricate(machine.design, machine.moduli, machine.array_shape, machine.chip_seed)
    return compare_chip(chip, NoiseKey.from_seed(7).fold("verify", "chip", preset))


def _powers(name: str, compare: Callable[[], Agreement]) -> Check:
    """Whole dot product units: powers of the four diodes."""
    title = f"photontorch, {name}"
    found = compare()
    wrong = int(not found.deviation <= WITHIN)
    return Check(title, found.settings, wrong, f"powers differ by at most {found.deviation:.1e}")


def _compare(name: str, settings: int) -> Check:
    title = f"photontorch, {name}"
    draws = NoiseKey.from_seed(7).fold("verify", name).uniform(0, 6 * settings).view(-1, 6)
    worst = torch.tensor([COMPARISONS[name](u) for u in draws.tolist()], dtype=torch.float64)
    largest = float(worst.max())
    # A difference that is no number is a failure too.
    wrong = int((~(worst <= WITHIN)).sum())
    return Check(title, settings, wrong, f"fields differ by at most {largest:.1e}")
