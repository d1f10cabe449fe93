"""Passive guides between the active parts."""

from __future__ import annotations

from devices.laser import PAPER
from devices.part import Part, quantity


class Bend(Part):
    """A 180 degree waveguide bend."""

    loss_db: float = quantity(
        0.01, "insertion loss", source=f"{PAPER}, Sec. V-B (Bahadori, JLT 2019)", ge=0
    )
