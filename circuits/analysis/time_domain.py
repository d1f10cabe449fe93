r"""Modular dot products in time: a stream of symbols through the switches of a chain, exactly.

::

    digits ─► drives, skewed or not ─────┐
    laser ──► rail + : [ring ═ ring][ring ═ ring] ... ─┐
        └───► rail - : [ring ═ ring][ring ═ ring] ... ─┴─► hybrid ─► diodes ─► filter ─► sample

Light runs one way, so the chain is worked off ring by ring, each for all times at once, in steps
of half a round trip.  Times count from the moment at which light that met only guides would have
arrived; delays of guides then matter only where the drives do not follow them.  The two paths of
a digit are of equal length.  There is no noise: what differs from the settled value is memory.

Legend of shapes: N symbol, J multiplier, D digit, S rail, T step, ``...`` independent chains.
"""

from __future__ import annotations

import torch
from torch import Tensor

from circuits.analysis.timing import row_timing
from circuits.chip.chip import Chip
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import Design
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import Arms, DigitOptics
from circuits.units.dot_product import ModularDotProduct, RowPosition, check_operands
from photonics.checks import number_from_zero
from photonics.errors import InputError
from photonics.shapes import broadcast

# Fields of so many steps still fit a memory.
_MOST_STEPS = 1 << 22


def switch_start_s(delay: ChainDelay) -> Tensor:
    """When the first symbol begins at each switch, float64 (J, D, 2), guides not counted.

    Skewed: with the mean of the light.  Not skewed: before the light, by the guides up to it.
    """
    if delay.design.multiplier.switch_drive.skewed:
        switch_s = delay.mean_switch_s[:, None].expand(-1, 2).repeat(delay.length, 1).flatten()
        start = switch_s.cumsum(0) - switch_s
    else:
        # The guide of a digit lies between its two switches.
        guide = torch.stack((torch.zeros_like(delay.guide_s), delay.guide_s), dim=-1)
        start = -guide.repeat(delay.length, 1).flatten().cumsum(0)
    return start.reshape(delay.length, -1, 2)


def digit_in_time(
    optics: DigitOptics,
    field: Tensor,
    biases: tuple[Tensor, Tensor],
    offset: Tensor,
    arms: Arms,
) -> Tensor:
    """Send light through one digit in steps of time: split at one switch, meet at the next.

    Args:
        optics: the digits of the multiplier.
        field: complex128 (..., T).
        biases: share of the full bias of both switches on every step, (..., T).
        offset: deviation of both switches, (..., 2, K).
        arms: field transmission of its paths, (..., 1).
    """
    switch, wavelength_m = optics.design.switch, optics.wavelength_m
    straight, coupled = arms if optics.zero_coupled else (arms.bypass, arms.shifter)
    split = switch.transient(wavelength_m, biases[0], offset[..., :1, :], field)
    paths = straight * split.straight, coupled * split.coupled
    return switch.transient(wavelength_m, biases[1], offset[..., 1:, :], *paths).straight


