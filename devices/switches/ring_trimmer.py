r"""Ring trimmer: a heater that brings the resonance of a ring to where it should be.

::

        code ─[ DAC ]─[ heater ]
                        ░░░          Δλ = code · LSB,   LSB = range / (2^b - 1)
    ──►────────────────( ring )      towards longer wavelengths alone

Rings come from the fab with resonances spread by much more than their width.  A heater only moves
them one way, so they are made to lie half a range short, and take half of its power on average.
What trimming leaves is :class:`devices.switches.ring.RingSpread`; here is what it costs.
"""

from __future__ import annotations

import math

from devices.parameters.part import Part, quantity


class RingTrimmer(Part):
    """One trimmer of one ring, and its driver."""

    spread_rms_m: float = quantity(
        0.84e-9,
        "spread of the resonances of a die as fabricated",
        source="Zortman et al., Opt. Express 18, 23598 (2010): 105 GHz within a die",
        gt=0,
        le=1e-6,
    )
    range_m: float = quantity(
        7.6e-9,
        "largest shift of the resonance",
        source="assumption: 4.5 times the spread to either side, within a free spectral range",
        gt=0,
        le=1e-6,
    )
    bits: int = quantity(
        13,
        "resolution of its driver",
        source="assumption: 0.27 pm rms, within the picometre that trimming leaves",
        ge=1,
        le=24,
    )
    power_w_per_m: float = quantity(
        2.0 * 24.77e-3 / 9.1e-9,
        "power per shift (5.4 mW/nm; 1 mW/nm is 1e6 W/m)",
        source="Harris et al., Opt. Express 22, 10487 (2014): 24.77 mW for π, so twice that for a "
        "free spectral range of 9.1 nm; Zortman et al. 2010 need a twentieth",
        ge=0,
        le=1e9,
    )
    area_m2: float = quantity(
        20e-6 * 20e-6, "area", source="assumption: as the ring of 10 µm radius", gt=0, le=1
    )

    @property
    def lsb_m(self) -> float:
        """Step of the resonance from one code to the next."""
        return self.range_m / ((1 << self.bits) - 1)

    @property
    def residual_rms_m(self) -> float:
        """Rms distance that its steps leave: LSB/√12."""
        return self.lsb_m / math.sqrt(12.0)

    @property
    def missed_fraction(self) -> float:
        """Share of rings that lie beyond the range, of normally spread resonances."""
        return math.erfc(self.range_m / 2.0 / (math.sqrt(2.0) * self.spread_rms_m))

    def expected_power_w(self, count: int) -> float:
        """Mean power in W of the trimmers of ``count`` rings, made to lie half a range short."""
        return count * self.power_w_per_m * self.range_m / 2.0

    def total_area_m2(self, count: int) -> float:
        """Area in m² of ``count`` trimmers."""
        return count * self.area_m2
