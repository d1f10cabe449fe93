"""Thermo-optic phase shifter: a resistor warms a guide.

::

        V ─[ R ]─┐
           ░░░   ⏚         φ = π P / P_π,   P = V²/R,   ΔT = λ φ / (2π dn/dT L)
    ──►──━━━━━──►──         τ dφ/dt = φ_∞ - φ,   f_3dB = 1/(2π τ)
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, Self

import torch
from torch import Tensor

from devices.parameters.part import quantity
from devices.parameters.wavelength import Wavelength
from devices.shifters.drive_curve import in_range
from devices.shifters.shifter import Shifter
from photonics.carriers import modulated_loss_db
from photonics.settling import (
    approach,
    one_pole_corner_hz,
    one_pole_remaining,
    one_pole_settling_time_s,
)
from photonics.thermal import (
    SILICON_INDEX_PER_K,
    resistor_power_w,
    resistor_voltage_v,
    temperature_rise_k,
)

HARRIS = "Harris et al., Opt. Express 22, 10487 (2014), arXiv 1410.3616"


class ThermoOpticShifter(Shifter):
    """A heater on a guide, driven by a voltage of either sign; phases are positive."""

    drive_unit: ClassVar[str] = "V"

    kind: Literal["thermo-optic"] = quantity(
        "thermo-optic", "kind of shifter", source="by definition"
    )
    p_pi_w: float = quantity(
        24.77e-3, "heater power for a phase of π", source=f"{HARRIS}: 24.77 ± 0.43 mW", gt=0, le=100
    )
    resistance_ohm: float = quantity(
        600.0, "heater resistance", source="assumption: a doped silicon heater", gt=0, le=1e9
    )
    v_max_v: float = quantity(
        6.0,
        "largest drive voltage",
        source="assumption: a little more than a full turn",
        gt=0,
        le=1e4,
    )
    length_m: float = quantity(61.6e-6, "heated length", source=HARRIS, gt=0, le=1)
    insertion_loss_db: float = quantity(
        0.23, "insertion loss", source=f"{HARRIS}: 0.23 ± 0.13 dB", ge=0, le=100
    )
    loss_db_per_pi: float = quantity(
        0.0,
        "residual amplitude modulation",
        source="assumption: heat changes the index alone",
        ge=0,
        le=100,
    )
    time_constant_s: float = quantity(
        1.0 / (2.0 * math.pi * 130e3),
        "thermal time constant",
        source=f"{HARRIS}: corner at 130.0 ± 5.6 kHz",
        ge=0,
        le=1e3,
    )
    thermo_optic_per_k: float = quantity(
        SILICON_INDEX_PER_K,
        "dn/dT of the guide",
        source="silicon: 10.1515/nanoph-2020-0496",
        gt=0,
        le=1,
    )
    wavelength_m: Wavelength = quantity(1550e-9, "vacuum wavelength", source="assumption: C band")

    @property
    def index_per_k(self) -> float:
        """dn/dT of its guide."""
        return self.thermo_optic_per_k

    @property
    def corner_hz(self) -> float:
        """Frequency in Hz at which the response has fallen by 3 dB: 1 / (2π τ)."""
        return one_pole_corner_hz(self.time_constant_s)

    @property
    def max_phase_rad(self) -> float:
        """Phase in rad at the largest drive."""
        return math.pi * self.v_max_v**2 / (self.resistance_ohm * self.p_pi_w)

    @property
    def drive_range(self) -> tuple[float, float]:
        """Voltages of one sign: the other gives the same phases."""
        return (0.0, self.v_max_v)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        return (0.0, self.max_phase_rad)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a voltage, -``v_max_v`` to ``v_max_v``, any shape."""
        voltage = in_range("drive_v", drive, -self.v_max_v, self.v_max_v)
        return resistor_power_w(voltage, self.resistance_ohm) * (math.pi / self.p_pi_w)

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Positive voltage in V for a phase, 0 to ``max_phase_rad``."""
        return resistor_voltage_v(self.power_w(phase_rad), self.resistance_ohm)

    def power_w(self, phase_rad: Tensor | float) -> Tensor:
        """Heater power in W for a phase, 0 to ``max_phase_rad``: P_π φ/π."""
        phase = in_range(
            "phase_rad", phase_rad, 0.0, self.max_phase_rad, "reduce the phase modulo 2π"
        )
        return phase * (self.p_pi_w / math.pi)

    def hold_power_w(self, drive: Tensor | float) -> Tensor:
        """Power in W of the heater at a voltage: V²/R; a change of it takes nothing besides."""
        return resistor_power_w(torch.as_tensor(drive, dtype=torch.float64), self.resistance_ohm)

    def temperature_rise_k(self, phase_rad: Tensor | float) -> Tensor:
        """Temperature rise in K of the guide at a phase."""
        return temperature_rise_k(
            phase_rad, self.length_m, self.wavelength_m, self.thermo_optic_per_k
        )

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase."""
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        return modulated_loss_db(phase, self.insertion_loss_db, self.loss_db_per_pi)

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step of power from one phase to another."""
        return approach(start_rad, end_rad, one_pole_remaining(time_s, self.time_constant_s))

    def settling_s(self, tolerance: float) -> float:
        """Time in s after which a step stays within ``tolerance`` (a fraction of it)."""
        return one_pole_settling_time_s(self.time_constant_s, tolerance)

    def spanning(self, width_rad: float) -> Self:
        """This heater, driven no further than such a phase takes; its length does not count.

        Raises:
            InputError: if the largest drive does not reach it.
        """
        top = float(self.drive(width_rad))
        return self.changed({"v_max_v": min(top, self.v_max_v)})
