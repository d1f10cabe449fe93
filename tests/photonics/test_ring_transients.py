"""Switched rings against the settled ring, step-by-step scattering, energy and pole positions."""

from __future__ import annotations

import cmath
import math

import pytest
import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.optics import phasor
from photonics.random import NoiseKey
from photonics.ring_transients import cascade_remaining, switched_ring
from photonics.rings import drop_phase_slope, field_lifetime_s, finesse, ring_add_drop

R1, R2, A = 0.95, 0.9, 0.98


def half_turn(theta: float, steps: int, amplitude: float = A) -> Tensor:
    return (math.sqrt(amplitude) * phasor(theta / 2)).expand(steps)


def impulse(steps: int) -> Tensor:
    field = torch.zeros(steps, dtype=torch.complex128)
    field[2] = 1.0  # the ring is dark on the step that has stood for ever
    return field


def random_field(source: str, *shape: int) -> Tensor:
    key, count = NoiseKey.from_seed(3).fold(source), math.prod(shape)
    parts = [key.fold(p).normal(0, count).reshape(shape) for p in ("re", "im")]
    return torch.complex(*parts)


@pytest.mark.parametrize("theta", [0.0, 0.3, -1.2, math.pi])
def test_light_that_stands_is_that_of_the_settled_ring(theta: float) -> None:
    one = torch.ones(9, dtype=torch.complex128)
    t, d = ring_add_drop(R1, R2, A, theta)
    found = switched_ring(R1, R2, half_turn(theta, 9), one)
    torch.testing.assert_close(found.through, t * one, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.drop, d * one, rtol=0, atol=1e-12)
    # From the add port: dropped to the through port by the same d, passed on as a ring turned
    # about passes its input.
    added = switched_ring(R1, R2, half_turn(theta, 9), 0 * one, one)
    torch.testing.assert_close(added.through, d * one, rtol=0, atol=1e-12)
    passed = ring_add_drop(R2, R1, A, theta)[0]
    torch.testing.assert_close(added.drop, passed * one, rtol=0, atol=1e-12)


@pytest.mark.parametrize("theta", [0.0, 0.4])
def test_light_switched_on_settles_to_the_same(theta: float) -> None:
    # 2·400 half trips at a retention of 0.84 leave 1e-30 of the transient.
    step = torch.ones(800, dtype=torch.complex128)
    step[0] = 0.0
    t, d = ring_add_drop(R1, R2, A, theta)
    found = switched_ring(R1, R2, half_turn(theta, 800), step)
    assert complex(found.through[1]) == pytest.approx(R1, abs=1e-15)
    assert complex(found.through[-1]) == pytest.approx(t, abs=1e-12)
    assert complex(found.drop[-1]) == pytest.approx(d, abs=1e-12)


def test_impulse_response_is_that_of_the_round_trips_and_sums_to_the_settled_field() -> None:
    theta = 0.4
    found = switched_ring(R1, R2, half_turn(theta, 1000), impulse(1000))
    turn = A * cmath.exp(1j * theta)
    k1k2 = math.sqrt((1 - R1**2) * (1 - R2**2))
    for trips in range(4):
        dropped = -k1k2 * math.sqrt(A) * cmath.exp(0.5j * theta)
        expected = dropped * (R1 * R2 * turn) ** trips
        assert complex(found.drop[3 + 2 * trips]) == pytest.approx(expected, abs=1e-14)
    t, d = ring_add_drop(R1, R2, A, theta)
    assert complex(found.through.sum()) == pytest.approx(t, abs=1e-12)
    assert complex(found.drop.sum()) == pytest.approx(d, abs=1e-12)


def test_centroid_of_the_dropped_impulse_is_the_group_delay() -> None:
    # On resonance all of the dropped light has one phase, and its centroid is -i d'/d exactly.
    found = switched_ring(R1, R2, half_turn(0.0, 1000), impulse(1000)).drop.real
    steps = torch.arange(1000, dtype=torch.float64) - 2
    centroid = float((steps * found).sum() / found.sum())
    assert centroid / 2 == pytest.approx(drop_phase_slope(R1 * R2 * A, 0.0), rel=1e-12, abs=0.0)


