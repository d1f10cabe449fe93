"""The timing budget: delays from the rings, and what each share of a symbol is for."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from circuits.analysis.link import LinkBudget
from circuits.analysis.timing import allowed_phase_rad, row_timing
from circuits.design.circuit import Design, ReceiverDesign
from circuits.optics.chain_delay import ChainDelay
from circuits.receiver.by_design import gain_control
from devices.electronics.photodiode import Photodiode
from devices.switches.switch_drive import SwitchDrive
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.ring_transients import cascade_remaining
from tests.circuits.designs import with_multiplier


def test_latest_light_meets_the_slowest_end_of_a_symbol() -> None:
    # One-coupled residues of 31 have four ones at most; 30 has them all behind its first digit,
    # whose drive comes with the light of the mean 15/31 ones.
    delay = ChainDelay(with_multiplier(polarity="one-coupled"), 31, 3)
    detuned, coupled = delay.switch_s
    arrival = delay.arrival
    assert arrival.latest_rings == 2 * 3 * 4
    late = 2 * (coupled - detuned) * (2 * 4 + 4 + 15 / 31)
    guides = 3 * float(delay.guide_s.sum())
    assert arrival.earliest_s == pytest.approx(guides, rel=1e-12, abs=0.0)
    rings = arrival.latest_s - guides
    assert rings == pytest.approx(late + 30 * detuned, rel=1e-9, abs=0.0)


def test_parts_of_a_symbol() -> None:
    timing = row_timing(Design(), 31, 4)
    whole = timing.spread_s + timing.drive_s + timing.ring_tail_s + timing.receiver_s
    assert timing.symbol_s == whole
    assert timing.fastest_clock_hz == 1 / whole
    assert timing.settles(0.999 / whole)
    assert not timing.settles(1.001 / whole)
    assert LinkBudget(Design(), 31, 4).timing() == timing


def test_drives_settle_until_all_rings_together_turn_no_more() -> None:
    drive = SwitchDrive(time_constant_s=7e-12)
    timing = row_timing(with_multiplier(switch_drive=drive), 31, 4)
    # 6.4 mrad/pm at k² = 0.1 and a detuning of 1 nm, 40 rings of a rail.
    slope = Design().multiplier.switch.drop_slope_rad_per_m(0.0, 1550e-9)
    assert slope == pytest.approx(6.4e9, rel=0.03)
    turn = 40 * slope * 1e-9 * math.exp(-timing.drive_s / 7e-12)
    assert turn == pytest.approx(allowed_phase_rad(31), rel=1e-9, abs=0.0)
    none = row_timing(with_multiplier(switch_drive=SwitchDrive(time_constant_s=0.0)), 31, 4)
    assert none.drive_s == 0.0
    assert none.spread_s == timing.spread_s


def test_unskewed_drives_have_to_wait_for_the_whole_chain() -> None:
    skewed = row_timing(Design(), 31, 4)
    plain = row_timing(with_multiplier(switch_drive=SwitchDrive(skewed=False)), 31, 4)
    guides = 4 * float(ChainDelay(Design(), 31, 4).guide_s.sum())
    assert plain.spread_s == pytest.approx(skewed.spread_s + guides, rel=1e-12, abs=0.0)
    assert plain.sampling_delay_s == 0.0
    assert skewed.sampling_delay_s == pytest.approx(guides, rel=1e-12, abs=0.0)


def test_rise_of_the_rings_before_a_fast_receiver() -> None:
    # A receiver a thousand times faster leaves the rings' own rest: with d the field still
    # missing, old light over new is (ratio^1/2 d / (1 - d) + 1)² - 1.
    tia = Design().receiver.tia.model_copy(update={"bandwidth_hz": 6e12})
    diode = Photodiode(bandwidth_hz=1e15)
    design = Design(receiver=ReceiverDesign(photodiode=diode, tia=tia))
    timing = row_timing(design, 31, 4)
    delay = ChainDelay(design, 31, 4)
    gain = LinkBudget(design, 31, 4).gain
    ratio = gain.largest_amplitude_a / gain.smallest_amplitude_a
    ring = design.multiplier.switch
    rings = delay.arrival.latest_rings
    trip_s = 2e-5 * math.pi * 4.2 / 299792458
    mean_s = rings * ring.group_delay_s(0.0, 1550e-9, coupled=True)
    trips = (timing.ring_tail_s + timing.receiver_s + mean_s) / trip_s - rings / 2
    kept = ring.cavity(1550e-9).retention
    missing = float(cascade_remaining(torch.tensor(trips, dtype=torch.float64), rings, kept))
    old = (math.sqrt(ratio) * missing / (1 - missing) + 1) ** 2 - 1
    # The rest falls by at most a lifetime's share per unit of time.  The rise of 40 rings is
    # followed over about twelve times its rms in 4096 steps; the receiver lags by its constant.
    lifetime_s = ring.lifetime_s(1550e-9)
    step_s = 12 * math.sqrt(rings) * lifetime_s / 4096
    share = (step_s + 1 / (2 * math.pi * 6e12)) / lifetime_s
    assert share < 0.03
    assert math.asin(old) == pytest.approx(allowed_phase_rad(31), rel=share, abs=0.0)


def test_a_settled_symbol_has_a_quarter_of_half_a_cell_left() -> None:
    assert allowed_phase_rad(31) == pytest.approx(math.pi / 31 / 4, rel=1e-12)


def test_time_is_delay_and_rings_and_receiver() -> None:
    fast = "receiver.photodiode.bandwidth_hz=1e18"
    machine = load_machine("robust", ["moduli=[31, 32, 33]", fast])
    timing = LinkBudget(machine.design, 32, 16).timing()
    switch_s = machine.design.multiplier.switch.delay_s(1550e-9, coupled=True)
    assert switch_s == pytest.approx(8.18e-12, rel=5e-3, abs=0.0)
    # 80 coupled digits of two rings each, or a change that passes them straight on; the group
    # delay of a ring is longer than its lifetime by a share of (1 - ρ)²/8.
    assert timing.spread_s == pytest.approx(160 * switch_s, rel=2e-3, abs=0.0)
    # One pole: the strongest symbol has decayed below a quarter half-cell of the weakest.
    gain = LinkBudget(machine.design, 32, 16).gain
    ratio = gain.largest_amplitude_a / gain.smallest_amplitude_a
    residue = math.exp(-2 * math.pi * machine.design.receiver.tia.bandwidth_hz * timing.receiver_s)
    error = math.asin(ratio * residue / (1 - residue))
    assert error == pytest.approx(math.pi / 32 / 4, rel=1e-6, abs=0.0)
    assert not timing.settles(1.001 / timing.symbol_s)
    assert timing.settles(0.999 / timing.symbol_s)


def test_a_gain_that_follows_its_symbols_has_to_settle() -> None:
    """From the weakest symbol's gain to within the room of a quarter above the strongest."""
    changes = {"receiver.gain": "per-symbol", "receiver.full_scale_ratio": 1.25}
    slow = Design().changed({**changes, "receiver.stage.time_constant_s": 1e-7})
    gain = gain_control(slow, 31, 8)
    ratio = gain.largest_amplitude_a / gain.smallest_amplitude_a
    expected_s = 1e-7 * math.log((ratio - 1.0) / 0.25)
    assert row_timing(slow, 31, 8).receiver_s == pytest.approx(expected_s, rel=1e-9)
    # A usual one is no slower than the filter, and does not count beside it.
    usual, none = (
        row_timing(Design().changed(changes | stage), 31, 8)
        for stage in ({"receiver.stage.step_db": 0.5}, {})
    )
    assert usual == none
    assert usual.load_s == 5e-9


