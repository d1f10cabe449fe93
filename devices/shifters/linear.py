"""What every phase shifter does, and the linear one that the circuits size for themselves.

::

            V
            │
    ──►──[ L ]──►──      phase = π V L / (Vπ L),  loss = α L

The linear law stands in for a nano-opto-electro-mechanical section whose drive curve has been
linearised by its converter; :mod:`devices.shifters.noems` has the curve and the ringing.
"""

from __future__ import annotations

import math
from typing import ClassVar, Protocol, runtime_checkable

from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import Part, quantity


@runtime_checkable
class Shifter(Protocol):
    """A driven phase shifter of any kind; tensors of any shape, float64 out."""

    drive_unit: ClassVar[str]
    """Unit of the drive: "V" or "A"."""

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        ...

    def phase_rad(self, drive: Tensor | float, /) -> Tensor:
        """Phase in rad at a drive; :class:`InputError` outside the range of the drive."""
        ...

    def drive(self, phase_rad: Tensor | float, /) -> Tensor:
        """Drive for a phase, the inverse of ``phase_rad``; refused outside the range."""
        ...

    def loss_db(self, phase_rad: Tensor | float = 0.0, /) -> Tensor:
        """Insertion loss in dB at a phase: residual amplitude modulation included."""
        ...

    def transmission(self, drive: Tensor | float, /) -> Tensor:
        """Complex field transmission at a drive, ``10^(-loss/20) exp(+iφ)``."""
        ...

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float, /) -> Tensor:
        """Phase in rad at a time after the drive stepped from one set-point to another."""
        ...

    def settling_s(self, tolerance: float, /) -> float:
        """Time in s after which a step of phase stays within a fraction of its size."""
        ...


class PhaseShifter(Part):
    """A linear phase shifter whose length is chosen by the circuit that uses it."""

    v_pi_l_vm: float = quantity(
        2e-5,
        "voltage-length product for a phase of π (0.002 V cm)",
        source=f"{PAPER}, Sec. V-B: internally simulated, after Baghdadi, Opt. Express 29, 19113",
        gt=0,
        le=1e3,
    )
    v_max_v: float = quantity(
        1.08, "largest drive voltage", source=f"{PAPER}, Sec. IV-A", gt=0, le=1e4
    )
    loss_db_per_m: float = quantity(
        1600.0,
        "propagation loss (1.6 dB/mm)",
        source=f"{PAPER}, Sec. V-B",
        ge=0,
        le=1e6,
    )
    settling_s: float = quantity(
        5e-9,
        "time to reprogram one tile of drives",
        source=f"{PAPER}, Sec. V-B",
        ge=0,
        le=1e3,
    )

    def phase_rad(self, drive_v: float, length_m: float) -> float:
        """Phase in rad of a section of ``length_m`` under ``drive_v``."""
        return math.pi * drive_v * length_m / self.v_pi_l_vm

    def length_m(self, phase_rad: float) -> float:
        """Length in m that reaches ``phase_rad`` at the largest drive."""
        return phase_rad * self.v_pi_l_vm / (math.pi * self.v_max_v)

    def loss_db(self, length_m: float) -> float:
        """Insertion loss in dB of a section of ``length_m``."""
        return self.loss_db_per_m * length_m
