"""The bench of a calibration: what a controller can do to the arrays of one modulus, and see.

It streams digits, loads drives, sets trims, and reads the codes of I and Q.  All rows of all
arrays see the same digits and the same drives.  Every pattern is held until rings and receiver
have settled.

Legend of shapes: N pattern, G load (a set of drives), U unit, R row, L = U·R line, J multiplier,
D digit, Q quadrature, K symbol averaged in a reading.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.bitplane import digit_responses, line_response
from circuits.chip import Chip
from circuits.compact import CompactReceiver, ReceiverRows
from circuits.gain import GainControl, SymbolSetting
from circuits.lane import Lane
from circuits.multiplier import DigitOptics
from circuits.phase_code import level_angle_rad
from circuits.receiver import PhaseReceiver
from circuits.symbol_noise import laser_noise
from circuits.trims import LaneTrims
from photonics.random import NoiseKey

# Up to this many symbols are drawn one by one; more are gathered in one normal (central limit).
_DRAWN = 8
# Share of the full scale that the brightest pattern fills during calibration.
_FILLED = 0.97
# Loads and readouts worked on at a time.
_LOADS_AT_ONCE = 8
_AT_ONCE = 1 << 19
# Harmonics of the quantiser's error that count.
_HARMONICS = 20


@dataclass(frozen=True)
class Patterns:
    """What is streamed and loaded.

    Attributes:
        bits: digits, int64 (N, J, D).
        level: signed drives of each load, int64 (G, J).
        load: which load each pattern is read with, rising, int64 (N,).
        dither_rad: phase by which the row trimmer departs from its setting, (N,).
    """

    bits: Tensor
    level: Tensor
    load: Tensor
    dither_rad: Tensor

    def ideal_rad(self, modulus: int, weights: tuple[int, ...]) -> Tensor:
        """Phase that each pattern should give, dither included, (N,)."""
        streamed = (self.bits * torch.tensor(weights)).sum(-1)
        residue = torch.remainder((streamed * self.level[self.load]).sum(-1), modulus)
        return level_angle_rad(modulus) * residue.double() + self.dither_rad


class Known(NamedTuple):
    """What the design says of patterns (N,): all that a controller knows beforehand."""

    amplitude: Tensor
    """Amplitude of the I/Q phasor as a fraction of the full scale."""
    variance_rad2: Tensor
    """Variance of the phase of a reading."""
    common_mode: Tensor
    """What offsets are a share of, as a fraction of the full scale."""


class Bench:
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
        self.gain = GainControl(chip.design, modulus, chip.shape.length)
        self.receiver = CompactReceiver(
            PhaseReceiver(chip.design.receiver, modulus), chip.design.rail_powers_w(modulus)
        )
        lines = torch.arange(chip.shape.units * chip.shape.rows)
        self._unit, self._row = lines // chip.shape.rows, lines % chip.shape.rows
        self.reads = self.loads = 0
        # Not before the receivers are trimmed.
        self.zooms = False

    @property
    def averages(self) -> int:
        """Symbols averaged in each reading."""
        return self.design.calibration.averages

    def known(self, bits: Tensor) -> Known:
        """Amplitude and noise that the design gives patterns of digits (N, J, D)."""
        loss_db, full_scale_a = self.gain.rail_loss_db(bits), self.gain.full_scale_a(bits)
        amplitude = self.gain.amplitude_a(loss_db) / full_scale_a
        zoom = self._zoom(amplitude)
        per_watt, dark = self.receiver.receiver.noise_terms()
        first_w, second_w = self.gain.arriving_w(loss_db)
        variance = (per_watt * (first_w + second_w) + dark) / full_scale_a**2
        variance = variance + (self.receiver.receiver.converter_rms / zoom) ** 2
        lsb = self.receiver.receiver.adc.lsb / zoom
        reading = _averaged_variance(variance, lsb, self.averages)
        receiver, laser = self.design.receiver, self.design.laser
        laser_rad2 = laser.phase_variance_rad2(
            receiver.rail_mismatch_s, receiver.noise_bandwidth_hz
        )
        steady = bits.to(torch.float64) @ self._leak_rad2.diff(dim=1)
        leak_rad2 = (steady.squeeze(-1) + self._leak_rad2[:, 0].sum()).sum(-1)
        variance_rad2 = reading / amplitude**2 + laser_rad2 / self.averages + leak_rad2
        return Known(amplitude, variance_rad2, self.gain.common_mode(bits))

    def _zoom(self, amplitude: Tensor) -> float:
        """Factor by which the gain is raised, so that the brightest pattern fills the converters.

        What little is clipped there is the larger of I and Q, on which the phase does not depend.
        """
        return max(1.0, _FILLED / float(amplitude.max())) if self.zooms else 1.0

    @cached_property
    def _leak_rad2(self) -> Tensor:
        """Variance that the leak of a digit adds to the phase, for bit 0 and bit 1, (D, 2).

        A share ξ of the field that takes the other path at an angle θ turns a rail by ξ sin θ.
        Half of the drive's phase h, of opposite sign on two rails, leaves 2 ξ cos θ sin h.
        """
        multiplier = self.design.multiplier
        angle_rad2 = multiplier.static_phase_rms_rad**2 + multiplier.bypass_phase_rms_rad**2
        aligned = math.cos(2.0 * multiplier.bypass_phase_rad) * math.exp(-2.0 * angle_rad2)
        strength = (1.0 + aligned) if all(multiplier.rail_shares) else 0.5
        optics = self.optics
        columns = []
        for bit in (0, 1):
            ring = optics.ring_state(bit)
            coupled, straight = abs(ring.drop) ** 2, abs(ring.through) ** 2
            shifter, bypass = optics.shifter_amplitude, optics.bypass_amplitude
            on_shifter, on_bypass = (
                (straight * shifter, coupled * bypass)
                if optics.zero_coupled
                else (coupled * shifter, straight * bypass)
            )
            leak = on_bypass / on_shifter if bit else on_shifter / on_bypass
            columns.append(strength * leak.square())
        return torch.stack(columns, dim=1)

    def read(self, trims: LaneTrims, patterns: Patterns) -> Tensor:
        """Averaged readings of I and Q as fractions of the full scale, float64 (N, L, Q)."""
        setting = SymbolSetting(
            self.gain.full_scale_a(patterns.bits), self.gain.common_mode(patterns.bits)
        )
        amplitude_a = self.gain.amplitude_a(self.gain.rail_loss_db(patterns.bits))
        zoom = self._zoom(amplitude_a / setting.full_scale_a)
        trims = trims.changed(gain=zoom * trims.gain, offset=zoom * trims.offset)
        lane = replace(self.chip, trims={self.modulus: trims}).lane(self.modulus)
        bits = patterns.bits.flatten(1).to(torch.float64)
        ideal_rad = patterns.ideal_rad(self.modulus, self.gain.code.weights)
        at_once = max(1, _AT_ONCE // (len(self._row) * min(self.averages, _DRAWN)))
        parts = []
        for loads in patterns.load.unique().split(_LOADS_AT_ONCE):
            responses = self._responses(lane, patterns.level[loads])
            for load, base, delta in zip(loads, *responses, strict=True):
                for some in (patterns.load == load).nonzero().squeeze(1).split(at_once):
                    light = torch.einsum("nd,ldq->qnl", bits[some], delta) + base.T[:, None]
                    light[2] += ideal_rad[some, None]
                    at = setting.apply(partial(torch.index_select, dim=0, index=some))
                    parts.append(self._readings(lane, light, at) / zoom)
                    self.reads += len(some)
            self.loads += len(loads)
        return torch.cat(parts)

    def _responses(self, lane: Lane, level: Tensor) -> tuple[Tensor, Tensor]:
        """Response of lines to bits 0 (G, L, 3) and of their digits (G, L, J·D, 3), at drives."""
        shape = self.shape
        tiles = level[:, None, None].expand(-1, shape.units, shape.rows, -1)
        statics = lane.statics.warmed(lane.warmth(tiles, torch.arange(shape.units)))
        zero, delta = digit_responses(lane.optics, tiles, statics)
        base = zero.sum((3, 4)) + line_response(lane.entry)
        return base.flatten(1, 2), delta.flatten(1, 2).flatten(2, 3)

    def _readings(self, lane: Lane, light: Tensor, setting: SymbolSetting) -> Tensor:
        """Averaged readings (n, L, Q) of log amplitudes and phase (3, n, L)."""
        drawn = self.averages <= _DRAWN
        repeats = self.averages if drawn else 1
        gathered = 1 if drawn else self.averages
        rows = ReceiverRows.of(lane, self._unit[None], self._row)
        plus, minus, phase_rad = light.repeat_interleave(repeats, 1).unsqueeze(1).unbind(0)
        setting = setting.apply(lambda x: x.repeat_interleave(repeats)[:, None])
        intensity, laser_rad, normal = self._noise(len(setting.full_scale_a), gathered)
        seen = self.receiver.detect(plus, minus, phase_rad + laser_rad, intensity, rows.hybrid)
        means, noises = self.receiver.at_converters(seen, setting, rows.trim)
        mean, rms = (torch.stack(x, dim=-1).squeeze(0) for x in (means, noises))
        receiver = self.receiver.receiver
        if drawn:
            in_phase, quadrature = (mean + rms * normal).unbind(-1)
            converters = None if rows.converters is None else rows.converters.at(0)
            codes = receiver.codes(in_phase, quadrature, converters)
            middle = receiver.adc.middle(torch.stack(codes, dim=-1))
            return middle.view(-1, repeats, *middle.shape[1:]).mean(1)
        transitions = None if rows.converters is None else rows.converters.transitions[0]
        centre, variance = receiver.adc.moments(mean, rms, transitions)
        return centre + (variance / gathered).sqrt() * normal

    def _noise(self, count: int, gathered: int) -> tuple[Tensor, Tensor, Tensor]:
        """Relative power and phase of the laser (n, L), and normals of the receivers (n, L, Q).

        Reading n of an array has index n in its stream, and its row r index n·R + r.
        """
        rows, start = self.shape.rows, self.reads * (self.averages // gathered)
        parts = []
        for unit in range(self.shape.units):
            key = self.key.fold(unit)
            intensity, phase = (
                x[:, None].expand(-1, rows)
                for x in laser_noise(self.design, key, start, count, torch.float64)
            )
            pairs = key.fold("receiver").normal_pairs(start * rows, count * rows)
            normals = torch.stack(pairs, dim=-1).view(count, rows, 2).to(torch.float64)
            mean = 1.0 + (intensity - 1.0) / math.sqrt(gathered), phase / math.sqrt(gathered)
            parts.append((*mean, normals))
        power, turn, normal = (torch.cat(part, dim=1) for part in zip(*parts, strict=True))
        return power, turn, normal


def _averaged_variance(variance: Tensor, lsb: float, averages: int) -> Tensor:
    """Variance of an averaged reading whose symbols have a variance before the converter.

    The quantiser's error is a sawtooth of the input.  Noise of σ steps lets a share
    exp(-4π²h²σ²) of the variance of its harmonic h stand still from symbol to symbol.
    """
    harmonic = torch.arange(1, _HARMONICS + 1, dtype=torch.float64)
    power = (lsb / math.pi / harmonic) ** 2 / 2.0
    damping = (-4.0 * math.pi**2 * variance[..., None] / lsb**2 * harmonic**2).exp()
    still = (power * damping).sum(-1)
    return (variance + lsb**2 / 12.0 - still) / averages + still
