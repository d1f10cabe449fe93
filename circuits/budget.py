"""Link, timing and power budget of one dot-product unit: is there light enough, and time enough?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from circuits.design import Design
from circuits.gain import GainControl
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
        shot, dark = self._noise_a2(rail_loss_db)
        sigma = math.sqrt(shot + dark)
        gamma = (amplitude / sigma) ** 2 / 2.0
        rate = float(symbol_error_rate(gamma, self.modulus))
        return LinkPoint(rail_loss_db, amplitude, sigma, rate)

    def worst(self) -> LinkPoint:
        """The link for the lossiest input that can be represented."""
        return self.at_loss(self.length * float(self.gain.residue_loss_db().max()))

    def closing_power_w(self, error_rate: float, rail_loss_db: float) -> float:
        """Laser power of the unit at which noise alone errs at ``error_rate`` behind a loss.

        Scaling the light by k scales the amplitude A and the shot noise s but not the noise n in
        the dark: ``k² A² = ρ² (k s + n)``.
        """
        rho2 = amplitude_snr(required_gamma(error_rate, self.modulus)) ** 2
        shot, dark = self._noise_a2(rail_loss_db)
        signal = float(self.gain.amplitude_a(rail_loss_db)) ** 2
        root = math.sqrt((rho2 * shot) ** 2 + 4.0 * signal * rho2 * dark)
        return self.design.unit_power_w(self.modulus) * (rho2 * shot + root) / (2.0 * signal)

    def _noise_a2(self, rail_loss_db: float) -> tuple[float, float]:
        """Variance of a quadrature from the light's shot noise, and in the dark."""
        per_watt, dark = PhaseReceiver(self.design.receiver, self.modulus).noise_terms()
        arriving_w = sum(float(p) for p in self.gain.arriving_w(rail_loss_db))
        return per_watt * arriving_w, dark

    def delay_spread_s(self) -> float:
        """Difference of the chain's delay between the slowest and the fastest input.

        Every coupled digit adds two field lifetimes of a ring, so the delay depends on the data.
        """
        code = self.gain.code
        ones = code.digits(torch.tensor(code.values)).sum(-1)
        spread = int(ones.max() - ones.min()) * self.length
        ring = self.design.multiplier.ring
        return 2.0 * spread * ring.delay_s(self.design.laser.wavelength_m)

    def settles(self, clock_hz: float) -> bool:
        """Whether the spread of delays fits into a symbol at all."""
        return self.delay_spread_s() <= 1.0 / clock_hz

    def is_linear(self) -> bool:
        """Whether the power launched into a rail is within the validity of the model."""
        return max(self.design.rail_powers_w(self.modulus)) <= LINEAR_POWER_W
