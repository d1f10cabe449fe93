r"""Trimmer: a small phase shifter that takes out the static phase of one path.

::

        code ─[ DAC ]─[ heater ]
                          ░            phase = code · LSB,   LSB = range / (2^b - 1)
    ──►──(static phase)──━━━──►──      residual uniform within ± LSB/2,  variance LSB²/12

Phases are steps of equal size: the driver is linear in the heater's *power*.  The machine of
the paper has no trimmers; their power and area are part of its price.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.errors import InputError

_TURN_RAD = 2.0 * math.pi
_ROUNDING = 1e-9
# Passes along a row after which what neighbours do has been followed: of the two fifths of a phase
# that both may give, less than a step of 24 bits is left.
_ROUNDS = 60


class TrimSetting(NamedTuple):
    """What trimmers were set to; every member has the shape of the wanted phases."""

    code: Tensor
    """int64, 0 to 2^b - 1."""
    phase_rad: Tensor
    """Phase of each trimmer, 0 to its range."""
    residual_rad: Tensor
    """Phase minus the wanted one, modulo a turn, -π to π."""
    saturated: Tensor
    """bool: the wanted phase lies outside the range."""


class Trimmer(Part):
    """One trimmer and its driver."""

    range_rad: float = quantity(
        _TURN_RAD,
        "largest phase",
        source="assumption: one turn reaches any static phase",
        le=100,
        ge=1,
    )
    bits: int = quantity(
        12,
        "resolution of its driver",
        source="assumption: 0.44 mrad rms, well within the 1.6 to 1.9 mrad allowed per digit",
        ge=1,
        le=24,
    )
    neighbour_coupling: float = quantity(
        0.01,
        "phase of each neighbour in a row per phase of a trimmer",
        source="assumption: as the heaters at 50 µm, trenched (a few percent without)",
        ge=0,
        le=0.2,
    )
    power_w_per_rad: float = quantity(
        24.77e-3 / math.pi,
        "power per phase (7.9 mW/rad)",
        source="Harris et al., Opt. Express 22, 10487 (2014), arXiv 1410.3616: 24.77 mW for π; "
        "undercut heaters need a hundredth (Murray, thesis, UBC)",
        ge=0,
        le=1e3,
    )
    settling_s: float = quantity(
        8.5e-6,
        "time until a new setting has settled to a thousandth",
        source="Harris et al. 2014: 130 kHz; seven time constants",
        ge=0,
        le=1e3,
    )
    area_m2: float = quantity(
        61.6e-6 * 50e-6,
        "area",
        source="Harris et al. 2014: 61.6 µm long; assumption: 50 µm pitch",
        gt=0,
        le=1,
    )

    @property
    def lsb_rad(self) -> float:
        """Step in rad from one code to the next."""
        return self.range_rad / self._top

    @property
    def residual_variance_rad2(self) -> float:
        """Variance in rad² of the residual within the range: LSB²/12."""
        return self.lsb_rad**2 / 12.0

    def setting(self, wanted_rad: Tensor, *, saturate: bool = False) -> TrimSetting:
        """Nearest setting to wanted phases of any shape, modulo a turn.

        Args:
            wanted_rad: phases to add; finite, of either sign and any size.
            saturate: take the nearest end of the range for a phase outside it, and report it.

        Raises:
            InputError: a phase that is not finite, or outside the range unless ``saturate``.
        """
        wanted = wanted_rad.to(torch.float64)
        if not bool(wanted.isfinite().all()):
            raise InputError("wanted_rad", "nan or infinity", "must be finite")
        code = (wanted.remainder(_TURN_RAD) / self.lsb_rad).round().clamp(max=self._top)
        residual = wrapped_rad(code * self.lsb_rad - wanted)
        # Near a full turn the phase zero is as good as the top of the range, and costs no power.
        from_zero = wrapped_rad(-wanted)
        nearer = from_zero.abs() <= residual.abs() + _ROUNDING * self.lsb_rad
        code = torch.where(nearer, 0.0, code)
        residual = torch.where(nearer, from_zero, residual)
        saturated = residual.abs() > self.lsb_rad * (0.5 + _ROUNDING)
        if bool(saturated.any()) and not saturate:
            raise InputError(
                "wanted_rad",
                float(wanted[saturated].flatten()[0]),
                f"is outside the range of {self.range_rad:.4g} rad, modulo a turn",
                "widen range_rad or saturate",
            )
        return TrimSetting(code.to(torch.int64), code * self.lsb_rad, residual, saturated)

    def followed_rad(self, wanted_rad: Tensor) -> Tensor:
        """Phases that trimmers along a row leave, less the wanted ones, float64 (..., n).

        Trimmers are set one after the other and again, each against what the next ones give it at
        present, until none moves but for a step that neighbours go on exchanging.  One that would
        have to cool takes a turn more, where it reaches it.

        Args:
            wanted_rad: of each path, finite; modulo a turn.
        """
        wanted = wanted_rad.to(torch.float64).remainder(_TURN_RAD)
        beyond = wanted - self.range_rad
        wanted = torch.where(beyond > _TURN_RAD - wanted, wanted - _TURN_RAD, wanted)
        own = torch.zeros_like(wanted)
        for _ in range(_ROUNDS):
            asked = wanted - self.crosstalk_rad(own)
            short = (asked + _TURN_RAD - self.range_rad).clamp(min=0.0)
            # Turns are taken and never given back, so that this ends.
            turns = (asked < -self.lsb_rad) & (short < -asked)
            wanted, asked = (torch.where(turns, x + _TURN_RAD, x) for x in (wanted, asked))
            before, own = own, (asked / self.lsb_rad).round().clamp(0, self._top) * self.lsb_rad
            if torch.equal(own, before):
                break
        return own + self.crosstalk_rad(own) - wanted

    def crosstalk_rad(self, phase_rad: Tensor) -> Tensor:
        """Phase in rad that trimmers in a row, (..., n), give their next neighbours."""
        given = torch.zeros_like(phase_rad)
        given[..., 1:] += self.neighbour_coupling * phase_rad[..., :-1]
        given[..., :-1] += self.neighbour_coupling * phase_rad[..., 1:]
        return given

    def total_power_w(self, phase_rad: Tensor) -> float:
        """Power in W of trimmers set to ``phase_rad`` (any shape)."""
        return self.power_w_per_rad * float(phase_rad.sum())

    def expected_power_w(self, count: int) -> float:
        """Mean power in W of ``count`` trimmers set evenly over their range or one turn.

        So are those of paths of any phase, such as the arms of interferometers; those of digits
        are not (:mod:`circuits.control.expected_trims`).
        """
        return count * self.power_w_per_rad * min(self.range_rad, _TURN_RAD) / 2.0

    def total_area_m2(self, count: int) -> float:
        """Area in m² of ``count`` trimmers."""
        return count * self.area_m2

    @property
    def _top(self) -> int:
        return (1 << self.bits) - 1


def wrapped_rad(phase_rad: Tensor) -> Tensor:
    """Phase modulo a turn, -π to π (π excluded)."""
    return (phase_rad + math.pi).remainder(_TURN_RAD) - math.pi
