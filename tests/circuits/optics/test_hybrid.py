"""Hybrids as built: passive, with the flaws that their parts cause, alike in both descriptions."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.chip.compiling import coefficients
from circuits.optics.hybrid import Hybrid, HybridDesign
from devices.electronics.balanced_pair import BalancedPair
from devices.parameters.transfer_file import rows_of
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler
from photonics.optics import power_w
from photonics.random import NoiseKey
from tests.devices.measured_files import light_m, measured, two_sided

ONE = torch.ones(4, dtype=torch.float64)
ZERO = torch.zeros(2, dtype=torch.float64)


def flawed(count: int = 50) -> Hybrid:
    spread = HybridDesign(
        splitter={"imbalance_rms_db": 0.3},
        coupler={"imbalance_rms_db": 0.5},
        quadrature_rms_rad=0.1,
        responsivity_rms=0.02,
    )
    return Hybrid.fabricate(spread, (count,), NoiseKey.from_seed(0))


def inputs(count: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    draw = NoiseKey.from_seed(1).normal(0, 4 * count).view(4, count)
    return torch.complex(draw[0], draw[1]), torch.complex(draw[2], draw[3])


def test_the_ideal_hybrid_is_the_textbook_one() -> None:
    signal, reference = inputs()
    found = power_w(Hybrid.ideal().fields(signal, reference))
    turned = 1j * reference
    pairs = (signal + reference, signal - reference, signal + turned, signal - turned)
    expected = power_w(torch.stack(pairs, dim=-1) / 2)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-15)
    product = signal * reference.conj()
    torch.testing.assert_close(found[:, 0] - found[:, 1], product.real)
    torch.testing.assert_close(found[:, 2] - found[:, 3], product.imag)
    torch.testing.assert_close(found.sum(-1), power_w(signal) + power_w(reference))


def test_a_flawed_hybrid_keeps_the_power() -> None:
    hybrid = flawed()
    overlap = hybrid.transfer.mH @ hybrid.transfer
    torch.testing.assert_close(
        overlap, torch.eye(2).expand_as(overlap).to(overlap.dtype), rtol=0, atol=1e-12
    )


def test_loss_is_that_of_a_splitter_and_a_coupler_on_every_way() -> None:
    lossy = HybridDesign(splitter={"excess_loss_db": 0.28}, coupler={"excess_loss_db": 0.3})
    assert lossy.transmission == pytest.approx(10**-0.058, rel=1e-12)
    hybrid, light = flawed(), inputs()
    kept_w, left_w = (
        power_w(h.fields(*light)) for h in (hybrid, hybrid.attenuated(lossy.transmission))
    )
    torch.testing.assert_close(left_w, kept_w * 10**-0.058, rtol=1e-12, atol=0)
    ideal = HybridDesign(
        splitter={"excess_loss_db": 0.0}, coupler={"excess_loss_db": 0.0}
    ).transmission
    assert torch.equal(hybrid.attenuated(ideal).transfer, hybrid.transfer)


def test_differences_and_sums_are_those_of_the_diodes() -> None:
    hybrid = flawed()
    signal, reference = inputs()
    seen = power_w(hybrid.fields(signal, reference)) * hybrid.responsivity
    beat = signal * reference.conj()
    for (alpha, beta, gamma), sign in ((hybrid.difference(), -1), (hybrid.total(), 1)):
        expected = seen[:, 0::2] + sign * seen[:, 1::2]
        found = (
            alpha * power_w(signal)[:, None]
            + beta * power_w(reference)[:, None]
            + (gamma * beat[:, None]).real
        )
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("imbalance_db", [-0.6, 0.1, 0.6])
def test_an_uneven_coupler_is_a_finite_common_mode_rejection(imbalance_db: float) -> None:
    uneven = torch.tensor([imbalance_db, 0.0], dtype=torch.float64)
    hybrid = Hybrid.build(ZERO, uneven, ZERO[0], ONE)
    alpha, beta, gamma = hybrid.difference()
    sums = hybrid.total()
    # One lit input leaves (i1 - i2)/(i1 + i2) = bar - cross; the other one minus that.
    ratio = 10 ** (imbalance_db / 10)
    rejection = (ratio - 1) / (ratio + 1)
    assert float(alpha[0] / sums[0][0]) == pytest.approx(rejection, rel=1e-12)
    assert float(beta[0] / sums[1][0]) == pytest.approx(-rejection, rel=1e-12)
    assert (float(alpha[1]), float(beta[1])) == (0.0, 0.0)
    assert float(gamma[0].abs()) == pytest.approx(math.sqrt(1 - rejection**2), rel=1e-12)


def test_quadrature_error_turns_q_and_leaves_i() -> None:
    psi = torch.tensor(0.05, dtype=torch.float64)
    gamma = Hybrid.build(ZERO, ZERO, psi, ONE).difference()[2]
    assert complex(gamma[0]) == pytest.approx(1.0, rel=1e-12)
    # Q = Re(γ e^{iφ}) = sin(φ - ψ).
    assert float(gamma[1].angle()) == pytest.approx(-math.pi / 2 - 0.05, rel=1e-12)


def test_hybrids_are_made_of_their_parts() -> None:
    """By design: an uneven splitter, couplers off balance and quadrature, and unlike diodes."""
    design = HybridDesign(
        splitter=Splitter(imbalance_db=0.4, imbalance_rms_db=0.0),
        coupler=Coupler(cross_power=0.46, phase_error_rad=0.05, imbalance_rms_db=0.0),
        pair=BalancedPair(cmrr_db=-26.0),
    )
    found = Hybrid.fabricate(design, (1,), NoiseKey.from_seed(0)).at(0)
    to_i, to_q = (float(x.abs()) for x in Splitter(imbalance_db=0.4, excess_loss_db=0.0).fields())
    # Without the loss that it has by design, which is a factor of all.
    coupler = design.coupler.matrix() * 10 ** (0.3 / 20)
    for place, share in ((0, to_i), (2, to_q)):
        signal = share * coupler[:, 0]
        reference = share * coupler[:, 1] * (-1j if place == 0 else 1.0)
        torch.testing.assert_close(found.transfer[place : place + 2, 0], signal)
        torch.testing.assert_close(found.transfer[place : place + 2, 1], reference)
    unlike = HybridDesign(pair=BalancedPair(cmrr_db=-26.0))
    hybrid = Hybrid.fabricate(unlike, (1,), NoiseKey.from_seed(0))
    (alpha, beta, _), sums = hybrid.difference(), hybrid.total()
    assert float(hybrid.responsivity.max()) == 1.0
    # One lit input leaves so much of its total current.
    assert float(alpha[0, 0] / sums[0][0, 0]) == pytest.approx(10 ** (-26 / 20), rel=1e-12)
    assert float(beta[0, 1] / sums[1][0, 1]) == pytest.approx(10 ** (-26 / 20), rel=1e-12)


def test_measured_parts_stand_in_a_hybrid() -> None:
    ideal = Coupler(cross_power=0.46, excess_loss_db=0.5, phase_error_rad=-0.03)
    rows = rows_of(measured(two_sided(ideal.matrix().expand(21, 2, 2), 4), light_m(21)))
    parts = {"measured": rows, "imbalance_rms_db": 0.2}
    key = NoiseKey.from_seed(3)
    one, other = (
        Hybrid.fabricate(HybridDesign(coupler=coupler), (5,), key)
        for coupler in (ideal, MeasuredCoupler.model_validate(parts))
    )
    torch.testing.assert_close(one.transfer, other.transfer, rtol=0, atol=1e-9)


def test_coefficients_are_the_same_numbers() -> None:
    hybrid = flawed(12)
    exact = hybrid.difference(), hybrid.total()
    for found, (alpha, beta, gamma) in zip(coefficients(hybrid), exact, strict=True):
        assert found.shape == (2, 4, 12)
        for place, part in enumerate((alpha, beta, gamma.real, gamma.imag)):
            assert torch.equal(found[:, place], part.T)
