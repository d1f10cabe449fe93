"""How much a machine minds that a part is not what its design says: every part, one at a time.

A part is off by its spread (:mod:`studies.metrics.spreads`) on the whole chip, which is built and
calibrated so: a tolerance of what is ordered and made.  Nothing has drifted since.  The machine's
own controller calibrates the chip of the design.  On all others one that knows the truth
(:class:`circuits.control.oracle.OracleController`) leaves as much on every digit as that one did.
The chip has few rows, always the same ones, so that all but the part is alike.

A mean error rate is that of the few worst rows, and may be too small to be told.  The margin is
compared instead: the rate of a typical row, the geometric mean over the rows, with the laser dimmed
until it is 1e-6 by design.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from scipy.optimize import brentq
from torch import Tensor

from circuits.analysis.predicted_errors import predict
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip, fabricate
from circuits.chip.compiling import compile_arrays
from circuits.control.oracle import OracleController
from circuits.control.procedure import calibrate, calibrate_with_report
from circuits.receiver.by_design import gain_control
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.units import db_to_power
from studies.metrics.spreads import EXACT, Spread, spread_of
from studies.report.progress import progress
from studies.show.error_budget import workload

# Rows and streamed vectors of the chip that is made again and again.
_ROWS, _VECTORS = 8, 500
DIMMED_RATE = 1e-6
"""Rate of a typical row to which a machine is dimmed that errs more seldom."""
# Most by which it is, dB.
_MOST_DIMMED_DB = 60.0
# Below this a rate is no number.
_LEAST_RATE = 1e-15
# Parts of a machine that have tolerances: what light and its currents pass.
_PARTS = ("laser.", "coupler.", "feed.", "rail_splitter.", "multiplier.", "receiver.")
# Trimmers of rings cost power, and leave what the spread of the rings says.
_PRICES = (".trimmer.", ".walden_j_per_step")


@dataclass(frozen=True)
class State:
    """A machine with all parts as they should be, or one off.

    Attributes:
        error_rate: predicted, mean of the modulus that fares worst.
        dimmed_error_rate: that of a typical row of the modulus that fares worst, the laser dimmed.
        arriving_w: light of both rails at the receiver for the mean of the data, of that modulus
            which gets least.
        electrical_w: that the laser of a row draws.
    """

    error_rate: float
    dimmed_error_rate: float
    arriving_w: float
    electrical_w: float


@dataclass(frozen=True)
class Tolerance:
    """What one parameter does that is off by its spread.

    Attributes:
        name: dotted.
        value: by design.
        spread: how far off.
        below: the machine with less of it, or why it cannot be.
        above: the machine with more of it, or why it cannot be.
    """

    name: str
    value: float
    spread: Spread
    below: State | str
    above: State | str

    @property
    def states(self) -> tuple[State | str, State | str]:
        """Both, less first."""
        return self.below, self.above


@dataclass(frozen=True)
class Tolerances:
    """All of a machine.

    Attributes:
        nominal: every part as it should be.
        dimmed_db: by how much the laser is dimmed; 0 where the machine errs often enough without,
            or at any light too seldom.
        rows: those that change the dimmed error rate most come first.
        fixed: names of what cannot be moved, because it cannot act in this machine.
    """

    nominal: State
    dimmed_db: float
    rows: tuple[Tolerance, ...]
    fixed: tuple[str, ...]

    def decades(self, state: State | str) -> float:
        """Change of the error rate with the laser dimmed, log10; not a number if it cannot be."""
        if isinstance(state, str):
            return math.nan
        return _log10(state.dimmed_error_rate) - _log10(self.nominal.dimmed_error_rate)

    def effect(self, row: Tolerance) -> float:
        """Largest change of either sign."""
        return max(abs(self.decades(state)) for state in row.states if isinstance(state, State))


def parameters(machine: MachineConfig) -> list[tuple[str, float]]:
    """Names and values of what may be off: numbers of parts that are not zero, and not exact."""
    return [
        (leaf.name, float(leaf.value))
        for leaf in machine.parameters()
        if leaf.name.startswith(_PARTS)
        and not any(price in leaf.name for price in _PRICES)
        and type(leaf.value) is float
        and leaf.name.rpartition(".")[2] not in EXACT
        and (leaf.name == "laser.wavelength_m" or not leaf.name.endswith("wavelength_m"))
        and spread_of(leaf.name).of(leaf.value) > 0.0
    ]


def tolerances(machine: MachineConfig, streamed: Tensor) -> Tolerances:
    """Every part of a machine off by its spread, less and more, one at a time.

    Args:
        machine: any.
        streamed: mantissas (vectors, J).
    """
    rows = min(_ROWS, machine.array.rows)
    small = machine.changed({"array.units": 1, "array.rows": rows})
    work = workload(small, streamed[:_VECTORS])
    asked = parameters(small)
    bench = _Bench.of(small, work)
    nominal = bench.state(small)
    found = []
    with progress("tolerances", 2 * len(asked)) as advance:
        for name, value in asked:
            spread, states = spread_of(name), []
            for sign in (-1.0, 1.0):
                advance(note=name)
                off = value + sign * spread.of(value)
                states.append(bench.state_with(small, name, off))
            found.append(Tolerance(name, value, spread, *states))
    moved = [row for row in found if any(isinstance(state, State) for state in row.states)]
    fixed = tuple(row.name for row in found if row not in moved)
    result = Tolerances(nominal, bench.dimmed_db, tuple(moved), fixed)
    return replace(result, rows=tuple(sorted(moved, key=result.effect, reverse=True)))


@dataclass(frozen=True)
class _Bench:
    """What every machine is looked at with.

    Attributes:
        work: what its chip is given.
        controller: what calibrates it.
        dimmed_db: by how much its laser is dimmed besides.
    """

    work: Workload
    controller: OracleController
    dimmed_db: float

    @classmethod
    def of(cls, machine: MachineConfig, work: Workload) -> _Bench:
        """For the machine of the design, which its own controller calibrates."""
        report = calibrate_with_report(_raw(machine))[1].arrays.values()
        left_rad = max((arrays.after.rms()["digit_rad"] for arrays in report), default=0.0)
        plain = cls(work, OracleController(residual_rad=left_rad), 0.0)
        chip = plain.chip(machine)

        def excess(by_db: float) -> float:
            return _log10(typical(_rates(_dimmed(chip, by_db), work))) - math.log10(DIMMED_RATE)

        if excess(0.0) >= 0.0 or excess(_MOST_DIMMED_DB) <= 0.0:
            return plain
        return replace(plain, dimmed_db=float(brentq(excess, 0.0, _MOST_DIMMED_DB, xtol=1e-3)))

    def chip(self, machine: MachineConfig) -> Chip:
        """A chip that is built, and calibrated without a reading."""
        return calibrate(_raw(machine), controller=self.controller)

    def state(self, machine: MachineConfig) -> State:
        """How it fares."""
        chip, design = self.chip(machine), machine.design
        arriving_w, draws_w = [], []
        for modulus in chip.moduli:
            gain = gain_control(design, modulus, machine.bfp.group_size)
            loss_db = gain.rail_loss_db(gain.code.digits(self.work.streamed.long())).mean()
            arriving_w.append(sum(float(p) for p in gain.arriving_w(loss_db)))
            draws_w.append(design.row_power_w(modulus) / design.laser.wall_plug_efficiency)
        rates = _rates(chip, self.work)
        dimmed = _rates(_dimmed(chip, self.dimmed_db), self.work)
        worst = max(float(rate.mean()) for rate in rates)
        return State(worst, typical(dimmed), min(arriving_w), max(draws_w))

    def state_with(self, machine: MachineConfig, name: str, value: float) -> State | str:
        """A machine with one value changed, or why there is none."""
        changes: dict[str, Any] = {name: value}
        if name == "laser.power_w":
            # A laser of each modulus is off as well.
            changes = machine.design.scaled_light(value / machine.design.laser.power_w) | changes
        if name == "laser.wavelength_m":
            told = (leaf.name for leaf in machine.parameters())
            changes = {n: value for n in told if n.endswith("wavelength_m")}
        try:
            return self.state(machine.changed(changes))
        except InputError as error:
            return str(error)


def _raw(machine: MachineConfig) -> Chip:
    moduli = machine.all_moduli.moduli
    return fabricate(machine.design, moduli, machine.array_shape, machine.chip_seed)


def _dimmed(chip: Chip, by_db: float) -> Chip:
    """The chip, with less light."""
    if by_db == 0.0:
        return chip
    changes = chip.design.scaled_light(db_to_power(-by_db))
    return chip.with_design(chip.design.changed(changes))


def _rates(chip: Chip, work: Workload) -> list[Tensor]:
    """Predicted error rates of the rows, (M,), for each modulus."""
    return [
        predict(compile_arrays(chip.arrays(m), chip.design), work).error_probability.mean((0, 1))
        for m in chip.moduli
    ]


def typical(rates: list[Tensor]) -> float:
    """Error rate of a typical row of the modulus that fares worst: geometric mean over the rows."""
    return max(float(rate.clamp(min=_LEAST_RATE).log().mean().exp()) for rate in rates)


def _log10(rate: float) -> float:
    return math.log10(max(rate, _LEAST_RATE))
