"""Modular multipliers and dot products as fields: exact in the limit, right in what they lose."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from circuits import (
    ArrayShape,
    Design,
    ModularDotProduct,
    RowPosition,
    fabricate,
    ideal_design,
)
from circuits.coding.digit_code import DigitCode, Encoding
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import MultiplierDesign
from circuits.receiver.by_design import gain_control
from circuits.units.dot_product import chain_fields
from devices.switches.ring import RingSwitch
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.circuits.designs import HYBRID_DB, INTEGERS, LAUNCH_DB, MODULI


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
    loss_db = -10 * torch.log10(power / design.rail_powers_w(modulus)[0]) - HYBRID_DB
    gain = gain_control(design, modulus, 16)
    expected = gain.rail_loss_db(gain.code.digits(x))
    leak = design.multiplier.switch.detuned(1550e-9)
    ratio = abs(leak.drop / leak.through) ** 2
    # 80 digits, each off by at most 2 dB · log10(e) · 10 of its squared leak.
    assert float((loss_db - expected).abs().max()) < 96 * 10 * math.log10(math.e) * 2 * ratio**2


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
    ring = RingSwitch().detuned(1550e-9)
    leak = abs(ring.drop / ring.through) ** 2
    # First order: 2·leak·sin of each drive phase, about half of the digits on.
    assert errors[0.0] == pytest.approx(2 * leak * math.sqrt(40 / 2), rel=0.5)
    # Second order: the square of the leak instead.
    assert errors[math.pi / 2] < 80 * 4 * leak**2


def test_a_row_carries_its_static_phases() -> None:
    design = ideal_design()
    multiplier = design.multiplier.model_copy(update={"coherence_length_m": 1.66, "index_rms": 0.0})
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
    # Rms levers of 69.86, 72.17 and 74.48 for 16 shared drives of error
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
            inl = (sigma * error).unsqueeze(-1).expand(n, 16, drives, 1, modulus)
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
    expected = 1.1 * half * 10 ** (-rails_with_loss * loss_db / 20 - HYBRID_DB / 10)
    ring = multiplier.switch.detuned(1550e-9)
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
    ring = multiplier.switch
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
    field = np.full((20, 2), math.sqrt(0.75e-3 * 10 ** (-LAUNCH_DB / 10) / 2), dtype=complex)
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


RAW = fabricate(Design(), (31,), ArrayShape(2, 3, 4), seed=1)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("encoding", ["unsigned", "twos-complement"])
def test_a_row_reads_integers_of_every_type(dtype: torch.dtype, encoding: Encoding) -> None:
    ends = torch.iinfo(dtype)
    x = torch.tensor([[ends.max, 3], [ends.min, 1], [ends.max - 7, 0]], dtype=dtype)
    w = torch.tensor([[1, 2], [ends.max, 5], [1, ends.max]], dtype=dtype)
    design = ModularDotProduct(33, 2).design
    coded = design.multiplier.model_copy(update={"encoding": encoding})
    mdpu = ModularDotProduct(33, 2, design.model_copy(update={"multiplier": coded}))
    exact = [
        sum(a * b for a, b in zip(p, q, strict=True)) % 33
        for p, q in zip(x.tolist(), w.tolist(), strict=True)
    ]
    assert mdpu.read(x, w).tolist() == exact


@pytest.mark.parametrize(
    ("x", "word"),
    [
        ([1, 2, 3, 4], "a tensor of integers"),
        (torch.ones(4), "integer type"),
        (torch.ones(4, dtype=torch.uint64), "int64 holds"),
        (torch.ones(3, dtype=torch.int64), "4 long"),
        (torch.tensor(1), "4 long"),
    ],
)
def test_what_is_no_operand_is_refused(x: object, word: str) -> None:
    mdpu, good = ModularDotProduct(31, 4), torch.ones(4, dtype=torch.int64)
    with pytest.raises(InputError, match=rf"^x = .*{word}"):
        mdpu.read(x, good)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=rf"^w = .*{word}"):
        mdpu.read(good, x)  # type: ignore[arg-type]


@pytest.mark.parametrize("modulus", [1, 0, -3, 1 << 15, 31.0])
def test_what_is_no_modulus_is_refused(modulus: int) -> None:
    with pytest.raises(InputError, match=r"^modulus = "):
        ModularDotProduct(modulus, 4)
    with pytest.raises(InputError, match=r"^modul(us|i) = "):
        fabricate(Design(), (31, modulus), ArrayShape(1, 1, 2), 0)


@pytest.mark.parametrize(("unit", "row"), [(2, 0), (0, 3), (-1, 0), (0, -1)])
def test_places_that_a_chip_does_not_have_are_refused(unit: int, row: int) -> None:
    with pytest.raises(InputError, match=r"^position\.(unit|row) = .*0 to "):
        ModularDotProduct(31, 4, chip=RAW, position=RowPosition(unit, row))


@pytest.mark.parametrize("length", [1, 3, 5])
def test_light_passes_the_whole_row_of_a_chip(length: int) -> None:
    with pytest.raises(InputError, match=r"^length = .*all 4 multipliers.*stream zeros"):
        ModularDotProduct(31, length, chip=RAW)


def test_a_chip_keeps_its_glass_under_another_design() -> None:
    brighter = RAW.design.model_copy(
        update={"laser": RAW.design.laser.model_copy(update={"power_w": 5e-3})}
    )
    mdpu = ModularDotProduct(31, 4, brighter, chip=RAW)
    x = torch.arange(4)
    dim = ModularDotProduct(31, 4, chip=RAW)
    ratio = mdpu.powers(x, x) / dim.powers(x, x)
    expected = torch.full((4,), 5e-3 / RAW.design.laser.power_w, dtype=torch.float64)
    torch.testing.assert_close(ratio, expected, rtol=1e-9, atol=0)
    other = RAW.design.multiplier.model_copy(update={"polarity": "one-coupled"})
    with pytest.raises(InputError, match=r"^chip = .*multiplier.*another design"):
        ModularDotProduct(31, 4, RAW.design.model_copy(update={"multiplier": other}), chip=RAW)
