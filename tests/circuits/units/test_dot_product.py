"""Modular multipliers and dot products as fields: exact in the limit, right in what they lose."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from circuits import ArrayShape, Design, ModularDotProduct, RowPosition, fabricate, ideal_design
from circuits.coding.digit_code import DigitCode
from circuits.coding.phase_code import digit_count, drive_level, nearest_residue
from circuits.design.circuit import MultiplierDesign
from circuits.optics.digit import unit_length_m
from circuits.receiver.by_design import gain_control
from circuits.units.dot_product import chain_fields
from photonics.errors import InputError
from photonics.random import NoiseKey

MODULI = (7, 15, 16, 17, 29, 31, 32, 33, 63, 64, 65)


@pytest.mark.parametrize("modulus", MODULI)
@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("drive", ["shared", "per-digit"])
@pytest.mark.parametrize("encoding", ["unsigned", "twos-complement"])
@pytest.mark.parametrize("rails", ["dual", "single"])
def test_every_product_of_residues_is_exact_in_the_ideal_limit(
    modulus: int, polarity: str, drive: str, encoding: str, rails: str
) -> None:
    options = {"polarity": polarity, "drive": drive, "encoding": encoding, "rails": rails}
    multiplier = ideal_design().multiplier.model_copy(update=options)
    design = ideal_design().model_copy(update={"multiplier": multiplier})
    values = torch.tensor(multiplier.code(modulus).values)
    x, w = torch.meshgrid(values, torch.arange(modulus), indexing="ij")
    mdpu = ModularDotProduct(modulus, 1, design)
    expected = torch.remainder(x * w, modulus)
    assert torch.equal(mdpu.read(x[..., None], w[..., None]).long(), expected)
    key = NoiseKey.from_seed(0)
    assert torch.equal(mdpu.read(x[..., None], w[..., None], key=key).long(), expected)


@pytest.mark.parametrize(
    ("modulus", "count"), [(31, 5), (32, 5), (33, 6), (2, 1), (64, 6), (65, 7)]
)
def test_digits_represent_every_residue(modulus: int, count: int) -> None:
    residues = torch.arange(modulus)
    bits = DigitCode(modulus).digits(residues - 5 * modulus)
    assert bits.shape == (modulus, count)
    assert digit_count(modulus) == count
    assert torch.equal((bits * 2 ** torch.arange(count)).sum(-1), residues)


@pytest.mark.parametrize(
    ("modulus", "count", "values"),
    [
        (31, 5, (-15, 15)),
        (32, 5, (-16, 15)),
        (33, 5, (-16, 15)),
        (65, 6, (-32, 31)),
        (17, 4, (-8, 7)),
        (29, 5, (-14, 14)),
    ],
)
def test_twos_complement_saves_the_digit_of_the_odd_one(
    modulus: int, count: int, values: tuple[int, int]
) -> None:
    code = DigitCode(modulus, "twos-complement")
    assert (code.count, (code.values[0], code.values[-1])) == (count, values)
    coded = torch.tensor(code.values)
    assert torch.equal((code.digits(coded) * torch.tensor(code.weights)).sum(-1), coded)
    assert torch.equal(code.digits(coded + 7 * modulus), code.digits(coded))
    if modulus % 2 and modulus // 2 > values[1]:
        with pytest.raises(InputError, match="has no code"):
            code.digits(torch.tensor([values[1] + 1]))


@pytest.mark.parametrize("modulus", MODULI)
def test_drive_levels_are_congruent_and_of_least_magnitude(modulus: int) -> None:
    values = torch.arange(-3 * modulus, 3 * modulus)
    level = drive_level(values, modulus)
    assert torch.equal(torch.remainder(level - values, modulus), torch.zeros_like(values))
    assert int(level.min()) == -(modulus // 2)
    assert int(level.max()) == (modulus - 1) // 2


def test_even_modulus_drives_from_minus_half() -> None:
    assert drive_level(torch.tensor([16, -16, 15]), 32).tolist() == [-16, -16, 15]


def test_shifter_lengths_of_the_paper() -> None:
    # 0.002 V cm, 1.08 V: digits of 9.0 ... 287 um, 0.566 mm together for m = 33.
    unit = unit_length_m(MultiplierDesign(), 33)
    assert unit == pytest.approx(8.98e-6, rel=1e-3)
    assert 63 * unit == pytest.approx(0.566e-3, rel=1e-3)


@pytest.mark.parametrize("modulus", MODULI)
def test_decision_agrees_with_the_angle_away_from_edges(modulus: int) -> None:
    turn = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:-1]
    distance = (turn * modulus - 0.5).frac().abs()
    clear = (distance > 1e-9) & (distance < 1 - 1e-9)
    turn = turn[clear]
    found = nearest_residue((2 * math.pi * turn).cos(), (2 * math.pi * turn).sin(), modulus)
    assert torch.equal(found, torch.remainder((turn * modulus + 0.5).floor().long(), modulus))


def test_decision_does_not_depend_on_where_in_a_tensor_a_reading_stands() -> None:
    edge = 2 * math.pi * (torch.arange(33, dtype=torch.float64) + 0.5) / 33
    x, y = edge.cos().repeat(40), edge.sin().repeat(40)
    whole = nearest_residue(x, y, 33)
    single = torch.cat([nearest_residue(x[i : i + 1], y[i : i + 1], 33) for i in range(len(x))])
    assert torch.equal(whole, single)


def test_powers_on_the_diodes_are_those_of_two_beams_in_a_hybrid() -> None:
    mdpu = ModularDotProduct(31, 2)
    x, w = torch.tensor([3, 5]), torch.tensor([7, 11])
    phase = 2 * math.pi * (3 * 7 + 5 * 11) / 31
    half = mdpu.design.rail_powers_w(31)[0]
    c, s = math.cos(phase), math.sin(phase)
    expected = torch.tensor([1 + c, 1 - c, 1 + s, 1 - s], dtype=torch.float64) * half / 2
    torch.testing.assert_close(mdpu.powers(x, w), expected, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_a_chain_loses_what_its_paths_lose(polarity: str, modulus: int) -> None:
    # In quadrature and without drive a leak changes the amplitude only by its square.
    multiplier = MultiplierDesign(polarity=polarity, bypass_phase_rad=math.pi / 2)  # type: ignore[arg-type]
    design = Design(multiplier=multiplier)
    x = torch.randint(0, modulus, (20, 16), generator=torch.Generator().manual_seed(0))
    mdpu = ModularDotProduct(modulus, 16, design)
    power = mdpu.powers(x, torch.zeros(16, dtype=torch.int64)).sum(-1) / 2
    loss_db = -10 * torch.log10(power / design.rail_powers_w(modulus)[0])
    gain = gain_control(design, modulus, 16)
    expected = gain.rail_loss_db(gain.code.digits(x))
    leak = design.multiplier.ring.detuned(1550e-9)
    ratio = abs(leak.drop / leak.through) ** 2
    # 80 digits, each off by at most 2 dB · log10(e) · 10 of its squared leak.
    assert float((loss_db - expected).abs().max()) < 96 * 10 * math.log10(math.e) * 2 * ratio**2


def test_worst_losses_of_the_paper_with_perfect_rings_through() -> None:
    # Notes: 33.6, 33.6 and 41.0 dB for zero-coupled, 33.8, 40.9 and 40.7 dB for one-coupled, with
    # two 0.2 dB rings and two bends in the coupled state and no loss in the detuned one.
    for polarity, worst in (
        ("zero-coupled", {31: 33.6, 32: 33.6, 33: 41.0}),
        ("one-coupled", {31: 33.8, 32: 40.9, 33: 40.7}),
    ):
        ring = MultiplierDesign().ring.model_copy(update={"detuning_m": 4.552e-9})
        multiplier = MultiplierDesign(polarity=polarity, ring=ring)  # type: ignore[arg-type]
        for modulus, expected_db in worst.items():
            gain = gain_control(Design(multiplier=multiplier), modulus, 16)
            through_db = -20 * math.log10(abs(ring.detuned(1550e-9).through))
            most = 2 * 16 * digit_count(modulus) * through_db
            found = 16 * float(gain.residue_loss_db().max())
            assert expected_db - 0.06 < found < expected_db + 0.06 + most


def test_leak_in_quadrature_drops_out_of_the_phase() -> None:
    x = torch.randint(0, 31, (200, 16), generator=torch.Generator().manual_seed(1))
    w = torch.randint(0, 31, (200, 16), generator=torch.Generator().manual_seed(2))
    errors = {}
    for bypass in (0.0, math.pi / 2):
        multiplier = MultiplierDesign(bypass_phase_rad=bypass)
        fields = ModularDotProduct(31, 16, Design(multiplier=multiplier)).fields(x, w)
        ideal = 2 * math.pi / 31 * torch.remainder((x * w).sum(-1), 31).double()
        beat = fields[:, 0] * fields[:, 1].conj() * torch.polar(torch.ones_like(ideal), -ideal)
        errors[bypass] = float(beat.angle().square().mean().sqrt())
    ring = MultiplierDesign().ring.detuned(1550e-9)
    leak = abs(ring.drop / ring.through) ** 2
    # First order: 2·leak·sin of each drive phase, about half of the digits on.
    assert errors[0.0] == pytest.approx(2 * leak * math.sqrt(40 / 2), rel=0.5)
    # Second order: the square of the leak instead.
    assert errors[math.pi / 2] < 80 * 4 * leak**2


def test_noise_of_a_quadrature_is_that_of_its_sources() -> None:
    from tests.tolerance import assert_uncorrelated, assert_variance

    design = Design(
        laser=Design().laser.model_copy(update={"rin_db_per_hz": -400.0, "linewidth_hz": 0.0})
    )
    mdpu = ModularDotProduct(31, 1, design)
    n = 200_000
    x = torch.zeros(n, 1, dtype=torch.int64)
    current = mdpu.currents(x, x, key=NoiseKey.from_seed(3))
    power = float(mdpu.powers(x[0], x[0]).sum())
    q, bandwidth = 1.602176634e-19, 10e9
    dark = design.receiver.photodiode.dark_current_a
    # Light passes the diodes' pole at 30 GHz and then the amplifier's at 2/π of 10 GHz.
    light = math.pi / 2 / (1 / 30e9 + 1 / (bandwidth * 2 / math.pi))
    variance = 2 * q * (1.1 * power / 2 + 2 * dark) * light + (15e-12) ** 2 * bandwidth
    for quadrature in current.T:
        assert_variance(quadrature, variance)
    assert_uncorrelated(*current.T)


def test_a_chip_is_the_same_for_its_seed_and_another_for_another() -> None:
    shape = ArrayShape(2, 4, 8)
    first, again, other = (fabricate(Design(), (31, 33), shape, seed) for seed in (5, 5, 6))
    assert torch.equal(
        first.fabricated[31].statics.shifter_phase_rad,
        again.fabricated[31].statics.shifter_phase_rad,
    )
    assert not torch.equal(
        first.fabricated[31].statics.shifter_phase_rad,
        other.fabricated[31].statics.shifter_phase_rad,
    )
    # What else is made with it does not change an array.
    alone = fabricate(Design(), (33,), shape, 5).fabricated
    assert torch.equal(first.fabricated[33].statics.drive_gain, alone[33].statics.drive_gain)
    assert first.fabricated[33].statics.shifter_phase_rad.shape == (2, 4, 8, 6, 2)


def test_a_row_carries_its_static_phases() -> None:
    design = ideal_design()
    multiplier = design.multiplier.model_copy(update={"static_phase_rms_rad": 0.01})
    design = design.model_copy(update={"multiplier": multiplier})
    chip = fabricate(design, (31,), ArrayShape(2, 3, 4), seed=1)
    x = torch.tensor([31 - 1, 0, 5, 7])
    fields = ModularDotProduct(31, 4, chip=chip, position=RowPosition(1, 2)).fields(x, 0 * x)
    statics = chip.fabricated[31].statics
    bits = DigitCode(31).digits(x)[..., None]
    path = torch.where(
        bits == 1, statics.shifter_phase_rad[1, 2], statics.bypass_phase_rad[1, 2]
    ).sum((0, 1))
    found = (fields[0] * fields[1].conj()).angle()
    assert float(found) == pytest.approx(float(path[0] - path[1]), abs=1e-9)


@pytest.mark.parametrize(
    ("x", "w", "message"),
    [
        (torch.zeros(3, dtype=torch.int64), torch.zeros(4, dtype=torch.int64), "x = "),
        (torch.zeros(4), torch.zeros(4, dtype=torch.int64), "integer"),
    ],
)
def test_bad_operands_are_named(x: torch.Tensor, w: torch.Tensor, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ModularDotProduct(31, 4).powers(x, w)


def test_a_drive_error_is_multiplied_by_what_is_streamed_unless_digits_have_their_own() -> None:
    # Notes, section 1.11: rms levers of 69.86, 72.17 and 74.48 for 16 shared drives of error
    # sigma_w levels and uniform residues; about the root of the mean number of ones otherwise.
    n, sigma = 4000, 1e-3
    for modulus, lever in ((31, 69.86), (32, 72.17), (33, 74.48)):
        for drive in ("shared", "per-digit"):
            multiplier = ideal_design().multiplier.model_copy(update={"drive": drive})
            design = ideal_design().model_copy(update={"multiplier": multiplier})
            mdpu = ModularDotProduct(modulus, 16, design)
            generator = torch.Generator().manual_seed(modulus)
            x = torch.randint(0, modulus, (n, 16), generator=generator)
            w = torch.randint(0, modulus, (n, 16), generator=generator)
            drives = mdpu.gain.code.count if drive == "per-digit" else 1
            error = NoiseKey.from_seed(1).normal(0, n * 16 * drives).reshape(n, 16, drives, 1)
            inl = (sigma * error).expand(n, 16, drives, modulus)
            level, bits = drive_level(w, modulus), mdpu.gain.code.digits(x)
            launched = torch.ones(2, dtype=torch.complex128)
            erring = replace(mdpu.statics, drive_inl=inl)
            fields = chain_fields(mdpu.optics, launched, level, bits, erring)
            ideal = 2 * math.pi / modulus * torch.remainder((x * w).sum(-1), modulus).double()
            beat = fields[:, 0] * fields[:, 1].conj() * torch.polar(torch.ones_like(ideal), -ideal)
            found = float(beat.angle().square().mean().sqrt()) / (2 * math.pi / modulus * sigma)
            ones = mdpu.gain.code.digits(torch.arange(modulus)).double().sum(-1).mean()
            expected = lever if drive == "shared" else math.sqrt(16 * float(ones))
            # rms of n Gaussian errors whose levers vary by some ten percent.
            assert found == pytest.approx(expected, rel=5 * math.sqrt(1 / (2 * n)) * 1.1)


@pytest.mark.parametrize(("rails", "rails_with_loss"), [("dual", 2), ("single", 1)])
def test_amplitude_falls_with_the_loss_of_the_rails_that_have_multipliers(
    rails: str, rails_with_loss: int
) -> None:
    x = torch.randint(0, 31, (50, 16), generator=torch.Generator().manual_seed(0))
    multiplier = MultiplierDesign(rails=rails, bypass_phase_rad=math.pi / 2)  # type: ignore[arg-type]
    mdpu = ModularDotProduct(31, 16, Design(multiplier=multiplier))
    found = mdpu.currents(x, torch.zeros(16, dtype=torch.int64)).square().sum(-1).sqrt()
    loss_db = mdpu.gain.rail_loss_db(mdpu.gain.code.digits(x))
    half = mdpu.design.rail_powers_w(31)[0]
    expected = 1.1 * half * 10 ** (-rails_with_loss * loss_db / 20)
    ring = multiplier.ring.detuned(1550e-9)
    # In quadrature a leak changes each amplitude by half its square, in up to 80 digits a rail.
    most = 80 * abs(ring.drop / ring.through) ** 4
    torch.testing.assert_close(found, expected, rtol=most, atol=0.0)
    torch.testing.assert_close(found, mdpu.gain.amplitude_a(loss_db), rtol=most, atol=0.0)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_fields_are_those_of_plain_numpy_to_double_precision(polarity: str) -> None:
    multiplier = MultiplierDesign(polarity=polarity, bypass_phase_rad=0.4)  # type: ignore[arg-type]
    design = Design(multiplier=multiplier)
    rng = np.random.default_rng(0)
    x, w = rng.integers(0, 33, (20, 16)), rng.integers(-16, 17, (20, 16))
    ring = multiplier.ring
    r = math.sqrt(1 - ring.coupling_power)
    a = 10 ** (-ring.loss_db_per_m * 2 * math.pi * ring.radius_m / 20)
    fsr = 1550e-9**2 / (ring.group_index * 2 * math.pi * ring.radius_m)
    states = []
    for detuning in (0.0, ring.detuning_m):
        turn = np.exp(2j * math.pi * detuning / fsr)
        below = 1 - r * r * a * turn
        drop = -(1 - r * r) * math.sqrt(a) * np.exp(1j * math.pi * detuning / fsr) / below
        states.append(((r - r * a * turn) / below, drop))
    unit_m = 2e-5 * (math.pi / 33 * 16) / (math.pi * 1.08)
    field = np.full((20, 2), math.sqrt(0.75e-3 * 10 ** (-0.02) / 2), dtype=complex)
    bends = 10 ** (-2 * 0.01 / 20)
    for j in range(16):
        for d in range(6):
            bit = (x[:, j] >> d) & 1
            for rail, sign in ((0, 1), (1, -1)):
                phase = sign * math.pi / 33 * 2**d * w[:, j]
                shifter = 10 ** (-1600 * unit_m * 2**d / 20) * np.exp(1j * phase)
                bypass = np.exp(0.4j)
                if polarity == "zero-coupled":
                    coupled, straight, bypassed = bit == 0, shifter, bends * bypass
                else:
                    coupled, straight, bypassed = bit == 1, bypass, bends * shifter
                t = np.where(coupled, states[0][0], states[1][0])
                k = np.where(coupled, states[0][1], states[1][1])
                field[:, rail] = (
                    t * t * straight * field[:, rail] + k * k * bypassed * field[:, rail]
                )
    mdpu = ModularDotProduct(33, 16, design)
    found = mdpu.fields(torch.from_numpy(x), torch.from_numpy(w)).numpy()
    assert np.abs(found / field - 1).max() < 1e-12
