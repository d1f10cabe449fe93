"""Variable gain: steps, range, settling, noise."""

import math

import pytest
import torch

from devices.electronics.variable_gain import VariableGain
from photonics.errors import InputError

STAGE = VariableGain(min_gain_db=-6.0, max_gain_db=20.0, step_db=0.5)


def decibels(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_every_step_of_the_range_can_be_had():
    steps = torch.arange(53, dtype=torch.float64) * 0.5 - 6.0
    setting = STAGE.setting(steps)
    torch.testing.assert_close(setting.gain_db, steps, rtol=0, atol=1e-12)
    assert not bool(setting.saturated.any())


def test_between_steps_the_lower_gain_keeps_the_signal_from_clipping():
    wanted = torch.linspace(-6.0, 20.0, 1013, dtype=torch.float64)
    gain = STAGE.setting(wanted).gain_db
    assert bool((gain <= wanted + 1e-9).all())
    assert bool((wanted - gain < 0.5 + 1e-9).all())


def test_beyond_the_range_the_end_is_given_and_reported():
    setting = STAGE.setting(decibels(-9.0, -6.0, 3.2, 20.0, 31.0))
    assert setting.gain_db.tolist() == pytest.approx([-6.0, -6.0, 3.0, 20.0, 20.0], rel=1e-9, abs=0)
    assert setting.saturated.tolist() == [True, False, False, False, True]


def test_the_top_of_a_range_that_is_no_whole_number_of_steps():
    stage = VariableGain(min_gain_db=0.0, max_gain_db=10.0, step_db=3.0)
    assert stage.setting(decibels(10.0, 50.0)).gain_db.tolist() == pytest.approx(
        [9.0, 9.0], rel=1e-9, abs=0
    )


def test_continuous_control_gives_what_is_wanted():
    stage = VariableGain(step_db=0.0)
    wanted = torch.linspace(0.0, 37.0, 101, dtype=torch.float64)
    assert torch.equal(stage.setting(wanted).gain_db, wanted)


def test_twenty_decibels_are_ten_times_the_voltage():
    assert STAGE.factor(decibels(0.0, 20.0, -6.0)).tolist() == pytest.approx(
        [1.0, 10.0, 10**-0.3], rel=1e-9, abs=0
    )


def test_a_gain_settles_with_its_time_constant():
    stage = VariableGain(time_constant_s=20e-12)
    gains = decibels(0.0, 0.0, 20.0, 20.0, 0.0)
    left = math.exp(-100 / 20)
    found = stage.settled_factor(gains, 100e-12).tolist()
    third = 10 - 9 * left
    fourth = 10 + (third - 10) * left
    fifth = 1 + (fourth - 1) * left
    assert found == pytest.approx([1.0, 1.0, third, fourth, fifth], rel=1e-12, abs=0)


def test_a_gain_that_settles_at_once():
    gains = decibels(0.0, 20.0)
    found = VariableGain(time_constant_s=0.0).settled_factor(gains, 100e-12)
    assert found.tolist() == pytest.approx([1.0, 10.0], rel=1e-9, abs=0)


def test_added_noise_is_what_the_noise_figure_says():
    assert VariableGain(noise_figure_db=0.0).added_variance_a2(2.25e-12) == 0.0
    three = VariableGain(noise_figure_db=10 * math.log10(2))
    assert three.added_variance_a2(2.25e-12) == pytest.approx(2.25e-12, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_gain_db": 10.0, "max_gain_db": 5.0},
        {"step_db": -0.5},
        {"noise_figure_db": -1.0},
        {"time_constant_s": -1e-12},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        VariableGain(**wrong)
