"""Which probes a calibration reads: those that tell most, of those that can be understood.

Probes differ in the probability of their bits, the size of their drives, the phase that the row
trimmer gives them and the gain that they are read with.

Legend of shapes: N pattern, G load, J multiplier, D digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from circuits.coding.phase_code import drive_level
from circuits.control.estimate import Estimate, Unknowns
from circuits.control.interface import ControllerInterface, Known, ProbeSequence
from circuits.control.plan import probe_loads
from photonics.random import NoiseKey

_TURN_RAD = 2.0 * math.pi
# Share of the full scale that probes fill once the receivers are trimmed.
_FILLED = 0.97
# Phase around a null of I or Q within which probes are put there.
_NULL_RAD = 0.2
# Every so many probes keep to any phase of a turn: nulls tell little of the receivers.
_ANYWHERE = 4
# Probes of a batch, at most, by which its least certain one is judged.
_SAMPLE = 128
# Standard deviations that must not leave the full scale there.
_SAFE = 3.0
UNWRAPPED_RAD = math.pi / 6
"""Expected error of the least certain phase that is unwrapped safely: a sixth of half a turn."""
# Probabilities of a bit departing from the brightest pattern that are tried.
_PROBABILITIES = (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)


@dataclass
class ProbeChoice:
    """Probes for the arrays of one modulus, none the same as another.

    ``beyond_rad`` is the expected error of the least certain of probes at the least drives, where
    those of the last batch were kept at rest because of it, and 0 otherwise.

    Args:
        interface: of the arrays.
        unknowns: what the probes are to tell of.
        key: of what is random.
    """

    interface: ControllerInterface
    unknowns: Unknowns
    key: NoiseKey

    def __post_init__(self) -> None:
        gain = self.interface.gain
        # Of integers that can be streamed as data: for those the full scale is set.
        every = gain.code.digits(torch.tensor(gain.code.values))
        digits = every[gain.residue_loss_db().argmin()]
        self.brightest = digits.expand(self.interface.shape.length, len(digits))
        self.batch, self.beyond_rad = 0, 0.0

    def _dither(self, count: int) -> Tensor:
        """Phases of the row trimmer around what it is set to, anywhere in a turn, (N,)."""
        self.batch += 1
        uniform = self.key.fold("dither", self.batch).uniform(0, count)
        trimmer = self.interface.design.calibration.trimmer
        reach_rad = min(trimmer.range_rad, _TURN_RAD)
        return (uniform * reach_rad / trimmer.lsb_rad).floor() * trimmer.lsb_rad

    def at_rest(self, bits: Tensor) -> ProbeSequence:
        """Probes of digits (N, J, D) with all drives at zero."""
        level = torch.zeros(1, self.interface.shape.length, dtype=torch.int64)
        load = torch.zeros(len(bits), dtype=torch.int64)
        one = torch.ones(len(bits), dtype=torch.float64)
        return ProbeSequence(bits, level, load, self._dither(len(bits)), one)

    def _largest(self, bits: Tensor) -> Tensor:
        """Amplitude of probes of digits (N, J, D), with as much as leaks may well add."""
        return self.interface.amplitude(bits) * (2.0 * self.interface.leak_rad2(bits).sqrt()).exp()

    def filled(self, probes: ProbeSequence) -> ProbeSequence:
        """Probes with the gain raised until they fill the converters."""
        return self._boosted(probes, _FILLED / self._largest(probes.bits))

    def _boosted(self, probes: ProbeSequence, wanted: Tensor) -> ProbeSequence:
        """Probes with the gain raised as far as wanted, as far as the machine can."""
        wanted = wanted.clamp(max=self.interface.design.calibration.max_gain_boost)
        return replace(probes, gain_boost=self.interface.gain.raised(probes.bits, wanted))

    def most_informative(self, count: int, estimate: Estimate) -> ProbeSequence:
        """Random digits on random drives: as informative as can be unwrapped."""
        at_rest = self._random_bits(count, estimate)
        loads = probe_loads(self.interface.modulus, count)
        load = torch.arange(count) * loads // count
        full = self._levels(loads)
        reach, half = self.interface.modulus // 2, self.interface.modulus // 2
        self.beyond_rad = 0.0
        while True:
            level = (full * (reach / half)).round().to(torch.int64)
            probes = replace(at_rest, level=level, load=load)
            some = probes.every(-(-count // _SAMPLE))
            spread_rad = self._spread_rad(some, self.interface.known(some), estimate)
            safe = spread_rad <= UNWRAPPED_RAD
            if reach == 0 or safe:
                # What is unsafe at rest is so for other reasons than drives.
                self.beyond_rad *= reach == 0 and safe
                return self._nulled(probes, spread_rad)
            self.beyond_rad, reach = spread_rad, reach // 2

    def _nulled(self, probes: ProbeSequence, spread_rad: float) -> ProbeSequence:
        """Probes put near a null of I or Q, where that tells more and errors are small enough.

        Near a null the gain can be raised until the steps of the converter hardly count; the other
        converter, at its end, would tell next to nothing of the phase.
        """
        plan, known = self.interface.design.calibration, self.interface.known(probes)
        if plan.trimmer.range_rad < _TURN_RAD:
            return probes
        reach = self._largest(probes.bits) * math.sin(
            min(_NULL_RAD + _SAFE * spread_rad, math.pi / 2)
        )
        noise = known.amplitude * known.variance_rad2.sqrt()
        quarters = probes.dither_rad / (_TURN_RAD / 4.0)
        wanted = quarters.floor() * (_TURN_RAD / 4.0) + (2.0 * quarters.frac() - 1.0) * _NULL_RAD
        dither = wanted - self.interface.ideal_rad(probes) + probes.dither_rad
        step = plan.trimmer.lsb_rad
        dither = (dither.remainder(_TURN_RAD) / step).floor() * step
        nulled = self._boosted(probes, _FILLED / (reach + _SAFE * noise))
        nulled = replace(nulled, dither_rad=dither)
        better = self.interface.known(nulled).variance_rad2 < known.variance_rad2
        better &= torch.arange(len(dither)) % _ANYWHERE != 0
        return replace(
            probes,
            dither_rad=torch.where(better, dither, probes.dither_rad),
            gain_boost=torch.where(better, nulled.gain_boost, probes.gain_boost),
        )

    def _random_bits(self, count: int, estimate: Estimate) -> ProbeSequence:
        """Random digits at rest that tell most of the digits."""
        uniform = self.key.fold("bits", self.batch).uniform(0, count * self.unknowns.digits.stop)
        uniform = uniform.view(count, *self.brightest.shape)
        rest = self.at_rest(self.brightest.expand(count, -1, -1))
        best, most = _PROBABILITIES[-1], 0.0
        nth = -(-count // _SAMPLE)
        some, chance = rest.every(nth), uniform[::nth]
        for probability in _PROBABILITIES:
            bits = self.brightest ^ (chance < probability).to(torch.int64)
            probes = self.filled(replace(some, bits=bits))
            known = self.interface.known(probes)
            information = (
                probability * (1.0 - probability) * float((1.0 / known.variance_rad2).mean())
            )
            # With none that is safe yet, the last has the fewest bits that depart.
            if information > most and self._spread_rad(probes, known, estimate) <= UNWRAPPED_RAD:
                best, most = probability, information
        return self.filled(replace(rest, bits=self.brightest ^ (uniform < best).to(torch.int64)))

    def _spread_rad(self, probes: ProbeSequence, known: Known, estimate: Estimate) -> float:
        """Expected error of the least certain of probes."""
        return estimate.spread_rad(self.unknowns.regressors(probes, known))

    def _levels(self, loads: int) -> Tensor:
        """Drives of the next loads, (G, J): each multiplier takes every level in turn."""
        key = self.key.fold("levels")
        order = torch.stack(
            [
                key.fold(j).uniform(0, self.interface.modulus).argsort()
                for j in range(self.interface.shape.length)
            ],
            dim=1,
        )
        turns = (torch.arange(loads) + self.interface.loads) % self.interface.modulus
        return drive_level(order[turns], self.interface.modulus)
