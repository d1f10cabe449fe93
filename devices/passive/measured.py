"""Couplers and splitters as they were measured, in place of ideal ones.

::

    1 ──►──┐ ┌──►── 3          1 ──►──┬──►── 2      numbers are those of the file,
           )(                         └──►── 3      and can be changed
    2 ──►──┘ └──►── 4

They have the methods and the figures of :class:`devices.passive.coupler.Coupler` and
:class:`devices.passive.coupler.Splitter`, at their working wavelength, and their fields at others.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import model_validator
from torch import Tensor

from devices.light.laser import Laser
from devices.parameters.measurement import Measurement
from devices.parameters.part import quantity
from devices.parameters.transfer_file import MeasuredRows
from devices.parameters.wavelength import Wavelength
from devices.passive.coupler import Coupler, Splitter
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from photonics.units import power_to_db

_MEASURED = "transfer between all ports, by wavelength: name of a csv or Touchstone file, or rows"
_HERE = "measurement of the device at hand"
_LIGHT_M = Laser().wavelength_m


class MeasuredCoupler(Measurement):
    """A 2x2 coupler or interferometer, measured at all four ports."""

    measured: MeasuredRows = quantity(..., _MEASURED, source=_HERE)
    input_ports: tuple[int, int] = quantity(
        (1, 2), "numbers of both inputs in the file", source="convention"
    )
    output_ports: tuple[int, int] = quantity(
        (3, 4),
        "numbers of both outputs; the first is the bar of the first input",
        source="convention",
    )
    wavelength_m: Wavelength = quantity(
        _LIGHT_M, "working wavelength", source="that of the default laser"
    )
    imbalance_rms_db: float = quantity(
        Coupler().imbalance_rms_db,
        "spread of the imbalance from coupler to coupler, which one measurement does not tell",
        source="assumption: 2x2 couplers on SOI, 0.1 to 0.6 dB",
        ge=0,
        le=10,
    )

    @property
    def _files(self) -> Mapping[str, Sequence[Sequence[float]]]:
        return {"measured": self.measured}

    @property
    def _port_counts(self) -> Sequence[int]:
        return (4,)

    @property
    def _named_ports(self) -> Sequence[tuple[str, int]]:
        return [("input_ports", port) for port in self.input_ports] + [
            ("output_ports", port) for port in self.output_ports
        ]

    @model_validator(mode="after")
    def _works(self) -> Self:
        _require_light("input_ports", self.matrix()[:, 0])
        return self

    def matrix_at(self, wavelength_m: Tensor | float) -> Tensor:
        """Transfer matrix, complex128 (..., 2, 2) for wavelengths (...), indexed [out, in].

        Raises:
            InputError: outside of the measured range, or between samples too far apart.
        """
        return self._fields("measured", wavelength_m, self.output_ports, self.input_ports)

    def matrix(self) -> Tensor:
        """Transfer matrix at the working wavelength, complex128 (2, 2), indexed [out, in]."""
        return self.matrix_at(self.wavelength_m)

    @property
    def _outputs(self) -> tuple[complex, complex]:
        """Fields of bar and cross output, of one that enters input 0."""
        bar, cross = self.matrix()[:, 0].tolist()
        return bar, cross

    @property
    def cross_power(self) -> float:
        """Fraction of the power that comes out that crosses over, from input 0."""
        bar, cross = (abs(field) ** 2 for field in self._outputs)
        return cross / (bar + cross)

    @property
    def excess_loss_db(self) -> float:
        """Loss of both outputs together, from input 0."""
        return -power_to_db(sum(abs(field) ** 2 for field in self._outputs))

    @property
    def imbalance_db(self) -> float:
        """Power of the bar output over that of the cross output; infinite if one is dark."""
        return _imbalance_db(*(abs(field) ** 2 for field in self._outputs))

    @property
    def phase_error_rad(self) -> float:
        """Departure of the outputs from quadrature, whatever the lengths of the leads.

        Those turn whole rows and columns, and drop out of ``-M10 M01 / (M00 M11)``, which is
        ``exp(2 i ε)``.  Zero where nothing crosses, or all does.
        """
        (bar, back), (cross, through) = self.matrix().tolist()
        straight = bar * through
        return 0.5 * cmath.phase(-cross * back / straight) if straight and cross * back else 0.0


class MeasuredSplitter(Measurement):
    """A 1x2 splitter, measured at all three ports."""

    measured: MeasuredRows = quantity(..., _MEASURED, source=_HERE)
    input_port: int = quantity(1, "number of the input in the file", source="convention")
    output_ports: tuple[int, int] = quantity((2, 3), "numbers of both outputs", source="convention")
    wavelength_m: Wavelength = quantity(
        _LIGHT_M, "working wavelength", source="that of the default laser"
    )
    imbalance_rms_db: float = quantity(
        Splitter().imbalance_rms_db,
        "spread of the imbalance from splitter to splitter, which one measurement does not tell",
        source="assumption: 2x2 couplers on SOI, 0.1 to 0.6 dB",
        ge=0,
        le=10,
    )

    @property
    def _files(self) -> Mapping[str, Sequence[Sequence[float]]]:
        return {"measured": self.measured}

    @property
    def _port_counts(self) -> Sequence[int]:
        return (3,)

    @property
    def _named_ports(self) -> Sequence[tuple[str, int]]:
        return [("input_port", self.input_port)] + [
            ("output_ports", port) for port in self.output_ports
        ]

    @model_validator(mode="after")
    def _works(self) -> Self:
        _require_light("input_port", self.fields())
        return self

    def fields_at(self, wavelength_m: Tensor | float) -> Tensor:
        """Field transmission to both outputs, complex128 (..., 2) for wavelengths (...).

        Raises:
            InputError: outside of the measured range, or between samples too far apart.
        """
        ports = self.output_ports
        return self._fields("measured", wavelength_m, ports, [self.input_port])[..., 0]

    def fields(self) -> Tensor:
        """Field transmission to both outputs at the working wavelength, complex128 (2,)."""
        return self.fields_at(self.wavelength_m)

    @property
    def excess_loss_db(self) -> float:
        """Loss of both outputs together."""
        return -power_to_db(float(power_w(self.fields()).sum()))

    @property
    def imbalance_db(self) -> float:
        """Power of output 0 over that of output 1; infinite if one of them is dark."""
        return _imbalance_db(*power_w(self.fields()).tolist())

    @property
    def phase_error_rad(self) -> float:
        """Phase of output 0 against output 1."""
        first, second = self.fields().tolist()
        return cmath.phase(first * second.conjugate())

    def deviation_db(self, key: NoiseKey, count: int) -> Tensor:
        """Imbalance of fabricated splitters over that of this one, float64 (count,)."""
        return self.imbalance_rms_db * key.normal(0, count)


def _require_light(field: str, outputs: Tensor) -> None:
    if not float(power_w(outputs).sum()) > 0.0:
        allowed = "must lead to an output: none is lit at the working wavelength"
        raise InputError(field, "dark", allowed, "check the numbers of the ports")


def _imbalance_db(first: float, second: float) -> float:
    """Of two powers of which one is above zero."""
    if first == 0.0 or second == 0.0:
        return math.inf if second == 0.0 else -math.inf
    return power_to_db(first / second)
