"""One row of one modulus: what it reads, what turns its phase, how often it errs, what it costs.

Nothing is worked out here.  The chip is fabricated, calibrated and drifted as every chip, but by
the controller that knows the truth, since one that reads takes a second.  The budget is that of
``mirage show budget``, the readings are those of the engine ``compact``, and the energies those of
``mirage cost``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from circuits.analysis.error_budget import ErrorBudget, error_budget
from circuits.analysis.link import LinkBudget
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip, fabricate
from circuits.chip.compiling import compile_chip
from circuits.chip.drift import drifted
from circuits.coding.array_shape import ArrayShape
from circuits.compiled.arrays import CompiledChip
from circuits.control.oracle import OracleController
from circuits.control.pilots import tracked
from circuits.control.procedure import calibrate
from circuits.receiver.receiver import Receiver
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.cost.bases import array_of, components_of
from mirage_core.cost.bill import Bill, peak
from mirage_core.engines import CompactEngine, Operands
from mirage_core.engines.probe import Probe
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.explorer.data import row_workload
from studies.explorer.settings import RowSettings

# Places along either side of a picture of the decisions.
_MOST_CELLS = 256
# Machines whose prices are kept.
_KEPT = 8


@dataclass(frozen=True)
class Constellation:
    """Readings of a row with all noise, R of them.

    Attributes:
        in_phase: I at the converter as a fraction of the full scale, (R,).
        quadrature: Q, (R,).
        sent: residue that should be read, (R,).
        decided: residue that is read, (R,).
        cells: residue that is decided at evenly spaced Q, falling, and I, rising, between the ends
            of the full scale, (C, C): one place for each pair of codes, or fewer.
    """

    in_phase: NDArray[np.float64]
    quadrature: NDArray[np.float64]
    sent: NDArray[np.int64]
    decided: NDArray[np.int64]
    cells: NDArray[np.int64]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which are decided wrongly, (R,)."""
        return np.not_equal(self.sent, self.decided)


@dataclass(frozen=True)
class Row:
    """A row at one setting of the sliders.

    Attributes:
        settings: the sliders.
        moduli: of the machine that the row belongs to.
        adc_bits: of its converters.
        rail_loss_db: median loss of a rail for the data.
        constellation: what it reads.
        budget: what turns its phase, and the predicted error rate.
        energy_j: energy of a multiply-accumulate of the whole machine by component, largest first.
    """

    settings: RowSettings
    moduli: tuple[int, ...]
    adc_bits: int
    rail_loss_db: float
    constellation: Constellation
    budget: ErrorBudget
    energy_j: dict[str, float]

    @property
    def mac_j(self) -> float:
        """Energy of a multiply-accumulate."""
        return math.fsum(self.energy_j.values())


def explore(settings: RowSettings) -> Row:
    """Work out the row of some settings; the same settings give the same row.

    Raises:
        InputError: for settings that no machine can have.
    """
    modulus = settings.modulus
    # Neither what is streamed nor what calibration leaves is of the machine.
    machine, energy_j = _priced(replace(settings, data="random", static_error_rad=0.0))
    chip = oracle_chip(machine, (modulus,), ArrayShape(1, 1, machine.bfp.group_size), settings)
    work = row_workload(machine, modulus, settings.data)
    gain = LinkBudget(machine.design, modulus, machine.bfp.group_size).gain
    compiled = compile_chip(chip)
    return Row(
        settings=settings,
        moduli=machine.all_moduli.moduli,
        adc_bits=machine.design.receiver.adc(modulus).bits,
        rail_loss_db=float(gain.rail_loss_db(gain.code.digits(work.streamed)).median()),
        constellation=_read(compiled, modulus, work),
        budget=error_budget(chip, modulus, work, compiled.arrays[modulus]),
        energy_j=energy_j,
    )


@lru_cache(maxsize=_KEPT)
def _priced(settings: RowSettings) -> tuple[MachineConfig, dict[str, float]]:
    """The machine of some settings, and its energies."""
    machine = settings.machine()
    return machine, mac_energies_j(machine)


def oracle_chip(
    machine: MachineConfig, moduli: tuple[int, ...], shape: ArrayShape, settings: RowSettings
) -> Chip:
    """A chip of a machine with the stated static error in the place of a calibration's."""
    raw = fabricate(machine.design, moduli, shape, settings.chip_seed)
    oracle = OracleController(residual_rad=settings.static_error_rad)
    return tracked(drifted(calibrate(raw, controller=oracle)))


def mac_energies_j(machine: MachineConfig) -> dict[str, float]:
    """Energy of a multiply-accumulate by component, of arrays that are full, largest first."""
    bill = full_bill(machine)
    found = {name: energy.value / bill.work.macs for name, energy in bill.energy_j.items()}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def full_bill(machine: MachineConfig) -> Bill:
    """A second of a machine whose arrays are full, from its own parts."""
    return peak(array_of(machine, "physics"), components_of(machine, "physics"))


def _read(compiled: CompiledChip, modulus: int, work: Workload) -> Constellation:
    """Readings of a workload, with all noise."""
    count = math.prod(work.shape)
    probe, streamed = Probe(count), work.streamed.short().expand(len(work.drives), -1, -1)
    engine = CompactEngine(compiled, ModuliSet((modulus,)), probe)
    operands = Operands(work.drives.short(), streamed, max_dot=compiled.shape.length * modulus**2)
    for _ in engine.blocks(operands, NoiseKey.from_seed(0).fold("explorer")):
        pass
    in_phase, quadrature, sent, decided = probe.samples[modulus].double().numpy()
    cells = _cells(compiled.arrays[modulus].receiver)
    return Constellation(in_phase, quadrature, sent.astype(int), decided.astype(int), cells)


def _cells(receiver: Receiver) -> NDArray[np.int64]:
    """What the receiver of the row decides over its full scale; see :class:`Constellation`."""
    count = min(2 * receiver.converter.half_range, _MOST_CELLS)
    middle = (torch.arange(count, dtype=torch.float64) + 0.5) * (2.0 / count) - 1.0
    quadrature, in_phase = torch.meshgrid(middle.flip(0), middle, indexing="ij")
    return receiver.at(0, 0).decide(in_phase, quadrature).long().numpy()
