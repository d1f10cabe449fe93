r"""Ring trimmer: a heater that brings the resonance of a ring to where it should be.

::

        code ─[ DAC ]─[ heater ]
                        ░░░          Δλ = code · LSB,   LSB = range / (2^b - 1)
    ──►────────────────( ring )      towards longer wavelengths alone

Rings come from the fab with resonances spread by much more than their width.  A heater only moves
them one way, so they are made to lie half a range short, and take half of its power on average.
Each trimmer warms the rings next to it on its rail as well, which the controller follows ring after
ring.  What is left is its step, the error with which the resonance is found, and all that a range
that is too short, or neighbours that are too hot, do not reach.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.parameters.part import Part, quantity
from photonics.random import NoiseKey

# Passes along a rail after which what neighbours do has been followed: the fifth of a range that
# two of them may give each takes no more to fall below a step.
_ROUNDS = 60


class RingTrimmer(Part):
    """One trimmer of one ring, and its driver."""

    spread_rms_m: float = quantity(
        0.84e-9,
        "spread of the resonances of a die as fabricated; 0 for rings that need no trimming",
        source="Zortman et al., Opt. Express 18, 23598 (2010): 105 GHz within a die",
        ge=0,
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
    neighbour_coupling: float = quantity(
        0.01,
        "shift of each neighbour along a rail per shift of a ring",
        source="assumption: as of trimmers, trenched",
        ge=0,
        le=0.2,
    )
    reads: int = quantity(
        16,
        "averaged readings at either side of a resonance by which it is found",
        source="assumption: little time beside that in which a heater settles",
        ge=1,
        le=1_000_000,
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

    def residual_m(self, key: NoiseKey, chain: tuple[int, ...], found_rms_m: float) -> Tensor:
        """How far rings are from where they should be once they are trimmed, float64 ``chain``.

        Args:
            key: of the resonances as fabricated, and of the readings.
            chain: how many rings, the last axis along a rail.
            found_rms_m: rms error with which a resonance is found.
        """
        count = math.prod(chain)
        if self.spread_rms_m == 0.0:
            return torch.zeros(chain, dtype=torch.float64)
        made_m = self.spread_rms_m * key.fold("made").normal(0, count).reshape(chain)
        # No resonance is lost by more than the range that is searched.
        found_m = min(found_rms_m, self.range_m) * key.fold("found").normal(0, count)
        wanted_m, top = 0.5 * self.range_m - made_m, (1 << self.bits) - 1
        own_m = torch.zeros_like(wanted_m)
        for _ in range(_ROUNDS):
            asked_m = wanted_m + found_m.reshape(chain) - self._warmth_m(own_m)
            before_m, own_m = own_m, (asked_m / self.lsb_m).round().clamp(0, top) * self.lsb_m
            if torch.equal(own_m, before_m):
                break
        return own_m + self._warmth_m(own_m) - wanted_m

    def _warmth_m(self, own_m: Tensor) -> Tensor:
        """Shift of rings along a rail, (..., n), by the trimmers next to them."""
        given = torch.zeros_like(own_m)
        given[..., 1:] += self.neighbour_coupling * own_m[..., :-1]
        given[..., :-1] += self.neighbour_coupling * own_m[..., 1:]
        return given

    @property
    def missed_fraction(self) -> float:
        """Share of rings that lie beyond the range, of normally spread resonances."""
        if self.spread_rms_m == 0.0:
            return 0.0
        return math.erfc(self.range_m / 2.0 / (math.sqrt(2.0) * self.spread_rms_m))

    def expected_power_w(self, count: int) -> float:
        """Mean power in W of the trimmers of ``count`` rings, made to lie half a range short.

        Two neighbours warm each ring as well; rings without spread need no trimming.
        """
        if self.spread_rms_m == 0.0:
            return 0.0
        mean_m = 0.5 * self.range_m / (1.0 + 2.0 * self.neighbour_coupling)
        return count * self.power_w_per_m * mean_m
