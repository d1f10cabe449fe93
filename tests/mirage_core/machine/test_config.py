"""Presets and their changes: what they mean, and how mistakes are answered."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from circuits import Design, ideal_design
from circuits.analysis.link import LinkBudget
from circuits.coding.phase_code import digit_count
from circuits.receiver.by_design import converter
from mirage_core import MachineConfig, load_machine, preset_names
from mirage_core.arithmetic.slips import undetectable_slips
from photonics.errors import InputError
from photonics.statistics import required_gamma, symbol_error_rate


def test_presets_load_and_are_those_of_the_design() -> None:
    assert preset_names() == [
        "isca2024",
        "isca2024-closed",
        "isca2024-ideal",
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
    ring = machine.design.multiplier.ring.coupled(machine.design.laser.wavelength_m)
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
    assert budget.design.unit_power_w(modulus) == pytest.approx(needed, rel=2e-5)


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


def test_closing_power_solves_the_link() -> None:
    budget = LinkBudget(Design(), 33, 16)
    power = budget.closing_power_w(1e-6, 20.0)
    design = Design(modulus_power_w={33: power})
    point = LinkBudget(design, 33, 16).at_loss(20.0)
    assert point.rho**2 / 2 == pytest.approx(required_gamma(1e-6, 33), rel=1e-9)


def test_link_of_the_notes_at_twenty_db() -> None:
    # rho = 64.27 for 1e-9 at m = 33 needs 93.87 uW in each rail, 15 pA/rtHz, 10 GHz, 1.1 A/W.
    laser = Design().laser
    ideal = {"dark_current_a": 0.0, "bandwidth_hz": 1e18}
    diode = Design().receiver.photodiode.model_copy(update=ideal)
    receiver = Design().receiver.model_copy(update={"photodiode": diode})
    design = Design(laser=laser, receiver=receiver)
    power = LinkBudget(design, 33, 16).closing_power_w(1e-9, 20.0) * design.coupler.transmission
    assert power / 2 / 100 == pytest.approx(93.87e-6, rel=1e-4)


def test_the_published_machine_neither_closes_nor_settles_and_robust_does() -> None:
    published, robust = load_machine("isca2024"), load_machine("robust")
    for modulus in published.moduli:
        paper = LinkBudget(published.design, modulus, 16)
        assert paper.at_loss(28.0).symbol_error_rate > 0.5
        assert not paper.timing().settles(published.design.clock_hz)
    for modulus in robust.all_moduli.moduli:
        ours = LinkBudget(robust.design, modulus, 16)
        assert ours.timing().settles(robust.design.clock_hz)
        assert ours.power().is_linear


def test_time_is_delay_and_rings_and_receiver() -> None:
    fast = "receiver.photodiode.bandwidth_hz=1e18"
    machine = load_machine("robust", ["moduli=[31, 32, 33]", fast])
    timing = LinkBudget(machine.design, 32, 16).timing()
    ring_s = machine.design.multiplier.ring.delay_s(1550e-9)
    assert ring_s == pytest.approx(8.18e-12, rel=5e-3, abs=0.0)
    # 80 coupled digits of two rings each, or a change that passes them straight on; the group
    # delay of a ring is longer than its lifetime by a share of (1 - ρ)²/8.
    assert timing.spread_s == pytest.approx(160 * ring_s, rel=2e-3, abs=0.0)
    # One pole: the strongest symbol has decayed below a quarter half-cell of the weakest.
    gain = LinkBudget(machine.design, 32, 16).gain
    ratio = gain.largest_amplitude_a / gain.smallest_amplitude_a
    residue = math.exp(-2 * math.pi * machine.design.receiver.tia.bandwidth_hz * timing.receiver_s)
    error = math.asin(ratio * residue / (1 - residue))
    assert error == pytest.approx(math.pi / 32 / 4, rel=1e-6, abs=0.0)
    assert not timing.settles(1.001 / timing.symbol_s)
    assert timing.settles(0.999 / timing.symbol_s)


def test_power_is_that_of_the_first_ring() -> None:
    budget = LinkBudget(load_machine("isca2024-closed").design, 33, 16)
    assert not budget.power().is_linear
    assert budget.power().launched_w == max(budget.design.rail_powers_w(33))
    limit = budget.power().limit_w
    power_w = {33: 2 * limit / budget.design.coupler.transmission}
    at_limit = budget.design.model_copy(update={"modulus_power_w": {33: 0.999 * power_w[33]}})
    beyond = budget.design.model_copy(update={"modulus_power_w": {33: 1.001 * power_w[33]}})
    assert LinkBudget(at_limit, 33, 16).power().is_linear
    assert not LinkBudget(beyond, 33, 16).power().is_linear
    assert budget.power().mechanism == "a coupled ring absorbs more"
    # The coefficients are parameters of the machine: with none, only heat is left, which makes
    # the ring bistable.
    bare = {"two_photon_m_per_w": 0.0, "carrier_lifetime_s": 0.0, "kerr_m2_per_w": 0.0}
    coefficients = budget.design.power_limits.model_copy(update=bare)
    warm = LinkBudget(budget.design.model_copy(update={"power_limits": coefficients}), 33, 16)
    assert warm.power().mechanism == "a coupled ring is bistable"
    assert math.isinf(warm.power().guide_limit_w)


def test_robust_sees_every_single_slip_and_reads_again() -> None:
    robust = load_machine("robust")
    assert undetectable_slips(robust.moduli_set, robust.bfp) == {}
    assert (robust.redundancy.policy, robust.redundancy.re_reads) == ("reread", 3)
    assert load_machine("isca2024").redundancy.policy == "none"


def test_overrides_and_files(tmp_path: Path) -> None:
    changed = load_machine(
        "robust", ["laser.power_w=1e-3", "receiver.gain=fixed", "moduli=[29, 32, 33]"]
    )
    assert changed.design.laser.power_w == 1e-3
    assert changed.design.receiver.gain == "fixed"
    assert changed.moduli == (29, 32, 33)
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(changed.model_dump(mode="json")))
    assert load_machine(path) == changed
    toml = tmp_path / "machine.toml"
    toml.write_text('name = "mine"\n[laser]\npower_w = 2e-3\n')
    assert load_machine(toml).design.laser.power_w == 2e-3


@pytest.mark.parametrize(
    ("source", "overrides", "parts"),
    [
        ("robus", [], ["preset = 'robus'", "isca2024", "did you mean robust?"]),
        ("nowhere.toml", [], ["nowhere.toml", "existing file"]),
        ("robust", ["laser.powr_w=1"], ["laser.powr_w = 1", "did you mean power_w?"]),
        ("robust", ["laser.power_w=-1"], ["laser.power_w = -1", "greater than 0"]),
        ("robust", ["laser.power_w=nan"], ["laser.power_w = nan", "finite"]),
        ("robust", ["receiver.gain=auto"], ["receiver.gain = 'auto'", "fixed", "per-symbol"]),
        ("robust", ["multiplier.ring.coupling_power=1.2"], ["coupling_power = 1.2", "less than 1"]),
        ("robust", ["laser"], ["overrides = 'laser'", "dotted.name=value"]),
        ("robust", ["laser.power_w.x=1"], ["power_w is a value"]),
        ("robust", ["moduli=[31, 32, 62]"], ["moduli = [31, 32, 62]", "share"]),
        (
            "robust",
            ["redundancy.redundant_moduli=[33, 37]"],
            ["redundancy.redundant_moduli = (33, 37)", "33 and 33 share 33", "(31, 37)"],
        ),
        ("robust", ["moduli=[15, 16, 17]"], ["short by 1561"]),
        ("robust", ["bfp.mantissa_bits=6"], ["short by", "6-bit"]),
        ("robust", ["modulus_power_w.35=1"], ["modulus_power_w", "35"]),
        (
            "robust",
            ["receiver.tia.feedback_ohm=1e3", "receiver.tia.noise_a_per_rthz=1e-12"],
            ["exactly one"],
        ),
        ("robust", ["laser.rin_db_per_hz=-90"], ["laser.rin_db_per_hz = -90", "Gaussian"]),
        ("robust", ["multiplier.ring.radius_m=0"], ["radius_m = 0", "greater than 0"]),
        (
            "robust",
            ["laser.wavelength_m=1310e-9"],
            ["responsivity_a_per_w = 1.1", "1.057 A/W", "laser.wavelength_m"],
        ),
        ("robust", ["laser.power_w=1e300"], ["less than or equal to 1000"]),
    ],
)
def test_mistakes_are_named(source: str, overrides: list[str], parts: list[str]) -> None:
    with pytest.raises(InputError) as error:
        load_machine(source, overrides)
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_a_field_is_named_once() -> None:
    with pytest.raises(InputError, match=r"^moduli = \[31, 32, 62\]"):
        load_machine("robust", ["moduli=[31, 32, 62]"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n[laser]\npowr_w = 1\n", ":3: laser.powr_w = 1: no such field; did you mean power_w?"),
        ("[laser]\npower_w = -1\n", ":2: laser.power_w = -1: must be greater than 0"),
        ("[laser\n", ":1: not TOML: "),
        (
            "# coupled\n[multiplier.ring]\ncoupling_power = 1.2\n",
            ":3: multiplier.ring.coupling_power = 1.2: must be less than 1",
        ),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "machine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_machine(path, ["array.units=1"])
    assert str(error.value).startswith(f"{path}{message}")
    assert "\n" not in str(error.value)


def test_a_mistake_beside_a_file_is_not_blamed_on_it(tmp_path: Path) -> None:
    path = tmp_path / "machine.toml"
    path.write_text("[laser]\npower_w = 1e-3\n")
    with pytest.raises(InputError, match=r"^laser\.power_w = -2: must be greater than 0$"):
        load_machine(path, ["laser.power_w=-2"])
    path.write_text("[laser]\npower_w = -1\n")
    assert load_machine(path, ["laser.power_w=2e-3"]).design.laser.power_w == 2e-3


def test_a_json_file_is_named_without_a_line(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    path.write_text('{"laser": {"powr_w": 1}}')
    with pytest.raises(InputError) as error:
        load_machine(path)
    assert str(error.value).startswith(f"{path}: laser.powr_w = 1: no such field")
    path.write_text("[1]")
    with pytest.raises(InputError, match="must hold an object"):
        load_machine(path)


def test_a_machine_is_frozen() -> None:
    machine = MachineConfig()
    with pytest.raises(ValueError, match="frozen"):
        machine.name = "other"  # type: ignore[misc]
