r"""Complex transfer functions of passive optics.

A field is a complex envelope in sqrt(W): its power is ``|field|**2``, and a positive phase
is ``exp(+i phase)``.  Every function here is linear in the field and has no state.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from photonics.units import loss_to_amplitude


def phasor(phase_rad: Tensor | float) -> Tensor:
    """``exp(+i phase)`` as complex128, of the shape of ``phase_rad`` (radians)."""
    phase = torch.as_tensor(phase_rad, dtype=torch.float64)
    return torch.polar(torch.ones_like(phase), phase)


def power_w(field: Tensor) -> Tensor:
    """Power in W of a field in sqrt(W)."""
    return field.real.square() + field.imag.square()


def coupler_matrix(cross_power: float, excess_loss_db: float = 0.0) -> Tensor:
    """Transfer matrix of a directional coupler, complex128 of shape (2, 2).

    Args:
        cross_power: fraction of the power that crosses over, 0 to 1.
        excess_loss_db: loss common to both outputs.
    """
    bar, cross = math.sqrt(1.0 - cross_power), 1j * math.sqrt(cross_power)
    matrix = torch.tensor([[bar, cross], [cross, bar]], dtype=torch.complex128)
    return loss_to_amplitude(excess_loss_db) * matrix


def ring_add_drop(
    self_coupling_in: float,
    self_coupling_drop: float,
    round_trip_amplitude: float,
    round_trip_phase_rad: float,
) -> tuple[complex, complex]:
    r"""Through and drop field transmission of an add-drop ring resonator.

    ::

        in ──►──( r1 )──►── through        t = (r1 - r2 a e^{iθ}) / (1 - r1 r2 a e^{iθ})
                 ring                      d = -k1 k2 √a e^{iθ/2} / (1 - r1 r2 a e^{iθ})
        drop ─◄─( r2 )──◄──

    Args:
        self_coupling_in: r1, field self-coupling of the input coupler; k1² = 1 - r1².
        self_coupling_drop: r2, the same of the drop coupler.
        round_trip_amplitude: a, field transmission of one round trip without the couplers.
        round_trip_phase_rad: θ, detuning from resonance; 0 is on resonance.

    Returns:
        ``(t, d)``.  Lossless (a = 1): ``|t|² + |d|² = 1``.

    Source: Bogaerts et al., "Silicon microring resonators", Laser Photonics Rev. 6, 47 (2012).
    """
    r1, r2, a = self_coupling_in, self_coupling_drop, round_trip_amplitude
    k1, k2 = math.sqrt(1.0 - r1 * r1), math.sqrt(1.0 - r2 * r2)
    turn = complex(math.cos(round_trip_phase_rad), math.sin(round_trip_phase_rad))
    half = complex(math.cos(round_trip_phase_rad / 2), math.sin(round_trip_phase_rad / 2))
    denominator = 1.0 - r1 * r2 * a * turn
    return (r1 - r2 * a * turn) / denominator, -k1 * k2 * math.sqrt(a) * half / denominator


def hybrid_fields(signal: Tensor, reference: Tensor) -> Tensor:
    """Four outputs of a 90 degree hybrid, stacked on a new last axis.

    Outputs 0 and 1 are ``(S ± R)/2`` and outputs 2 and 3 are ``(S ± iR)/2``: the quarter wave
    sits in one arm of the second pair only.  (A quarter wave in both arms, as Fig. 4(b) of the
    Mirage paper draws it, would leave both pairs measuring the same quadrature.)  The balanced
    differences are ``Re(S R*)`` and ``Im(S R*)``; the four powers sum to ``|S|² + |R|²``.
    """
    turned = 1j * reference
    pairs = (signal + reference, signal - reference, signal + turned, signal - turned)
    return torch.stack(pairs, dim=-1) / 2
