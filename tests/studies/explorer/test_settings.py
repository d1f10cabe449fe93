"""The machine of the sliders: a preset until one moves, and then that and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from studies.explorer.settings import PRESETS, RowSettings, moduli_with, overrides

MOVED = {
    "power_w": (2e-3, "laser.power_w"),
    "coupling": (0.2, "multiplier.switch.coupling_power"),
    "loss": (900.0, "multiplier.shifter.loss_db_per_m"),
    "rin_db_per_hz": (-140.0, "laser.rin_db_per_hz"),
    "adc_extra_bits": (3, "receiver.adc_extra_bits"),
    "group_size": (8, "bfp.group_size"),
    "chip_seed": (4, "chip_seed"),
}


def values(machine: MachineConfig) -> dict[str, Any]:
    return {leaf.name: leaf.value for leaf in machine.parameters()}


@pytest.mark.parametrize("preset", PRESETS)
def test_before_a_slider_moves_the_machine_is_the_preset(preset: str) -> None:
    settings = RowSettings.of(preset)
    assert settings.machine() == load_machine(preset)
    assert overrides(settings) == []


@pytest.mark.parametrize("name", MOVED)
def test_a_slider_moves_one_parameter(name: str) -> None:
    value, parameter = MOVED[name]
    settings = replace(RowSettings.of("robust"), **{name: value})
    before, after = values(load_machine("robust")), values(settings.machine())
    changed = {key for key in after if before[key] != after[key]}
    assert changed == {parameter}
    assert after[parameter] == value


@pytest.mark.parametrize("preset", PRESETS)
def test_what_is_told_for_the_command_line_makes_the_same_machine(preset: str) -> None:
    settings = replace(
        RowSettings.of(preset, "mzi"), coupling=0.45, modulus=31, group_size=8, power_w=3e-3
    )
    typed = [each.strip("\"'") for each in overrides(settings)]
    assert load_machine(preset, typed) == settings.machine()


@pytest.mark.parametrize("limit", [4 * 225, 16 * 225, 64 * 225])
def test_every_modulus_gets_a_set_that_holds_the_integers(limit: int) -> None:
    for modulus in range(2, 129):
        # Refused if two have a common factor.
        found = ModuliSet(moduli_with(modulus, (29, 32, 33), limit))
        assert modulus in found.moduli
        assert found.max_magnitude >= limit


def test_a_modulus_of_the_preset_keeps_its_set() -> None:
    for modulus in (29, 32, 33):
        assert moduli_with(modulus, (29, 32, 33), 3600) == (29, 32, 33)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"switch": "soa"}, "switch = 'soa': must be one of ring, mzi"),
        ({"modulus": 1}, "modulus = 1"),
        ({"group_size": 0}, "group_size = 0"),
        ({"power_w": -1.0}, "laser.power_w = -1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(change: dict[str, Any], part: str) -> None:
    settings = replace(RowSettings.of("robust"), **change)
    with pytest.raises(InputError) as refused:
        settings.machine()
    assert part in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_preset_that_the_sliders_do_not_reach_is_refused() -> None:
    with pytest.raises(InputError, match="preset = 'isca2024-ideal': must be one of robust"):
        RowSettings.of("isca2024-ideal")
