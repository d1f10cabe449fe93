"""Couplers: 2x2 (directional or multimode) and 1x2.

::

    a ──►──┐ ┌──►── √(1-η) a + i√η b        in ──►──┬──►── √u in
           )(                                        └──►── √(1-u) in
    b ──►──┘ └──►── i√η a + √(1-η) b        imbalance u/(1-u) in dB

Excess loss is common to both outputs.  Imbalance of the 2x2 is its coupling's departure from a
half; its phase error is the departure of the outputs from quadrature, which only a lossy coupler
can have.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.optics import coupler_matrix, splitter_fields
from photonics.random import NoiseKey
from photonics.units import power_to_db

_MMI = "2x2 multimode coupler, 0.2 to 0.4 dB and 0.1 to 0.6 dB imbalance: photonica.io"


class Coupler(Part):
    """A 2x2 coupler."""

    cross_power: float = quantity(
        0.5, "fraction of the coupled power that crosses over", source="by design", ge=0, le=1
    )
    excess_loss_db: float = quantity(0.3, "loss common to both outputs", source=_MMI, ge=0, le=100)
    phase_error_rad: float = quantity(
        0.0, "departure of the outputs from quadrature", source="by design", ge=-1.6, le=1.6
    )

    imbalance_rms_db: float = quantity(
        0.2,
        "spread of the bar over the cross power from coupler to coupler, as fabricated",
        source="assumption: 2x2 couplers on SOI, 0.1 to 0.6 dB",
        ge=0,
        le=10,
    )

    @model_validator(mode="after")
    def _passive(self) -> Self:
        self.matrix()
        return self

    @classmethod
    def from_imbalance(cls, imbalance_db: float, **fields: float) -> Self:
        """A coupler whose bar output carries ``imbalance_db`` more power than its cross output."""
        ratio = 10.0 ** (imbalance_db / 10.0)
        return cls(cross_power=1.0 / (1.0 + ratio), **fields)

    @property
    def imbalance_db(self) -> float:
        """Power of the bar output over that of the cross output; infinite if nothing crosses."""
        if self.cross_power == 0.0:
            return float("inf")
        return power_to_db((1.0 - self.cross_power) / self.cross_power)

    def matrix(self) -> Tensor:
        """Transfer matrix, complex128 (2, 2), indexed [out, in]."""
        return coupler_matrix(self.cross_power, self.excess_loss_db, self.phase_error_rad)


class Splitter(Part):
    """A 1x2 splitter, such as a Y-junction."""

    excess_loss_db: float = quantity(
        0.28,
        "loss of both outputs together",
        source="0.28 ± 0.02 dB: Zhang et al., Opt. Express 21, 1310 (2013)",
        ge=0,
        le=100,
    )
    imbalance_db: float = quantity(
        0.0, "power of output 0 over that of output 1", source="by symmetry", ge=-60, le=60
    )
    imbalance_rms_db: float = quantity(
        0.2,
        "spread of that imbalance from splitter to splitter, as fabricated",
        source="assumption: 2x2 couplers on SOI, 0.1 to 0.6 dB",
        ge=0,
        le=10,
    )
    phase_error_rad: float = quantity(
        0.0, "phase of output 0 against output 1", source="by symmetry", ge=-10, le=10
    )

    def fields(self) -> Tensor:
        """Field transmission to the two outputs, complex128 (2,)."""
        return splitter_fields(self.imbalance_db, self.phase_error_rad, self.excess_loss_db)

    def deviation_db(self, key: NoiseKey, count: int) -> Tensor:
        """Imbalance of fabricated splitters over that by design, float64 (count,)."""
        return self.imbalance_rms_db * key.normal(0, count)
