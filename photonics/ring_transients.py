r"""Add-drop rings in time: exact fields while the resonance is being switched.

::

    a ──►──( r1 )──►── through       e_n = i k1 a_n + r1 H_n l_{n-1}      behind the input coupler
          e ↓  ↑ l                   l_n = i k2 b_n + r2 H_n e_{n-1}      behind the drop coupler
    drop ◄─( r2 )──◄── b             through_n = r1 a_n + i k1 H_n l_{n-1}
                                     drop_n    = r2 b_n + i k2 H_n e_{n-1}

A ring is a delay line closed through two couplers, which lie half a round trip apart.  With half
a round trip as the time step nothing is approximated: H_n is the field transmission of the half
trip that ends at step n, ``√a e^{iθ/2}``, and may change from step to step.  Every step is a
unitary scattering of the two couplers times a passive H, so energy never grows, whatever H does.

The recursion over round trips, ``e_n = s_n + r1 r2 H_n H_{n-1} e_{n-2}``, is summed by doubling:
after k passes 2^k trips are in, and few passes hold all that the ring remembers.

Legend of shapes: T step; ``...`` broadcasts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from scipy.special import betainc
from torch import Tensor

from photonics.errors import InputError

# Beyond this a ring has forgotten: the power left is below the resolution of float64.
_FORGOTTEN = 2.0**-60


class RingFields(NamedTuple):
    """Fields of a ring at every step, complex128 (..., T).

    ``outward`` lies behind the input coupler and ``homeward`` behind the drop coupler, inside the
    ring: between two steps the ring holds the energy ``(|outward|² + |homeward|²) · step``.
    """

    through: Tensor
    drop: Tensor
    outward: Tensor
    homeward: Tensor


def switched_ring(
    self_coupling_in: float,
    self_coupling_drop: float,
    half_turn: Tensor,
    entering: Tensor,
    adding: Tensor | None = None,
) -> RingFields:
    """Fields of an add-drop ring whose round trip changes in time.

    Before the first step, light and ring have stood for ever as they are at that step.

    Args:
        self_coupling_in: r1, 0 to 1.
        self_coupling_drop: r2, 0 to 1.
        half_turn: H, field transmission of the half round trip that ends at each step,
            complex128 (..., T), at most 1 in magnitude.
        entering: field at the input port at each step, complex128 (..., T).
        adding: field at the add port, beside the drop coupler, (..., T); none for no light.

    Raises:
        InputError: for a coupling outside 0 to 1, a half trip that gains, or a ring that never
            forgets.
    """
    r1, r2 = self_coupling_in, self_coupling_drop
    for name, value in (("self_coupling_in", r1), ("self_coupling_drop", r2)):
        if not 0.0 <= value <= 1.0:
            raise InputError(name, value, "must be between 0 and 1")
    strongest = float(half_turn.abs().max())
    if not strongest <= 1.0 + 1e-12:
        raise InputError("half_turn", strongest, "must be at most 1 in magnitude")
    if r1 * r2 * strongest**2 >= 1.0:
        raise InputError("half_turn", strongest, "a closed lossless ring has no steady state")
    k1, k2 = math.sqrt(1.0 - r1 * r1), math.sqrt(1.0 - r2 * r2)
    fields = [half_turn, entering] if adding is None else [half_turn, entering, adding]
    half, a, *more = torch.broadcast_tensors(*fields)
    b = more[0] if more else torch.zeros_like(a)

    source = 1j * k1 * a + (1j * r1 * k2) * half * _earlier(b)
    turn = (r1 * r2) * half * _earlier(half)
    outward = _trips(source, turn)
    at_drop = half * _earlier(outward)
    homeward = r2 * at_drop + 1j * k2 * b
    back = half * _earlier(homeward)
    return RingFields(r1 * a + 1j * k1 * back, r2 * b + 1j * k2 * at_drop, outward, homeward)


def _earlier(field: Tensor) -> Tensor:
    """The field one step before, the first step having stood for ever."""
    return torch.cat([field[..., :1], field[..., :-1]], dim=-1)


def _trips(source: Tensor, turn: Tensor) -> Tensor:
    """``e_n = source_n + turn_n e_{n-2}``, settled on the first step before it."""
    before = source[..., :1] / (1.0 - turn[..., :1])
    total = source.clone()
    total[..., :2] += turn[..., :2] * before
    weight = turn.clone()
    shift, bound = 2, float(turn.abs().max())
    while shift < total.shape[-1] and bound > _FORGOTTEN:
        total[..., shift:] += weight[..., shift:] * total[..., :-shift]
        weight[..., shift:] = weight[..., shift:] * weight[..., :-shift]
        shift, bound = 2 * shift, bound * bound
    return total


def cascade_remaining(round_trips: Tensor, rings: int, round_trip_retention: float) -> Tensor:
    """What a step of light still lacks behind a cascade of equal rings, dropped on resonance.

    The light that has made N round trips in all of n rings is ``C(N+n-1, N) ρ^N (1-ρ)^n`` of the
    whole, and comes N round trips and n half trips late: a negative binomial delay, whose rest is
    a regularised incomplete beta function.

    Args:
        round_trips: time since the step less the n half trips, in round trips; real, (...).
        rings: n.
        round_trip_retention: ρ = r1 r2 a, above 0 and below 1.

    Returns:
        The share of the settled field that is missing, 1 to 0, float64 (...); continuous in time
        and equal to the staircase of the rings just before each of its steps.
    """
    trips = round_trips.to(torch.float64)
    if rings == 0:
        return (trips < 0.0).to(torch.float64)
    begun = trips > 0.0
    rest = betainc(torch.where(begun, trips, 1.0).numpy(), rings, round_trip_retention)
    return torch.where(begun, torch.as_tensor(rest), 1.0)
