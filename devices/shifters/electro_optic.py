"""Linear electro-optic (Pockels) phase shifter.

::

    ────── V ──────
    ──►──━━━━━━──►──      φ = π V L / (V_πL),   of either sign,   loss = α L + RAM |φ|/π
    ────── ⏚ ──────
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, Self

import torch
from torch import Tensor

from devices.parameters.part import quantity
from devices.shifters.drive_curve import in_range
from devices.shifters.shifter import Shifter
from photonics.carriers import modulated_loss_db
from photonics.settling import (
    approach,
    one_pole_remaining,
    one_pole_settling_time_s,
    one_pole_time_constant_s,
)

WANG = "Wang et al., Nature 562, 101 (2018), 10.1038/s41586-018-0551-y"


class ElectroOpticShifter(Shifter):
    """A section of Pockels material; the defaults are thin-film lithium niobate."""

    drive_unit: ClassVar[str] = "V"
    heats: ClassVar[bool] = False

    kind: Literal["electro-optic"] = quantity(
        "electro-optic", "kind of shifter", source="by definition"
    )
    v_pi_l_vm: float = quantity(
        2.5e-2,
        "voltage-length product for a phase of π (2.5 V cm)",
        source="assumption: middle of the 2 to 3 V cm usual for thin-film lithium niobate",
        gt=0,
        le=1e3,
    )
    length_m: float = quantity(
        1e-2, "length of the section", source="assumption: V_π of a few volt", gt=0, le=1
    )
    v_max_v: float = quantity(
        5.0,
        "largest drive voltage, of either sign",
        source="assumption: two half waves at the other defaults",
        gt=0,
        le=1e4,
    )
    loss_db_per_m: float = quantity(
        50.0,
        "propagation loss (0.5 dB/cm)",
        source=f"{WANG}: below 0.5 dB on the chip, taken for 1 cm",
        ge=0,
        le=1e6,
    )
    loss_db_per_pi: float = quantity(
        0.0, "residual amplitude modulation", source="Pockels effect: index alone", ge=0, le=100
    )
    bandwidth_hz: float = quantity(
        40e9,
        "one-pole corner of the phase",
        source="Ren et al., arXiv 1902.09070: 3.5 to 4.5 V from 5 to 40 GHz",
        gt=0,
        le=1e15,
    )

    capacitance_f_per_m: float = quantity(
        1.5e-10,
        "capacitance of its electrodes, not terminated (1.5 pF/cm)",
        source="derived: n / (Z c) of a line of 50 Ω as slow as the light, n = 2.2",
        ge=0,
        le=1,
    )
    thermo_optic_per_k: float = quantity(
        4e-5,
        "dn/dT of the guide",
        source="assumption: commonly quoted of the extraordinary index of lithium niobate",
        ge=0,
        le=1,
    )

    @property
    def index_per_k(self) -> float:
        """dn/dT of its guide."""
        return self.thermo_optic_per_k

    @property
    def max_phase_rad(self) -> float:
        """Phase in rad at the largest drive."""
        return math.pi * self.v_max_v * self.length_m / self.v_pi_l_vm

    @property
    def drive_range(self) -> tuple[float, float]:
        """Least and greatest voltage."""
        return (-self.v_max_v, self.v_max_v)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        return (-self.max_phase_rad, self.max_phase_rad)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a voltage, -``v_max_v`` to ``v_max_v``, any shape."""
        voltage = in_range("drive_v", drive, -self.v_max_v, self.v_max_v)
        return voltage * (math.pi * self.length_m / self.v_pi_l_vm)

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Voltage in V for a phase of size up to ``max_phase_rad``."""
        top = self.max_phase_rad
        phase = in_range("phase_rad", phase_rad, -top, top, "use a longer section or subtract 2π")
        return phase * (self.v_pi_l_vm / (math.pi * self.length_m))

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase."""
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        return modulated_loss_db(phase, self.loss_db_per_m * self.length_m, self.loss_db_per_pi)

    def charge_c(self, drive: Tensor | float) -> Tensor:
        """Charge in C on its electrodes at a voltage."""
        voltage = torch.as_tensor(drive, dtype=torch.float64)
        return voltage * (self.capacitance_f_per_m * self.length_m)

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step of voltage from one phase to another."""
        time_constant_s = one_pole_time_constant_s(self.bandwidth_hz)
        return approach(start_rad, end_rad, one_pole_remaining(time_s, time_constant_s))

    def settling_s(self, tolerance: float) -> float:
        """Time in s after which a step stays within ``tolerance`` (a fraction of it)."""
        return one_pole_settling_time_s(one_pole_time_constant_s(self.bandwidth_hz), tolerance)

    def spanning(self, width_rad: float) -> Self:
        """A section of such a length that its phases, of both signs, are so far apart."""
        return self.changed({"length_m": self.length_m * width_rad / self.phase_width_rad})
