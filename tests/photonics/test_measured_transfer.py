"""Measured transfers: exact at their samples, bounded between them, refused where unphysical."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.measured_transfer import MeasuredTransfer
from photonics.optics import coupler_matrix, phasor, power_w
from photonics.rings import ring_add_drop
from photonics.units import SPEED_OF_LIGHT_M_PER_S

C = SPEED_OF_LIGHT_M_PER_S


def light_m(count: int, first_m: float = 1.53e-6, last_m: float = 1.57e-6) -> Tensor:
    return torch.linspace(first_m, last_m, count, dtype=torch.float64)


def interferometer(wavelength_m: Tensor, first_s: float, second_s: float) -> Tensor:
    """Unequal arms between two even couplers, (..., 2, 2): Σ ½ a_k e^{2πi ν τ_k}, |a_k| = 1."""
    half = coupler_matrix(0.5)
    arms = torch.stack(
        [phasor(2 * math.pi * C / wavelength_m * t) for t in (first_s, second_s)], -1
    )
    return half @ (arms[..., :, None] * half)


def symmetric(matrix: Tensor) -> MeasuredTransfer:
    return MeasuredTransfer(light_m(len(matrix)), (matrix + matrix.mT) / 2)


def still(count: int = 5, cross_power: float = 0.5) -> Tensor:
    """A coupler that is the same at all wavelengths."""
    return coupler_matrix(cross_power).expand(count, 2, 2).clone()


def test_the_samples_come_back() -> None:
    at_m = light_m(301)
    fields = interferometer(at_m, 1e-12, 1.3e-12)
    assert torch.equal(MeasuredTransfer(at_m, fields).at(at_m), fields)
    backwards = MeasuredTransfer(at_m.flip(0), fields.flip(0))
    assert torch.equal(backwards.at(at_m[7]), fields[7])


def test_a_delay_is_exact_between_samples() -> None:
    at_m = light_m(101)
    between_m = light_m(1001)
    delay_s = 3e-12

    def delayed(wavelength_m: Tensor) -> Tensor:
        return phasor(2 * math.pi * C / wavelength_m * delay_s)[:, None, None] * coupler_matrix(0.3)

    measured = MeasuredTransfer(at_m, delayed(at_m))
    assert measured.delay_s == pytest.approx(delay_s, rel=1e-9, abs=0)
    # Samples turn by more than half a radian each, which straight lines alone would cut.
    turn_rad = 2 * math.pi * delay_s * float((C / at_m).diff().abs().max())
    assert turn_rad > 0.5
    torch.testing.assert_close(measured.at(between_m), delayed(between_m), rtol=0, atol=1e-9)


def test_the_error_between_samples_keeps_to_its_bound() -> None:
    at_m, between_m = light_m(201), light_m(3001)
    first_s, second_s = 1.0e-12, 1.4e-12
    measured = MeasuredTransfer(at_m, interferometer(at_m, first_s, second_s))
    step_hz = float((C / at_m).diff().abs().max())
    # R is a mean of two arms that turn against the common delay: |R''| <= (2π max|τ_k - τ|)².
    apart_s = max(abs(first_s - measured.delay_s), abs(second_s - measured.delay_s))
    bound = step_hz**2 / 8 * (2 * math.pi * apart_s) ** 2
    missed = (measured.at(between_m) - interferometer(between_m, first_s, second_s)).abs()
    assert 0.2 * bound < float(missed.max()) <= bound
    # What is refused is told by the samples, and no further from the truth than the bound.
    measured.at(between_m, largest_error=bound)
    with pytest.raises(InputError, match="a field may be wrong by"):
        measured.at(between_m, largest_error=0.8 * bound)


def test_nulls_are_passed_in_a_straight_line() -> None:
    at_m = light_m(401)
    measured = MeasuredTransfer(at_m, interferometer(at_m, 1.0e-12, 1.4e-12))
    between_m = light_m(4001)
    dark = power_w(measured.at(between_m)[:, 0, 0])
    exact = power_w(interferometer(between_m, 1.0e-12, 1.4e-12)[:, 0, 0])
    assert float(exact.min()) < 1e-6
    assert float((dark.sqrt() - exact.sqrt()).abs().max()) < 1e-3


def test_what_lies_between_is_passive_and_reciprocal() -> None:
    fields = interferometer(light_m(201), 1.0e-12, 1.4e-12)
    between = symmetric(fields).at(light_m(2001))
    assert float(torch.linalg.svdvals(between).max()) <= 1 + 1e-12
    torch.testing.assert_close(between, between.mT, rtol=0, atol=1e-14)


def test_a_shape_of_wavelengths_is_kept() -> None:
    measured = MeasuredTransfer(light_m(5), still())
    assert measured.at(1.55e-6).shape == (2, 2)
    assert measured.at(torch.full((3, 4), 1.55e-6)).shape == (3, 4, 2, 2)


def test_too_few_wavelengths_for_a_ring_are_refused() -> None:
    def ring(wavelength_m: Tensor) -> Tensor:
        theta = (wavelength_m - 1.55e-6) * (2 * math.pi / 9e-9)
        through, drop = ring_add_drop(0.95, 0.95, 0.99, theta)
        return torch.stack((torch.stack((through, drop), -1), torch.stack((drop, through), -1)), -1)

    fine = MeasuredTransfer(light_m(8001), ring(light_m(8001)))
    between_m = torch.linspace(1.5495e-6, 1.5505e-6, 77, dtype=torch.float64)
    assert float((fine.at(between_m) - ring(between_m)).abs().max()) < 0.01
    coarse = MeasuredTransfer(light_m(201), ring(light_m(201)))
    with pytest.raises(
        InputError, match=r"201 wavelengths.*too few.*around 1\.54.*steps of"
    ) as told:
        coarse.at(between_m)
    assert str(told.value).count("\n") == 0
    assert told.value.remedy.endswith("m, or raise largest_error")
    # Off resonance, and at samples, even these tell enough.
    assert torch.isfinite(coarse.at(1.5346e-6).abs()).all()
    assert torch.equal(coarse.at(light_m(201)), ring(light_m(201)))


def test_the_step_that_is_asked_for_is_enough() -> None:
    def arms(wavelength_m: Tensor) -> Tensor:
        return interferometer(wavelength_m, 0.0, 4e-13)

    with pytest.raises(InputError, match="too few") as told:
        MeasuredTransfer(light_m(15), arms(light_m(15))).at(light_m(901))
    step_m = float(told.value.remedy.split("steps of ")[1].split(" m")[0])
    count = math.ceil(0.04e-6 / step_m) + 1
    assert MeasuredTransfer(light_m(count), arms(light_m(count))).at(light_m(901)) is not None


def test_phases_that_turn_too_fast_are_refused() -> None:
    at_m = light_m(41)

    def turned(turn_rad: float) -> MeasuredTransfer:
        delay_s = turn_rad / (2 * math.pi * float((C / at_m).diff().abs().mean()))
        phases = phasor(2 * math.pi * C / at_m * delay_s)[:, None, None]
        return MeasuredTransfer(at_m, phases * still(41))

    between_m = float(at_m[20:22].mean())
    assert turned(1.4).at(between_m).isfinite().all()
    with pytest.raises(InputError, match=r"41 wavelengths.*too few.*turn by 1\.8 rad"):
        turned(1.8).at(between_m)
    assert turned(1.8).at(at_m).isfinite().all()


@pytest.mark.parametrize("wrong_m", [1.529e-6, 1.571e-6, 1.31e-6])
def test_nothing_is_extrapolated(wrong_m: float) -> None:
    measured = MeasuredTransfer(light_m(5), still())
    with pytest.raises(InputError, match=r"wavelength_m = .*within what was measured, 1\.53e-06"):
        measured.at(torch.tensor([1.55e-6, wrong_m], dtype=torch.float64))


def test_ends_may_be_rounded() -> None:
    measured = MeasuredTransfer(light_m(5), still())
    assert torch.equal(measured.at(1.53e-6 * (1 - 1e-12)), measured.matrix[0])
    assert torch.equal(measured.at(1.57e-6 * (1 + 1e-12)), measured.matrix[-1])


def test_gain_is_refused() -> None:
    fields = still()
    fields[3] *= 10 ** (0.15 / 20)
    measured = MeasuredTransfer(light_m(5), fields)
    measured.require_passive(0.151)
    with pytest.raises(InputError, match=r"gain of 0\.15 dB at 1\.56e-06 m.*with gain.*0\.1 dB"):
        measured.require_passive(0.1)


def test_gain_in_one_superposition_alone_is_found() -> None:
    """No entry is above one, and no column, but one input of both ports is amplified."""
    field = math.sqrt(0.5)
    matrix = torch.tensor([[field, field], [field, field]], dtype=torch.complex128)
    measured = MeasuredTransfer(light_m(3), matrix.expand(3, 2, 2))
    torch.testing.assert_close(measured.gain, torch.full((3,), math.sqrt(2), dtype=torch.float64))
    with pytest.raises(InputError, match=r"gain of 3\.01 dB"):
        measured.require_passive(0.1)


def test_what_is_not_reciprocal_is_refused() -> None:
    fields = still()
    fields[2, 0, 1] += 0.05
    measured = MeasuredTransfer(light_m(5), fields)
    measured.require_reciprocal(0.0501)
    with pytest.raises(
        InputError, match=r"S12 and S21 differ by 0\.05 at 1\.55e-06.*agree to 0\.03"
    ):
        measured.require_reciprocal(0.03)


def test_light_does_not_leave_before_it_enters() -> None:
    at_m = light_m(101)
    late = interferometer(at_m, 1.0e-12, 1.1e-12)
    MeasuredTransfer(at_m, late).require_delay()
    with pytest.raises(InputError, match=r"delay of -1\.05e-12 s.*before it enters.*delay_sign"):
        MeasuredTransfer(at_m, late.conj()).require_delay()
    # A device without leads has no delay to speak of.
    MeasuredTransfer(light_m(5), still()).require_delay()


def test_the_number_of_ports() -> None:
    measured = MeasuredTransfer(light_m(5), still())
    measured.require_ports(2)
    with pytest.raises(InputError, match=r"transfer = '2 ports': must have 3 or 4"):
        measured.require_ports(3, 4)


@pytest.mark.parametrize(
    ("wavelength_m", "matrix", "told"),
    [
        (light_m(2), still(2), r"2 wavelengths.*too few wavelengths: at least 3"),
        (light_m(4), still(5), r"4 wavelengths, 5 matrices"),
        (light_m(5), still()[:, :1], r"of shapes \(W,\) and \(W, P, P\)"),
        (light_m(5), still() * math.nan, r"nan.*at most 1000"),
        (light_m(5), still() * 1e200, r"at most 1000"),
        (light_m(5) * 1e9, still(), r"wavelength_m = 1530.*give metres"),
        (light_m(5)[[0, 1, 2, 2, 4]], still(), r"wavelength_m = 1\.55e-06: must be there once"),
    ],
)
def test_bad_values_are_refused(wavelength_m: Tensor, matrix: Tensor, told: str) -> None:
    with pytest.raises(InputError, match=told):
        MeasuredTransfer(wavelength_m, matrix)
