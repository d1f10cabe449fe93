"""Trimmers: quantised settings, their residual, their price."""

from __future__ import annotations

import math

import pytest
import torch

from devices.heat.trimmer import Trimmer, wrapped_rad
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_uncorrelated

KEY = NoiseKey.from_seed(5)
TURN_RAD = 2.0 * math.pi


def assert_uniform_variance(residual: torch.Tensor, lsb_rad: float) -> None:
    """Variance LSB²/12 within five of its own rms, LSB²/12 √(4/5 / n) for a uniform variable."""
    n = residual.numel()
    ratio = float(residual.square().mean()) / (lsb_rad**2 / 12.0)
    assert abs(ratio - 1.0) <= 5.0 * math.sqrt(0.8 / n)


@pytest.mark.parametrize("trimmer", [Trimmer(), Trimmer(bits=6), Trimmer(bits=3)])
def test_residual_is_uniform(trimmer: Trimmer) -> None:
    wanted = 40.0 * (KEY.fold("wanted").uniform(0, 60_000) - 0.5)
    setting = trimmer.setting(wanted)
    half = trimmer.lsb_rad / 2
    assert float(setting.residual_rad.abs().max()) <= half * (1 + 1e-8)
    assert_mean(setting.residual_rad, 0.0, trimmer.lsb_rad / math.sqrt(12.0))
    assert trimmer.residual_variance_rad2 == pytest.approx(trimmer.lsb_rad**2 / 12.0)
    assert_uniform_variance(setting.residual_rad, trimmer.lsb_rad)
    assert_uncorrelated(setting.residual_rad, setting.phase_rad)
    assert not bool(setting.saturated.any())


def test_a_range_beyond_a_turn_is_no_worse() -> None:
    """Where a turn is no whole number of steps, one cell is narrower than the rest."""
    trimmer = Trimmer(bits=6, range_rad=7.0)
    setting = trimmer.setting(TURN_RAD * KEY.fold("long").uniform(0, 20_000))
    assert float(setting.residual_rad.abs().max()) <= trimmer.lsb_rad / 2 * (1 + 1e-8)
    assert float(setting.phase_rad.max()) < TURN_RAD + trimmer.lsb_rad


def test_setting_is_what_was_wanted_modulo_a_turn() -> None:
    trimmer = Trimmer(bits=8)
    wanted = torch.tensor([[0.0, 1.0, -1.0], [TURN_RAD, 7.0, 1000.0]]).double()
    setting = trimmer.setting(wanted)
    assert torch.allclose(setting.phase_rad, setting.code.double() * trimmer.lsb_rad)
    reached = torch.polar(torch.ones(2, 3).double(), setting.phase_rad - setting.residual_rad)
    asked = torch.polar(torch.ones(2, 3).double(), wanted)
    assert torch.allclose(reached, asked, atol=1e-12)
    assert setting.code[1, 0] == 0
    assert int(setting.code.max()) <= 255
    assert int(setting.code.min()) >= 0


def test_one_bit_by_hand() -> None:
    """Codes 0 and 1 of a range of π: phases 0 and π, everything within π/2 of one of them."""
    setting = Trimmer(bits=1, range_rad=math.pi).setting(torch.tensor([0.1, 3.0, -0.2, 4.0]))
    assert setting.code.tolist() == [0, 1, 0, 1]
    assert setting.residual_rad.tolist() == pytest.approx(
        [-0.1, math.pi - 3.0, 0.2, math.pi - 4.0], abs=1e-6
    )


def test_a_short_range_refuses_or_saturates() -> None:
    trimmer = Trimmer(range_rad=1.0, bits=10)
    wanted = torch.tensor([0.5, 1.3, -0.3, 1.0 + 1e-4], dtype=torch.float64)
    with pytest.raises(InputError, match=r"wanted_rad = 1\.3"):
        trimmer.setting(wanted)
    setting = trimmer.setting(wanted, saturate=True)
    assert setting.saturated.tolist() == [False, True, True, False]
    assert setting.phase_rad.tolist()[1:3] == pytest.approx([1.0, 0.0])
    assert setting.residual_rad.tolist()[1:3] == pytest.approx([-0.3, 0.3])


def test_refuses_what_is_not_a_phase() -> None:
    with pytest.raises(InputError, match="finite"):
        Trimmer().setting(torch.tensor([0.0, math.nan]))


