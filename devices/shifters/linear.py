"""A linear phase shifter of either sign, as long as the circuit that uses it makes it.

::

            V
            │
    ──►──[ L ]──►──      phase = π V L / (Vπ L),  loss = α L

The linear law stands for a nano-opto-electro-mechanical section as the Mirage paper sizes it,
driven by voltages of both signs; :mod:`devices.shifters.noems` has the curve, which is even in the
voltage, and the ringing.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal, Self

import torch
from torch import Tensor

from devices.light.laser import PAPER
from devices.parameters.part import quantity
from devices.shifters.drive_curve import in_range
from devices.shifters.shifter import Shifter
from photonics.settling import approach


class PhaseShifter(Shifter):
    """A linear section."""

    drive_unit: ClassVar[str] = "V"

    kind: Literal["linear"] = quantity("linear", "kind of shifter", source="by definition")
    v_pi_l_vm: float = quantity(
        2e-5,
        "voltage-length product for a phase of π (0.002 V cm)",
        source=f"{PAPER}, Sec. V-B: internally simulated, after Baghdadi, Opt. Express 29, 19113",
        gt=0,
        le=1e3,
    )
    length_m: float = quantity(
        0.57e-3,
        "length of the section; circuits choose their own",
        source=f"{PAPER}, Sec. V-B: total length for m = 33",
        gt=0,
        le=1,
    )
    v_max_v: float = quantity(
        1.08,
        "largest drive voltage, of either sign",
        source=f"{PAPER}, Sec. IV-A",
        gt=0,
        le=1e4,
    )
    loss_db_per_m: float = quantity(
        1600.0,
        "propagation loss (1.6 dB/mm)",
        source=f"{PAPER}, Sec. V-B",
        ge=0,
        le=1e6,
    )
    load_s: float = quantity(
        5e-9,
        "time to reprogram one tile of drives",
        source=f"{PAPER}, Sec. V-B",
        ge=0,
        le=1e3,
    )

    @property
    def _rad_per_v(self) -> float:
        return math.pi * self.length_m / self.v_pi_l_vm

    @property
    def drive_range(self) -> tuple[float, float]:
        """Least and greatest voltage."""
        return (-self.v_max_v, self.v_max_v)

    @property
    def phase_range_rad(self) -> tuple[float, float]:
        """Least and greatest phase in rad that a drive can reach."""
        top = self._rad_per_v * self.v_max_v
        return (-top, top)

    def phase_rad(self, drive: Tensor | float) -> Tensor:
        """Phase in rad at a voltage, -``v_max_v`` to ``v_max_v``, any shape."""
        return in_range("drive_v", drive, *self.drive_range) * self._rad_per_v

    def drive(self, phase_rad: Tensor | float) -> Tensor:
        """Voltage in V for a phase."""
        phase = in_range("phase_rad", phase_rad, *self.phase_range_rad, "use a longer section")
        return phase / self._rad_per_v

    def loss_db(self, phase_rad: Tensor | float = 0.0) -> Tensor:
        """Insertion loss in dB, the same at every phase."""
        phase = torch.as_tensor(phase_rad, dtype=torch.float64)
        return torch.full_like(phase, self.loss_db_per_m * self.length_m)

    def settling_rad(self, time_s: Tensor | float, start_rad: float, end_rad: float) -> Tensor:
        """Phase in rad at a time after a step: all of it once the time to reprogram is over."""
        time = torch.as_tensor(time_s, dtype=torch.float64)
        return approach(start_rad, end_rad, (time < self.load_s).to(torch.float64))

    def settling_s(self, tolerance: float) -> float:
        """Time to reprogram a tile, to any tolerance."""
        return self.load_s

    def spanning(self, width_rad: float) -> Self:
        """A section of such a length that its phases, of both signs, are so far apart."""
        return self.changed({"length_m": self.length_m * width_rad / self.phase_width_rad})
