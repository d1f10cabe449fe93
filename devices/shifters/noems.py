r"""Nano-opto-electro-mechanical phase shifter: a voltage pulls a slot open or closed.

::

         V
      ┌──┴──┐  gap g        φ(V) = π (V_max L / V_πL) f(V),   f(V_max) = 1
    ──► beam ──►            electrostatics of a spring-held plate, x = displacement / gap:
      └─────┘                   x (1 - x)² = (4/27) (V/V_PI)²
       spring                   x = (4/3) sin²(⅓ arcsin(V/V_PI)),   f = x(V) / x(V_max)

f grows as V² at small V and steepens toward pull-in at x = 1/3; far below pull-in it is V²
throughout.  It is even in V: a negative drive gives the *same* phase, so phases of both signs
need two rails driven about a bias (``push_pull_rad``).  The beam is a resonator and rings.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, Self

import torch
from pydantic import model_validator
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import quantity
from devices.shifters.drive_curve import DriveCurve, in_range
from devices.shifters.shifter import Shifter
from photonics.carriers import modulated_loss_db
from photonics.errors import InputError
from photonics.settling import approach, resonant_remaining, resonant_settling_time_s
from photonics.units import BOLTZMANN_J_PER_K, ROOM_TEMPERATURE_K


class NoemsShifter(Shifter):
    """One driven section; ``v_pi_l_vm`` holds at the largest drive, as the paper sizes it."""

    drive_unit: ClassVar[str] = "V"
    heats: ClassVar[bool] = False

    kind: Literal["noems"] = quantity("noems", "kind of shifter", source="by definition")
    v_pi_l_vm: float = quantity(
        2e-5,
        "voltage-length product for a phase of π, at the largest drive (0.002 V cm)",
        source=f"{PAPER}, Sec. V-B: internally simulated, after Baghdadi et al., "
        "Opt. Express 29, 19113 (2021)",
        gt=0,
        le=1e3,
    )
    length_m: float = quantity(
        0.57e-3,
        "length of the section",
        source=f"{PAPER}, Sec. V-B: total length for m = 33",
        gt=0,
        le=1,
    )
    v_max_v: float = quantity(
        1.08, "largest drive voltage", source=f"{PAPER}, Sec. IV-A", gt=0, le=1e4
    )
    pull_in_v: float = quantity(
        1.62,
        "voltage at which the beam collapses onto the electrode",
        source="assumption: half as much again as the largest drive; the paper gives no curve",
        gt=0,
        le=1e4,
    )
    curve: DriveCurve | None = quantity(
        None,
        "response against voltage, from 0 V, in place of the electrostatic one",
        source="measurement or simulation of the shifter at hand",
    )
    loss_db_per_m: float = quantity(
        1600.0, "propagation loss (1.6 dB/mm)", source=f"{PAPER}, Sec. V-B", ge=0, le=1e6
    )
    loss_db_per_pi: float = quantity(
        0.0,
        "residual amplitude modulation",
        source=f"{PAPER}, Sec. V-B: one loss for all drives; a mechanical shifter stays below "
        "0.05 dB over π (Micro 4, 334, 2024, 10.3390/micro4020021)",
        ge=0,
        le=100,
    )
    capacitance_f_per_m: float = quantity(
        4e-11,
        "capacitance between beam and electrode, the beam at rest",
        source="derived: ε0 h / g of plates 220 nm high and 50 nm apart",
        ge=0,
        le=1,
    )
    resonance_hz: float = quantity(
        220e6,
        "undamped mechanical resonance",
        source=f"assumption: settles to half a step of the 6-bit drive in the 5 ns of {PAPER}, "
        "Sec. V-B, when critically damped",
        gt=0,
        le=1e12,
    )
    quality: float = quantity(
        0.5, "mechanical quality factor", source="assumption: critical damping", gt=0, le=1e6
    )

    @model_validator(mode="after")
    def _drive_within_reach(self) -> NoemsShifter:
        if self.curve is None:
            if self.pull_in_v <= self.v_max_v:
                raise InputError(
                    "pull_in_v",
                    self.pull_in_v,
                    f"must be above v_max_v = {self.v_max_v}",
                    "lower the largest drive",
                )
        elif not (self.curve.drive[0] == 0.0 and self.curve.drive[-1] >= self.v_max_v):
            found = (self.curve.drive[0], self.curve.drive[-1])
            raise InputError("curve.drive", found, f"must reach from 0 to v_max_v = {self.v_max_v}")
        return self

    @property
    def max_phase_rad(self) -> float:
        """Phase in rad at the largest drive."""
        return math.pi * self.v_max_v * self.length_m / self.v_pi_l_vm

    @property
    def drive_range(self) -> tuple[float, float]:
        """Voltages of one sign: the other gives the same phases."""
        return (0.0, self.v_max_v)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        return (0.0, self.max_phase_rad)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a voltage, 0 to ``v_max_v``, any shape."""
        voltage = in_range("drive_v", drive, 0.0, self.v_max_v)
        return self.max_phase_rad * self._response(voltage) / self._full_response

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Voltage in V for a phase, 0 to ``max_phase_rad``; the exact inverse of ``phase_rad``."""
        phase = in_range(
            "phase_rad", phase_rad, 0.0, self.max_phase_rad, "use a longer section or subtract 2π"
        )
        response = phase / self.max_phase_rad * self._full_response
        if self.curve is not None:
            return self.curve.inverse(response + self.curve.response[0])
        return self.pull_in_v * torch.sin(3.0 * torch.asin((0.75 * response).sqrt()))

    def push_pull_rad(self, swing_v: Tensor | float, bias_v: float) -> Tensor:
        """Phase between two rails driven at ``bias ± swing``; odd in the swing.

        Exactly linear where the response is V² (the even terms cancel, the odd ones are none).
        """
        swing = torch.as_tensor(swing_v, dtype=torch.float64)
        return self.phase_rad(bias_v + swing) - self.phase_rad(bias_v - swing)

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB at a phase."""
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        return modulated_loss_db(phase, self.loss_db_per_m * self.length_m, self.loss_db_per_pi)

    def charge_c(self, drive: Tensor | float) -> Tensor:
        """Charge in C on the beam at a voltage; that it comes nearer is left out."""
        voltage = torch.as_tensor(drive, dtype=torch.float64)
        return voltage * (self.capacitance_f_per_m * self.length_m)

    @property
    def motion_rad2_per_m(self) -> float:
        """Least variance of the phase by the thermal motion of the beam, in rad² for a metre.

        A mode of stiffness k moves by ``√(kT/k)`` rms (equipartition).  A plate of the capacitance
        C that V draws by the share x of its gap has the stiffness ``C V² / (2 x (1 - x)²)`` for
        shares, so that the phase φ of that drive trembles by ``φ √(2 kT (1 - x)² / (x C V²))``:
        least at pull-in, x = 1/3.  Phase and capacitance go as the length, and V cancels:
        ``8/3 kT (π / Vπ L)²`` over the capacitance of a metre; 0 where that is not stated.
        """
        if self.capacitance_f_per_m == 0.0:
            return 0.0
        thermal_j = BOLTZMANN_J_PER_K * ROOM_TEMPERATURE_K
        return 8.0 / 3.0 * thermal_j * (math.pi / self.v_pi_l_vm) ** 2 / self.capacitance_f_per_m

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step from one phase to another; overshoots if Q > 1/2.

        Linear: the spring does not soften toward pull-in.
        """
        return approach(
            start_rad, end_rad, resonant_remaining(time_s, self.resonance_hz, self.quality)
        )

    def settling_s(self, tolerance: float) -> float:
        """Time in s after which a step stays within ``tolerance`` (a fraction of it)."""
        return resonant_settling_time_s(self.resonance_hz, self.quality, tolerance)

    def spanning(self, width_rad: float) -> Self:
        """A section of such a length that the largest drive turns by so much."""
        return self.changed({"length_m": self.length_m * width_rad / self.phase_width_rad})

    def _response(self, voltage_v: Tensor) -> Tensor:
        if self.curve is not None:
            return self.curve.at(voltage_v) - self.curve.response[0]
        return 4.0 / 3.0 * torch.sin(torch.asin(voltage_v / self.pull_in_v) / 3.0).square()

    @property
    def _full_response(self) -> Tensor:
        return self._response(torch.tensor(self.v_max_v, dtype=torch.float64))
