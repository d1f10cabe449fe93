"""Small machines of every kind, and what can be seen of one: light, noise, time, power, refusal.

Legend of shapes: N streamed vector, M row, J multiplier.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from circuits import ArrayShape, Design, fabricate
from circuits.analysis.link import LinkBudget
from circuits.analysis.predicted_errors import PredictedReadings, predict
from circuits.analysis.receiver_errors import Reception
from circuits.analysis.wander_errors import wander_errors
from circuits.analysis.workload import Light, Workload
from circuits.chip.chip import Chip
from circuits.chip.compiling import compile_chip
from circuits.chip.drift import drifted
from circuits.coding.phase_code import level_angle_rad
from circuits.control.pilots import tracked
from circuits.control.procedure import calibrate_with_report
from circuits.control.report import ArraysReport
from circuits.control.wander import row_wanders
from circuits.receiver.by_design import require_light
from circuits.units.array import ArrayNoise, ModularArray
from devices.shifters.shifter import Shifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import Operands
from mirage_core.engines.compact import CompactEngine
from mirage_core.engines.probe import Probe
from photonics.optics import phasor
from photonics.random import NoiseKey
from photonics.readout_words import ReadoutStreams

MODULUS, SHAPE, VECTORS = 7, ArrayShape(units=1, rows=2, length=2), 192
_KEY = NoiseKey.from_seed(7).fold("every parameter")


def _integers(name: str, least: int, most: int, *size: int) -> Tensor:
    uniform = _KEY.fold(name).uniform(0, math.prod(size)).reshape(size)
    return (uniform * (most - least + 1)).long() + least


@dataclass(frozen=True)
class Seen:
    """What is seen of a design: one chip of one small array, and a fixed product on it."""

    design: Design

    @cached_property
    def _made(self) -> tuple[Chip, ArraysReport | None]:
        require_light(self.design, MODULUS, SHAPE.length)
        raw = fabricate(self.design, (MODULUS,), SHAPE, seed=3)
        chip, report = calibrate_with_report(raw)
        return tracked(drifted(chip)), report.arrays.get(MODULUS)

    @property
    def chip(self) -> Chip:
        return self._made[0]

    @property
    def mzi(self) -> MziSwitch:
        switch = self.design.multiplier.switch
        assert isinstance(switch, MziSwitch)
        return switch

    @property
    def report(self) -> ArraysReport:
        report = self._made[1]
        assert report is not None
        return report

    @cached_property
    def budget(self) -> LinkBudget:
        return LinkBudget(self.design, MODULUS, SHAPE.length)

    @cached_property
    def streamed(self) -> Tensor:
        """(N, J)."""
        values = self.design.multiplier.code(MODULUS).values
        return _integers("streamed", min(values), max(values), VECTORS, SHAPE.length)

    @cached_property
    def drives(self) -> Tensor:
        """(M, J)."""
        return _integers("drives", -3, 3, SHAPE.rows, SHAPE.length)

    @cached_property
    def work(self) -> Workload:
        return Workload(self.streamed, self.drives[None], torch.zeros(1, dtype=torch.int64))

    @cached_property
    def _array(self) -> ModularArray:
        return ModularArray.of(self.chip, MODULUS)

    @cached_property
    def _field(self) -> tuple[Tensor, Tensor]:
        """I and Q over the full scale without and with noise, complex128 (N, M)."""
        array, depth = self._array, self._array.memory.depth
        run = torch.cat((torch.zeros(depth, dtype=torch.int64), torch.arange(VECTORS)))
        drives = array.normals_of_drives(_KEY, 0, SHAPE.rows)
        shared = ReadoutStreams.of(_KEY)
        noise = ArrayNoise(shared, 0, torch.arange(len(run)), _KEY.fold("own"), 0, drives)
        x = self.streamed[run]
        clean, noisy = (array.ratios(x, self.drives, source) for source in (None, noise))
        return torch.view_as_complex(clean), torch.view_as_complex(noisy)

    @cached_property
    def field(self) -> Tensor:
        """I, Q and residue of every reading in the reference model, (3, N, M)."""
        parts = torch.view_as_real(self._field[1]).unbind(-1)
        return torch.stack((*parts, self._array.receivers(SHAPE.rows).decide(*parts).double()))

    @cached_property
    def compact(self) -> Tensor:
        """I, Q and residue of every reading in the fast model, (3, N, M)."""
        probe, moduli = Probe(), ModuliSet((MODULUS,))
        engine = CompactEngine(compile_chip(self.chip), moduli, probe)
        operands = Operands(self.drives[None].short(), self.streamed[None].short(), 2**20)
        for _ in engine.blocks(operands, _KEY.fold("compact")):
            pass
        in_phase, quadrature, _, decided = probe.samples[MODULUS].double()
        return torch.stack((in_phase, quadrature, decided)).view(3, VECTORS, SHAPE.rows)

    @cached_property
    def predicted(self) -> PredictedReadings:
        return predict(compile_chip(self.chip).arrays[MODULUS], self.work)

    @cached_property
    def _off(self) -> Tensor:
        """Turn of the readings of ``field`` without noise from where they should be, (N, M)."""
        ideal_rad = level_angle_rad(MODULUS) * self.work.residue(MODULUS)[0]
        return self._field[0] * phasor(-ideal_rad)

    def field_flaw(self) -> float:
        return _rms(self._off.angle())

    def compact_flaw(self) -> float:
        return _rms(self.predicted.offset_rad)

    def field_noise(self) -> float:
        clean, noisy = self._field
        return _rms((noisy / clean).angle())

    def compact_noise(self) -> float:
        return _rms(self.predicted.random_rad)

    def field_light_w(self) -> float:
        return float(self._array.fields(self.streamed, self.drives).abs().square().sum(-1).mean())

    def compact_light_w(self) -> float:
        compiled = compile_chip(self.chip).arrays[MODULUS]
        powers_w = Reception(compiled, self.work).powers_w(Light.read(compiled, self.work))
        return float(sum(powers_w).mean())

    def scatter(self, model: Tensor) -> float:
        """Of I + iQ about the readings without noise, over the full scale, (3, N, M)."""
        return _rms((torch.complex(model[0], model[1]) - self._field[0]).abs())

    def amplitude(self, model: Tensor) -> float:
        """Of I + iQ, over the full scale."""
        return float(torch.hypot(model[0], model[1]).mean())

    def wrong(self, model: Tensor) -> float:
        """Share of readings that are decided wrongly."""
        return float(model[2].ne(self.work.residue(MODULUS)[0]).double().mean())


def _rms(values: Tensor) -> float:
    return float(values.square().mean().sqrt())


def _most_energy_j(shifter: Shifter) -> float:
    return float(shifter.change_energy_j(*shifter.drive_range))


def _ring(seen: Seen) -> RingSwitch:
    switch = seen.design.multiplier.switch
    assert isinstance(switch, RingSwitch)
    return switch


# What a parameter may move, seen in the reference model and in the fast one.
IN_BOTH: dict[str, tuple[Callable[[Seen], float], Callable[[Seen], float]]] = {
    "light": (Seen.field_light_w, Seen.compact_light_w),
    "noise": (Seen.field_noise, Seen.compact_noise),
    "flaw": (Seen.field_flaw, Seen.compact_flaw),
    "scatter": (lambda s: s.scatter(s.field), lambda s: s.scatter(s.compact)),
    "amplitude": (lambda s: s.amplitude(s.field), lambda s: s.amplitude(s.compact)),
    "wrong": (lambda s: s.wrong(s.field), lambda s: s.wrong(s.compact)),
}
# And in what is worked out beside readings.
IN_BUDGETS: dict[str, Callable[[Seen], float]] = {
    "laser's draw": lambda s: s.budget.power().electrical_w,
    "wander": lambda s: wander_errors(row_wanders(s.chip)[MODULUS]).total_rad,
    "power limit": lambda s: s.budget.power().limit_w,
    "phase limit": lambda s: s.budget.power().phase_limit_w,
    "heat of a ring": lambda s: s.budget.power().heat_phase_rad,
    "bias": lambda s: float(s.budget.voltages().switch_v or 0.0),
    "full scale": lambda s: s.budget.voltages().full_scale_v,
    "clock": lambda s: s.budget.timing().fastest_clock_hz,
    "delay": lambda s: s.budget.timing().delay_s,
    "own phase": lambda s: s.design.multiplier.shifter.phase_width_rad,
    "arm's own phase": lambda s: s.mzi.arm.phase_width_rad,
    "shifter's area": lambda s: s.design.multiplier.shifter.area_m2,
    "shifter's energy": lambda s: _most_energy_j(s.design.multiplier.shifter),
    "switch's area": lambda s: s.design.multiplier.switch.area_m2,
    "switch's energy": lambda s: s.design.multiplier.switch.change_energy_j(
        s.design.laser.wavelength_m
    ),
    "switch's draw": lambda s: s.design.multiplier.switch.hold_power_w(coupled=False),
    "drive energy": lambda s: s.design.multiplier.dac.energy_j if s.design.multiplier.dac else 0.0,
    "load time": lambda s: s.budget.timing().load_s,
    "reading error": lambda s: s.report.digit_error_rad,
    "calibration time": lambda s: s.report.time_s,
    "trimmers' draw": lambda s: s.report.trimmers.power_w,
    "trimmers' area": lambda s: s.report.trimmers.area_m2,
    "rings' draw": lambda s: _ring(s).trimmer.expected_power_w(s.chip.switch_count),
    "rings' area": lambda s: _ring(s).trimmer_area_m2 * s.chip.switch_count,
    "rings missed": lambda s: _ring(s).trimmer.missed_fraction,
    "rings' step": lambda s: _ring(s).trimmer.residual_rms_m,
}
