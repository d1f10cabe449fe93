r"""Calibration of a chip as a controller could do it: by streaming digits and reading codes.

1. *Receiver.*  One pattern, the row trimmer over a turn: the harmonics of I and Q give offsets,
   gains and quadrature.  Where an offset drives converters beyond their full scale, only that is
   set, and the trimmer turns again.
2. *Coarse.*  One bit at a time against the brightest pattern: the static phase of every digit
   modulo a turn, without any unwrapping.
3. *Fine.*  Random digits on random drives: least squares of the phase error for all that is wrong
   with a row together.  As many bits depart from the brightest pattern, and as large drives are
   loaded, as the estimates so far allow without an error beyond half a turn.  Trims are set after
   every batch, since trimmers have steps and warm their neighbours.

The row trimmer dithers every reading: a fixed phase would sit in one cell of the converters, and
averaging would not help.  With σ the phase noise of a reading, n readings leave 2 σ / √n on every
digit, beside the step of its trimmer.

Legend of shapes: N pattern, G load, U unit, R row, L = U·R line, J multiplier, D digit, P unknown,
Q quadrature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from circuits.calibration.bench import Bench, Patterns
from circuits.calibration.fit import Belief, Unknowns, inverse
from circuits.calibration.leaks import leak_variance_rad2, leaking_bits
from circuits.calibration.report import CalibrationReport, LaneReport
from circuits.calibration.setter import Setter
from circuits.chip import Chip
from circuits.multiplier import DigitOptics
from circuits.phase_code import drive_level
from photonics.errors import InputError
from photonics.random import NoiseKey

_TURN_RAD = 2.0 * math.pi
# Readings of the receiver's turn, and how often it is turned at most.
_TURN_READS = 64
_MOST_TURNS = 8
# Share of a turn's readings beyond one end of a converter, over those beyond the other, with which
# the turn tells no more than which way the offset is.
_LOPSIDED = 1 / 8
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
# Shares of the random patterns that each batch takes.
_BATCHES = (1 / 16, 1 / 16, 1 / 8, 1 / 4, 1 / 2)
# Patterns read with a set of drives, at least: loading takes time.
_PER_LOAD = 16
# Expected error of the least certain phase that is unwrapped safely: a sixth of half a turn.
_UNWRAPPED_RAD = math.pi / 6
# Relative error of what the receiver's turn finds beyond which nothing is set by it.
_TELLING = 0.1
# Spread of the digits' phases that is always allowed for.
_LEAST_SPREAD_RAD = 1e-3
# Odds of a bit departing from the brightest pattern that are tried.
_ODDS = (0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)


def calibrate(chip: Chip, key: NoiseKey | None = None) -> Chip:
    """Trim a chip by what its converters read; the same chip with trims.

    Args:
        chip: as fabricated; earlier trims and drift are dropped.
        key: noise of the readings; by default one of the chip's own.

    Raises:
        InputError: if fewer readings are allowed than there are unknowns.
    """
    return calibrate_with_report(chip, key)[0]


def calibrate_with_report(
    chip: Chip, key: NoiseKey | None = None
) -> tuple[Chip, CalibrationReport]:
    """As :func:`calibrate`, with what was done and what is left, for every modulus."""
    raw = chip.with_trims({})
    if chip.design.calibration.policy == "none":
        return raw, CalibrationReport({})
    root = key or NoiseKey.from_seed(chip.seed).fold("calibration")
    runs = {m: LaneCalibration(raw, m, root.fold(m)) for m in chip.moduli}
    for run in runs.values():
        run.run()
    trimmed = raw.with_trims({m: run.setter.trims for m, run in runs.items()})
    reports = {m: LaneReport.of(raw, trimmed, m, run.belief, run.bench) for m, run in runs.items()}
    return trimmed, CalibrationReport(reports)


@dataclass
class LaneCalibration:
    """The calibration of the arrays of one modulus.

    Args:
        chip: a raw chip.
        modulus: which arrays.
        key: of the patterns and of the noise.
    """

    chip: Chip
    modulus: int
    key: NoiseKey

    def __post_init__(self) -> None:
        design, shape = self.chip.design, self.chip.shape
        optics = DigitOptics.of(design.multiplier, self.modulus, design.laser.wavelength_m)
        self.bench = Bench(self.chip, self.modulus, self.key.fold("readings"))
        self.unknowns = Unknowns(optics, shape.length)
        self.setter = Setter(self.chip, self.modulus, self.unknowns)
        self.digits = optics.code.count
        self.brightest = self.bench.gain.loss_db.argmin(1).expand(shape.length, self.digits)
        self.belief = Belief(
            self.unknowns,
            torch.zeros(self.unknowns.count, shape.units * shape.rows, dtype=torch.float64),
            torch.diag(self._prior_variance()),
        )
        self.batch = 0

    def run(self) -> None:
        """Take all readings and set the trims."""
        shape, reads = self.chip.shape, self.chip.design.calibration.reads
        rest = reads - _TURN_READS - shape.length * self.digits
        if rest < self.unknowns.count:
            raise InputError(
                "calibration.reads",
                reads,
                f"{self.unknowns.count} unknowns of each row modulo {self.modulus} need at least "
                f"{reads - rest + self.unknowns.count}",
                "raise it, or set calibration.policy=none",
            )
        turned, bright_rad = self._receiver(rest - self.unknowns.count)
        rest = reads - self.bench.reads - shape.length * self.digits
        self._coarse(turned, bright_rad)
        for share in _BATCHES[:-1]:
            self._learn(self._patterns(int(share * rest)))
        self._learn(self._patterns(reads - self.bench.reads))

    def _prior_variance(self) -> Tensor:
        """Variance of the unknowns after the coarse stage, but for what that has measured."""
        unknowns, multiplier = self.unknowns, self.chip.design.multiplier
        variance = torch.ones(unknowns.count, dtype=torch.float64)
        variance[unknowns.drives] = max(multiplier.drive_gain_rms, 1e-6) ** 2
        rails = sum(share**2 for share in multiplier.rail_shares)
        variance[unknowns.shifters] = rails * multiplier.shifter_gain_rms**2
        variance[unknowns.receiver] = 0.03**2
        # That of the offsets, as a fraction of the full scale; no hybrid is worse than a tenth.
        bright = self.bench.gain.common_mode(self.brightest)
        variance[unknowns.offsets] = (0.03 / bright).clamp(max=0.1).square().repeat(2)
        variance[unknowns.leaks] = self._leak_variance().flatten()
        return variance

    def _leak_variance(self) -> Tensor:
        """Variance of C and S, (B, H, J·D)."""
        bits = leaking_bits(self.unknowns.optics)
        leak = leak_variance_rad2(self.unknowns.optics)[:, bits].T
        return leak.repeat(1, self.chip.shape.length)[:, None].expand(-1, 2, -1)

    def _dither(self, count: int) -> Tensor:
        """Phases of the row trimmer around what it is set to, anywhere in a turn, (N,)."""
        self.batch += 1
        uniform = self.key.fold("dither", self.batch).uniform(0, count)
        trimmer = self.chip.design.calibration.trimmer
        reach_rad = min(trimmer.range_rad, _TURN_RAD)
        return (uniform * reach_rad / trimmer.lsb_rad).floor() * trimmer.lsb_rad

    def _at_rest(self, bits: Tensor) -> Patterns:
        """Patterns of digits (N, J, D) with all drives at zero."""
        level = torch.zeros(1, self.chip.shape.length, dtype=torch.int64)
        load = torch.zeros(len(bits), dtype=torch.int64)
        one = torch.ones(len(bits), dtype=torch.float64)
        return Patterns(bits, level, load, self._dither(len(bits)), one)

    def _largest(self, bits: Tensor) -> Tensor:
        """Amplitude of patterns of digits (N, J, D), with as much as leaks may well add."""
        return self.bench.amplitude(bits) * (2.0 * self.bench.leak_rad2(bits).sqrt()).exp()

    def _filled(self, patterns: Patterns) -> Patterns:
        """Patterns with the gain raised until they fill the converters."""
        zoom = _FILLED / self._largest(patterns.bits)
        return replace(patterns, zoom=zoom.clamp(1.0, self.chip.design.calibration.most_zoom))

    def _receiver(self, spare: int) -> tuple[Patterns, Tensor]:
        """Set the receivers, with so many readings to spare.

        Returns:
            The patterns of the last turn, and the phase of the brightest pattern, (L,).
        """
        for _ in range(min(_MOST_TURNS, 1 + spare // _TURN_READS)):
            patterns = self._at_rest(self.brightest.expand(_TURN_READS, -1, -1))
            bright_rad, lopsided = self._turn(patterns)
            if not lopsided:
                break
        return patterns, bright_rad

    def _turn(self, patterns: Patterns) -> tuple[Tensor, bool]:
        """Set gain, offset and quadrature; phase (L,), and whether some had to do with offsets."""
        readings = self.bench.read(self.setter.trims, patterns)
        turn = patterns.dither_rad
        harmonics = torch.stack((turn.cos(), -turn.sin(), torch.ones_like(turn)), dim=1)
        fitted = torch.linalg.lstsq(harmonics, readings.flatten(1)).solution
        real, imag, offset = fitted.unflatten(1, (-1, 2))
        # I is |z_I| cos(turn + arg z_I); Q ideally is |z_Q| sin(turn + arg z_I).
        wave = torch.complex(real, imag)
        in_phase, quadrature = wave[:, 0], 1j * wave[:, 1]
        known = self.bench.known(patterns)
        skew_rad = (quadrature * in_phase.conj()).angle()
        if 2.0 * float(known.variance_rad2.mean()) / _TURN_READS >= _TELLING**2:
            return in_phase.angle(), False
        beyond = (readings.abs() > 1.0 - self.bench.receiver.receiver.adc.lsb) * readings.sign()
        lopsided = (beyond.mean(0).abs() > _LOPSIDED).any(-1)
        gain = (known.amplitude[0] / wave.abs()).masked_fill(lopsided[:, None], 1.0)
        skew_rad = skew_rad.masked_fill(lopsided, 0.0)
        # One pattern does not tell shares apart: all is laid to that of the reference.
        common = torch.zeros(*offset.shape, self.unknowns.shares, dtype=torch.float64)
        common[..., -1] = offset / known.common_mode[0, -1]
        self.setter.receiver(gain, common, skew_rad)
        return in_phase.angle(), bool(lopsided.any())

    def _coarse(self, turned: Patterns, bright_rad: Tensor) -> None:
        """Set every digit and the row by one reading each, after a turn of the brightest."""
        count = self.unknowns.digits.stop
        single = torch.eye(count, dtype=torch.int64).view(count, -1, self.digits)
        patterns = self._filled(self._at_rest(self.brightest ^ single))
        readings = self.bench.read(self.setter.trims, patterns)
        phase = torch.atan2(readings[..., 1], readings[..., 0]) - patterns.dither_rad[:, None]
        bright = self.brightest.flatten()[:, None]
        added_rad = (phase - bright_rad) * (1 - 2 * bright)
        added_rad = torch.remainder(added_rad + math.pi, _TURN_RAD) - math.pi
        mean, digits = self.belief.mean, self.unknowns.digits
        # Phases spread by what the noise alone does not explain; what it explains is not believed.
        noise = 2.0 * self.bench.known(patterns).variance_rad2
        spread = (added_rad.square().mean() - noise).clamp_min(_LEAST_SPREAD_RAD**2)
        trust = spread / (spread + noise)
        mean[digits] = trust[:, None] * added_rad
        mean[self.unknowns.row] = bright_rad - (bright * mean[digits]).sum(0)
        self.belief.covariance = self._covariance([turned, patterns], float(spread.mean()))
        self.setter.place(self.belief)

    def _covariance(self, taken: list[Patterns], spread_rad2: float) -> Tensor:
        """Covariance after readings of patterns, digits being of a spread beforehand."""
        prior = self._prior_variance()
        prior[self.unknowns.digits] = spread_rad2
        information = torch.diag(1.0 / prior)
        # The leaks of then are not those of digits that have been set since: they were noise.
        fitted = torch.ones_like(prior)
        fitted[self.unknowns.leaks] = 0.0
        for patterns in taken:
            known = self.bench.known(patterns)
            regressors = self.unknowns.regressors(patterns, known) * fitted
            information += regressors.T @ (regressors / known.variance_rad2[:, None])
        covariance = inverse(information)
        leak = self._leak_variance()[:, 0]
        covariance.diagonal()[self.unknowns.digits] += leak.sum(0)
        if 0 in leaking_bits(self.unknowns.optics):
            covariance.diagonal()[self.unknowns.row] += leak[0].sum()
        return covariance

    def _learn(self, patterns: Patterns) -> None:
        """Read patterns, and set all trims by what they tell."""
        readings = self.bench.read(self.setter.trims, patterns)
        self.belief.learn(readings, patterns, self.bench.known(patterns))
        self.setter.adjust(self.belief)

    def _patterns(self, count: int) -> Patterns:
        """Random digits on random drives: as telling as can be unwrapped."""
        at_rest = self._odds(count)
        loads = min(self.modulus, max(1, count // _PER_LOAD))
        load = torch.arange(count) * loads // count
        full = self._levels(loads)
        reach, half = self.modulus // 2, self.modulus // 2
        while True:
            level = (full * (reach / half)).round().to(torch.int64)
            patterns = replace(at_rest, level=level, load=load)
            spread_rad = self._spread_rad(patterns)
            if reach == 0 or spread_rad <= _UNWRAPPED_RAD:
                return self._nulled(patterns, spread_rad)
            reach //= 2

    def _nulled(self, patterns: Patterns, spread_rad: float) -> Patterns:
        """Patterns put near a null of I or Q, where that tells more and errors are small enough.

        Near a null the gain can be raised until the steps of the converter hardly count; the other
        converter, at its end, would tell next to nothing of the phase.
        """
        plan, known = self.chip.design.calibration, self.bench.known(patterns)
        if plan.trimmer.range_rad < _TURN_RAD:
            return patterns
        reach = self._largest(patterns.bits) * math.sin(
            min(_NULL_RAD + _SAFE * spread_rad, math.pi / 2)
        )
        noise = known.amplitude * known.variance_rad2.sqrt()
        zoom = (_FILLED / (reach + _SAFE * noise)).clamp(1.0, plan.most_zoom)
        quarters = patterns.dither_rad / (_TURN_RAD / 4.0)
        wanted = quarters.floor() * (_TURN_RAD / 4.0) + (2.0 * quarters.frac() - 1.0) * _NULL_RAD
        dither = wanted - self.bench.ideal_rad(patterns) + patterns.dither_rad
        step = plan.trimmer.lsb_rad
        dither = (dither.remainder(_TURN_RAD) / step).floor() * step
        nulled = replace(patterns, dither_rad=dither, zoom=zoom)
        better = self.bench.known(nulled).variance_rad2 < known.variance_rad2
        better &= torch.arange(len(zoom)) % _ANYWHERE != 0
        return replace(
            patterns,
            dither_rad=torch.where(better, dither, patterns.dither_rad),
            zoom=torch.where(better, zoom, patterns.zoom),
        )

    def _odds(self, count: int) -> Patterns:
        """Random digits at rest that tell most of the digits."""
        uniform = self.key.fold("bits", self.batch).uniform(0, count * self.unknowns.digits.stop)
        uniform = uniform.view(count, -1, self.digits)
        rest = self._at_rest(self.brightest.expand(count, -1, -1))
        best, most = rest, 0.0
        for odds in _ODDS:
            bits = self.brightest ^ (uniform < odds).to(torch.int64)
            patterns = self._filled(replace(rest, bits=bits))
            known = self.bench.known(self._sample(patterns))
            told = odds * (1.0 - odds) * float((1.0 / known.variance_rad2).mean())
            # With none that is safe yet, the last has the fewest bits that depart.
            if told <= most:
                continue
            if self._spread_rad(patterns) <= _UNWRAPPED_RAD:
                best, most = patterns, told
            elif most == 0.0:
                best = patterns
        return best

    @staticmethod
    def _sample(patterns: Patterns) -> Patterns:
        return patterns.every(-(-len(patterns.bits) // _SAMPLE))

    def _spread_rad(self, patterns: Patterns) -> float:
        """Expected error of the least certain of patterns, or of a sample of many."""
        patterns = self._sample(patterns)
        known = self.bench.known(patterns)
        return self.belief.spread_rad(self.unknowns.regressors(patterns, known))

    def _levels(self, loads: int) -> Tensor:
        """Drives of the next loads, (G, J): each multiplier takes every level in turn."""
        key = self.key.fold("levels")
        order = torch.stack(
            [key.fold(j).uniform(0, self.modulus).argsort() for j in range(self.chip.shape.length)],
            dim=1,
        )
        turns = (torch.arange(loads) + self.bench.loads) % self.modulus
        return drive_level(order[turns], self.modulus)
