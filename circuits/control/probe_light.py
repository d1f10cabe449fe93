r"""Light of all rows of the arrays of one modulus for probes, which load every row alike.

A digit whose bit is b sends a rail's field through its shifter and past it,

``E_b = S_b e^{iφ} + B_b``,

with φ the phase of the shifter: static, and by its drive.  ``S_b`` and ``B_b`` hold switches and
losses of either path, which neither drives nor trims change unless heaters warm switches.  The log
amplitudes ``log |E|`` and the phase ``arg E+ E-*`` of a row are sums over its digits.

Legend of shapes: G load, S rail, U unit, R row, L = U·R line, J multiplier, D digit, P = J·D,
V drive level, Q quantity (log amplitude of rail +, of rail -, phase).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.optics.digit import DigitStatics, set_points
from circuits.optics.response import line_response
from circuits.optics.tile_heat import ThermalShift
from photonics.optics import phasor
from photonics.switching import moved

# Sets of drives whose heat is worked out at a time.
_LOADS_AT_ONCE = 8


class Paths(NamedTuple):
    """Fields of either path of digits for one value of their bit, (S, P, L) each, in two parts."""

    shifter: tuple[Tensor, Tensor]
    bypass: tuple[Tensor, Tensor]


class ProbeLight:
    """Digits of the arrays of one modulus, whatever they are trimmed to.

    Args:
        arrays: fabricated and drifted.
    """

    def __init__(self, arrays: ModulusArrays) -> None:
        self.optics, self.statics = arrays.optics, arrays.statics
        self._warmed: dict[tuple[int, ...], ThermalShift] = {}

    def responses(
        self, arrays: ModulusArrays, level: Tensor, off: Tensor | None = None
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Response of lines to bits 0 (Q, L), and what each bit of 1 adds to it (Q, P, L).

        Args:
            arrays: the same with trims.
            level: signed drives, for one load after the other, (G, J).
            off: by which the swings of each load are off, in levels, (G, L, J, D or 1, S or 1).
        """
        in_front = line_response(arrays.input_field.flatten(0, 1)).T
        static_rad = _by_place(arrays.statics.shifter_phase_rad)
        gain = 1.0 + arrays.statics.drive_gain.flatten(0, 1)
        efficiency = self._efficiency
        if arrays.heat is not None:
            self._warm(arrays, level)
        for number, drives in enumerate(level):
            swing = self._swings(drives, gain)
            if off is not None:
                swing = swing + off[number]
            asked_rad = self.optics.drive_rad(swing).permute(3, 1, 2, 0)
            drive_rad = (asked_rad * efficiency).flatten(1, 2)
            shift = self._warmed.get(tuple(drives.tolist()))
            if shift is not None:
                drive_rad += _by_place(shift.shifter_rad)
            fading = self.optics.fading(swing)
            if fading is not None:
                fading = fading.permute(3, 1, 2, 0).flatten(1, 2)
            zero, one = self._log_fields(drive_rad.add_(static_rad), shift, fading)
            yield zero.sum(1) + in_front, one.sub_(zero)

    @cached_property
    def _efficiency(self) -> Tensor:
        """Efficiency of each shifter over that by design, (S, J, D, L)."""
        by_place = _by_place(self.statics.shifter_gain) + 1.0
        by_digit: Tensor = by_place.unflatten(1, (self.statics.drive_gain.shape[2], -1))
        return by_digit

    @cached_property
    def _inl(self) -> Tensor:
        """Nonlinearity of the drives in levels, (L, J, D or 1, S or 1, V)."""
        return self.statics.drive_inl.flatten(0, 1).contiguous()

    def _swings(self, level: Tensor, gain: Tensor) -> Tensor:
        """What drives (J,) really give, in levels: (L, J, D or 1, S)."""
        point = set_points(self.optics.design, self.optics.code, level)
        index = (point + self.optics.modulus // 2)[None, ..., None, None]
        inl = self._inl.take_along_dim(index, 4).squeeze(4)
        return self.optics.swing(point) * gain[..., None] + inl

    def _warm(self, arrays: ModulusArrays, level: Tensor) -> None:
        """Work out what heat adds at drives (G, J) of every row, once for each set of them."""
        new = [d for d in dict.fromkeys(map(tuple, level.tolist())) if d not in self._warmed]
        units, rows, length = arrays.statics.drive_gain.shape[:3]
        for first in range(0, len(new), _LOADS_AT_ONCE):
            some = new[first : first + _LOADS_AT_ONCE]
            tiles = torch.tensor(some)[:, None, None].expand(-1, units, rows, length)
            shift = arrays.thermal_shift(tiles, torch.arange(units))
            assert shift is not None
            for place, drives in enumerate(some):
                self._warmed[drives] = shift.apply(itemgetter(place))

    @cached_property
    def _cold(self) -> tuple[Paths, Paths]:
        return self._paths(self.statics)

    def _paths(self, statics: DigitStatics) -> tuple[Paths, Paths]:
        """For bit 0 and bit 1."""
        optics = self.optics
        bypass_rad = optics.design.bypass_phase_rad + statics.bypass_phase_rad
        passed = optics.bypass_amplitude * phasor(bypass_rad)
        paths = []
        for bit in (0, 1):
            straight, coupled = (x.prod(-1) for x in optics.switch_fields(bit, statics))
            shifter, bypass = (straight, coupled) if optics.zero_coupled else (coupled, straight)
            fields = shifter * optics.shifter_amplitude[:, None], bypass * passed
            # A rail without a share of the phase is a plain guide.
            used = torch.tensor(optics.design.rail_shares) != 0
            fields = torch.where(used, fields[0], 0.0), torch.where(used, fields[1], 1.0)
            parts = [(_by_place(x.real), _by_place(x.imag)) for x in fields]
            paths.append(Paths(*parts))
        return paths[0], paths[1]

    def _log_fields(
        self, phase_rad: Tensor, shift: ThermalShift | None, fading: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Log amplitudes and phase of digits with bit 0 and with bit 1, (Q, P, L) each.

        Args:
            phase_rad: of the shifters, (S, P, L).
            shift: by heat, for the switches alone.
            fading: field of the shifters over that at their least lossy drive, (S, P, L); none
                where the loss does not depend on the drive.
        """
        if shift is None or shift.switch_offset is None:
            paths = self._cold
        else:
            offset = moved(self.statics.switch_offset, shift.switch_offset)
            paths = self._paths(replace(self.statics, switch_offset=offset))
        cosine, sine = phase_rad.cos(), phase_rad.sin()
        if fading is not None:
            cosine, sine = cosine.mul_(fading), sine.mul_(fading)
        zero, one = (_log_field(path, cosine, sine) for path in paths)
        return zero, one


def _log_field(path: Paths, cosine: Tensor, sine: Tensor) -> Tensor:
    (re, im), (bypass_re, bypass_im) = path
    real = torch.addcmul(bypass_re, re, cosine).addcmul_(im, sine, value=-1.0)
    imag = torch.addcmul(bypass_im, re, sine).addcmul_(im, cosine)
    result = torch.empty(3, *real.shape[1:], dtype=torch.float64)
    torch.mul(real, real, out=result[:2]).addcmul_(imag, imag).log_().mul_(0.5)
    dot = (real[0] * real[1]).addcmul_(imag[0], imag[1])
    cross = (imag[0] * real[1]).addcmul_(real[0], imag[1], value=-1.0)
    torch.atan2(cross, dot, out=result[2])
    return result


def _by_place(x: Tensor) -> Tensor:
    """Numbers of digits (U, R, J, D, S) as (S, P, L)."""
    return x.flatten(2, 3).flatten(0, 1).permute(2, 1, 0).contiguous()