def test_crosstalk_of_a_row() -> None:
    trimmer = Trimmer(neighbour_coupling=0.02)
    given = trimmer.crosstalk_rad(torch.tensor([[1.0, 2.0, 4.0]]))
    assert given.flatten().tolist() == pytest.approx([0.04, 0.1, 0.04])
    phase = KEY.fold("row").normal(0, 30_000)
    middle = trimmer.crosstalk_rad(phase.reshape(10_000, 3))[:, 1]
    variance = 2.0 * 0.02**2
    found = float(middle.var())
    assert abs(found / variance - 1.0) <= 5.0 * math.sqrt(2.0 / 10_000)


def test_neighbours_are_followed_to_half_a_step() -> None:
    """Settings that solve (1 + κ N) p = wanted modulo a turn, but for steps of the driver."""
    wanted = 30.0 * (KEY.fold("followed").uniform(0, 4096).view(64, 64) - 0.5)
    # Three turns of range, so that a trimmer can always take one more instead of cooling.
    trimmer = Trimmer(bits=14, range_rad=3.0 * TURN_RAD, neighbour_coupling=0.05)
    left_rad = wrapped_rad(trimmer.followed_rad(wanted))
    # Two neighbours may go on exchanging a step for ever, which is little.
    most_rad = trimmer.lsb_rad * (0.5 + 2 * 0.05)
    assert float(left_rad.abs().max()) <= most_rad
    beyond = (left_rad.abs() > trimmer.lsb_rad * (0.5 + 1e-9)).double().mean()
    assert float(beyond) < 0.02
    # Alone, trimmers leave what settings do.
    alone = Trimmer(bits=14, neighbour_coupling=0.0)
    own_rad = alone.setting(wanted).residual_rad
    torch.testing.assert_close(wrapped_rad(alone.followed_rad(wanted)), own_rad, rtol=0, atol=1e-9)
    # The second would have to cool by 0.2 rad: it takes a turn more as far as it reaches, and is
    # then warmed by less; one that reaches half a turn keeps what it gets.
    for range_rad, wanted_rad, left in ((6.0, 3.0, 6.0 + 0.24 - TURN_RAD - 0.1), (3.2, 3.0, 0.2)):
        pair = Trimmer(bits=20, range_rad=range_rad, neighbour_coupling=0.1)
        left_rad = pair.followed_rad(torch.tensor([wanted_rad, 0.1], dtype=torch.float64))
        assert left_rad.tolist() == pytest.approx([0.0, left], abs=1e-5)


def test_price_of_a_rail() -> None:
    """160 heaters of 24.77 mW for π, set evenly over a turn: 160 · 24.77 mW, and 160 areas."""
    trimmer = Trimmer()
    assert trimmer.expected_power_w(160) == pytest.approx(160 * 24.77e-3)
    assert trimmer.total_power_w(torch.tensor([math.pi, TURN_RAD])) == pytest.approx(3 * 24.77e-3)
    assert trimmer.total_area_m2(160) == pytest.approx(160 * 61.6e-6 * 50e-6)
    wanted = TURN_RAD * KEY.fold("power").uniform(0, 20_000)
    power = trimmer.power_w_per_rad * trimmer.setting(wanted).phase_rad
    one = trimmer.expected_power_w(1)
    assert_mean(power, one, 2.0 * one / math.sqrt(12.0))
    assert Trimmer(range_rad=2.0).expected_power_w(3) == pytest.approx(3 * 24.77e-3 / math.pi)


def test_default_resolution_meets_the_budget() -> None:
    """1.619 mrad per digit at m = 33, with room for the other residuals."""
    assert math.sqrt(Trimmer().residual_variance_rad2) < 1.619e-3 / 3


def test_wrapping() -> None:
    found = wrapped_rad(torch.tensor([0.0, math.pi - 0.1, math.pi + 0.1, -7.0]).double())
    assert found.tolist() == pytest.approx([0.0, math.pi - 0.1, 0.1 - math.pi, TURN_RAD - 7.0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("range_rad", 0.0),
        ("bits", 0),
        ("neighbour_coupling", 1.0),
        ("neighbour_coupling", -0.1),
        ("power_w_per_rad", -1.0),
        ("area_m2", 0.0),
    ],
)
def test_refuses_impossible_parameters(field: str, value: float) -> None:
    with pytest.raises(InputError, match=field):
        Trimmer.model_validate({field: value})
