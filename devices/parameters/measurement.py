"""What measured devices have in common: how exact a measurement is, and what is asked of it.

A measurement is refused where it has gain, is not reciprocal, or lets light leave before it enters,
each by more than it can be wrong; and where its wavelengths are too few to tell what is between.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import Part, quantity
from devices.parameters.transfer_file import transfer_of
from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer


class Measurement(Part, ABC):
    """A measured device; a kind of its own names its files and its ports."""

    delay_sign: Literal["negative", "positive"] = quantity(
        "negative",
        "sign that the phase of a delay has in the file",
        source="Touchstone and network analysers: fields go as exp(+iωt), so a delay is negative",
    )
    gain_tolerance_db: float = quantity(
        0.1,
        "gain that is taken for an error of the measurement",
        source="assumption: how well fibres are coupled twice",
        ge=0,
        le=3,
    )
    reciprocity_tolerance: float = quantity(
        0.03,
        "difference of a field from that of the way back, taken for an error of the measurement",
        source="assumption: -30 dB of the light that goes in",
        ge=0,
        le=1,
    )
    largest_error: float = quantity(
        0.01,
        "error of a field between two measured wavelengths that is let pass",
        source="assumption: -40 dB of the light that goes in",
        gt=0,
        le=1,
    )

    @property
    @abstractmethod
    def _files(self) -> Mapping[str, Sequence[Sequence[float]]]:
        """Rows of what was measured, by the fields that hold them."""

    @property
    @abstractmethod
    def _port_counts(self) -> Sequence[int]:
        """How many ports the device may have."""

    @property
    @abstractmethod
    def _named_ports(self) -> Sequence[tuple[str, int]]:
        """Numbers of the ports in use, from 1, and the fields that give them."""

    @cached_property
    def transfers(self) -> Mapping[str, MeasuredTransfer]:
        """What was measured, by the fields that hold it; a delay gives a positive phase."""
        return {name: self._read(rows, name) for name, rows in self._files.items()}

    @model_validator(mode="after")
    def _is_such_a_device(self) -> Self:
        for measured in self.transfers.values():
            measured.require_ports(*self._port_counts)
            measured.require_passive(self.gain_tolerance_db)
            measured.require_reciprocal(self.reciprocity_tolerance)
            measured.require_delay()
        self._require_named_ports(min(each.ports for each in self.transfers.values()))
        return self

    def _require_named_ports(self, ports: int) -> None:
        used: dict[int, str] = {}
        for field, port in self._named_ports:
            if not 1 <= port <= ports:
                raise InputError(field, port, f"must be a port from 1 to {ports}")
            if port in used:
                allowed = f"must be another port: {used[port]} has it already"
                raise InputError(field, port, allowed)
            used[port] = field

    def _read(self, rows: Sequence[Sequence[float]], name: str) -> MeasuredTransfer:
        """A transfer from its rows, with the phases of this project."""
        measured = transfer_of(rows, name)
        if self.delay_sign == "positive":
            return measured
        return MeasuredTransfer(measured.wavelength_m, measured.matrix.conj(), name)

    def _fields(
        self,
        name: str,
        wavelength_m: Tensor | float,
        out: Sequence[int],
        entering: Sequence[int],
    ) -> Tensor:
        """Transfer from some ports to others, complex128 (..., out, in), of what a field holds."""
        matrix = self.transfers[name].at(wavelength_m, self.largest_error)
        return matrix[..., [port - 1 for port in out], :][..., [port - 1 for port in entering]]
