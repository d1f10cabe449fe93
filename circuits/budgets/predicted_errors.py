r"""Error rate of readings, predicted from what is known of each: its amplitude, offset and noise.

The mean of a reading is worked out with all flaws at once, reading by reading; around it the
noise is Gaussian, and the exact law of a phase in Gaussian noise gives the odds of a wrong
decision.  Amplitude and offset go together: no single σ stands for all readings.

Taken as Gaussian although they are not: the steps of the converters, uniform within ±LSB/2 and
the same whenever the input is.  They are as good as noise where the noise exceeds a step; with
coarser ones the prediction is only a guide.  Noise shared by the rows of a symbol is averaged over.

Legend of shapes: G tile, N streamed vector, M row.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from circuits.budgets.optical_errors import Light, wrapped
from circuits.budgets.receiver_errors import Reception
from photonics.converters import QUANTISATION_VARIANCE_LSB2
from photonics.statistics import symbol_error_rate

# Readings whose odds are worked out at a time.
_AT_ONCE = 1 << 12
_ORDER = 100


@dataclass(frozen=True)
class PredictedReadings:
    """Readings before their decision, all (G, N, M).

    Attributes:
        offset_rad: phase of the mean against the level it should be at.
        gamma: A²/(2σ²), σ across the phasor.
        step_rms: rms noise without the converters' steps, in such steps.
    """

    offset_rad: Tensor
    gamma: Tensor
    step_rms: Tensor

    def error_rates(self, modulus: int) -> Tensor:
        """Odds that each is decided wrongly, (G, N, M)."""
        gamma, offset = self.gamma.flatten(), self.offset_rad.flatten()
        parts = [
            torch.from_numpy(symbol_error_rate(g.numpy(), modulus, o.numpy(), _ORDER))
            for g, o in zip(gamma.split(_AT_ONCE), offset.split(_AT_ONCE), strict=True)
        ]
        return torch.cat(parts).clamp(0.0, 1.0).reshape(self.gamma.shape)

    @property
    def random_rad(self) -> Tensor:
        """Rms phase error that is drawn anew."""
        return (2.0 * self.gamma).rsqrt()


def predict(reception: Reception, found: Light, ideal_rad: Tensor) -> PredictedReadings:
    """Mean and noise of the readings of light as it is.

    Args:
        reception: the receivers.
        found: light as it is.
        ideal_rad: phase of the level that each reading should be at.
    """
    receiver, scale_a = reception.receiver, reception.full_scale_a
    settled_a, total_a = reception.detected_a(found)
    current_a = reception.sampled_a(settled_a)
    ratio = reception.ratio(current_a)
    clipped = torch.complex(ratio.real.clamp(-1.0, 1.0), ratio.imag.clamp(-1.0, 1.0))
    mean = reception.bent(clipped)

    # Shot noise of a pair is that of the light on both of its diodes.
    per_watt, dark_a2 = receiver.noise_terms()
    per_ampere = 2.0 * per_watt / receiver.responsivity_a_per_w
    across = torch.complex(-mean.imag, mean.real) / mean.abs()
    gain = reception.ratio(torch.complex(scale_a, scale_a).expand_as(mean), offset=0.0)
    white = sum(
        (part * factor).square() * (per_ampere * current + dark_a2) / scale_a.square()
        for part, factor, current in (
            (across.real, gain.real, total_a.real),
            (across.imag, gain.imag, total_a.imag),
        )
    )
    assert isinstance(white, Tensor)
    white = white + receiver.converter_rms**2
    pulled = (reception.ratio(current_a, offset=0.0) / mean).imag
    late = (reception.jitter_a(settled_a) / current_a).imag
    shared = (reception.intensity_rms * pulled).square() + late.square()
    shared = shared + reception.linewidth_rad**2
    noise = white + mean.abs().square() * shared
    steps = QUANTISATION_VARIANCE_LSB2 * receiver.adc.lsb**2
    return PredictedReadings(
        offset_rad=wrapped(mean.angle() - ideal_rad),
        gamma=mean.abs().square() / (2.0 * (noise + steps)),
        step_rms=noise.sqrt() / receiver.adc.lsb,
    )
