"""Mach-Zehnder interferometer: extinction limits, conservation and the inverse."""

import math

import pytest
import torch

from devices.passive.mzi import Mzi
from photonics.errors import InputError

IDEAL = {"coupler_loss_db": 0.0, "upper_loss_db": 0.0, "lower_loss_db": 0.0}


def interferometer(first: float, second: float, **losses: float) -> Mzi:
    return Mzi(first_cross_power=first, second_cross_power=second, **(IDEAL | losses))


def test_ideal_interferometer_is_a_squared_sine():
    phase = torch.linspace(-4.0, 4.0, 41, dtype=torch.float64)
    mzi = interferometer(0.5, 0.5)
    torch.testing.assert_close(mzi.bar_power(phase), (phase / 2).sin() ** 2)
    torch.testing.assert_close(mzi.cross_power(phase), (phase / 2).cos() ** 2)


# Independent table of the physics note: couplers, loss of the shifter's arm, port, extinction.
TABLE = [
    (0.51, 0.51, 0.0, "bar", 33.98),
    (0.55, 0.55, 0.0, "bar", 20.00),
    (0.52, 0.48, 0.0, "cross", 27.96),
    (0.51, 0.505, 0.1, "bar", 33.66),
    (0.51, 0.505, 0.1, "cross", 39.37),
]


@pytest.mark.parametrize(("first", "second", "loss", "port", "extinction"), TABLE)
def test_extinction_against_the_table(first, second, loss, port, extinction):
    mzi = interferometer(first, second, upper_loss_db=loss)
    reach = mzi.bar_range if port == "bar" else mzi.cross_range
    assert reach.extinction_db == pytest.approx(extinction, abs=0.006)


def test_minima_are_squares_of_sum_and_difference_of_imbalance():
    mzi = interferometer(0.53, 0.53)
    assert mzi.bar_range.lowest == pytest.approx(0.06**2, rel=1e-12, abs=0.0)
    assert mzi.cross_range.lowest == pytest.approx(0.0, abs=1e-15)
    assert interferometer(0.5, 0.5).bar_range.extinction_db == math.inf
    unequal = interferometer(0.51, 0.53)
    assert unequal.bar_range.lowest == pytest.approx((0.01 + 0.03) ** 2, rel=2e-3, abs=0.0)
    assert unequal.cross_range.lowest == pytest.approx((0.01 - 0.03) ** 2, rel=2e-3, abs=0.0)


def test_range_holds_over_a_sweep_of_phase():
    mzi = Mzi(
        first_cross_power=0.45,
        second_cross_power=0.58,
        coupler_phase_error_rad=0.03,
        upper_loss_db=0.5,
    )
    phase = torch.linspace(-math.pi, math.pi, 20001, dtype=torch.float64)
    for power, reach in (
        (mzi.bar_power(phase), mzi.bar_range),
        (mzi.cross_power(phase), mzi.cross_range),
    ):
        assert float(power.min()) == pytest.approx(reach.lowest, abs=1e-7)
        assert float(power.max()) == pytest.approx(reach.highest, abs=1e-7)


def test_lossless_is_unitary():
    matrix = interferometer(0.3, 0.8).matrix(torch.tensor([0.1, 2.0, -3.0]))
    unity = torch.eye(2, dtype=torch.complex128).expand(3, 2, 2)
    torch.testing.assert_close(matrix.mH @ matrix, unity, rtol=0, atol=1e-14)


@pytest.mark.parametrize("wanted", [0.05, 0.2, 0.5, 0.8])
def test_phase_for_a_wanted_power(wanted):
    mzi = Mzi(
        first_cross_power=0.46,
        second_cross_power=0.55,
        coupler_phase_error_rad=-0.04,
        upper_loss_db=0.2,
        lower_loss_db=0.1,
    )
    phase = mzi.phase_rad(wanted)
    assert -math.pi <= phase <= math.pi
    assert float(mzi.bar_power(phase)) == pytest.approx(wanted, abs=1e-12)


def test_phase_of_the_ideal_interferometer():
    assert interferometer(0.5, 0.5).phase_rad(0.25) == pytest.approx(
        math.pi / 3, rel=1e-12, abs=0.0
    )


def test_power_out_of_reach_is_refused():
    with pytest.raises(InputError, match=r"reaches 0\.04 to 1"):
        interferometer(0.6, 0.6).phase_rad(0.01)


def test_active_coupler_is_refused():
    # Couplers five degrees off quadrature at 50:50 need 0.3629 dB.
    with pytest.raises(InputError, match=r"0\.3629 dB"):
        Mzi(coupler_loss_db=0.3, coupler_phase_error_rad=math.radians(5))
