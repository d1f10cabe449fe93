"""Couplers: power conservation, imbalance and passivity."""

import math

import pytest
import torch

from devices.passive.coupler import Coupler, Splitter
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_variance


@pytest.mark.parametrize("imbalance_db", [-1.0, 0.0, 0.6])
def test_imbalance_is_bar_over_cross(imbalance_db):
    coupler = Coupler.from_imbalance(imbalance_db, excess_loss_db=0.2)
    power = power_w(coupler.matrix())
    assert 10 * math.log10(power[0, 0] / power[1, 0]) == pytest.approx(imbalance_db, abs=1e-12)
    assert coupler.imbalance_db == pytest.approx(imbalance_db, abs=1e-12)
    assert float(power[:, 0].sum()) == pytest.approx(10**-0.02, rel=1e-12, abs=0.0)


def test_uncoupled_guides_are_infinitely_imbalanced():
    assert Coupler(cross_power=0.0).imbalance_db == math.inf


def test_phase_error_turns_the_cross_output():
    matrix = Coupler(phase_error_rad=0.05).matrix()
    assert float((matrix[1, 0] / matrix[0, 0]).angle()) == pytest.approx(math.pi / 2 + 0.05)


def test_active_coupler_is_refused():
    # Five degrees off quadrature at 50:50 need 0.3629 dB.
    with pytest.raises(InputError, match=r"excess_loss_db = 0\.2"):
        Coupler(excess_loss_db=0.2, phase_error_rad=math.radians(5))


def test_fabricated_splitters_depart_by_their_spread():
    splitter, key = Splitter(imbalance_db=3.0, imbalance_rms_db=0.4), NoiseKey.from_seed(0)
    drawn = splitter.deviation_db(key, 4000)
    assert_variance(drawn, 0.4**2)
    assert_mean(drawn, 0.0, 0.4)
    assert torch.equal(drawn[:10], splitter.deviation_db(key, 10))


def test_splitter():
    power = power_w(Splitter(excess_loss_db=0.3, imbalance_db=0.2).fields())
    assert float(power.sum()) == pytest.approx(10**-0.03, rel=1e-12, abs=0.0)
    assert 10 * math.log10(power[0] / power[1]) == pytest.approx(0.2, abs=1e-12)
    ideal = Splitter(excess_loss_db=0.0).fields()
    half = torch.full((2,), math.sqrt(0.5), dtype=torch.complex128)
    torch.testing.assert_close(ideal, half)
