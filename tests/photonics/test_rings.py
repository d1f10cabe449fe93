"""Add-drop rings against an independent table, conservation and brute-force sums."""

import cmath
import math

import pytest
import torch

from photonics.errors import InputError
from photonics.rings import (
    build_up,
    drop_phase_slope,
    finesse,
    ring_add_drop,
    through_phase_slope,
)

# 3 dB/cm around a ring of 10 µm: (k², θ, t, d) of the project's independent table.
ROUND_TRIP = 10 ** (-300.0 * 2 * math.pi * 10e-6 / 20)
TABLE = [
    (0.05, 0.0, 0.04058619742954903, -0.9593998892574749),
    (
        0.05,
        0.6902,
        0.9943718938538872 - 0.07090761299227416j,
        -0.0056037821348021676 - 0.0753770578433504j,
    ),
    (0.05, math.pi, 0.9996434025367195, -0.02564029717610228j),
    (
        0.1,
        0.3451,
        0.9136860334374929 - 0.27537862704311566j,
        -0.08627480439126961 - 0.2799337171059444j,
    ),
    (
        0.1,
        1.3803,
        0.9944329921208637 - 0.06338637846987814j,
        -0.005355558153265988 - 0.08231598663120798j,
    ),
    (0.2, 0.0, 0.009611276468857958, -0.9903282566169367),
    (
        0.2,
        0.6902,
        0.9063590703489965 - 0.27984315883290023j,
        -0.09338999771471307 - 0.29926504106947727j,
    ),
    (0.2, math.pi, 0.9936881879448445, -0.11109765143253396j),
]


@pytest.mark.parametrize(("coupling", "theta", "through", "drop"), TABLE)
def test_fields_against_the_table(coupling, theta, through, drop):
    r = math.sqrt(1 - coupling)
    t, d = ring_add_drop(r, r, ROUND_TRIP, theta)
    assert t == pytest.approx(through, abs=1e-13)
    assert d == pytest.approx(drop, abs=1e-13)


def test_tensor_and_number_agree():
    theta = torch.linspace(-4.0, 4.0, 33, dtype=torch.float64)
    t, d = ring_add_drop(0.95, 0.9, 0.99, theta)
    for i, one in enumerate(theta.tolist()):
        t1, d1 = ring_add_drop(0.95, 0.9, 0.99, one)
        assert complex(t[i]) == pytest.approx(t1, abs=1e-14)
        assert complex(d[i]) == pytest.approx(d1, abs=1e-14)


def test_lossless_ring_keeps_the_power():
    theta = torch.linspace(-3.0, 3.0, 61, dtype=torch.float64)
    t, d = ring_add_drop(0.9, 0.97, 1.0, theta)
    torch.testing.assert_close(t.abs() ** 2 + d.abs() ** 2, torch.ones_like(theta))


def test_fields_are_the_sum_over_round_trips():
    # Light that has gone round n times: the geometric series, summed term by term.
    r1, r2, a, theta = 0.9, 0.95, 0.98, 0.4
    k1, k2 = math.sqrt(1 - r1 * r1), math.sqrt(1 - r2 * r2)
    turn = a * cmath.exp(1j * theta)
    half = cmath.sqrt(a) * cmath.exp(0.5j * theta)
    trips = [(r1 * r2 * turn) ** n for n in range(400)]
    t, d = ring_add_drop(r1, r2, a, theta)
    assert t == pytest.approx(r1 + (1j * k1) ** 2 * r2 * turn * sum(trips), abs=1e-12)
    assert d == pytest.approx((1j * k1) * (1j * k2) * half * sum(trips), abs=1e-12)
    inside = abs(1j * k1 * sum(trips)) ** 2
    assert build_up(r1, r2, a, theta) == pytest.approx(inside, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("theta", [0.0, 0.02, 0.7, -2.5])
def test_phase_slopes_are_derivatives(theta):
    ring, h = (0.95, 0.92, 0.99), 1e-6
    after, before = ring_add_drop(*ring, theta + h), ring_add_drop(*ring, theta - h)
    through, drop = (cmath.phase(x / y) / (2 * h) for x, y in zip(after, before, strict=True))
    assert through_phase_slope(*ring, theta) == pytest.approx(through, rel=1e-6, abs=0.0)
    assert drop_phase_slope(math.prod(ring), theta) == pytest.approx(drop, rel=1e-6, abs=0.0)


def test_finesse_gives_the_half_power_width():
    # Half maximum of 1/|1 - ρe^{iθ}|² lies exactly at 2 asin((1-ρ)/(2√ρ)): FWHM twice that.
    kept = 0.95 * 0.95 * 0.999
    exact = 4 * math.asin((1 - kept) / (2 * math.sqrt(kept)))
    assert 2 * math.pi / finesse(kept) == pytest.approx(exact, rel=2e-3, abs=0.0)


@pytest.mark.parametrize(
    "bad", [(1.1, 0.9, 0.9), (0.9, -0.1, 0.9), (0.9, 0.9, 1.01), (0.9, 0.9, 0.0), (1.0, 1.0, 1.0)]
)
def test_impossible_rings_are_refused(bad):
    with pytest.raises(InputError):
        ring_add_drop(*bad, 0.0)


def test_a_ring_that_passes_nothing_has_no_slope_there() -> None:
    # Lossless and symmetric: t = 0 on resonance, and its phase jumps by pi.
    r = math.sqrt(0.9)
    assert math.isnan(through_phase_slope(r, r, 1.0, 0.0))
    assert math.isfinite(through_phase_slope(r, r, 1.0, 1e-3))