def ringing(**changes: Any) -> Design:
    """Beams that ring: each half period of 1/(2 f) leaves exp(-π/2Q) of a step, about."""
    beams = {"kind": "noems", "quality": 5.0}
    named = {f"multiplier.{k}": v for k, v in changes.items()}
    return Design().changed({"multiplier.shifter": beams} | named)


def test_what_rings_on_at_the_end_of_a_load_turns_its_row() -> None:
    """The envelope of a step is exp(-t/τ) (1 - 1/4Q²)^-1/2, with τ = Q / (π f)."""
    f, q, wait_s = 220e6, 5.0, 3.0e-8
    omega = 2 * math.pi * f * math.sqrt(1 - 1 / (4 * q * q))
    # At a peak of the oscillation, k half periods after the step.
    peak_s = round(wait_s * omega / math.pi) * math.pi / omega
    design = ringing(load_time_s=peak_s, load_tolerance=0.02)
    left = math.exp(-peak_s * math.pi * f / q)
    assert 0.01 < left < 0.02
    assert design.multiplier.load_left == pytest.approx(left, rel=1e-9)
    timing = row_timing(design, 33, 16)
    assert timing.load_s == peak_s
    # Six digits of 1 ... 32 go from -16 to 16 levels.
    step_rad = 63 * 32 * 2 * math.pi / 33
    assert timing.load_left_rad == pytest.approx(left * step_rad, rel=1e-9)
    # All of a row together, in quadrature, to a quarter of half a cell.
    beam = design.multiplier.shifter
    allowed = math.pi / 33 / 4 / (4 * step_rad)
    assert timing.load_settled_s == pytest.approx(beam.settling_s(allowed), rel=1e-9)
    # Digits with drives of their own never turn by more than a modulus.
    own = row_timing(design.changed({"multiplier.drive": "per-digit"}), 33, 16)
    assert own.load_left_rad == pytest.approx(left * 6 * 32 * 2 * math.pi / 33, rel=1e-9)


def test_a_load_too_short_for_its_shifter_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        ringing(load_time_s=5e-9)
    said = str(caught.value)
    assert said.startswith("multiplier.load_time_s = 5e-09: leaves 0.")
    assert "load_tolerance allows 0.00781; wait for 3.46e-08 s, or take a shifter" in said
    assert "\n" not in said
    assert ringing(load_time_s=3.47e-8).multiplier.load_s == 3.47e-8
    # Without one it takes as long as it takes, and is left with what is allowed.
    assert ringing().multiplier.load_s == pytest.approx(3.46e-8, rel=1e-3)
    assert ringing().multiplier.load_left == pytest.approx(1 / 128, rel=1e-6)
