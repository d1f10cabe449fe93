"""Link, timing and power budget of one dot-product unit: is there light enough, and time enough?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from circuits.design import Design
from circuits.gain import GainControl
from circuits.phase_code import digits
from circuits.receiver import PhaseReceiver
from photonics.statistics import amplitude_snr, required_gamma, symbol_error_rate

# Above this power in one guide, two-photon absorption and self-heating of rings are no longer
# small and the linear model does not hold (10 to 30 mW in silicon wires).
LINEAR_POWER_W = 10e-3


@dataclass(frozen=True)
class LinkPoint:
    """State of the link behind a given loss.

    Attributes:
        rail_loss_db: loss of each rail between its input and the receiver.
        amplitude_a: amplitude of the I/Q phasor.
        sigma_a: noise of each quadrature, shot and amplifier.
        symbol_error_rate: of the phase decision from that noise alone.
    """

    rail_loss_db: float
    amplitude_a: float
    sigma_a: float
    symbol_error_rate: float

    @property
    def rho(self) -> float:
        """Amplitude over noise, A/σ."""
        return self.amplitude_a / self.sigma_a

    @property
    def phase_rms_rad(self) -> float:
        """Rms phase error from noise, σ/A."""
        return self.sigma_a / self.amplitude_a


@dataclass(frozen=True)
class Budget:
    """Budgets of the units of one modulus."""

    design: Design
    modulus: int
    length: int

    @property
    def gain(self) -> GainControl:
        """Losses and amplitudes of the unit."""
        return GainControl(self.design, self.modulus, self.length)

    def at_loss(self, rail_loss_db: float) -> LinkPoint:
        """The link behind a loss of each rail, at the design's laser power."""
        amplitude = float(self.gain.amplitude_a(rail_loss_db))
        shot, dark = self._noise_a2()
        sigma = math.sqrt(shot * amplitude + dark)
        gamma = (amplitude / sigma) ** 2 / 2.0
        rate = float(symbol_error_rate(gamma, self.modulus))
        return LinkPoint(rail_loss_db, amplitude, sigma, rate)

    def worst(self) -> LinkPoint:
        """The link for the lossiest input that can be represented."""
        return self.at_loss(self.length * float(self.gain.residue_loss_db().max()))

    def closing_power_w(self, error_rate: float, rail_loss_db: float) -> float:
        """Laser power of the unit at which noise alone errs at ``error_rate`` behind a loss.

        With ``A = ρ σ`` and ``σ² = s A + n``, ``A = (ρ² s + √(ρ⁴ s² + 4 ρ² n)) / 2``.
        """
        rho2 = amplitude_snr(required_gamma(error_rate, self.modulus)) ** 2
        shot, dark = self._noise_a2()
        amplitude = (rho2 * shot + math.sqrt((rho2 * shot) ** 2 + 4.0 * rho2 * dark)) / 2.0
        now = float(self.gain.amplitude_a(rail_loss_db))
        return self.design.unit_power_w(self.modulus) * amplitude / now

    def _noise_a2(self) -> tuple[float, float]:
        """Noise of a quadrature: variance per ampere of amplitude, and in the dark."""
        receiver = PhaseReceiver(self.design.receiver, self.modulus)
        per_watt, dark = receiver.noise_terms()
        # Both rails arrive with A / R, so P+ + P- = 2 A / R.
        return 2.0 * per_watt / receiver.responsivity_a_per_w, dark

    def delay_spread_s(self) -> float:
        """Difference of the chain's delay between the slowest and the fastest input.

        Every coupled digit adds two field lifetimes of a ring, so the delay depends on the data.
        """
        ones = digits(torch.arange(self.modulus), self.modulus).sum(-1)
        spread = int(ones.max() - ones.min()) * self.length
        ring = self.design.multiplier.ring
        return 2.0 * spread * ring.delay_s(self.design.laser.wavelength_m)

    def settles(self, clock_hz: float) -> bool:
        """Whether the spread of delays fits into a symbol at all."""
        return self.delay_spread_s() <= 1.0 / clock_hz

    def is_linear(self) -> bool:
        """Whether the power launched into a rail is within the validity of the model."""
        return self.design.rail_power_w(self.modulus) <= LINEAR_POWER_W
