"""Wrong residues: probabilities against closed forms, sums of cells, and readings one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import log_ndtr, ndtr

from circuits.coding.phase_code import level_angle_rad
from circuits.design.circuit import Design, ReceiverDesign
from circuits.receiver.by_design import converter
from circuits.receiver.converter import Converter
from circuits.receiver.decisions import (
    CellDecisions,
    RayDecisions,
    Signal,
    decisions,
    may_err,
)
from devices.electronics.adc import Adc
from photonics.random import NoiseKey
from photonics.statistics import symbol_error_rate
from tests.tolerance import binomial_p_value, holm_rejections


def receiver(modulus: int, extra_bits: int = 0, inl: float = 0.0) -> Converter:
    design = ReceiverDesign(adc_extra_bits=extra_bits, adc_inl_rms_lsb=inl)
    return converter(Design(receiver=design), modulus)


def transitions(read: Converter, key: NoiseKey, count: int) -> torch.Tensor:
    """Of converters made apart, (count, Q, codes - 1)."""
    adc = Adc(bits=read.bits, inl_rms_lsb=read.inl_rms_lsb)
    each = [adc.transitions(key.fold(i)) for i in range(2 * count)]
    return torch.stack(each).view(count, 2, -1)


def phasor(residue: torch.Tensor, modulus: int, offset_rad: float, amplitude: float):  # type: ignore[no-untyped-def]
    angle = level_angle_rad(modulus) * residue.double() + offset_rad
    return amplitude * angle.cos(), amplitude * angle.sin()


def even(mean: tuple[torch.Tensor, torch.Tensor], rms: float) -> Signal:
    return Signal(mean, (torch.full_like(mean[0], rms), torch.full_like(mean[0], rms)))


def scattered(modulus: int, rms: tuple[float, float], count: int = 60):  # type: ignore[no-untyped-def]
    """Readings of random residues, offsets and amplitudes, clipped ones among them."""
    key = NoiseKey.from_seed(modulus)
    residue = (key.fold("residue").uniform(0, count) * modulus).long()
    angle = level_angle_rad(modulus) * (residue + 0.6 * key.fold("offset").normal(0, count))
    amplitude = 0.2 + key.fold("amplitude").uniform(0, count)
    mean = (amplitude * angle.cos(), amplitude * angle.sin())
    return residue, Signal(mean, (torch.full_like(angle, rms[0]), torch.full_like(angle, rms[1])))


# Of the table of the phase law: gamma, modulus, probabilities of an error to five digits.
@pytest.mark.parametrize(
    ("gamma", "modulus", "probabilities"),
    [
        (100.0, 31, 1.5251e-1),
        (10**2.8, 33, 7.3356e-4),
        (1000.0, 32, 1.1681e-5),
        (10**3.3, 31, 1.6495e-10),
        (10**3.4, 33, 1.6120e-11),
    ],
)
def test_without_converters_the_probabilities_are_the_law_of_the_phase(
    gamma: float, modulus: int, probabilities: float
) -> None:
    residue = torch.arange(modulus)
    rms = 1.0 / math.sqrt(2.0 * gamma)
    for offset_rad in (0.0, 0.4 * math.pi / modulus, -1.3 * math.pi / modulus):
        signal = even(phasor(residue, modulus, offset_rad, 1.0), rms)
        found = RayDecisions(modulus).wrong(signal, residue).numpy()
        expected = symbol_error_rate(gamma, modulus, offset_rad)
        np.testing.assert_allclose(found, expected, rtol=1e-6)
        if offset_rad == 0.0:
            np.testing.assert_allclose(found, probabilities, rtol=5e-5)


def cell_masses(half: int, signal: Signal) -> list[np.ndarray]:
    """Probabilities of every code of I and of Q, (S, C) each; tails by their logarithms."""
    edges = np.arange(-half, half + 1) / half
    edges[0], edges[-1] = -np.inf, np.inf
    masses = []
    for mean, rms in zip(signal.mean, signal.rms, strict=True):
        z = (edges - mean.numpy()[:, None]) / rms.numpy()[:, None]
        low, high = z[:, :-1], z[:, 1:]
        flip = low + high > 0
        low, high = np.where(flip, -high, low), np.where(flip, -low, high)
        top, bottom = log_ndtr(high), log_ndtr(low)
        masses.append(np.exp(top) * -np.expm1(bottom - top))
    return masses


@pytest.mark.parametrize("modulus", [3, 5, 8, 15, 31, 32, 33])
@pytest.mark.parametrize("rms", [(1e-4, 2e-4), (0.02, 0.015), (0.3, 0.3)])
def test_probabilities_are_sums_over_all_wrong_cells(
    modulus: int, rms: tuple[float, float]
) -> None:
    residue, signal = scattered(modulus, rms)
    cells = CellDecisions(receiver(modulus, 1))
    masses = cell_masses(cells.converter.half_range, signal)
    wrong = cells.table.numpy()[None] != residue.numpy()[:, None, None]
    expected = np.einsum("si,sq,siq->s", *masses, wrong)
    np.testing.assert_allclose(cells.wrong(signal, residue).numpy(), expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("modulus", [3, 5, 8, 33])
@pytest.mark.parametrize("rms", [(0.02, 0.015), (0.2, 0.3)])
def test_rays_are_integrals_over_all_wrong_angles(modulus: int, rms: tuple[float, float]) -> None:
    """Of the density of the angle of two normals, in closed form whatever their variances."""
    residue, signal = scattered(modulus, rms, 20)
    sx, sy = rms
    expected = []
    for x, y, sent in zip(*(m.tolist() for m in signal.mean), residue.tolist(), strict=True):
        middle, cell = level_angle_rad(modulus) * sent, level_angle_rad(modulus)

        def density(angle: float, x: float = x, y: float = y) -> float:
            # Over the radius r: ∫ r exp(-(a r² - 2 b r + c) / 2) dr.
            a = (math.cos(angle) / sx) ** 2 + (math.sin(angle) / sy) ** 2
            b = x * math.cos(angle) / sx**2 + y * math.sin(angle) / sy**2
            c = (x / sx) ** 2 + (y / sy) ** 2
            u = b / math.sqrt(a)
            tail = u * math.sqrt(2 * math.pi) * float(ndtr(u)) * math.exp((u * u - c) / 2)
            return (math.exp(-c / 2) + tail) / (2 * math.pi * sx * sy * a)

        # Split where the density peaks.
        low, high = middle + cell / 2, middle + 2 * math.pi - cell / 2
        peak = math.atan2(y, x)
        cuts = [peak + 2 * math.pi * k for k in (-1, 0, 1, 2)]
        found = quad(density, low, high, points=[p for p in cuts if low < p < high], limit=400)
        expected.append(found[0])
    found_wrong = RayDecisions(modulus).wrong(signal, residue).numpy()
    # Four tails, each to 1e-6 where the mean lies on an edge.
    np.testing.assert_allclose(found_wrong, expected, rtol=0, atol=4e-6)


@pytest.mark.parametrize(("ratio", "probabilities"), [(50.0, 1e-6), (64.0, 1e-9), (75.0, 1e-12)])
def test_cells_are_right_far_down_the_tail(ratio: float, probabilities: float) -> None:
    modulus, amplitude = 33, 0.8
    residue = torch.arange(modulus)
    signal = even(phasor(residue, modulus, 0.0, amplitude), amplitude / ratio)
    cells = CellDecisions(receiver(modulus, 2))
    found = cells.wrong(signal, residue).numpy()
    assert 0.02 < np.mean(found) / probabilities < 50
    # Every wrong cell on its own, in logarithms; the window leaves out twice Φ(-8).
    masses = cell_masses(cells.converter.half_range, signal)
    wrong = cells.table.numpy()[None] != residue.numpy()[:, None, None]
    expected = np.einsum("si,sq,siq->s", *masses, wrong)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1.3e-15)


def test_fine_cells_approach_rays() -> None:
    modulus = 33
    residue = torch.arange(modulus)
    signal = even(phasor(residue, modulus, 0.03, 0.8), 0.8 / 40)
    rays = RayDecisions(modulus).wrong(signal, residue)
    for extra_bits in (2, 3, 4):
        cells = CellDecisions(receiver(modulus, extra_bits)).wrong(signal, residue)
        # A step of the converter adds a twelfth of its square to the variance of the noise, and
        # the probabilities rise by their logarithmic slope; twice that bounds them all.
        added = (2.0 ** -(5 + extra_bits)) ** 2 / 12 / 0.02**2
        slope = ((math.pi / modulus - 0.03) * 40) ** 2 / 2
        ratio = cells / rays
        assert float((ratio.mean() - 1).abs()) < 2 * added * slope
    assert isinstance(decisions(receiver(modulus, 4)), CellDecisions)
    assert isinstance(decisions(receiver(modulus, 5)), RayDecisions)


def test_without_noise_probabilities_are_the_decision_itself() -> None:
    for modulus in (31, 33):
        residue, signal = scattered(modulus, (0.0, 0.0), 500)
        read = receiver(modulus)
        wrong = read.decide(*signal.mean).long() != residue
        found = CellDecisions(read).wrong(signal, residue)
        assert torch.equal(found, wrong.double())
        assert 0 < int(wrong.sum()) < 500


@pytest.mark.parametrize(("extra_bits", "inl"), [(0, 0.0), (2, 0.0), (1, 0.4)])
def test_probabilities_are_the_rates_of_readings_drawn_one_by_one(
    extra_bits: int, inl: float
) -> None:
    modulus, draws = 33, 4000
    read = receiver(modulus, extra_bits, inl)
    residue, signal = scattered(modulus, (0.03, 0.025))
    count = len(residue)
    if inl:
        key = NoiseKey.from_seed(4)
        each = transitions(read, key, count)
        signal = Signal(signal.mean, signal.rms, each)
    cells = CellDecisions(read)
    probabilities = cells.wrong(signal, residue)
    normals = NoiseKey.from_seed(5).normal_pairs(0, count * draws, torch.float64)
    ratios = (
        m[:, None] + s[:, None] * z.view(count, draws)
        for m, s, z in zip(signal.mean, signal.rms, normals, strict=True)
    )
    own = None
    if signal.transitions is not None:
        own = signal.transitions[:, None]
    wrong = read.decide(*ratios, own).long() != residue[:, None]
    assert int(wrong.sum()) >= 400
    p_values = [
        binomial_p_value(int(n), draws, min(1.0, float(p)))
        for n, p in zip(wrong.sum(1), probabilities, strict=True)
    ]
    assert holm_rejections(p_values) == []


@pytest.mark.parametrize(
    ("extra_bits", "inl"),
    [(0, 0.0), (2, 0.0), pytest.param(3, 0.2, marks=pytest.mark.slow)],  # 10 s
)
def test_what_is_not_in_doubt_never_errs(extra_bits: int, inl: float) -> None:
    modulus = 33
    read = receiver(modulus, extra_bits, inl)
    for rms in (1e-4, 0.003, 0.008):
        residue, signal = scattered(modulus, (rms, 0.8 * rms), 3000)
        if inl:
            key = NoiseKey.from_seed(4)
            each = transitions(read, key, 3000)
            signal = Signal(signal.mean, signal.rms, each)
        probabilities = CellDecisions(read).wrong(signal, residue)
        doubt = may_err(read, signal, residue)
        assert bool((probabilities[~doubt] < 1e-18).all())
        # Few are doubted without need, where steps and noise are fine.
        assert int((~doubt).sum()) > (300 if extra_bits >= 2 and rms < 0.005 else 0)
