"""Photodiode: light to current, with shot noise.

::

    P ──►|──► i = R P      shot noise 2 q (i + i_dark) B
"""

from __future__ import annotations

from torch import Tensor

from devices.laser import PAPER
from devices.part import Part, quantity
from photonics.noise import shot_variance_a2


class Photodiode(Part):
    """A single diode; a balanced pair is two of them, subtracted."""

    responsivity_a_per_w: float = quantity(
        1.1, "current per optical power", source=f"{PAPER}, Sec. V-B", gt=0, le=1.25
    )
    dark_current_a: float = quantity(
        20e-9, "dark current", source="assumption: Ge on Si, 10 to 50 nA", ge=0
    )

    def current_a(self, power_w: Tensor) -> Tensor:
        """Mean photocurrent in A, without the dark current."""
        return self.responsivity_a_per_w * power_w

    def shot_variance_a2(self, power_w: Tensor, bandwidth_hz: float) -> Tensor:
        """Variance in A² of the current of one diode within a noise bandwidth."""
        return shot_variance_a2(self.current_a(power_w) + self.dark_current_a, bandwidth_hz)