class TimeDomainDotProduct:
    """One physical row of multipliers with its receiver, in time.

    Args:
        modulus: m.
        length: number of multipliers J.
        design: its parts and its clock; none for the chip's.
        chip: a fabricated chip to run on; none for a row exactly as designed.
        position: which row of the chip.
        sampling_delay_s: from the end of a symbol at the first drive to its sampling instant,
            guides included; none for that of the timing budget, the last moment before
            light of the next symbol can arrive.

    Raises:
        InputError: as of :class:`ModularDotProduct`, for samples before any light comes, and for
            switches without a model in time.
    """

    def __init__(
        self,
        modulus: int,
        length: int,
        design: Design | None = None,
        chip: Chip | None = None,
        position: RowPosition | None = None,
        sampling_delay_s: float | None = None,
    ) -> None:
        self.settled = ModularDotProduct(modulus, length, design, chip, position)
        modulus, length = self.settled.modulus, self.settled.length
        # Switches without a model in time are refused before anything runs.
        self.settled.design.multiplier.switch.time_step_s()
        self.symbol_s = self.settled.design.symbol_s
        delay = ChainDelay(self.settled.design, modulus, length)
        self._starts_s = switch_start_s(delay)
        self._guides_s = length * float(delay.guide_s.sum())
        if sampling_delay_s is None:
            sampling_delay_s = row_timing(self.settled.design, modulus, length).sampling_delay_s
        self.sampling_delay_s = number_from_zero("sampling_delay_s", sampling_delay_s)

    @property
    def step_s(self) -> float:
        """Time step of the switches: half a round trip of a ring."""
        return self._design.multiplier.switch.time_step_s()

    def fields(self, x: Tensor, w: Tensor) -> Tensor:
        """Fields of both rails at the receiver, complex128 in sqrt(W), (..., S, T).

        Args:
            x: streamed integers in order, (..., N, J); taken modulo m.  Before the first one the
                chain has stood on it for ever.
            w: stationary integers, (..., J); taken modulo m.
        """
        settled = self.settled
        check_operands(x, w, settled.length)
        optics, level = settled.optics, drive_level(w, settled.modulus)
        statics = settled.statics.with_heat(settled.thermal_shift(level))
        bits = settled.code.digits(x).movedim(-3, -1)
        arms = optics.paths(level, statics)
        rails = [s for s, share in enumerate(optics.design.rail_shares) if share]
        time_s = self._time_s(x.shape[-2])
        batch = broadcast(level.shape[:-1], bits.shape[:-3], arms.shifter.shape[:-3])
        launched = settled.launched[:, None].expand(*batch, 2, len(time_s))
        field = launched[..., rails, :]
        for j in range(bits.shape[-3]):
            for d in range(bits.shape[-2]):
                here = Arms(*(path[..., j, d, rails, None] for path in arms))
                offset = statics.switch_offset[..., j, d, rails, :, :]
                biases = self._biases(bits[..., j, d, :], time_s, j, d)
                field = digit_in_time(optics, field, biases, offset, here)
        passed = dict(zip(rails, field.unbind(-2), strict=True))
        return torch.stack([passed.get(s, launched[..., s, :]) for s in (0, 1)], dim=-2)

    def waveforms(self, x: Tensor, w: Tensor) -> Tensor:
        """Currents I and Q behind the filter at every step in A, (..., 2, T); see ``fields``."""
        fields = self.fields(x, w)
        diodes, response = self.settled.diodes, self._design.receiver.response
        current = diodes.currents_a(diodes.powers_w(fields.movedim(-2, -1))).movedim(-1, -2)
        return response.filtered(current, self.step_s, current[..., 0])

    def sampled(self, waveforms: Tensor, symbols: int, delay_s: float) -> Tensor:
        """Waveforms (..., 2, T) at the last step before the end of each symbol and a delay after.

        Returns:
            Currents in A, (..., N, 2).
        """
        start = float(self._time_s(1)[0])
        ends = self.symbol_s * torch.arange(1, symbols + 1, dtype=torch.float64)
        steps = ((ends + delay_s - self._guides_s - start) / self.step_s).floor()
        return waveforms[..., steps.clamp(min=0.0).to(torch.int64)].movedim(-2, -1)

    def currents(self, x: Tensor, w: Tensor) -> Tensor:
        """Sampled currents I and Q of every symbol behind the filter in A, (..., N, 2)."""
        return self.sampled(self.waveforms(x, w), x.shape[-2], self.sampling_delay_s)

    def decide(self, currents_a: Tensor, x: Tensor) -> Tensor:
        """Residues, int16 (..., N), decided from currents (..., N, 2) while x is streamed."""
        return self.settled.decide(self.settled.scaled(currents_a, x))

    def read(self, x: Tensor, w: Tensor) -> Tensor:
        """Decided residues of every symbol, int16 of shape (..., N)."""
        return self.decide(self.currents(x, w), x)

    def phase_error_rad(self, x: Tensor, w: Tensor) -> Tensor:
        """Phase of every sample against the settled value of its symbol, float64 (..., N)."""
        sampled = torch.view_as_complex(self.currents(x, w).contiguous())
        settled = torch.view_as_complex(self.settled.currents(x, w[..., None, :]).contiguous())
        return (sampled * settled.conj()).angle()

    @property
    def _design(self) -> Design:
        return self.settled.design

    def _time_s(self, symbols: int) -> Tensor:
        """Instants of the steps, (T,), from before the first drive to the last sample."""
        start = min(0.0, float(self._starts_s.min()))
        steps = int((self._last_sample_s(symbols) - start) / self.step_s) + 2
        if steps > _MOST_STEPS:
            raise InputError(
                "clock_hz",
                1.0 / self.symbol_s,
                f"{symbols} symbols take {steps} steps of {self.step_s:.3g} s, "
                f"and at most {_MOST_STEPS} are worked off at once",
                "stream fewer symbols or raise the clock",
            )
        return start + self.step_s * torch.arange(steps, dtype=torch.float64)

    def _last_sample_s(self, symbols: int) -> float:
        return max(symbols * self.symbol_s + self.sampling_delay_s - self._guides_s, 0.0)

    def _biases(self, bit: Tensor, time_s: Tensor, j: int, d: int) -> tuple[Tensor, Tensor]:
        """Bias of both switches of a digit on every step, each (..., 1, T)."""
        detuned = (bit == 1) if self.settled.optics.zero_coupled else (bit == 0)
        drive, middle_s = self._design.multiplier.switch_drive, time_s - 0.5 * self.step_s
        first, second = (
            drive.bias(detuned, self.symbol_s, middle_s - start).unsqueeze(-2)
            for start in self._starts_s[j, d].tolist()
        )
        return first, second
