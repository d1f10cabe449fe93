"""From the figures of a ring back to the ring."""

from __future__ import annotations

import math

import pytest

from photonics.errors import InputError
from photonics.ring_fit import RingFigures, fit_symmetric_ring, ring_figures


@pytest.mark.parametrize(
    ("coupling", "loss_db", "detuning"), [(0.1, 0.02, 0.69), (0.3, 0.2, 1.5), (0.02, 0.005, 0.2)]
)
def test_fit_finds_the_ring_that_made_the_figures(coupling, loss_db, detuning):
    r = math.sqrt(1 - coupling)
    made = ring_figures(r, r, 10 ** (-loss_db / 20), detuning, 1e12)
    found = fit_symmetric_ring(made, 1e12)
    assert found == pytest.approx((coupling, loss_db, detuning), rel=1e-6, abs=0.0)


def test_fit_refuses_nonsense():
    with pytest.raises(InputError, match="drop_loss_db"):
        fit_symmetric_ring(RingFigures(-0.5, 0.1, 25.0, 24e9), 1e12)
    with pytest.raises(InputError, match="free spectral range"):
        fit_symmetric_ring(RingFigures(0.5, 0.1, 25.0, 0.6e12), 1e12)
