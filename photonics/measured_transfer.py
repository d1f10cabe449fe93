r"""Transfer of a device as it was measured: complex matrices at some wavelengths.

::

    S(ν) = e^{2πi τ (ν - ν₀)} R(ν)        τ one delay for all entries, R linear between samples

Leads and guides turn all phases together, fast; what the device itself does is slow beside it.  So
the common delay is taken out, the rest is drawn as a straight line from sample to sample over
frequency, and the delay is put back.  A mean of two passive matrices is passive, one of two
reciprocal ones reciprocal, so what lies between samples is as physical as the samples are.  Nulls,
through which amplitude and phase jump, are passed in a straight line, too.

What a straight line misses is at most t (1 - t) h² |R''| / 2, at a share t of a step h.  Phases
that go round whole turns from sample to sample look as if they stood still: nothing tells these.

Legend of shapes: W wavelength, P port; ``...`` broadcasts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from photonics.checks import METRES, check_wavelength_m, is_wavelength_m
from photonics.errors import InputError
from photonics.optics import phasor
from photonics.representation import one_line
from photonics.units import SPEED_OF_LIGHT_M_PER_S, db_to_power, power_to_db

_LEAST_WAVELENGTHS = 3
# No device of whatever gain, and small enough to be squared.
_LARGEST_FIELD = 1e3
# From a turn of π on, nobody can tell which way it went; half of that leaves room for noise.
_LARGEST_TURN_RAD = math.pi / 2.0
# Phases that run back by less than this over the whole range may be noise and moved planes.
_LARGEST_ADVANCE_RAD = math.pi
# Frequencies and wavelengths in files are rounded; this is far below what lasers are tuned by.
_ROUNDING = 1e-9
# Two digits of a step that is asked for must not be more than it.
_ROUNDED_DOWN = 0.95
# Shares t (1 - t) of a step below this are a sample, its wavelength rounded.
_AT_SAMPLE = 1e-6


@dataclass(frozen=True, eq=False)
class MeasuredTransfer:
    """Complex transfer between the ports of a device at some wavelengths.

    Args:
        wavelength_m: vacuum wavelengths, float64 (W,), in any order; kept rising.
        matrix: transfer, complex128 (W, P, P), indexed [wavelength, out, in]; a delay gives a
            positive phase.
        name: what refusals call it.

    Raises:
        InputError: for wavelengths that are too few, equal or none that guides let pass, or for a
            matrix of another shape or not finite.
    """

    wavelength_m: Tensor
    matrix: Tensor
    name: str = "transfer"

    __repr__ = one_line

    def __post_init__(self) -> None:
        light_m = self.wavelength_m.to(torch.float64)
        fields = self.matrix.to(torch.complex128)
        if light_m.ndim != 1 or fields.ndim != 3 or fields.shape[1] != fields.shape[2]:
            shapes = tuple(light_m.shape), tuple(fields.shape)
            raise InputError(self.name, shapes, "must be of shapes (W,) and (W, P, P)")
        if len(light_m) != len(fields):
            counts = f"{len(light_m)} wavelengths, {len(fields)} matrices"
            raise InputError(self.name, counts, "must be as many of both")
        if len(light_m) < _LEAST_WAVELENGTHS:
            raise self._too_few(f"at least {_LEAST_WAVELENGTHS} are needed", "measure more")
        if not bool((fields.abs() <= _LARGEST_FIELD).all()):
            largest = float(fields.abs().max())
            allowed = f"must hold fields of at most {_LARGEST_FIELD:g}, of one that goes in"
            raise InputError(self.name, largest, allowed, "look for a damaged number")
        for value in light_m.tolist():
            if not is_wavelength_m(value):
                raise InputError(f"{self.name}.wavelength_m", value, METRES)
        light_m, order = light_m.sort()
        if bool((light_m.diff() <= 0.0).any()):
            twice = float(light_m[int((light_m.diff() <= 0.0).nonzero()[0])])
            raise InputError(f"{self.name}.wavelength_m", twice, "must be there once", "average")
        object.__setattr__(self, "wavelength_m", light_m)
        object.__setattr__(self, "matrix", fields[order])

    @property
    def ports(self) -> int:
        """Number of ports, P."""
        return self.matrix.shape[-1]

    @cached_property
    def gain(self) -> Tensor:
        """Largest singular value at every wavelength, float64 (W,): most field out per field in."""
        values: Tensor = torch.linalg.svdvals(self.matrix).amax(dim=-1)
        return values

    @cached_property
    def delay_s(self) -> float:
        """The common delay τ: fitted to the turns from sample to sample, by power."""
        overlap = (self.matrix[1:] * self.matrix[:-1].conj()).sum(dim=(-2, -1))
        step_hz = self._frequency_hz.diff()
        weight = overlap.abs() * step_hz
        total = float((weight * step_hz).sum())
        turned = float((weight * overlap.angle()).sum())
        return turned / (2.0 * math.pi * total) if total > 0.0 else 0.0

    def require_ports(self, *counts: int) -> None:
        """Refuse a device with another number of ports."""
        if self.ports not in counts:
            allowed = " or ".join(str(count) for count in counts)
            raise InputError(
                self.name,
                f"{self.ports} ports",
                f"must have {allowed}",
                "name a file of this kind of device, with all of its ports",
            )

    def require_passive(self, tolerance_db: float) -> None:
        """Refuse gain: a singular value above one by more than the tolerance, in dB."""
        worst = int(self.gain.argmax())
        gain = float(self.gain[worst])
        if gain**2 > db_to_power(tolerance_db):
            raise InputError(
                self.name,
                f"gain of {power_to_db(gain**2):.3g} dB at {float(self.wavelength_m[worst]):.7g} m",
                f"with gain: a passive device has none, and {tolerance_db:g} dB is tolerated",
                "calibrate the measurement, or raise gain_tolerance_db",
            )

    def require_reciprocal(self, tolerance: float) -> None:
        """Refuse a matrix that is not its own transpose to a tolerance, in fields."""
        apart = (self.matrix - self.matrix.mT).abs()
        if float(apart.max()) > tolerance:
            place, out, entering = (int(i) for i in (apart == apart.max()).nonzero()[0])
            raise InputError(
                self.name,
                f"S{out + 1}{entering + 1} and S{entering + 1}{out + 1} differ by "
                f"{float(apart.max()):.3g} at {float(self.wavelength_m[place]):.7g} m",
                f"not reciprocal: they must agree to {tolerance:g}",
                "check the order of the ports, or raise reciprocity_tolerance",
            )

    def require_delay(self) -> None:
        """Refuse phases by which light would leave before it enters, over the whole range."""
        turned = 2.0 * math.pi * self.delay_s * float(self._frequency_hz.diff().abs().sum())
        if turned < -_LARGEST_ADVANCE_RAD:
            raise InputError(
                self.name,
                f"delay of {self.delay_s:.3g} s",
                "must not be negative: light would leave before it enters",
                "set delay_sign to the other sign, or measure at more wavelengths",
            )

    def at(self, wavelength_m: Tensor | float, largest_error: float = 0.01) -> Tensor:
        """The transfer at wavelengths, complex128 (..., P, P) for (...); at a sample, that sample.

        Args:
            wavelength_m: vacuum wavelengths within the measured range.
            largest_error: of a field, that a straight line may miss between two samples.

        Raises:
            InputError: outside of the measured range, or where the samples are too far apart.
        """
        light_m = self._within(torch.as_tensor(wavelength_m, dtype=torch.float64))
        below = torch.searchsorted(self.wavelength_m, light_m, right=True) - 1
        below = below.clamp(0, len(self.wavelength_m) - 2)
        own_hz = SPEED_OF_LIGHT_M_PER_S / light_m
        first_hz, last_hz = self._frequency_hz[below], self._frequency_hz[below + 1]
        share = (own_hz - first_hz) / (last_hz - first_hz)
        self._require_close(light_m, below, share, largest_error)
        from_first = phasor(2.0 * math.pi * self.delay_s * (own_hz - first_hz)) * (1.0 - share)
        from_last = phasor(2.0 * math.pi * self.delay_s * (own_hz - last_hz)) * share
        first, last = self.matrix[below], self.matrix[below + 1]
        return from_first[..., None, None] * first + from_last[..., None, None] * last

    def _within(self, light_m: Tensor) -> Tensor:
        for value in light_m.aminmax() if light_m.numel() else ():
            check_wavelength_m(float(value))
        lowest, highest = float(self.wavelength_m[0]), float(self.wavelength_m[-1])
        outside = (light_m < lowest * (1.0 - _ROUNDING)) | (light_m > highest * (1.0 + _ROUNDING))
        if bool(outside.any()):
            raise InputError(
                "wavelength_m",
                float(light_m[outside].flatten()[0]),
                f"must be within what was measured, {lowest:.7g} to {highest:.7g} m",
                "measure there, or choose another wavelength",
            )
        return light_m.clamp(lowest, highest)

    def _require_close(
        self, light_m: Tensor, below: Tensor, share: Tensor, largest_error: float
    ) -> None:
        """Refuse wavelengths between samples that do not tell what is between them."""
        step_hz = self._frequency_hz.diff()[below].abs()
        between = share * (1.0 - share)
        missed = between * step_hz.square() / 2.0 * self._curvature_per_hz2[below]
        turn_rad = 2.0 * math.pi * abs(self.delay_s) * step_hz
        lost = (turn_rad > _LARGEST_TURN_RAD) & (between > _AT_SAMPLE)
        if not bool((lost | (missed > largest_error)).any()):
            return
        worst = int(torch.where(lost, math.inf, missed).argmax())
        where = f"{float(light_m.flatten()[worst]):.7g} m"
        apart_m = float(self.wavelength_m.diff()[below].flatten()[worst])
        if bool(lost.any()):
            turn = float(turn_rad.flatten()[worst])
            finest = apart_m * _LARGEST_TURN_RAD / turn
            told = f"phases turn by {turn:.3g} rad from sample to sample"
        else:
            error = float(missed.flatten()[worst])
            finest = apart_m * math.sqrt(largest_error / error)
            told = f"a field may be wrong by {error:.2g}, and {largest_error:g} is the most"
        remedy = f"measure in steps of {_ROUNDED_DOWN * finest:.2g} m, not {apart_m:.2g} m"
        remedy += "" if bool(lost.any()) else ", or raise largest_error"
        raise self._too_few(f"around {where} {told}", remedy)

    @cached_property
    def _frequency_hz(self) -> Tensor:
        """Falling, as the wavelengths rise."""
        return SPEED_OF_LIGHT_M_PER_S / self.wavelength_m

    @cached_property
    def _curvature_per_hz2(self) -> Tensor:
        """Largest second derivative of any entry less the delay, around every step: (W-1,)."""
        step_hz = self._frequency_hz.diff()
        turn = phasor(2.0 * math.pi * self.delay_s * step_hz)[:, None, None]
        middle = self.matrix[1:-1]
        ahead = (self.matrix[2:] * turn[1:].conj() - middle) / step_hz[1:, None, None]
        behind = (middle - self.matrix[:-2] * turn[:-1]) / step_hz[:-1, None, None]
        span_hz = (step_hz[1:] + step_hz[:-1])[:, None, None]
        bend = (2.0 * (ahead - behind) / span_hz).abs().amax(dim=(-2, -1))
        return torch.maximum(torch.cat((bend[:1], bend)), torch.cat((bend, bend[-1:])))

    def _too_few(self, allowed: str, remedy: str) -> InputError:
        found = f"{len(self.wavelength_m)} wavelengths"
        return InputError(self.name, found, f"too few wavelengths: {allowed}", remedy)
