"""Balanced pair: the difference of two photodiodes, with a finite common-mode rejection.

::

    i1 ──►(+)
           ├──►  i = (i1 - i2) + κ (i1 + i2),    κ = 10^(CMRR/20)
    i2 ──►(-)

κ is what one lit input alone leaves of its total current: (i1 - i2) / (i1 + i2).  It lets through a
constant offset, κ R P/2 for each input of power P behind a 90 degree hybrid, which calibration has
to subtract, and the laser's intensity noise on top of it, which nothing can.

The intensity noise of the difference itself scales both quadratures alike and turns no phase.
"""

from __future__ import annotations

from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.noise import relative_intensity_variance


class BalancedPair(Part):
    """Two equal diodes behind a splitter that is not quite even."""

    cmrr_db: float = quantity(
        -20.0,
        "common-mode rejection ratio, as power: 20 log₁₀ |i1 - i2|/(i1 + i2) for one lit input",
        source="Yu et al., Opt. Commun. (2020), 10.1016/j.optcom.2020.125620: "
        "Si3N4 hybrid, better than -20 dB; Voigt et al., IEEE Photon. Technol. Lett. 23 (2011): "
        "silicon hybrid, 20 dB",
        lt=0,
    )

    @property
    def imbalance(self) -> float:
        """κ: difference over sum of the currents for one lit input."""
        return float(10.0 ** (self.cmrr_db / 20.0))

    def offset_a(self, total_a: Tensor) -> Tensor:
        """Constant output in A to subtract for a total current of both diodes (A)."""
        return self.imbalance * total_a

    def intensity_variance_a2(
        self, total_a: Tensor, rin_db_per_hz: float, bandwidth_hz: float
    ) -> Tensor:
        """Variance in A² that intensity noise leaves at the output: (κ I)² RIN B.

        Args:
            total_a: current of both diodes together; ``R (P_s + P_l) / 2`` behind a hybrid.
            rin_db_per_hz: relative intensity noise, one-sided.
            bandwidth_hz: noise bandwidth.
        """
        relative = relative_intensity_variance(rin_db_per_hz, bandwidth_hz)
        return (self.imbalance * total_a).square() * relative
