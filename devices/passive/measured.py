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
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import model_validator
from torch import Tensor

from devices.light.laser import Laser
from devices.parameters.measurement import Measurement
from devices.parameters.part import quantity
from devices.parameters.transfer_file import MeasuredRows
from devices.parameters.wavelength import Wavelength
from devices.passive.coupler import Coupler
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from photonics.units import power_to_db


class MeasuredDivider(Measurement, ABC):
    """What parts the light of an input between two outputs, measured at all of its ports."""

    input_field: ClassVar[str]
    """Field that gives the numbers of its inputs."""

    measured: MeasuredRows = quantity(
        ...,
        "transfer between all ports, by wavelength: name of a csv or Touchstone file, or rows",
        source="measurement of the device at hand",
    )
    wavelength_m: Wavelength = quantity(
        Laser().wavelength_m, "working wavelength", source="that of the default laser"
    )
    imbalance_rms_db: float = quantity(
        Coupler().imbalance_rms_db,
        "spread of the imbalance from one to the next, which one measurement does not tell",
        source="assumption: 2x2 couplers on SOI, 0.1 to 0.6 dB",
        ge=0,
        le=10,
    )

    if TYPE_CHECKING:
        output_ports: tuple[int, int]

    @property
    @abstractmethod
    def _inputs(self) -> Sequence[int]:
        """Numbers of its inputs."""

    @property
    def _files(self) -> Mapping[str, Sequence[Sequence[float]]]:
        return {"measured": self.measured}

    @property
    def _port_counts(self) -> Sequence[int]:
        return (len(self._inputs) + len(self.output_ports),)

    @property
    def _named_ports(self) -> Sequence[tuple[str, int]]:
        inputs = [(self.input_field, port) for port in self._inputs]
        return inputs + [("output_ports", port) for port in self.output_ports]

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not sum(self._powers) > 0.0:
            allowed = "must lead to an output: none is lit at the working wavelength"
            raise InputError(self.input_field, "dark", allowed, "check the numbers of the ports")
        return self

    def _transfer_at(self, wavelength_m: Tensor | float) -> Tensor:
        """From the inputs to the outputs, complex128 (..., 2, inputs)."""
        return self._fields("measured", wavelength_m, self.output_ports, self._inputs)

    @property
    def _powers(self) -> tuple[float, float]:
        """Of both outputs, at the working wavelength, of the light of the first input."""
        first, second = power_w(self._transfer_at(self.wavelength_m)[:, 0]).tolist()
        return first, second

    @property
    def excess_loss_db(self) -> float:
        """Loss of both outputs together, from the first input."""
        return -power_to_db(sum(self._powers))

    @property
    def imbalance_db(self) -> float:
        """Power of the first output over that of the second; infinite if one of them is dark."""
        first, second = self._powers
        if first == 0.0 or second == 0.0:
            return math.inf if second == 0.0 else -math.inf
        return power_to_db(first / second)


class MeasuredCoupler(MeasuredDivider):
    """A 2x2 coupler or interferometer, measured at all four ports."""

    input_field: ClassVar[str] = "input_ports"

    input_ports: tuple[int, int] = quantity(
        (1, 2), "numbers of both inputs in the file", source="convention"
    )
    output_ports: tuple[int, int] = quantity(
        (3, 4),
        "numbers of both outputs; the first is the bar of the first input",
        source="convention",
    )

    @property
    def _inputs(self) -> Sequence[int]:
        return self.input_ports

    def matrix_at(self, wavelength_m: Tensor | float) -> Tensor:
        """Transfer matrix, complex128 (..., 2, 2) for wavelengths (...), indexed [out, in].

        Raises:
            InputError: outside of the measured range, or between samples too far apart.
        """
        return self._transfer_at(wavelength_m)

    def matrix(self) -> Tensor:
        """Transfer matrix at the working wavelength, complex128 (2, 2), indexed [out, in]."""
        return self.matrix_at(self.wavelength_m)

    @property
    def cross_power(self) -> float:
        """Fraction of the power that comes out that crosses over, from input 0."""
        bar, cross = self._powers
        return cross / (bar + cross)

    @property
    def phase_error_rad(self) -> float:
        """Departure of the outputs from quadrature, whatever the lengths of the leads.

        Those turn whole rows and columns, and drop out of ``-M10 M01 / (M00 M11)``, which is
        ``exp(2 i ε)``.  Zero where nothing crosses, or all does.
        """
        (bar, back), (cross, through) = self.matrix().tolist()
        straight = bar * through
        return 0.5 * cmath.phase(-cross * back / straight) if straight and cross * back else 0.0


class MeasuredSplitter(MeasuredDivider):
    """A 1x2 splitter, measured at all three ports."""

    input_field: ClassVar[str] = "input_port"

    input_port: int = quantity(1, "number of the input in the file", source="convention")
    output_ports: tuple[int, int] = quantity((2, 3), "numbers of both outputs", source="convention")

    @property
    def _inputs(self) -> Sequence[int]:
        return (self.input_port,)

    def fields_at(self, wavelength_m: Tensor | float) -> Tensor:
        """Field transmission to both outputs, complex128 (..., 2) for wavelengths (...).

        Raises:
            InputError: outside of the measured range, or between samples too far apart.
        """
        return self._transfer_at(wavelength_m)[..., 0]

    def fields(self) -> Tensor:
        """Field transmission to both outputs at the working wavelength, complex128 (2,)."""
        return self.fields_at(self.wavelength_m)

    @property
    def phase_error_rad(self) -> float:
        """Phase of output 0 against output 1."""
        first, second = self.fields().tolist()
        return cmath.phase(first * second.conjugate())

    def deviation_db(self, key: NoiseKey, count: int) -> Tensor:
        """Imbalance of fabricated splitters over that of this one, float64 (count,)."""
        return self.imbalance_rms_db * key.normal(0, count)
