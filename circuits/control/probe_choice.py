"""Which patterns a calibration reads: those that tell most, of those that can be understood.

Patterns differ in the odds of their bits, the size of their drives, the phase that the row trimmer
gives them and the gain that they are read with.

Legend of shapes: N pattern, G load, J multiplier, D digit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from circuits.coding.phase_code import drive_level
from circuits.control.estimate import Belief, Unknowns
from circuits.control.interface import Bench, Patterns
from photonics.random import NoiseKey

_TURN_RAD = 2.0 * math.pi
# Share of the full scale that patterns fill once the receivers are trimmed.
_FILLED = 0.97
# Phase around a null of I or Q within which patterns are put there.
_NULL_RAD = 0.2
# Every so many patterns keep to any phase of a turn: nulls tell little of the receivers.
_ANYWHERE = 4
# Patterns of a batch by which its least certain one is judged.
_SAMPLE = 128
# Standard deviations that must not leave the full scale there.
_SAFE = 3.0
# Patterns read with a set of drives, at least: loading takes time.
_PER_LOAD = 16
# Expected error of the least certain phase that is unwrapped safely: a sixth of half a turn.
_UNWRAPPED_RAD = math.pi / 6
# Odds of a bit departing from the brightest pattern that are tried.
_ODDS = (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)


@dataclass
class PatternChoice:
    """Patterns for the arrays of one modulus, none the same as another.

    Args:
        bench: of the arrays.
        unknowns: what the patterns are to tell of.
        key: of what is random.
    """

    bench: Bench
    unknowns: Unknowns
    key: NoiseKey

    def __post_init__(self) -> None:
        gain = self.bench.gain
        # Of integers that can be streamed as data: for those the full scale is set.
        every = gain.code.digits(torch.tensor(gain.code.values))
        digits = every[gain.residue_loss_db().argmin()]
        self.brightest = digits.expand(self.bench.shape.length, len(digits))
        self.batch = 0

    def _dither(self, count: int) -> Tensor:
        """Phases of the row trimmer around what it is set to, anywhere in a turn, (N,)."""
        self.batch += 1
        uniform = self.key.fold("dither", self.batch).uniform(0, count)
        trimmer = self.bench.design.calibration.trimmer
        reach_rad = min(trimmer.range_rad, _TURN_RAD)
        return (uniform * reach_rad / trimmer.lsb_rad).floor() * trimmer.lsb_rad

    def at_rest(self, bits: Tensor) -> Patterns:
        """Patterns of digits (N, J, D) with all drives at zero."""
        level = torch.zeros(1, self.bench.shape.length, dtype=torch.int64)
        load = torch.zeros(len(bits), dtype=torch.int64)
        one = torch.ones(len(bits), dtype=torch.float64)
        return Patterns(bits, level, load, self._dither(len(bits)), one)

    def _largest(self, bits: Tensor) -> Tensor:
        """Amplitude of patterns of digits (N, J, D), with as much as leaks may well add."""
        return self.bench.amplitude(bits) * (2.0 * self.bench.leak_rad2(bits).sqrt()).exp()

    def filled(self, patterns: Patterns) -> Patterns:
        """Patterns with the gain raised until they fill the converters."""
        return self._zoomed(patterns, _FILLED / self._largest(patterns.bits))

    def _zoomed(self, patterns: Patterns, wanted: Tensor) -> Patterns:
        """Patterns with the gain raised as far as wanted, as far as the machine can."""
        wanted = wanted.clamp(max=self.bench.design.calibration.most_zoom)
        return replace(patterns, zoom=self.bench.gain.raised(patterns.bits, wanted))

    def telling(self, count: int, belief: Belief) -> Patterns:
        """Random digits on random drives: as telling as can be unwrapped."""
        at_rest = self._odds(count, belief)
        loads = min(self.bench.modulus, max(1, count // _PER_LOAD))
        load = torch.arange(count) * loads // count
        full = self._levels(loads)
        reach, half = self.bench.modulus // 2, self.bench.modulus // 2
        while True:
            level = (full * (reach / half)).round().to(torch.int64)
            patterns = replace(at_rest, level=level, load=load)
            spread_rad = self._spread_rad(patterns, belief)
            if reach == 0 or spread_rad <= _UNWRAPPED_RAD:
                return self._nulled(patterns, spread_rad)
            reach //= 2

    def _nulled(self, patterns: Patterns, spread_rad: float) -> Patterns:
        """Patterns put near a null of I or Q, where that tells more and errors are small enough.

        Near a null the gain can be raised until the steps of the converter hardly count; the other
        converter, at its end, would tell next to nothing of the phase.
        """
        plan, known = self.bench.design.calibration, self.bench.known(patterns)
        if plan.trimmer.range_rad < _TURN_RAD:
            return patterns
        reach = self._largest(patterns.bits) * math.sin(
            min(_NULL_RAD + _SAFE * spread_rad, math.pi / 2)
        )
        noise = known.amplitude * known.variance_rad2.sqrt()
        quarters = patterns.dither_rad / (_TURN_RAD / 4.0)
        wanted = quarters.floor() * (_TURN_RAD / 4.0) + (2.0 * quarters.frac() - 1.0) * _NULL_RAD
        dither = wanted - self.bench.ideal_rad(patterns) + patterns.dither_rad
        step = plan.trimmer.lsb_rad
        dither = (dither.remainder(_TURN_RAD) / step).floor() * step
        nulled = self._zoomed(patterns, _FILLED / (reach + _SAFE * noise))
        nulled = replace(nulled, dither_rad=dither)
        better = self.bench.known(nulled).variance_rad2 < known.variance_rad2
        better &= torch.arange(len(dither)) % _ANYWHERE != 0
        return replace(
            patterns,
            dither_rad=torch.where(better, dither, patterns.dither_rad),
            zoom=torch.where(better, nulled.zoom, patterns.zoom),
        )

    def _odds(self, count: int, belief: Belief) -> Patterns:
        """Random digits at rest that tell most of the digits."""
        uniform = self.key.fold("bits", self.batch).uniform(0, count * self.unknowns.digits.stop)
        uniform = uniform.view(count, *self.brightest.shape)
        rest = self.at_rest(self.brightest.expand(count, -1, -1))
        best, most = rest, 0.0
        for odds in _ODDS:
            bits = self.brightest ^ (uniform < odds).to(torch.int64)
            patterns = self.filled(replace(rest, bits=bits))
            known = self.bench.known(self._sample(patterns))
            told = odds * (1.0 - odds) * float((1.0 / known.variance_rad2).mean())
            # With none that is safe yet, the last has the fewest bits that depart.
            if told <= most:
                continue
            if self._spread_rad(patterns, belief) <= _UNWRAPPED_RAD:
                best, most = patterns, told
            elif most == 0.0:
                best = patterns
        return best

    @staticmethod
    def _sample(patterns: Patterns) -> Patterns:
        """Some of many."""
        return patterns.every(-(-len(patterns.bits) // _SAMPLE))

    def _spread_rad(self, patterns: Patterns, belief: Belief) -> float:
        """Expected error of the least certain of patterns, or of a sample of many."""
        patterns = self._sample(patterns)
        known = self.bench.known(patterns)
        return belief.spread_rad(self.unknowns.regressors(patterns, known))

    def _levels(self, loads: int) -> Tensor:
        """Drives of the next loads, (G, J): each multiplier takes every level in turn."""
        key = self.key.fold("levels")
        order = torch.stack(
            [
                key.fold(j).uniform(0, self.bench.modulus).argsort()
                for j in range(self.bench.shape.length)
            ],
            dim=1,
        )
        turns = (torch.arange(loads) + self.bench.loads) % self.bench.modulus
        return drive_level(order[turns], self.bench.modulus)
