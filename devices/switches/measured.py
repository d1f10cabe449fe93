"""A switch as it was measured, in both of its states.

::

    1 ──►──────────►── 2        1 input, 2 through, 3 drop, 4 add (which may be left out);
          [ switch ]            one file for the coupled state, in which the light drops,
    3 ─◄──────────◄── 4         one for the detuned state, in which it passes

Both files have to be measured with the same planes of reference: the phase that the switch adds is
the difference of the two, and so is the delay.  What moves it (heat, drift, trimming) shifts its
spectrum, as that of a ring; how its light settles two states at rest do not tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor

from devices.parameters.measurement import Measurement
from devices.parameters.part import quantity
from devices.parameters.transfer_file import MeasuredRows
from devices.switches.ring import RingState, RingSwitch
from devices.switches.switch import IdealLimits, Switch
from photonics.checks import check_wavelength_m
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.switching import MeasuredNumbers
from photonics.units import SPEED_OF_LIGHT_M_PER_S

_MEASURED = "state, by wavelength: name of a csv or Touchstone file, or rows"
_HERE = "measurement of the device at hand"


# Spectra are not moved further than this, and not described by more samples to either side.
_FURTHEST_M, _MOST = 2e-9, 4000


class MeasuredSwitch(Measurement, Switch):
    """A switch between two outputs, measured in both states."""

    offset_unit: ClassVar[str] = "m"
    limits: ClassVar[IdealLimits] = IdealLimits(
        ("spread_rms_m=0",), ("kind=ring", *RingSwitch.limits.leak), "multiplier.switch"
    )

    kind: Literal["measured"] = quantity("measured", "kind of switch", source="by definition")

    measured_coupled: MeasuredRows = quantity(
        ..., f"transfer in the coupled {_MEASURED}", source=_HERE
    )
    measured_detuned: MeasuredRows = quantity(
        ..., f"transfer in the detuned {_MEASURED}", source=_HERE
    )
    input_port: int = quantity(1, "number of the input in the files", source="convention")
    through_port: int = quantity(2, "number of the through port", source="convention")
    drop_port: int = quantity(3, "number of the drop port", source="convention")
    spread_rms_m: float = quantity(
        1e-12,
        "shift of the spectrum of each switch that trimming leaves",
        source="assumption: as of rings, a heater set to 13 mK",
        ge=0,
        le=1e-9,
    )
    drift_m_per_k: float = quantity(
        75e-12,
        "shift of the spectrum per kelvin",
        source="assumption: as of rings, λ (dn/dT) / n_g of silicon is 69 pm/K",
        ge=0,
        le=1e-8,
    )
    bias_shift_m: float = quantity(
        1e-9,
        "shift of the spectrum from one state to the other, for how long that takes",
        source="assumption: as of rings",
        gt=0,
        le=1e-6,
    )
    length_m: float = quantity(
        20e-6, "length of guide that it adds to a path", source="assumption: a ring", ge=0, le=1
    )
    group_index: float = quantity(4.2, "group index", source="silicon wire, 1550 nm", gt=1, le=20)

    @property
    def _files(self) -> Mapping[str, Sequence[Sequence[float]]]:
        return {
            "measured_coupled": self.measured_coupled,
            "measured_detuned": self.measured_detuned,
        }

    @property
    def _port_counts(self) -> Sequence[int]:
        return (3, 4)

    @property
    def _named_ports(self) -> Sequence[tuple[str, int]]:
        names = ("input_port", "through_port", "drop_port")
        return [(name, getattr(self, name)) for name in names]

    def transfer(self, wavelength_m: Tensor | float, *, detuned: bool) -> tuple[Tensor, Tensor]:
        """Through and drop field of a state, complex128 (...) each for wavelengths (...).

        Raises:
            InputError: outside of the measured range, or between samples too far apart.
        """
        name = self._name(detuned=detuned)
        ports = [self.through_port, self.drop_port]
        fields = self._fields(name, wavelength_m, ports, [self.input_port])
        return fields[..., 0, 0], fields[..., 1, 0]

    @staticmethod
    def _name(*, detuned: bool) -> str:
        return "measured_detuned" if detuned else "measured_coupled"

    def coupled(self, wavelength_m: float) -> RingState:
        """Unbiased state: the light drops."""
        return self._at(wavelength_m, detuned=False)

    def detuned(self, wavelength_m: float) -> RingState:
        """Biased state: the light passes."""
        return self._at(wavelength_m, detuned=True)

    def _at(self, wavelength_m: float, *, detuned: bool) -> RingState:
        through, drop = self.transfer(wavelength_m, detuned=detuned)
        return RingState(complex(through), complex(drop))

    @property
    def guide_m(self) -> float:
        """Length of guide that it adds to a path."""
        return self.length_m

    @property
    def swing(self) -> float:
        """Shift of the spectrum from one state to the other."""
        return self.bias_shift_m

    def offset_per_k(self, wavelength_m: float) -> float:
        """Shift of the spectrum per kelvin."""
        check_wavelength_m(wavelength_m)
        return self.drift_m_per_k

    def trimmed(
        self, key: NoiseKey, lattice: tuple[int, ...], wavelength_m: float, reading_rms: float
    ) -> Tensor:
        """Shifts of the spectra, as stated, float64 (*lattice, S, E)."""
        check_wavelength_m(wavelength_m)
        shape = (*lattice, 2, 2)
        return self.spread_rms_m * key.normal(0, math.prod(shape)).reshape(shape)

    def check(self, wavelength_m: float) -> None:
        """Refuse a wavelength that was not measured, samples too far apart, or a dark port.

        Raises:
            InputError: naming the files or the wavelength.
        """
        for coupled in (True, False):
            state = self.state(wavelength_m, coupled=coupled)
            if not float((state.coupled if coupled else state.straight).abs()) > 0.0:
                port = "drop_port" if coupled else "through_port"
                allowed = "must be lit where light is meant to go"
                raise InputError(port, getattr(self, port), allowed, "check the ports")

    def numbers(self, wavelength_m: float, *, coupled: bool) -> MeasuredNumbers:
        """The measured state, at its wavelength and as far around it as was measured."""
        check_wavelength_m(wavelength_m)
        sampled_m = self.transfers[self._name(detuned=not coupled)].wavelength_m
        first_m, last_m = float(sampled_m[0]), float(sampled_m[-1])
        reach_m = min(_FURTHEST_M, wavelength_m - first_m, last_m - wavelength_m)
        if not reach_m > 0.0:
            allowed = f"must be within what was measured, {first_m:.7g} to {last_m:.7g} m"
            raise InputError("wavelength_m", wavelength_m, allowed, "measure around it")
        count = math.ceil(reach_m / float(sampled_m.diff().min()))
        shift_m = torch.linspace(-reach_m, reach_m, 2 * min(count, _MOST) + 1, dtype=torch.float64)
        # A spectrum that lies further to the red shows what was to the blue.
        fields = self.transfer(wavelength_m - shift_m, detuned=not coupled)
        return MeasuredNumbers(reach_m, *fields)

    def delay_s(self, wavelength_m: float, *, coupled: bool) -> float:
        """Group delay on the intended path beyond that of the faster state."""
        # A spectrum that moves to the red is light that moves to the blue.
        per_rad = wavelength_m**2 / (2.0 * math.pi * SPEED_OF_LIGHT_M_PER_S)
        delays = [per_rad * self.slope_rad(wavelength_m, coupled=state) for state in (True, False)]
        return delays[0 if coupled else 1] - min(delays)
