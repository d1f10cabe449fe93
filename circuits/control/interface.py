"""The interface of a calibration: what a controller can do to the arrays of one modulus, and see.

It streams digits, loads drives, sets trims, and reads the codes of I and Q.  All rows of all
arrays see the same digits and the same drives.  Every pattern is held until rings and receiver
have settled.

Legend of shapes: N pattern, G load (a set of drives), U unit, R row, L = U·R line, J multiplier,
D digit, Q quadrature, K symbol averaged in a reading.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip
from circuits.chip.compiling import receivers
from circuits.chip.trims import Trims
from circuits.coding.phase_code import level_angle_rad
from circuits.control.leaks import leak_variance_rad2
from circuits.control.probe_light import ProbeLight
from circuits.optics.digit import DigitOptics, drive_factors, set_points
from circuits.optics.drive_noise import drive_normals
from circuits.receiver.by_design import receiver_by_design
from circuits.receiver.converter import averaged_variance
from circuits.receiver.gain import SymbolSetting
from circuits.receiver.receiver import Receiver
from photonics.random import NoiseKey
from photonics.readout_words import ReadoutStreams

# Up to this many symbols are drawn one by one; more are gathered in one normal (central limit).
_DRAWN = 8
# Readouts worked on at a time.
_AT_ONCE = 1 << 19


@dataclass(frozen=True)
class ProbeSequence:
    """What is streamed and loaded.

    Attributes:
        bits: digits, int64 (N, J, D).
        level: signed drives of each load, int64 (G, J).
        load: which load each pattern is read with, rising, int64 (N,).
        dither_rad: phase by which the row trimmer departs from its setting, (N,).
        gain_boost: factor by which the receivers' gain is raised above that of symbols, (N,).
    """

    bits: Tensor
    level: Tensor
    load: Tensor
    dither_rad: Tensor
    gain_boost: Tensor

    def ideal_rad(self, modulus: int, weights: tuple[int, ...]) -> Tensor:
        """Phase that each pattern should give, dither included, (N,)."""
        streamed = (self.bits * torch.tensor(weights)).sum(-1)
        residue = torch.remainder((streamed * self.level[self.load]).sum(-1), modulus)
        return level_angle_rad(modulus) * residue.double() + self.dither_rad

    def every(self, nth: int) -> ProbeSequence:
        """One in so many of them."""
        some = slice(None, None, nth)
        return replace(
            self,
            bits=self.bits[some],
            load=self.load[some],
            dither_rad=self.dither_rad[some],
            gain_boost=self.gain_boost[some],
        )


class Known(NamedTuple):
    """What the design says of probes (N,): all that a controller knows beforehand."""

    amplitude: Tensor
    """Amplitude of the I/Q phasor as a fraction of the full scale."""
    variance_rad2: Tensor
    """Variance of the phase of a reading, leaks left out."""
    common_mode: Tensor
    """What offsets are shares of, as a fraction of the full scale, (N, K)."""
    lever: Tensor
    """Phase per relative change of I and of Q, (N, Q): 0 where the converter is at its end."""

    def phase_rad(self, readings: Tensor, expected_rad: Tensor) -> Tensor:
        """Phase of readings (N, L, Q) of probes expected at (N,), modulo a turn: (N, L).

        What is beyond a converter follows from the other and the amplitude.
        """
        in_phase, quadrature = readings.unbind(-1)
        square = self.amplitude.square()[:, None]
        by_i, by_q = (self.lever != 0.0)[:, None].unbind(-1)
        side_i, side_q = expected_rad.cos().sign()[:, None], expected_rad.sin().sign()[:, None]
        beyond_i = side_i * (square - quadrature.square()).clamp_min(0.0).sqrt()
        beyond_q = side_q * (square - in_phase.square()).clamp_min(0.0).sqrt()
        return torch.atan2(
            torch.where(by_q, quadrature, beyond_q), torch.where(by_i, in_phase, beyond_i)
        )


class ControllerInterface:
    """The arrays of one modulus with their controller's access.

    Args:
        chip: the chip; what it is trimmed to now is not used.
        modulus: which arrays.
        key: noise of the readings.
    """

    def __init__(self, chip: Chip, modulus: int, key: NoiseKey) -> None:
        self.chip, self.modulus, self.key = chip, modulus, key
        self.design, self.shape = chip.design, chip.shape
        self.optics = DigitOptics.of(
            chip.design.multiplier, modulus, chip.design.laser.wavelength_m
        )
        self.receiver = receiver_by_design(chip.design, modulus, chip.shape.length)
        self.gain = self.receiver.gain
        lines = torch.arange(chip.shape.units * chip.shape.rows)
        self._light = ProbeLight(replace(chip, trims={}).arrays(modulus))
        self._unit, self._row = lines // chip.shape.rows, lines % chip.shape.rows
        self.reads = self.loads = self._drawn_loads = 0

    @property
    def averages(self) -> int:
        """Symbols averaged in each reading."""
        return self.design.calibration.averages

    def amplitude(self, bits: Tensor) -> Tensor:
        """Amplitude by design of probes of digits (N, J, D), as a fraction of the full scale."""
        amplitude_a = self.gain.amplitude_a(self.gain.rail_loss_db(bits))
        return amplitude_a / self.gain.full_scale_a(bits)

    def known(self, probes: ProbeSequence) -> Known:
        """What the design says of probes."""
        bits, gain_boost = probes.bits, probes.gain_boost
        fading = self._fading(probes)
        amplitude, full_scale_a = self.amplitude(bits) * fading, self.gain.full_scale_a(bits)
        light_w = sum(self.gain.arriving_w(self.gain.rail_loss_db(bits))) * fading
        variance = self.receiver.noise.variance_a2(light_w) / full_scale_a**2
        variance = variance + (self.receiver.converter.noise_rms / gain_boost) ** 2
        lsb = self.receiver.converter.lsb / gain_boost
        reading = averaged_variance(variance, lsb, self.averages)
        phase_rad = self.ideal_rad(probes)
        lever = _lever(phase_rad, gain_boost * amplitude)
        # Leaks move the amplitude, in nepers, as much as the phase.  Unlike couplers show what they
        # move the rails apart.
        radial = (lever * torch.stack((phase_rad.cos(), phase_rad.sin()), dim=-1)).sum(-1)
        radial_rad2 = self.leak_rad2(bits) * radial.square()
        laser_rad2 = self.receiver.laser.phase_rms_of(bits.flatten(1)).square()
        reading_rad2 = reading * (lever / amplitude[:, None]).square().sum(-1)
        coupler = self.design.receiver.hybrid.coupler
        off_db = math.hypot(coupler.imbalance_db, coupler.imbalance_rms_db)
        imbalance = math.log(10.0) / 20.0 * off_db
        shown_rad2 = imbalance**2 * self.leak_rad2(bits, apart=True)
        still_rad2 = radial_rad2 + shown_rad2 + self._nonlinear_rad2(bits)
        variance_rad2 = reading_rad2 + still_rad2 + laser_rad2 / self.averages
        return Known(amplitude, variance_rad2, self.gain.common_mode(bits), lever)

    def _fading(self, probes: ProbeSequence) -> Tensor:
        """Amplitude of probes over that with all drives at their least lossy level, (N,)."""
        optics = self.optics
        points = set_points(optics.design, optics.code, probes.level)
        each = optics.fading(optics.swing(points))
        if each is None:
            return torch.ones(len(probes.bits), dtype=torch.float64)
        # Of rails without multipliers it is one.
        nepers = each.log().sum(-1)[probes.load]
        return (probes.bits * nepers).sum((1, 2)).exp()

    def _nonlinear_rad2(self, bits: Tensor) -> Tensor:
        """Variance that codes, bends and noise of drives add to the phase of digits, (N,).

        Args:
            bits: the digits, (N, J, D).
        """
        multiplier, code = self.design.multiplier, self.gain.code
        error_rad = level_angle_rad(self.modulus) * self.optics.drive_error_rms
        lengths = torch.tensor(drive_factors(multiplier, code))
        turns = (bits * lengths).to(torch.float64)
        if multiplier.drive == "shared":
            turns = turns.sum(-1, keepdim=True)
        return (error_rad * turns).square().sum((1, 2))

    def ideal_rad(self, probes: ProbeSequence) -> Tensor:
        """Phase that each pattern should give, (N,)."""
        return probes.ideal_rad(self.modulus, self.gain.code.weights)

    def leak_rad2(self, bits: Tensor, *, apart: bool = False) -> Tensor:
        """Variance that leaks add to the phase of digits (N, J, D), or to the rails apart, (N,)."""
        zero, one = self._leaks_rad2[apart]
        return (zero + bits.to(torch.float64) * (one - zero)).sum((1, 2))

    @cached_property
    def _leaks_rad2(self) -> list[tuple[Tensor, Tensor]]:
        """What :func:`leak_variance_rad2` says of bits 0 and 1; of the rails apart, the second."""
        both = (leak_variance_rad2(self.optics, apart=apart) for apart in (False, True))
        return [(x[:, 0], x[:, 1]) for x in both]

    def read(self, trims: Trims, probes: ProbeSequence) -> Tensor:
        """Averaged readings of I and Q as fractions of the full scale, float64 (N, L, Q)."""
        setting = SymbolSetting(
            self.gain.full_scale_a(probes.bits) / probes.gain_boost,
            (self.gain.common_mode(probes.bits) * probes.gain_boost[:, None]).unbind(-1),
        )
        arrays = replace(self.chip, trims={self.modulus: trims}).arrays(self.modulus)
        rows = receivers(arrays, self.design).float().at(self._unit[None, None], self._row)
        laser_rms_rad = self.receiver.laser.phase_rms_of(probes.bits.flatten(1))
        parts, first = [], 0
        for light in self._light_of(arrays, probes):
            some = slice(first, first + light.shape[1])
            at = setting.apply(itemgetter(some))
            parts.append(self._readings(rows, light, at, laser_rms_rad[some]))
            self.reads, first = self.reads + light.shape[1], some.stop
        return torch.cat(parts) / probes.gain_boost[:, None, None]

    def _light_of(self, arrays: ModulusArrays, probes: ProbeSequence) -> Iterator[Tensor]:
        """Log amplitudes and phase of the probes, in their order, some at a time: (3, n, L)."""
        at_once = max(1, _AT_ONCE // (len(self._row) * min(self.averages, _DRAWN)))
        counts = torch.bincount(probes.load, minlength=len(probes.level)).tolist()
        bits = probes.bits.flatten(1).to(torch.float64).split(counts)
        dither_rad = probes.dither_rad.split(counts)
        held: list[Tensor] = []
        loaded = self._light.responses(arrays, probes.level, self._drive_noise(len(probes.level)))
        for n, (base, delta) in enumerate(loaded):
            light = torch.matmul(bits[n], delta) + base[:, None]
            light[2] += dither_rad[n][:, None]
            self.loads += counts[n] > 0
            if held and sum(x.shape[1] for x in held) + counts[n] > at_once:
                yield torch.cat(held, dim=1)
                held = []
            whole = counts[n] // at_once * at_once
            yield from light[:, :whole].split(at_once, dim=1) if whole else ()
            held.append(light[:, whole:])
        yield torch.cat(held, dim=1)

    def _drive_noise(self, count: int) -> Tensor | None:
        """By which the swings of further loads are off, in levels, (G, L, J, D or 1, S or 1)."""
        rms, each = self.optics.drive_noise_rms, self.optics.converters
        if rms == 0.0:
            return None
        first, self._drawn_loads = self._drawn_loads, self._drawn_loads + count
        shape = len(self._row), self.shape.length, *each
        return rms * drive_normals(self.key, first, count, shape)

    def _readings(
        self, rows: Receiver, light: Tensor, setting: SymbolSetting, laser_rms_rad: Tensor
    ) -> Tensor:
        """Averaged readings (n, L, Q) of log amplitudes and phase (3, n, L), the laser's (n,)."""
        drawn = self.averages <= _DRAWN
        repeats = self.averages if drawn else 1
        gathered = 1 if drawn else self.averages
        plus, minus, phase_rad = light.repeat_interleave(repeats, 1).unsqueeze(1).unbind(0)
        setting = setting.apply(lambda x: x.repeat_interleave(repeats)[:, None])
        intensity, laser_rad, normal = self._noise(
            laser_rms_rad.repeat_interleave(repeats), gathered
        )
        seen = rows.detect(plus, minus, phase_rad + laser_rad, intensity)
        means, noises = rows.at_converters(seen, setting)
        mean, rms = (torch.stack(x, dim=-1).squeeze(0) for x in (means, noises))
        if drawn:
            in_phase, quadrature = (mean + rms * normal).unbind(-1)
            codes = rows.at(0).codes(in_phase, quadrature)
            middle = rows.converter.middle(torch.stack(codes, dim=-1))
            return middle.view(-1, repeats, *middle.shape[1:]).mean(1)
        centre, variance = rows.converter.moments(mean, rms, rows.at(0).transitions)
        return centre + (variance / gathered).sqrt() * normal

    def _noise(self, laser_rms_rad: Tensor, gathered: int) -> tuple[Tensor, Tensor, Tensor]:
        """Relative power and phase of the laser (n, L), and normals of the receivers (n, L, Q).

        Reading n of an array has index n in its stream, and its row r index n·R + r.  The rms of
        the laser's phase is that of one symbol of each, (n,).
        """
        rows, start = self.shape.rows, self.reads * (self.averages // gathered)
        count = len(laser_rms_rad)
        number = torch.arange(start, start + count)
        shape = (count, self.shape.units, rows)
        intensity, phase_rad = (torch.empty(shape, dtype=torch.float64) for _ in range(2))
        normal = torch.empty(*shape, 2, dtype=torch.float64)
        for unit in range(self.shape.units):
            key = self.key.fold(unit)
            streams = ReadoutStreams.of(key)
            laser = self.receiver.laser.draw(streams, number & 0xFFFF_FFFF, number >> 32)
            intensity[:, unit] = 1.0 + (laser[0][:, None] - 1.0) / math.sqrt(gathered)
            phase_rad[:, unit] = (laser_rms_rad * laser[1])[:, None] / math.sqrt(gathered)
            pairs = key.fold("receiver").normal_pairs(start * rows, count * rows)
            for quadrature, drawn in enumerate(pairs):
                normal[:, unit, :, quadrature] = drawn.view(count, rows)
        return intensity.flatten(1), phase_rad.flatten(1), normal.flatten(1, 2)


def _lever(phase_rad: Tensor, amplitude: Tensor) -> Tensor:
    """Phase per relative change of I and of Q at a phase (N,), (N, Q).

    Of two within the full scale, the phase is ``atan2``: ``-sin φ`` and ``cos φ``.  Where one is
    beyond, all hangs on the other: ``1 / cos φ`` on Q, or ``-1 / sin φ`` on I.
    """
    cosine, sine = phase_rad.cos(), phase_rad.sin()
    i_beyond, q_beyond = amplitude * cosine.abs() > 1.0, amplitude * sine.abs() > 1.0
    # The larger one alone is given up where both are.
    i_beyond = i_beyond & (cosine.abs() >= sine.abs())
    q_beyond = q_beyond & ~i_beyond
    by_i = torch.where(q_beyond, -1.0 / sine, -sine).masked_fill(i_beyond, 0.0)
    by_q = torch.where(i_beyond, 1.0 / cosine, cosine).masked_fill(q_beyond, 0.0)
    return torch.stack((by_i, by_q), dim=-1)
