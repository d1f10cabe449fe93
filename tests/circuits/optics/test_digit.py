"""One digit: two rings around a shifter and a bypass, against the formulas of rings by hand."""

from __future__ import annotations

import cmath
import math
from dataclasses import replace

import pytest
import torch

from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import DigitOptics, DigitStatics, path_loss_db, unit_section
from devices.switches.ring import RingSwitch
from photonics.random import NoiseKey
from tests.constants import WAVELENGTH_M

KEY = NoiseKey.from_seed(23)


# Carriers that detune a ring absorb: 10 dB/cm more than at rest.
RING = RingSwitch(coupling_power=0.1, loss_db_per_m=300.0, detuning_loss_db_per_m=1000.0)


def ring_by_hand(detuning_m: float, loss_db_per_m: float) -> tuple[complex, complex]:
    """Through and drop field of a ring with equal couplers of 0.1, Bogaerts et al. (2012)."""
    circumference_m = 2 * math.pi * 10e-6
    kept = math.sqrt(1 - 0.1)
    amplitude = 10 ** (-loss_db_per_m * circumference_m / 20)
    theta = 2 * math.pi * detuning_m * 4.2 * circumference_m / WAVELENGTH_M**2
    below = 1 - kept * kept * amplitude * cmath.exp(1j * theta)
    through = kept * (1 - amplitude * cmath.exp(1j * theta)) / below
    drop = -0.1 * math.sqrt(amplitude) * cmath.exp(1j * theta / 2) / below
    return through, drop


def rings_by_hand(coupled: bool, offset_m: float) -> tuple[complex, complex]:
    if coupled:
        return ring_by_hand(offset_m, 300.0)
    return ring_by_hand(1e-9 + offset_m, 1300.0)


def displaced(optics: DigitOptics, rms_m: float) -> DigitStatics:
    count = optics.code.count
    offset_m = rms_m * KEY.normal(0, 4 * count).view(count, 2, 2, 1)
    return replace(DigitStatics.none(optics), switch_offset=offset_m)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("bit", [0, 1])
def test_detuned_and_coupled_rings_turn_and_lose_as_by_hand(polarity: str, bit: int) -> None:
    design = MultiplierDesign(switch=RING, polarity=polarity, bypass_phase_rad=0.4)  # type: ignore[arg-type]
    optics = DigitOptics.of(design, 31, WAVELENGTH_M)
    statics = displaced(optics, 20e-12)
    level = torch.tensor(11)
    found = optics.transfer(bit, statics, optics.paths(level, statics))
    coupled = (bit == 0) == (polarity == "zero-coupled")
    bends = 10 ** (-2 * 0.01 / 20)
    unit_m = 2e-5 * (math.pi / 31 * 15) / (math.pi * 1.08)
    for d in range(5):
        for rail, sign in ((0, 1), (1, -1)):
            rings = [
                rings_by_hand(coupled, float(statics.switch_offset[d, rail, e, 0])) for e in (0, 1)
            ]
            turn = sign * math.pi / 31 * 2**d * 11
            shifter = 10 ** (-1600 * unit_m * 2**d / 20) * cmath.exp(1j * turn)
            bypass = cmath.exp(0.4j)
            if polarity == "zero-coupled":
                straight, aside = shifter, bends * bypass
            else:
                straight, aside = bypass, bends * shifter
            expected = rings[0][0] * straight * rings[1][0] + rings[0][1] * aside * rings[1][1]
            assert complex(found[d, rail]) == pytest.approx(expected, rel=1e-12)
    # The loss of the detuned state is seen: it costs a ring 0.014 dB of what passes it.
    with_it, without = (abs(ring_by_hand(1e-9, loss)[0]) for loss in (1300.0, 300.0))
    assert 20 * math.log10(without / with_it) > 0.01


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_loss_of_a_path_is_that_of_its_two_rings_and_its_arm(polarity: str) -> None:
    design = MultiplierDesign(switch=RING, polarity=polarity)  # type: ignore[arg-type]
    found_db = path_loss_db(design, 31, WAVELENGTH_M)
    through_db = -20 * math.log10(abs(rings_by_hand(False, 0.0)[0]))
    drop_db = -20 * math.log10(abs(rings_by_hand(True, 0.0)[1]))
    unit_m = 2e-5 * (math.pi / 31 * 15) / (math.pi * 1.08)
    for d in range(5):
        shifter_db = 1600 * unit_m * 2**d
        if polarity == "zero-coupled":
            expected_db = [2 * drop_db + 2 * 0.01, 2 * through_db + shifter_db]
        else:
            expected_db = [2 * through_db, 2 * drop_db + 2 * 0.01 + shifter_db]
        assert found_db[d] == pytest.approx(expected_db, rel=1e-9)


@pytest.mark.parametrize("modulus", [31, 32, 33])
@pytest.mark.parametrize("drive", ["shared", "per-digit"])
def test_every_drive_errs_by_the_nonlinearity_of_its_own_level(modulus: int, drive: str) -> None:
    """All levels, both ends of the converter included, on both rails of all digits."""
    design = MultiplierDesign(drive=drive)  # type: ignore[arg-type]
    optics = DigitOptics.of(design, modulus, WAVELENGTH_M)
    count, half = optics.code.count, modulus // 2
    drives = count if drive == "per-digit" else 1
    table = 0.1 * KEY.normal(0, drives * modulus).view(drives, modulus)
    statics = DigitStatics.none(optics)
    bent = replace(statics, drive_inl=table.unsqueeze(-2))
    levels = torch.arange(-half, -half + modulus)
    assert int(levels[-1]) == (modulus - 1) // 2
    found = optics.paths(levels, bent).shifter / optics.paths(levels, statics).shifter
    for index, level in enumerate(levels.tolist()):
        for d, weight in enumerate(optics.code.weights):
            if drive == "per-digit":
                # Each drive gives weight·w modulo m by itself, and errs as at that level.
                own = (level * weight + half) % modulus - half
                error = float(table[d, own + half])
            else:
                error = weight * float(table[0, level + half])
            for rail, share in ((0, 0.5), (1, -0.5)):
                expected = share * 2 * math.pi / modulus * error
                turned = cmath.phase(complex(found[index, d, rail]))
                assert math.remainder(turned - expected, 2 * math.pi) == pytest.approx(
                    0.0, abs=1e-12
                )


def test_shifter_lengths_of_the_paper() -> None:
    # 0.002 V cm, 1.08 V: digits of 9.0 ... 287 um, 0.566 mm together for m = 33.
    unit = unit_section(MultiplierDesign(), 33).shifter.length_m
    assert unit == pytest.approx(8.98e-6, rel=1e-3)
    assert 63 * unit == pytest.approx(0.566e-3, rel=1e-3)
