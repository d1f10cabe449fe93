r"""Complex transfer functions of passive optics.

A field is a complex envelope in sqrt(W): its power is ``|field|**2``, and a positive phase
is ``exp(+i phase)``.  Every function here is linear in the field and has no state.
"""

from __future__ import annotations

import cmath
import math

import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.units import loss_to_amplitude, loss_to_power, power_to_db

# Rounding that a passive transfer may show above unity.
PASSIVE_SLACK = 1e-12


def phasor(phase_rad: Tensor | float) -> Tensor:
    """``exp(+i phase)`` as complex128, of the shape of ``phase_rad`` (radians)."""
    phase = torch.as_tensor(phase_rad, dtype=torch.float64)
    return torch.polar(torch.ones_like(phase), phase)


def power_w(field: Tensor) -> Tensor:
    """Power in W of a field in sqrt(W)."""
    return field.real.square() + field.imag.square()


def coupler_matrix(
    cross_power: float, excess_loss_db: float = 0.0, phase_error_rad: float = 0.0
) -> Tensor:
    r"""Transfer matrix of a symmetric 2x2 coupler, complex128 of shape (2, 2).

    ::

        √T [ √(1-η)     i√η e^{iε} ]
           [ i√η e^{iε}     √(1-η) ]

    A symmetric coupler without loss *must* hold its outputs in quadrature (ε = 0).  With ε the
    light in its two supermodes is ``T (1 ± 2√(η(1-η)) sin ε)``, so it has to lose some: a smaller
    loss would amplify one of them, and is refused.

    Args:
        cross_power: η, fraction of the power that crosses over, 0 to 1.
        excess_loss_db: loss common to both outputs, T = 10^(-dB/10).
        phase_error_rad: ε, departure of the outputs from quadrature.

    Raises:
        InputError: for a coupling outside 0 to 1, a negative loss, or one too small for ε.
    """
    if not 0.0 <= cross_power <= 1.0:
        raise InputError("cross_power", cross_power, "must be between 0 and 1")
    _refuse_gain("excess_loss_db", excess_loss_db)
    bar, cross = math.sqrt(1.0 - cross_power), math.sqrt(cross_power)
    gain = 1.0 + 2.0 * bar * cross * abs(math.sin(phase_error_rad))
    if loss_to_power(excess_loss_db) * gain > 1.0 + PASSIVE_SLACK:
        raise InputError(
            "excess_loss_db",
            excess_loss_db,
            f"a coupler {phase_error_rad:g} rad off quadrature loses "
            f"at least {power_to_db(gain):.4g} dB",
            "raise the loss or lower phase_error_rad",
        )
    turned = 1j * cross * cmath.exp(1j * phase_error_rad)
    matrix = torch.tensor([[bar, turned], [turned, bar]], dtype=torch.complex128)
    return loss_to_amplitude(excess_loss_db) * matrix


def mzi_matrix(
    first: Tensor,
    second: Tensor,
    phase_rad: Tensor | float,
    upper_loss_db: float = 0.0,
    lower_loss_db: float = 0.0,
) -> Tensor:
    """Transfer matrix ``C2 · diag(l1 e^{iφ}, l2) · C1`` of a Mach-Zehnder interferometer.

    Args:
        first: C1, matrix of the coupler that the light meets first, (2, 2).
        second: C2, matrix of the other coupler, (2, 2).
        phase_rad: φ, phase of the upper arm against the lower one, (...).
        upper_loss_db: loss of the upper arm, l1 being its field.
        lower_loss_db: loss of the lower arm.

    Returns:
        complex128 of shape (..., 2, 2), indexed [out, in]; port 0 is the upper one.

    Raises:
        InputError: for a coupler matrix that is not 2x2 or not finite, or for a negative loss.
    """
    for name, matrix in (("first", first), ("second", second)):
        if matrix.shape != (2, 2) or not bool(torch.isfinite(matrix).all()):
            raise InputError(name, tuple(matrix.shape), "must be a finite matrix of shape (2, 2)")
    _refuse_gain("upper_loss_db", upper_loss_db)
    _refuse_gain("lower_loss_db", lower_loss_db)
    upper = loss_to_amplitude(upper_loss_db) * phasor(phase_rad)
    lower = torch.full_like(upper, loss_to_amplitude(lower_loss_db))
    arms = torch.stack((upper, lower), dim=-1)
    return second @ (arms[..., :, None] * first)


def splitter_fields(
    imbalance_db: Tensor | float = 0.0,
    phase_error_rad: Tensor | float = 0.0,
    excess_loss_db: float = 0.0,
) -> Tensor:
    """Field transmission of a 1x2 splitter to its two outputs, stacked on a new last axis.

    Args:
        imbalance_db: power of output 0 over that of output 1, (...).
        phase_error_rad: phase of output 0 against output 1, half of it on each, (...).
        excess_loss_db: loss of both outputs together; without it their powers sum to one.

    Returns:
        complex128 of shape (..., 2).

    Raises:
        InputError: for a negative loss.
    """
    _refuse_gain("excess_loss_db", excess_loss_db)
    ratio = torch.pow(10.0, torch.as_tensor(imbalance_db, dtype=torch.float64) / 10.0)
    half_turn = phasor(torch.as_tensor(phase_error_rad, dtype=torch.float64) / 2.0)
    upper = (ratio / (1.0 + ratio)).sqrt() * half_turn
    lower = (1.0 / (1.0 + ratio)).sqrt() * half_turn.conj()
    return loss_to_amplitude(excess_loss_db) * torch.stack((upper, lower), dim=-1)


def _refuse_gain(name: str, loss_db: float) -> None:
    if not 0.0 <= loss_db < math.inf:
        raise InputError(name, loss_db, "must be zero or a positive number of decibels")
