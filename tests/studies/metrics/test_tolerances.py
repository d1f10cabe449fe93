"""A part that is off changes the error rate and the light as a machine with that part does."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core import MachineConfig, load_machine
from photonics.units import db_to_power
from studies.metrics import tolerances as question
from studies.metrics.spreads import EXACT
from studies.metrics.tolerances import State, Tolerances, parameters, tolerances, typical

# Mostly zeros, as what networks stream.
STREAMED = (torch.arange(99 * 8) % 7 == 0).view(99, 8) * (torch.arange(99)[:, None] % 8)
CHOSEN = (
    "laser.power_w",
    "laser.wavelength_m",
    "laser.wall_plug_efficiency",
    "coupler.loss_db",
    "multiplier.switch.v_pi_l_vm",
    "multiplier.switch.driven_fraction",
    "multiplier.coherence_length_m",
    "receiver.tia.noise_a_per_rthz",
    "receiver.tia.temperature_k",
)
FEW = [
    "moduli=[15, 16, 17]",
    "bfp.mantissa_bits=3",
    "bfp.group_size=8",
    "array.rows=2",
    "calibration.reads=300",
]


def chosen(machine: MachineConfig) -> list[tuple[str, float]]:
    return [(name, value) for name, value in parameters(machine) if name in CHOSEN]


@pytest.fixture(scope="module")
def found() -> Tolerances:
    with pytest.MonkeyPatch.context() as patch:
        values = chosen(load_machine("robust"))
        patch.setattr(question, "parameters", lambda machine: values)
        return tolerances(load_machine("robust", FEW), STREAMED)


def state(found: Tolerances, name: str, side: str) -> State:
    row = next(row for row in found.rows if row.name == name)
    result = getattr(row, side)
    assert isinstance(result, State)
    return result


@pytest.mark.slow  # 3 s
def test_the_design_is_dimmed_to_a_rate_that_can_be_told(found: Tolerances) -> None:
    assert found.dimmed_db > 1.0
    assert found.nominal.dimmed_error_rate == pytest.approx(1e-6, rel=0.05)
    assert found.nominal.error_rate < 1e-9


def test_light_and_noise_change_the_rate_by_their_sign(found: Tolerances) -> None:
    for name, sign in (
        ("laser.power_w", -1),
        ("coupler.loss_db", 1),
        ("receiver.tia.noise_a_per_rthz", 1),
    ):
        less, more = (found.decades(state(found, name, side)) for side in ("below", "above"))
        assert sign * less < -0.05 < 0.05 < sign * more
        assert more == pytest.approx(-less, rel=0.3)
    # What sets a voltage alone changes no reading.
    assert found.decades(state(found, "multiplier.switch.v_pi_l_vm", "above")) == 0.0


def test_power_is_that_which_arrives_and_that_which_is_drawn(found: Tolerances) -> None:
    nominal = found.nominal
    brighter = state(found, "laser.power_w", "above")
    assert brighter.arriving_w == pytest.approx(1.05 * nominal.arriving_w, rel=1e-9)
    assert brighter.electrical_w == pytest.approx(1.05 * 8.5e-3 / 0.2, rel=1e-9)
    darker = state(found, "coupler.loss_db", "above")
    assert darker.arriving_w == pytest.approx(db_to_power(-0.1) * nominal.arriving_w, rel=1e-9)
    assert darker.electrical_w == nominal.electrical_w
    thrifty = state(found, "laser.wall_plug_efficiency", "above")
    assert thrifty.electrical_w == pytest.approx(nominal.electrical_w / 1.1, rel=1e-9)
    assert thrifty.error_rate == nominal.error_rate


def test_what_changes_most_comes_first_and_what_cannot_act_is_named(found: Tolerances) -> None:
    effects = [found.effect(row) for row in found.rows]
    assert effects == sorted(effects, reverse=True)
    assert found.fixed == ("receiver.tia.temperature_k",)
    driven = next(r for r in found.rows if r.name == "multiplier.switch.driven_fraction")
    assert isinstance(driven.above, str)
    assert "less than or equal to 1" in driven.above
    assert math.isnan(found.decades(driven.above))
    assert {row.name for row in found.rows} | set(found.fixed) == set(CHOSEN)


def test_every_number_of_light_and_its_currents_is_moved() -> None:
    machine = load_machine("robust")
    names = {name for name, _ in parameters(machine)}
    for leaf in machine.parameters():
        of_light = leaf.name.startswith(
            ("laser", "coupler", "feed", "rail_splitter", "multiplier", "receiver")
        )
        counts = type(leaf.value) is float and leaf.value != 0.0
        told = leaf.name.endswith("wavelength_m") and leaf.name != "laser.wavelength_m"
        price = ".trimmer." in leaf.name or leaf.name.rpartition(".")[2] in EXACT
        assert (leaf.name in names) == (of_light and counts and not told and not price), leaf.name


def test_a_typical_row_is_the_geometric_mean_of_the_worst_modulus() -> None:
    rates = [torch.tensor([1e-2, 1e-6]), torch.tensor([0.0, 1e-3])]
    assert typical(rates) == pytest.approx(1e-4, rel=1e-6)


def test_lasers_that_moduli_have_of_their_own_are_off_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(question, "parameters", lambda machine: [("laser.power_w", 0.01)])
    settings = [*FEW, "calibration.policy=none", "laser.power_w=0.01"]
    machine = load_machine("isca2024-ideal", settings).changed(
        {"modulus_power_w": {15: 1e-3, 16: 2e-3, 17: 3e-3}}
    )
    found = tolerances(machine, STREAMED)
    for side, change in (("below", 0.95), ("above", 1.05)):
        moved = state(found, "laser.power_w", side)
        assert moved.arriving_w / found.nominal.arriving_w == pytest.approx(change, rel=1e-9)
        assert moved.electrical_w / found.nominal.electrical_w == pytest.approx(change, rel=1e-9)
