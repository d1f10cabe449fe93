"""Estimates of what is left out: by hand, and in the right direction."""

from __future__ import annotations

import math

import pytest

from circuits.analysis.unmodelled import Unmodelled, unmodelled
from circuits.design.circuit import Design
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import section_m
from circuits.receiver.by_design import gain_control
from mirage_core import load_machine
from tests.circuits.designs import GOOD_MZI

ROBUST = load_machine("robust").design


def sizes(design: Design, modulus: int = 33) -> dict[str, Unmodelled]:
    return {each.name: each for each in unmodelled(design, modulus, 16)}


def test_backscatter_raises_the_loss_of_a_round_trip() -> None:
    """A ring of 10 µm that keeps ρ of its light: 63e-6 of the power comes back in a turn."""
    found = sizes(ROBUST)["backscatter in rings"]
    scattered = 2e-5 * math.pi
    kept = (1 - 0.1) * 10 ** (-339.1 * 2e-5 * math.pi / 20)
    each_db = 20 * math.log10(1 + scattered / (1 - kept) ** 2)
    # Half of the 160 or 192 rings of a rail couple.
    digits = ROBUST.multiplier.code(33).count
    assert (found.size, found.unit) == (pytest.approx(16 * digits * each_db), "dB")
    assert "backscatter in rings" not in sizes(Design(multiplier=MultiplierDesign(switch=GOOD_MZI)))


def test_slower_clocks_leave_less() -> None:
    slow, fast = (sizes(ROBUST.changed({"clock_hz": hertz})) for hertz in (1e8, 1e9))
    for name in ("switches on their way", "metastable converters"):
        assert slow[name].size < 1e-2 * fast[name].size
    absurd = sizes(ROBUST.changed({"clock_hz": 1e12}))["switches on their way"]
    assert absurd.size == pytest.approx(1e3 * math.pi)


def test_more_light_saturates_more() -> None:
    dim, bright = (sizes(ROBUST.changed({"laser.power_w": w})) for w in (1e-3, 2e-3))
    assert bright["saturation"].size == pytest.approx(4.0 * dim["saturation"].size)


def test_sizes_by_hand() -> None:
    found = sizes(ROBUST)
    # -50 dB is 0.316 % of the field, and two interfaces of -30 dB send back a thousandth of it.
    assert found["rows that hear each other"].size == pytest.approx(3.16228, rel=1e-5)
    assert found["reflections"].size == pytest.approx(1.0)
    # x - c (x/A)² x turns I and Q unlike, by c/4 at most; 1 dB less is c = 0.1087.
    amplitude_a = gain_control(ROBUST, 33, 16).largest_amplitude_a
    expected = 1e3 * 0.10875 / 4.0 * (amplitude_a / 5e-3) ** 2
    assert found["saturation"].size == pytest.approx(expected, rel=1e-4)
    # What is 25 dB down meets a signal that a rail has weakened.
    gain = gain_control(ROBUST, 33, 16)
    lost_db = 16.0 * float(gain.residue_loss_db().mean())
    assert found["polarisation"].size == pytest.approx(
        min(1e3 * 10 ** ((lost_db - 25.0) / 10.0), 1e3 * math.pi)
    )


def test_plain_guides_lose_along_rings_and_bypasses() -> None:
    found, digits = sizes(ROBUST)["plain guides"], ROBUST.multiplier.code(33).count
    # Two rings of 20 µm for each digit; π in 0.02 mm V: 63 sections of 16 levels of π/33 each.
    unit_m = 16 * math.pi / 33 * 2e-5 / (math.pi * 1.08)
    plain_m = 16 * (2 * 20e-6 * digits + 63 * unit_m / 2)
    assert (found.size, found.unit) == (pytest.approx(360.0 * plain_m), "dB")
    # What an interferometer loses is its own.
    mzi = sizes(Design(multiplier=MultiplierDesign(switch=GOOD_MZI)))["plain guides"]
    assert mzi.size == pytest.approx(360.0 * 16 * 63 * unit_m / 2)


def test_beams_tremble_and_linear_shifters_do_not() -> None:
    assert "thermal motion of beams" not in sizes(ROBUST)
    design = load_machine("isca2024").design
    digits_m = sum(section_m(design.multiplier, 33))
    # Half of the sections of both rails.
    variance = design.multiplier.shifter.motion_rad2_per_m * 16 * digits_m
    found = sizes(design)["thermal motion of beams"]
    assert (found.size, found.unit) == (pytest.approx(1e3 * math.sqrt(variance)), "mrad")
    assert found.size > 95.2


def test_light_of_all_rows_meets_in_the_feed() -> None:
    """Without carriers a guide passes 1 / (1 + β P L / A) more or less of its light."""
    design = ROBUST.changed({"power_limits.carrier_lifetime_s": 0.0})
    found = sizes(design)["strong light in the feed"]
    alpha = 360.0 * math.log(10) / 10
    seen_m = (1 - math.exp(-alpha * 1e-3)) / alpha
    light_w = 32 * 8.5e-3 * 10**-0.02
    each = (1 + 7.9e-12 / 1e-13 * light_w / 2**stage * seen_m for stage in range(5))
    assert (found.size, found.unit) == (pytest.approx(sum(10 * math.log10(x) for x in each)), "dB")
    assert sizes(ROBUST)["strong light in the feed"].size > 5 * found.size
    assert sizes(ROBUST.changed({"feed.fan_out": 1}))["strong light in the feed"].size == 0.0
