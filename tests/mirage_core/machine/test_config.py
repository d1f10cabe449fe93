"""Presets and their changes: what they mean, and how mistakes are answered."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from circuits import ideal_design
from circuits.analysis.link import LinkBudget
from circuits.coding.phase_code import digit_count
from circuits.receiver.by_design import converter
from mirage_core import MachineConfig, load_machine, preset_names
from mirage_core.arithmetic.slips import undetectable_slips
from photonics.errors import InputError
from photonics.statistics import symbol_error_rate


def test_presets_load_and_are_those_of_the_design() -> None:
    assert preset_names() == [
        "isca2024",
        "isca2024-closed",
        "isca2024-ideal",
        "lean",
        "robust",
        "thermo-optic",
    ]
    for name in preset_names():
        machine = load_machine(name)
        assert machine.name == name
        assert machine.description


def test_the_paper_machine() -> None:
    machine = load_machine("isca2024")
    assert machine.moduli == (31, 32, 33)
    assert (machine.bfp.mantissa_bits, machine.bfp.group_size) == (4, 16)
    assert (machine.array.units, machine.array.rows, machine.design.clock_hz) == (8, 32, 10e9)
    assert machine.design.multiplier.polarity == "zero-coupled"
    assert machine.design.laser.power_w == 0.75e-3
    ring = machine.design.multiplier.switch.coupled(machine.design.laser.wavelength_m)
    assert -20 * math.log10(abs(ring.drop)) == pytest.approx(0.2, abs=1e-3)
    assert [machine.design.receiver.adc(m).bits for m in machine.moduli] == [5, 5, 6]


def test_the_ideal_preset_is_the_ideal_design() -> None:
    assert load_machine("isca2024-ideal").design == ideal_design()


@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_the_closed_preset_has_just_the_power_it_needs(modulus: int) -> None:
    budget = LinkBudget(load_machine("isca2024-closed").design, modulus, 16)
    worst = budget.worst()
    gamma = worst.rho**2 / 2
    assert float(symbol_error_rate(gamma, modulus)) == pytest.approx(1e-9, rel=2e-3, abs=0.0)
    assert worst.symbol_error_rate == pytest.approx(1e-9, rel=0.3, abs=0.0)
    needed = budget.closing_power_w(1e-9, worst.rail_loss_db)
    assert budget.design.row_power_w(modulus) == pytest.approx(needed, rel=2e-5)


@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_the_closed_preset_has_converters_that_do_not_count(modulus: int) -> None:
    machine = load_machine("isca2024-closed")
    budget = LinkBudget(machine.design, modulus, 16)
    levels = torch.arange(modulus, dtype=torch.float64)
    phase = 2 * math.pi / modulus * levels
    low, high = (
        math.log10(a) for a in (budget.gain.smallest_amplitude_a, budget.gain.largest_amplitude_a)
    )
    scale = 1.25 * budget.gain.largest_amplitude_a
    ratio = (torch.logspace(low, high, 400, dtype=torch.float64) / scale)[:, None]
    read = converter(machine.design, modulus).decide(ratio * phase.cos(), ratio * phase.sin())
    assert torch.equal(read.double(), levels.expand_as(read))
    # In the worst case they add less than a hundredth to the variance of the phase.
    worst = budget.worst()
    assert worst.converter_rms_rad**2 < 0.01 * worst.phase_rms_rad**2
    # The published bits would not do: without noise they err at the smallest amplitude.
    published = replace(converter(machine.design, modulus), bits=digit_count(modulus))
    assert (published.decide(ratio * phase.cos(), ratio * phase.sin()) != levels).any()


def test_the_published_machine_neither_closes_nor_settles() -> None:
    published = load_machine("isca2024")
    for modulus in published.moduli:
        paper = LinkBudget(published.design, modulus, 16)
        assert paper.at_loss(28.0).symbol_error_rate > 0.5
        assert not paper.timing().settles(published.design.clock_hz)


@pytest.mark.parametrize("name", ["lean", "robust"])
def test_our_own_machines_settle_and_keep_their_light_low(name: str) -> None:
    machine = load_machine(name)
    for modulus in machine.all_moduli.moduli:
        ours = LinkBudget(machine.design, modulus, machine.bfp.group_size)
        assert ours.timing().settles(machine.design.clock_hz)
        assert ours.power().is_linear


@pytest.mark.parametrize("name", ["isca2024", "isca2024-closed", "lean", "robust", "thermo-optic"])
def test_machines_that_are_not_ideal_lose_light_in_feed_splitter_and_hybrid(name: str) -> None:
    design = load_machine(name).design
    assert design.feed.fan_out == 32
    # Edge coupler, five Y-junctions to the rows, one to the rails; one and a coupler behind them.
    assert design.launch_loss_db == pytest.approx(0.2 + 6 * 0.28, rel=1e-12)
    left = design.receiver.responsivity_a_per_w / design.receiver.photodiode.responsivity_a_per_w
    assert left == pytest.approx(10 ** (-(0.28 + 0.3) / 10), rel=1e-12)


def test_the_feed_has_an_output_for_every_row() -> None:
    with pytest.raises(InputError, match=r"^feed.fan_out = 32: must be at least 33, the rows"):
        load_machine("robust", ["array.rows=33"])
    wide = load_machine("robust", ["array.rows=33", "feed.fan_out=33"])
    # One more stage.
    assert wide.design.launch_loss_db == pytest.approx(0.2 + 7 * 0.28, rel=1e-12)
    load_machine("robust", ["array.rows=4"])


def test_the_old_name_of_the_splitter_leads_to_the_new_one() -> None:
    with pytest.raises(InputError, match=r"no such field; .*rail_splitter.imbalance_rms_db"):
        load_machine("robust", ["rail_imbalance_rms_db=0"])


def test_robust_sees_every_single_slip_and_reads_again() -> None:
    robust = load_machine("robust")
    assert undetectable_slips(robust.moduli_set, robust.bfp) == {}
    assert (robust.redundancy.policy, robust.redundancy.re_reads) == ("reread", 3)
    assert load_machine("isca2024").redundancy.policy == "none"


def test_a_machine_is_frozen() -> None:
    machine = MachineConfig()
    with pytest.raises(ValueError, match="frozen"):
        machine.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("moduli", "place"),
    [
        (["31", 32, 33], 0),
        ((31, True, 33), 1),
        ((m for m in (31, 32, "33")), 2),
        (np.array(["31", "32", "33"]), 0),
    ],
)
def test_entries_of_a_list_that_are_no_numbers_are_refused(moduli: Any, place: int) -> None:
    with pytest.raises(InputError, match=rf"^moduli\[{place}\] = .*: must be a whole number$"):
        MachineConfig(moduli=moduli)


@pytest.mark.parametrize("moduli", [range(31, 34), iter((31, 32, 33)), np.array([31, 32, 33])])
def test_moduli_may_come_from_anything_that_lists_numbers(moduli: Any) -> None:
    assert MachineConfig(moduli=moduli).moduli == (31, 32, 33)


@pytest.mark.parametrize("moduli", ["31", b"31", 31, np.array(31), {31: 1}])
def test_what_lists_nothing_is_no_moduli(moduli: Any) -> None:
    with pytest.raises(InputError, match=r"^moduli = .*: must be a list, such as"):
        MachineConfig(moduli=moduli)