def test_dropped_light_dies_with_the_field_lifetime() -> None:
    light = torch.ones(200, dtype=torch.complex128)
    light[50:] = 0.0
    r = math.sqrt(0.9)
    drop = switched_ring(r, r, half_turn(0.0, 200, 1.0), light).drop.abs()
    per_trip = drop[54:-2:2] / drop[52:-4:2]
    torch.testing.assert_close(per_trip, torch.full_like(per_trip, 0.9), rtol=1e-12, atol=0)
    # A lifetime from the width of the line, in trips: sqrt(ρ)/(1-ρ) = 1/(2 sinh(-ln ρ/2)), which
    # is shorter than -1/ln ρ by a share of (ln ρ)²/24.
    trips = field_lifetime_s(1.0 / finesse(0.9))
    share = math.log(0.9) ** 2 / 24
    assert -1 / math.log(0.9) / trips == pytest.approx(1 + share, rel=share**2, abs=0.0)


def by_steps(half: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Through and drop by scattering at both couplers, one step after the other, from dark."""
    k1, k2 = math.sqrt(1 - R1**2), math.sqrt(1 - R2**2)
    outward = homeward = torch.zeros_like(a[..., 0])
    through, drop = [], []
    for n in range(a.shape[-1]):
        at_drop, back = half[..., n] * outward, half[..., n] * homeward
        through.append(R1 * a[..., n] + 1j * k1 * back)
        drop.append(R2 * b[..., n] + 1j * k2 * at_drop)
        outward = 1j * k1 * a[..., n] + R1 * back
        homeward = 1j * k2 * b[..., n] + R2 * at_drop
    return torch.stack(through, -1), torch.stack(drop, -1)


def test_switching_is_scattering_step_by_step() -> None:
    theta = 3.0 * random_field("theta", 2, 300).real
    half = math.sqrt(A) * torch.exp(0.5j * theta)
    a, b = random_field("in", 2, 300), random_field("add", 300)
    a[..., 0], b[..., 0] = 0.0, 0.0
    through, drop = by_steps(half, a, b.expand(2, 300))
    found = switched_ring(R1, R2, half, a, b)
    torch.testing.assert_close(found.through, through, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.drop, drop, rtol=0, atol=1e-12)


@pytest.mark.parametrize("amplitude", [1.0, 0.9])
def test_energy_is_kept_or_lost_but_never_made_however_the_ring_is_switched(
    amplitude: float,
) -> None:
    half = math.sqrt(amplitude) * phasor(20.0 * random_field("wild", 4, 500).real)
    a, b = random_field("in", 4, 500), random_field("add", 4, 500)
    found = switched_ring(R1, R2, half, a, b)
    held = found.outward.abs() ** 2 + found.homeward.abs() ** 2
    came = (a.abs() ** 2 + b.abs() ** 2)[:, 1:]
    left = (found.through.abs() ** 2 + found.drop.abs() ** 2)[:, 1:]
    growth = left + held[:, 1:] - held[:, :-1] - came
    expected = (amplitude - 1.0) * held[:, :-1]  # both halves of the ring pass √a
    torch.testing.assert_close(growth, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("rings", [1, 2, 7])
def test_rest_of_a_step_behind_a_cascade(rings: int) -> None:
    r = math.sqrt(0.9)
    light = torch.ones(600, dtype=torch.complex128)
    light[:2] = 0.0
    for _ in range(rings):
        light = switched_ring(r, r, half_turn(0.0, 600, 1.0), light).drop
    settled = (-1.0) ** rings
    # Just before light with N round trips arrives, N - 1 of them are in.
    trips = torch.arange(1, 150)
    seen = 1 - (light / settled).real[2 + rings + 2 * (trips - 1)]
    torch.testing.assert_close(
        seen, cascade_remaining(trips.double(), rings, 0.9), rtol=0, atol=1e-12
    )
    fine = cascade_remaining(torch.linspace(-3, 200, 999, dtype=torch.float64), rings, 0.9)
    assert float(fine[0]) == 1.0
    assert bool((fine.diff() <= 0).all())


def test_no_rings_are_no_delay() -> None:
    time = torch.tensor([-1.0, 0.0, 1.0])
    assert cascade_remaining(time, 0, 0.9).tolist() == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("r1", "r2", "amplitude", "field"),
    [
        (1.1, 0.9, 0.9, "self_coupling_in"),
        (0.9, -0.1, 0.9, "self_coupling_drop"),
        (0.9, 0.9, 1.1, "half_turn"),
        (1.0, 1.0, 1.0, "half_turn"),
    ],
)
def test_impossible_rings_are_refused(r1: float, r2: float, amplitude: float, field: str) -> None:
    with pytest.raises(InputError, match=field):
        switched_ring(r1, r2, half_turn(0.0, 4, amplitude), impulse(4))
