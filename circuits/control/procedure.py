r"""Calibration of a chip as a controller could do it: by streaming digits and reading codes.

1. *Receiver.*  One pattern, the row trimmer over a turn: the harmonics of I and Q give offsets,
   gains and quadrature.  Where an offset drives converters beyond their full scale, only that is
   set, and the trimmer turns again.
2. *Coarse.*  One bit at a time against the brightest pattern: the static phase of every digit
   modulo a turn, without any unwrapping.
3. *Fine.*  Random digits on random drives: least squares of the phase error for all that is wrong
   with a row together, leaks of its rings included.  As many bits depart from the brightest
   pattern, and as large drives are loaded, as the estimates so far allow without an error beyond
   half a turn.  Trims are set after every batch, since trimmers have steps and warm their
   neighbours.  As soon as phases are known well enough, three probes of four are put near a null
   of I or Q, where a raised gain makes little of the converters' steps.

The row trimmer dithers every reading: a fixed phase would sit in one cell of the converters, and
averaging would not help.  With σ the phase noise of a reading, n readings leave 2 σ / √n on every
digit, beside the step of its trimmer.

Legend of shapes: N pattern, G load, U unit, R row, L = U·R line, J multiplier, D digit, P unknown,
Q quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.chip.trims import Trims
from circuits.control.controller import Controller, check_calibration
from circuits.control.estimate import Estimate, Unknowns, inverse
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.control.leaks import leak_variance_rad2
from circuits.control.plan import BATCHES, TURN_READS
from circuits.control.probe_choice import ProbeChoice
from circuits.control.progress import reported
from circuits.control.report import ArraysReport, CalibrationReport, expected_errors
from circuits.control.trim_controller import TrimController
from circuits.optics.digit import DigitOptics
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.random import NoiseKey, require_key

_TURN_RAD = 2.0 * math.pi
# How often the receiver is turned at most.
_MOST_TURNS = 8
# Share of a turn's readings beyond one end of a converter, over those beyond the other, with which
# the turn tells no more than which way the offset is.
_LOPSIDED = 1 / 8
# Relative error of what the receiver's turn finds beyond which nothing is set by it.
_INFORMATIVE = 0.1
# Spread of the digits' phases that is always allowed for.
_LEAST_SPREAD_RAD = 1e-3


def calibrate(
    chip: Chip, key: NoiseKey | None = None, controller: Controller | None = None
) -> Chip:
    """Trim a chip; the same chip with trims.

    Args:
        chip: as fabricated; earlier trims and drift are dropped.
        key: noise of the readings; by default one of the chip's own.
        controller: how; by default by what the converters read.

    Raises:
        InputError: if fewer readings are allowed than there are unknowns.
        CalibrationError: if the result is not what a calibration should leave
            (:func:`check_calibration`).
    """
    return calibrate_with_report(chip, key, controller)[0]


def calibrate_with_report(
    chip: Chip, key: NoiseKey | None = None, controller: Controller | None = None
) -> tuple[Chip, CalibrationReport]:
    """:func:`calibrate`, with what was done and what is left, for every modulus."""
    raw = instance_of("chip", chip, Chip).with_trims({})
    if chip.design.calibration.policy == "none":
        return raw, CalibrationReport({})
    own = NoiseKey.from_seed(chip.seed).fold("calibration")
    root = own if key is None else require_key(key)
    trims, report = (controller or MeasuringController()).calibrate(raw, root)
    check_calibration(raw, report)
    return raw.with_trims(trims), report


class MeasuringController:
    """The controller of a real chip: it streams digits, loads drives and reads codes."""

    def calibrate(self, chip: Chip, key: NoiseKey) -> tuple[dict[int, Trims], CalibrationReport]:
        """Trims for every modulus, and what was done; see :class:`Controller`."""
        reports = {}
        with reported() as report:
            for place, modulus in enumerate(chip.moduli):
                run = ArraysCalibration(chip, modulus, key.fold(modulus))
                for done in run.steps():
                    report((place + done) / len(chip.moduli))
                reports[modulus] = run.report()
        return {m: x.trims for m, x in reports.items()}, CalibrationReport(reports)


@dataclass
class ArraysCalibration:
    """The calibration of the arrays of one modulus.

    Args:
        chip: a raw chip.
        modulus: which arrays.
        key: of the probes and of the noise.
    """

    chip: Chip
    modulus: int
    key: NoiseKey

    def __post_init__(self) -> None:
        design, shape = self.chip.design, self.chip.shape
        optics = DigitOptics.of(design.multiplier, self.modulus, design.laser.wavelength_m)
        self.interface = ControllerInterface(self.chip, self.modulus, self.key.fold("readings"))
        self.unknowns = Unknowns(optics, shape.length)
        self.controller = TrimController(self.chip, self.modulus, self.unknowns)
        self.digits = optics.code.count
        self.choice = ProbeChoice(self.interface, self.unknowns, self.key)
        self.estimate = Estimate(
            self.unknowns,
            torch.zeros(self.unknowns.count, shape.units * shape.rows, dtype=torch.float64),
            torch.diag(self._prior_variance()),
        )

    def steps(self) -> Iterator[float]:
        """Take all readings and set the trims, step by step: the fraction that is done."""
        shape, reads = self.chip.shape, self.chip.design.calibration.reads
        rest = reads - TURN_READS - shape.length * self.digits
        unknown = self.unknowns.unforeseen
        if rest < unknown:
            raise InputError(
                "calibration.reads",
                reads,
                f"{unknown} unknowns of each row modulo {self.modulus} need at least "
                f"{reads - rest + unknown}",
                "raise it, or set calibration.policy=none",
            )
        turned, bright_rad = self._receiver(rest - unknown)
        rest = reads - self.interface.reads - shape.length * self.digits
        self._coarse(turned, bright_rad)
        for share in BATCHES[:-1]:
            yield self.interface.reads / reads
            self._learn(self.choice.most_informative(int(share * rest), self.estimate))
        yield self.interface.reads / reads
        self._learn(self.choice.most_informative(reads - self.interface.reads, self.estimate))
        yield 1.0

    def report(self) -> ArraysReport:
        """What was done."""
        misfit, rows = self.estimate.misfit, self.chip.shape.rows
        worst = int(misfit.argmax())
        digit, drive = expected_errors(self.estimate, self.chip.design.calibration.trimmer)
        return ArraysReport(
            raw=self.chip,
            modulus=self.modulus,
            trims=self.controller.trims,
            digit_error_rad=digit,
            drive_error=drive,
            misfit=float(misfit.mean()),
            worst_misfit=float(misfit[worst]),
            worst_row=divmod(worst, rows),
            reading_rad=self.estimate.scale_rad,
            short_rad=self.controller.short_rad,
            beyond_rad=self.choice.beyond_rad,
            reads=self.interface.reads,
            loads=self.interface.loads,
        )

    def _prior_variance(self) -> Tensor:
        """Variance of the unknowns after the coarse stage, but for what that has measured."""
        unknowns, multiplier = self.unknowns, self.chip.design.multiplier
        variance = torch.ones(unknowns.count, dtype=torch.float64)
        variance[unknowns.drives] = max(multiplier.drive_gain_rms, 1e-6) ** 2
        rails = sum(share**2 for share in multiplier.rail_shares)
        variance[unknowns.shifters] = rails * multiplier.shifter_gain_rms**2
        variance[unknowns.receiver] = 0.03**2
        # Variance of the offsets, as a fraction of the full scale; no hybrid is worse than a tenth.
        bright = self.interface.gain.common_mode(self.choice.brightest)
        variance[unknowns.offsets] = (0.03 / bright).clamp(max=0.1).square().repeat(2)
        variance[unknowns.leaks] = self._leak_variance().flatten()
        return variance

    def _leak_variance(self) -> Tensor:
        """Variance of C and S, (B, H, J·D)."""
        leak = leak_variance_rad2(self.unknowns.optics)[:, self.unknowns.leaking].T
        return leak.repeat(1, self.chip.shape.length)[:, None].expand(-1, 2, -1)

    def _receiver(self, spare: int) -> tuple[ProbeSequence, Tensor]:
        """Set the receivers, with so many readings to spare.

        Returns:
            The probes of the last turn, and the phase of the brightest pattern, (L,).
        """
        for _ in range(min(_MOST_TURNS, 1 + spare // TURN_READS)):
            probes = self.choice.at_rest(self.choice.brightest.expand(TURN_READS, -1, -1))
            bright_rad, lopsided = self._turn(probes)
            if not lopsided:
                break
        return probes, bright_rad

    def _turn(self, probes: ProbeSequence) -> tuple[Tensor, bool]:
        """Set gain, offset and quadrature; phase (L,), and whether some had to do with offsets."""
        readings = self.interface.read(self.controller.trims, probes)
        turn = probes.dither_rad
        harmonics = torch.stack((turn.cos(), -turn.sin(), torch.ones_like(turn)), dim=1)
        fitted = torch.linalg.lstsq(harmonics, readings.flatten(1)).solution
        real, imag, offset = fitted.unflatten(1, (-1, 2))
        # I is |z_I| cos(turn + arg z_I); Q ideally is |z_Q| sin(turn + arg z_I).
        wave = torch.complex(real, imag)
        in_phase, quadrature = wave[:, 0], 1j * wave[:, 1]
        known = self.interface.known(probes)
        skew_rad = (quadrature * in_phase.conj()).angle()
        if 2.0 * float(known.variance_rad2.mean()) / TURN_READS >= _INFORMATIVE**2:
            return in_phase.angle(), False
        beyond = (readings.abs() > 1.0 - self.interface.receiver.converter.lsb) * readings.sign()
        lopsided = (beyond.mean(0).abs() > _LOPSIDED).any(-1)
        gain = (known.amplitude[0] / wave.abs()).masked_fill(lopsided[:, None], 1.0)
        skew_rad = skew_rad.masked_fill(lopsided, 0.0)
        # One pattern does not tell shares apart: all is laid to that of the reference.
        common = torch.zeros(*offset.shape, self.unknowns.shares, dtype=torch.float64)
        common[..., -1] = offset / known.common_mode[0, -1]
        self.controller.receiver(gain, common, skew_rad)
        return in_phase.angle(), bool(lopsided.any())

    def _coarse(self, turned: ProbeSequence, bright_rad: Tensor) -> None:
        """Set every digit and the row by one reading each, after a turn of the brightest."""
        count = self.unknowns.digits.stop
        single = torch.eye(count, dtype=torch.int64).view(count, -1, self.digits)
        probes = self.choice.filled(self.choice.at_rest(self.choice.brightest ^ single))
        readings = self.interface.read(self.controller.trims, probes)
        phase = torch.atan2(readings[..., 1], readings[..., 0]) - probes.dither_rad[:, None]
        bright = self.choice.brightest.flatten()[:, None]
        added_rad = (phase - bright_rad) * (1 - 2 * bright)
        added_rad = torch.remainder(added_rad + math.pi, _TURN_RAD) - math.pi
        mean, digits = self.estimate.mean, self.unknowns.digits
        # Phases spread by what the noise alone does not explain: they are trusted as far as that.
        noise = 2.0 * self.interface.known(probes).variance_rad2
        spread = (added_rad.square().mean() - noise).clamp_min(_LEAST_SPREAD_RAD**2)
        trust = spread / (spread + noise)
        mean[digits] = trust[:, None] * added_rad
        mean[self.unknowns.row] = bright_rad - (bright * mean[digits]).sum(0)
        self.estimate.covariance = self._covariance([turned, probes], float(spread.mean()))
        self.controller.place(self.estimate)

    def _covariance(self, taken: list[ProbeSequence], spread_rad2: float) -> Tensor:
        """Covariance after readings of probes, digits being of a spread beforehand."""
        prior = self._prior_variance()
        prior[self.unknowns.digits] = spread_rad2
        information = torch.diag(1.0 / prior)
        # The leaks of then are not those of digits that have been set since: they were noise.
        fitted = torch.ones_like(prior)
        fitted[self.unknowns.leaks] = 0.0
        for probes in taken:
            known = self.interface.known(probes)
            regressors = self.unknowns.regressors(probes, known) * fitted
            information += regressors.T @ (regressors / known.variance_rad2[:, None])
        covariance = inverse(information)
        leak = self._leak_variance()[:, 0]
        covariance.diagonal()[self.unknowns.digits] += leak.sum(0)
        if 0 in self.unknowns.leaking:
            covariance.diagonal()[self.unknowns.row] += leak[0].sum()
        return covariance

    def _learn(self, probes: ProbeSequence) -> None:
        """Read probes, and set all trims by what they tell."""
        readings = self.interface.read(self.controller.trims, probes)
        self.estimate.learn(readings, probes, self.interface.known(probes))
        self.controller.adjust(self.estimate)
