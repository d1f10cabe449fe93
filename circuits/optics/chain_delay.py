"""Delay of the light through the digits of a chain, which depends on the streamed data.

Legend of shapes: J multiplier in the row, D digit, V streamed value; ``...`` readouts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from circuits.coding.digit_code import DigitCode
from circuits.design.circuit import Design
from circuits.optics.digit import section_m
from photonics.dispersion import group_delay_s


@dataclass(frozen=True)
class DelayStatistics:
    """Delay of the light through the digits of a chain, over some data.

    Attributes:
        mean_s: mean over the data.
        rms_s: rms deviation from it.
        shortest_s: least delay in the data.
        longest_s: greatest delay in the data.
    """

    mean_s: float
    rms_s: float
    shortest_s: float
    longest_s: float

    @property
    def spread_s(self) -> float:
        """Longest less shortest."""
        return self.longest_s - self.shortest_s


class ArrivalWindow(NamedTuple):
    """First and last arrival of a symbol's light, from the drive of the first switch, with guides.

    The last is the mean of light smeared by ``latest_rings`` on resonance.
    """

    earliest_s: float
    latest_s: float
    latest_rings: int


@dataclass(frozen=True)
class ChainDelay:
    """Group delay of a rail with multipliers, from switch to switch.

    Light on its intended path: through both rings of a digit where they are detuned, dropped by
    both where they are coupled.  The two paths of a digit are of equal length by design.
    """

    design: Design
    modulus: int
    length: int

    @cached_property
    def code(self) -> DigitCode:
        """Code of the streamed integers."""
        return self.design.multiplier.code(self.modulus)

    @cached_property
    def switch_s(self) -> tuple[float, float]:
        """Delay of one switch for bit 0 and bit 1, its guide left out."""
        switch, wavelength_m = self.design.multiplier.switch, self.design.laser.wavelength_m
        coupled, detuned = (switch.delay_s(wavelength_m, coupled=x) for x in (True, False))
        zero_coupled = self.design.multiplier.polarity == "zero-coupled"
        return (coupled, detuned) if zero_coupled else (detuned, coupled)

    @cached_property
    def guide_s(self) -> Tensor:
        """Delay of the guide of each digit, (D,): its shifter and its switches."""
        switch = self.design.multiplier.switch
        sections = section_m(self.design.multiplier, self.modulus)
        delays = [group_delay_s(switch.group_index, x + 2.0 * switch.guide_m) for x in sections]
        return torch.tensor(delays, dtype=torch.float64)

    def of(self, bits: Tensor) -> Tensor:
        """Delay in s for streamed digits (..., J, D) -> (...), float64."""
        return self._of_ones(bits.shape[-2], bits.sum((-2, -1)))

    @cached_property
    def by_ones(self) -> Tensor:
        """Delay in s by how many of the digits of a symbol are one, (J·D + 1,), float64."""
        return self._of_ones(self.length, torch.arange(self.length * self.code.count + 1))

    def _of_ones(self, length: int, ones: Tensor) -> Tensor:
        off, on = self.switch_s
        fixed = length * (float(self.guide_s.sum()) + 2.0 * off * self.code.count)
        return fixed + 2.0 * (on - off) * ones.to(torch.float64)

    def statistics(self, bits: Tensor) -> DelayStatistics:
        """Mean, rms and extremes over streamed digits (..., J, D)."""
        delay = self.of(bits)
        rms = float(delay.std(correction=0))
        return DelayStatistics(float(delay.mean()), rms, float(delay.min()), float(delay.max()))

    @cached_property
    def uniform(self) -> DelayStatistics:
        """Over everything that can be streamed, the integers being uniform and independent."""
        one = self.statistics(self.code.digits(torch.tensor(self.code.values))[:, None, :])
        n = self.length
        return DelayStatistics(
            n * one.mean_s, math.sqrt(n) * one.rms_s, n * one.shortest_s, n * one.longest_s
        )

    @property
    def line_s(self) -> float:
        """Delay of the line in the reference arm of a single rail."""
        stated_s = self.design.receiver.reference_delay_s
        return self.uniform.mean_s if stated_s is None else stated_s

    @cached_property
    def mean_switch_s(self) -> Tensor:
        """Mean delay of one switch of each digit for uniform integers, (D,)."""
        off, on = self.switch_s
        return off + (on - off) * self._every_bit.mean(0)

    @cached_property
    def arrival(self) -> ArrivalWindow:
        """When the light of a symbol reaches the receiver, each switch turning with its light.

        The latest still has to pass the slowest end of its symbol when a digit switches.  The
        earliest is delayed by no ring: a sudden change passes even a coupled one straight on,
        and what cancels it has yet to build up inside.
        """
        off, on = self.switch_s
        coupled = self._every_bit if on > off else 1.0 - self._every_bit
        ends = [
            float(coupled[:, :d].mean(0).sum() + coupled[:, d:].sum(1).max())
            for d in range(self.code.count)
        ]
        most = float(coupled.sum(1).max())
        guides_s = self.length * float(self.guide_s.sum())
        digits_s = 2.0 * self.length * self.code.count * min(off, on)
        late_s = 2.0 * abs(on - off) * ((self.length - 1) * most + max(ends))
        return ArrivalWindow(
            earliest_s=guides_s,
            latest_s=guides_s + digits_s + late_s,
            latest_rings=round(2 * self.length * most),
        )

    @cached_property
    def _every_bit(self) -> Tensor:
        """Digits of everything that can be streamed, float64 (V, D)."""
        return self.code.digits(torch.tensor(self.code.values)).to(torch.float64)
