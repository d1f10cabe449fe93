"""Nano-opto-electro-mechanical phase shifter, driven by an analog voltage.

::

            V
            │
    ──►──[ L ]──►──      phase = π V L / (Vπ L),  loss = α L
"""

from __future__ import annotations

import math

from devices.laser import PAPER
from devices.part import Part, quantity


class PhaseShifter(Part):
    """A linear phase shifter whose length is chosen by the circuit that uses it."""

    v_pi_l_vm: float = quantity(
        2e-5,
        "voltage-length product for a phase of π (0.002 V cm)",
        source=f"{PAPER}, Sec. V-B: internally simulated, after Baghdadi, Opt. Express 29, 19113",
        gt=0,
    )
    v_max_v: float = quantity(1.08, "largest drive voltage", source=f"{PAPER}, Sec. IV-A", gt=0)
    loss_db_per_m: float = quantity(
        1600.0, "propagation loss (1.6 dB/mm)", source=f"{PAPER}, Sec. V-B", ge=0
    )
    settling_s: float = quantity(
        5e-9, "time to reprogram one tile of drives", source=f"{PAPER}, Sec. V-B", ge=0
    )

    def phase_rad(self, drive_v: float, length_m: float) -> float:
        """Phase in rad of a section of ``length_m`` under ``drive_v``."""
        return math.pi * drive_v * length_m / self.v_pi_l_vm

    def drive_v(self, phase_rad: float, length_m: float) -> float:
        """Drive in V at which a section of ``length_m`` shifts by ``phase_rad``."""
        return phase_rad * self.v_pi_l_vm / (math.pi * length_m)

    def length_m(self, phase_rad: float) -> float:
        """Length in m that reaches ``phase_rad`` at the largest drive."""
        return phase_rad * self.v_pi_l_vm / (math.pi * self.v_max_v)

    def loss_db(self, length_m: float) -> float:
        """Insertion loss in dB of a section of ``length_m``."""
        return self.loss_db_per_m * length_m
