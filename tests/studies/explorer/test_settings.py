"""The machine of the sliders: a preset until one moves, and then that and nothing else."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine, preset_names
from photonics.errors import InputError
from studies.explorer.row import explore
from studies.explorer.scales import scales
from studies.explorer.settings import (
    START_VARIABLE,
    RowSettings,
    command,
    machines,
    moduli_with,
    switches,
)
from tests.parameter_machines import coupler_rows, switch_rows

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


@pytest.mark.parametrize("preset", preset_names())
def test_before_a_slider_moves_the_machine_is_the_preset(preset: str) -> None:
    settings = RowSettings.of(preset)
    assert settings.machine() == load_machine(preset)
    assert command(settings) == f"mirage show budget {preset}"


@pytest.mark.parametrize("name", MOVED)
def test_a_slider_moves_one_parameter(name: str) -> None:
    value, parameter = MOVED[name]
    settings = replace(RowSettings.of("robust"), **{name: value})
    before, after = values(load_machine("robust")), values(settings.machine())
    changed = {key for key in after if before[key] != after[key]}
    assert changed == {parameter}
    assert after[parameter] == value


def typed(settings: RowSettings) -> MachineConfig:
    """The machine of the line that is told for the command line."""
    mirage, show, budget, machine, *rest = shlex.split(command(settings).replace("\\\n", " "))
    assert [mirage, show, budget] == ["mirage", "show", "budget"]
    assert rest[::2] == ["--set"] * (len(rest) // 2)
    return load_machine(machine, rest[1::2])


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("modulus", [31, 34])
def test_what_is_told_for_the_command_line_makes_the_same_machine(
    preset: str, modulus: int
) -> None:
    settings = replace(RowSettings.of(preset, "mzi"), coupling=0.45, group_size=8, power_w=3e-3)
    if preset == "isca2024" and modulus == 34:
        pytest.skip("its converters have levels for 33")
    settings = replace(settings, modulus=modulus)
    assert typed(settings) == settings.machine()
    # Whether all moduli have the same light or each its own.
    assert settings.machine().design.row_power_w(modulus) == 3e-3


def test_a_machine_of_one_s_own_is_offered_and_started_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert machines() == {name: name for name in preset_names()}
    file = tmp_path / "my own.toml"
    file.write_text('extends = "lean"\nlaser.power_w = 1e-3\nchip_seed = 3\n')
    monkeypatch.setenv(START_VARIABLE, str(file))
    assert machines()["my own.toml"] == str(file)
    settings = RowSettings.of(str(file))
    assert (settings.power_w, settings.chip_seed, settings.modulus) == (1e-3, 3, 22)
    assert settings.machine() == load_machine(file)
    moved = replace(settings, power_w=2e-3)
    assert typed(moved) == moved.machine()


MEASURED: dict[str, dict[str, Any]] = {
    "measured": {
        "kind": "measured",
        "measured_coupled": switch_rows(detuned=False),
        "measured_detuned": switch_rows(detuned=True),
    },
    "mzi": {"kind": "mzi", "coupler": {"measured": coupler_rows(0.48)}},
}


@pytest.mark.parametrize("kind", MEASURED)
def test_measured_switches_have_a_row_and_no_coupling(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    switch = MEASURED[kind]
    file.write_text(json.dumps({"extends": "robust", "multiplier": {"switch": switch}}))
    settings = RowSettings.of(str(file))
    assert settings.machine() == load_machine(file)
    assert list(switches(str(file)).values()) == list(dict.fromkeys([kind, "ring", "mzi"]))
    assert "coupling" not in scales(settings)
    assert 0.0 < explore(settings).budget.symbol_error_rate < 1.0
    assert RowSettings.of(str(file), "ring").coupling == 0.1


@pytest.mark.parametrize("kind", ["noems", "electro-optic"])
def test_every_kind_of_guide_has_a_loss(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "shifter.toml"
    # Short rows of little loss: light for every kind.
    lines = ['extends = "robust"', "bfp.group_size = 2", "[multiplier.shifter]", f'kind = "{kind}"']
    file.write_text("\n".join([*lines, "loss_db_per_m = 20.0"]))
    settings = replace(RowSettings.of(str(file)), loss=30.0)
    assert values(settings.machine())["multiplier.shifter.loss_db_per_m"] == 30.0


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


def test_a_machine_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="preset = 'leen': must be one of isca2024"):
        RowSettings.of("leen")
