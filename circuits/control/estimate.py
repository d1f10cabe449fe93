r"""A controller's estimate of the arrays of one modulus, and how readings change it.

A reading of the pattern n on a line errs in phase by a sum that is linear in what is wrong:

``δφ = row + Σ_jd bit (digit_jd + (2π/m) level gain) + (ε/2) sin 2φ + ψ cos²φ
+ (o_Q cos φ - o_I sin φ) s / a``

with ε and ψ the errors of gain and quadrature, o the offsets as shares of the common mode s, and
a the amplitude.  The
coefficients are known and the same for all lines, so one matrix of information serves all, and
the estimates follow by recursive least squares (a Kalman filter whose state moves when trims are
set).

Legend of shapes: N pattern, L line (unit, row), J multiplier, D digit, P unknown, Q quadrature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from circuits.coding.digit_code import DigitCode
from circuits.coding.phase_code import level_angle_rad
from circuits.control.interface import Known, ProbeSequence
from circuits.control.leaks import leak_means, leak_regressors, leaking_bits
from circuits.optics.digit import DigitOptics, set_points


@dataclass(frozen=True)
class Unknowns:
    """Order of what is estimated.

    Digits (J·D), row, drives (J or J·D), shifters (J·D), leaks (B·H·J·D), ε, ψ, o_I (K), o_Q (K).
    Shifters are the efficiencies of those that share a drive, where they differ; leaks are the C
    and S of :mod:`circuits.control.leaks` of every digit.
    """

    optics: DigitOptics
    length: int

    @property
    def digits(self) -> slice:
        """Static phase of every digit."""
        return slice(0, self.row)

    @property
    def row(self) -> int:
        """Phase of the row with all bits at 0."""
        return self.length * self.optics.code.count

    @property
    def drives(self) -> slice:
        """Relative error of every drive."""
        return slice(self.row + 1, self.row + 1 + self._drives)

    @property
    def shifters(self) -> slice:
        """Relative error of every shifter beside that of its drive."""
        start = self.row + 1 + self._drives
        return slice(start, start + self._shifters)

    @property
    def leaks(self) -> slice:
        """C and S of every digit, for every bit that leaks."""
        start = self.row + 1 + self._drives + self._shifters
        return slice(start, start + self._leaks)

    @property
    def receiver(self) -> slice:
        """Errors of gain, quadrature and offsets."""
        return slice(self.offsets.start - 2, self.count)

    @property
    def offsets(self) -> slice:
        """Offsets of I and Q, by share of the common mode."""
        return slice(self.count - 2 * self.shares, self.count)

    @property
    def shares(self) -> int:
        """Shares of the common mode: one of both rails, or one of each."""
        return 1 if self.optics.design.rails == "dual" else 2

    @property
    def unforeseen(self) -> int:
        """How many there are of which the design says next to nothing."""
        return self.row + 1 + self._drives + 2 + 2 * self.shares

    @property
    def count(self) -> int:
        """How many there are."""
        return self.unforeseen + self._shifters + self._leaks

    @property
    def _drives(self) -> int:
        return self.length if self.optics.design.drive == "shared" else self.row

    @property
    def _shifters(self) -> int:
        design = self.optics.design
        return self.row if design.drive == "shared" and design.shifter_gain_rms > 0.0 else 0

    @property
    def _leaks(self) -> int:
        return 2 * len(self.leaking) * self.row

    @cached_property
    def leaking(self) -> list[int]:
        """Values of a bit whose leaks are worth an unknown."""
        return leaking_bits(self.optics)

    @cached_property
    def static(self) -> Tensor:
        """What to trim of every digit and of the row, per unit of each unknown: (J·D + 1, P).

        To its own phase comes the mean of the leaks over all drives.
        """
        means = leak_means(self.optics)[:, None].expand(-1, self.length, -1).flatten(1)
        matrix = torch.eye(self.row + 1, self.count, dtype=torch.float64)
        leaks = matrix[:, self.leaks].unflatten(1, (len(self.leaking), 2, self.row))
        for place, bit in enumerate(self.leaking):
            for wave, mean in enumerate(means):
                leaks[:-1, place, wave] = torch.diag(mean if bit else -mean)
                leaks[-1, place, wave] = 0.0 if bit else mean
        return matrix

    @cached_property
    def delivered(self) -> Tensor:
        """Error of the drive that each digit gets, per unit of each unknown: (J·D, P)."""
        matrix = torch.zeros(self.row, self.count, dtype=torch.float64)
        each = torch.eye(self._drives, dtype=torch.float64)
        matrix[:, self.drives] = each.repeat_interleave(self.row // self._drives, dim=0)
        if self._shifters:
            matrix[:, self.shifters] = torch.eye(self.row, dtype=torch.float64)
        return matrix

    @cached_property
    def driven(self) -> Tensor:
        """What to trim of every drive, per unit of each unknown: (J or J·D, P).

        A drive that several digits share takes out the mean of their errors that leaves least to
        random bits: those of two digits are both 1 in a quarter of all probes.
        """
        if self._drives == self.row:
            return self.delivered
        each = self.delivered.unflatten(0, (self.length, -1))
        return torch.einsum("d,jdp->jp", shared_drive_weights(self.optics.code), each)

    def regressors(self, probes: ProbeSequence, known: Known) -> Tensor:
        """Change of the phase of each pattern per unit of each unknown, float64 (N, P)."""
        code, design = self.optics.code, self.optics.design
        bits = probes.bits.to(torch.float64)
        level = probes.level[probes.load]
        points = set_points(design, code, level)
        section = self.optics.section
        turned, by_gain = (
            level_angle_rad(code.modulus) * each[points + code.modulus // 2] * bits
            for each in (torch.arange(code.modulus) - code.modulus // 2.0, section.gain_levels)
        )
        if design.drive == "shared":
            weights = torch.tensor(code.weights, dtype=torch.float64)
            turned, drives = turned * weights, (by_gain * weights).sum(-1)
        else:
            drives = by_gain.flatten(1)
        shifters = turned.flatten(1)[:, : self._shifters]
        phase = probes.ideal_rad(code.modulus, code.weights)
        by_i, by_q = known.lever.unbind(-1)
        light = known.common_mode / known.amplitude[:, None]
        receiver = [
            ((by_q * phase.sin() - by_i * phase.cos()) / 2.0)[:, None],
            (by_q * phase.cos())[:, None],
            by_i[:, None] * light,
            by_q[:, None] * light,
        ]
        ones = torch.ones(len(bits), 1, dtype=torch.float64)
        leaks = leak_regressors(self.optics, self.leaking, probes.bits, level)
        columns = [bits.flatten(1), ones, drives, shifters, leaks, *receiver]
        return torch.cat(columns, dim=1)


_TURN_RAD = 2.0 * math.pi


def shared_drive_weights(code: DigitCode) -> Tensor:
    """What each digit counts in the trim of a drive that all digits share, (D,); 1 in all.

    Errors of two digits meet in the quarter of all probes in which both are 1.
    """
    length = torch.tensor(code.weights, dtype=torch.float64)
    weight = length * (length.sum() + length)
    return weight / weight.sum()


# Times that phases are unwrapped about what they themselves have taught.
_REWRAPPED = 3


@dataclass
class Estimate:
    """Estimates of all lines and their common covariance.

    Attributes:
        unknowns: what is estimated.
        mean: estimates, (P, L).
        covariance: of their errors, (P, P), if readings err as the design says.
        misfit: variance of the latest readings of each row about the fit over what the design says,
            (L,).
        scale_rad: rms phase of readings that err as the design says.
    """

    unknowns: Unknowns
    mean: Tensor
    covariance: Tensor
    misfit: Tensor = field(default_factory=lambda: torch.ones(1, dtype=torch.float64))
    scale_rad: float = 0.0

    def spread_rad(self, regressors: Tensor) -> float:
        """Expected rms error of the phase of the least certain of probes (N, P), about the mean.

        What is wrong with all of them alike does not count: phases are unwrapped about it.
        """
        apart = regressors - regressors.mean(0)
        return math.sqrt(float(((apart @ self.covariance) * apart).sum(1).max()))

    def learn(self, readings: Tensor, probes: ProbeSequence, known: Known) -> None:
        """Take in readings (N, L, Q) of probes."""
        regressors = self.unknowns.regressors(probes, known)
        code = self.unknowns.optics.code
        ideal_rad = probes.ideal_rad(code.modulus, code.weights)
        innovation = known.phase_rad(readings, ideal_rad).sub_(ideal_rad[:, None])
        innovation.sub_(regressors @ self.mean)
        weight = 1.0 / known.variance_rad2[:, None]
        # Phases are unwrapped about what all probes share, which may be anything, ...
        shared = torch.atan2(weight.T @ innovation.sin(), weight.T @ innovation.cos())
        expected = shared
        information = inverse(self.covariance) + regressors.T @ (weight * regressors)
        self.covariance = inverse(information)
        learned = self.covariance @ (regressors.T * weight.T)
        for _ in range(_REWRAPPED):
            change = learned @ _nearest_rad(innovation, expected)
            # ... and again about what has been learned from them.
            expected = regressors @ change
        rest = _nearest_rad(innovation, expected).sub_(expected)
        # Fitting takes up as many readings' worth of variance as the trace says.
        free = len(rest) - float((learned * regressors.T).sum())
        self.misfit = (weight.T @ rest.square_())[0] / free
        self.scale_rad = 1.0 / math.sqrt(float(weight.mean()))
        self.mean += change

    def moved(self, change: Tensor, allowance: Tensor) -> None:
        """Trims were set: estimates move by (P, L), and lose certainty by a covariance (P, P)."""
        self.mean += change
        self.covariance = self.covariance + allowance


def _nearest_rad(phase_rad: Tensor, about_rad: Tensor) -> Tensor:
    """Phase moved by whole turns to where it is nearest to another."""
    turns = torch.sub(phase_rad, about_rad).div_(_TURN_RAD).round_()
    return turns.mul_(-_TURN_RAD).add_(phase_rad)


def inverse(matrix: Tensor) -> Tensor:
    """Inverse of a covariance or of an information, (P, P)."""
    return torch.cholesky_inverse(torch.linalg.cholesky(matrix))
