"""Passive optics against closed forms, conservation laws and values computed elsewhere."""

import math

import pytest
import torch

from photonics.errors import InputError
from photonics.optics import coupler_matrix, mzi_matrix, power_w, splitter_fields

UNITY = torch.eye(2, dtype=torch.complex128)


@pytest.mark.parametrize("cross_power", [0.0, 0.1, 0.5, 0.97, 1.0])
def test_lossless_coupler_is_unitary(cross_power):
    matrix = coupler_matrix(cross_power)
    torch.testing.assert_close(matrix.mH @ matrix, UNITY, rtol=0, atol=1e-15)
    assert power_w(matrix)[1, 0] == pytest.approx(cross_power, abs=1e-15)


def test_coupler_loss_is_a_power_loss():
    matrix = coupler_matrix(0.3, excess_loss_db=3.0)
    assert float(power_w(matrix)[:, 0].sum()) == pytest.approx(10**-0.3, rel=1e-14, abs=0.0)


def test_coupler_off_quadrature_must_lose_power():
    # Singular values of [[b, iκe^{iε}], [iκe^{iε}, b]] are 1 ± 2bκ sin ε; 5° at 50:50 needs
    # 10 log10(1 + sin 5°) = 0.3629 dB.
    with pytest.raises(InputError, match=r"0\.3629"):
        coupler_matrix(0.5, excess_loss_db=0.30, phase_error_rad=math.radians(5))
    passive = coupler_matrix(0.5, excess_loss_db=0.3631, phase_error_rad=math.radians(5))
    largest = float(torch.linalg.svdvals(passive)[0])
    assert largest**2 == pytest.approx(
        10**-0.03631 * (1 + math.sin(math.radians(5))), rel=1e-12, abs=0.0
    )
    assert float((passive[1, 0] / passive[0, 0]).angle()) == pytest.approx(math.radians(95))


@pytest.mark.parametrize("bad", [-0.01, 1.01, math.nan])
def test_coupling_outside_zero_to_one_is_refused(bad):
    with pytest.raises(InputError, match="cross_power"):
        coupler_matrix(bad)


def test_gain_is_refused():
    with pytest.raises(InputError, match="excess_loss_db"):
        coupler_matrix(0.5, excess_loss_db=-0.1)
    with pytest.raises(InputError, match="upper_loss_db"):
        mzi_matrix(UNITY, UNITY, 0.0, upper_loss_db=-0.1)


@pytest.mark.parametrize("bad", [torch.eye(3), torch.full((2, 2), math.nan)])
def test_coupler_of_wrong_size_or_not_finite_is_refused(bad):
    with pytest.raises(InputError, match="second"):
        mzi_matrix(UNITY, bad, 0.0)


# Entries of the 2x2 transfer matrix, from the project's independent table of reference values.
MZI_TABLE = {
    (0.5, 0.5, 1.0): [
        [-0.22984884706593012 + 0.42073549240394836j, -0.42073549240394836 + 0.77015115293407j],
        [-0.42073549240394836 + 0.77015115293407j, 0.22984884706593012 - 0.42073549240394836j],
    ],
    (0.52, 0.48, math.pi): [
        [-0.9991996797437438, 0.0],
        [0.0400000000000001j, 0.0],
    ],
}


def test_mzi_matrix_against_the_table():
    half = coupler_matrix(0.5)
    table = torch.tensor(MZI_TABLE[0.5, 0.5, 1.0], dtype=torch.complex128)
    # The table lists [in][out]; with equal couplers the matrix is symmetric.
    torch.testing.assert_close(mzi_matrix(half, half, 1.0), table, rtol=0, atol=1e-15)
    unequal = mzi_matrix(coupler_matrix(0.52), coupler_matrix(0.48), math.pi)
    assert complex(unequal[0, 0]) == pytest.approx(-0.9991996797437438, abs=1e-14)
    assert abs(complex(unequal[1, 0])) == pytest.approx(0.04, abs=1e-14)
    assert complex(unequal[1, 1]) == pytest.approx(0.9991996797437438, abs=1e-14)


def test_lossless_mzi_is_unitary_for_any_couplers_and_phase():
    phase = torch.linspace(-7.0, 7.0, 29, dtype=torch.float64)
    matrix = mzi_matrix(coupler_matrix(0.37), coupler_matrix(0.81), phase)
    assert matrix.shape == (29, 2, 2)
    torch.testing.assert_close(matrix.mH @ matrix, UNITY.expand(29, 2, 2), rtol=0, atol=1e-14)


def test_splitter_divides_as_told_and_keeps_the_power():
    fields = splitter_fields(torch.tensor([0.0, 0.5, -3.0]), phase_error_rad=0.02)
    power = power_w(fields)
    torch.testing.assert_close(power.sum(-1), torch.ones(3, dtype=torch.float64))
    ratio_db = 10 * (power[:, 0] / power[:, 1]).log10()
    expected = torch.tensor([0.0, 0.5, -3.0], dtype=torch.float64)
    torch.testing.assert_close(ratio_db, expected, rtol=0, atol=1e-12)
    apart = fields[:, 0].angle() - fields[:, 1].angle()
    torch.testing.assert_close(apart, torch.full_like(apart, 0.02))
