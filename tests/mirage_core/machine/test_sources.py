"""Every value knows where it comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from circuits import Design
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.parameters.tree import Leaf, leaves
from mirage_core import MachineConfig, load_machine, preset_names
from photonics.errors import InputError


def sources(machine: MachineConfig) -> dict[str, str]:
    return {leaf.name: leaf.source for leaf in machine.parameters()}


@pytest.mark.parametrize("name", preset_names())
def test_every_value_of_a_preset_has_its_own_source(name: str) -> None:
    machine = load_machine(name)
    for leaf in machine.parameters():
        if leaf.value != leaf.default:
            assert leaf.name in machine.sources, leaf.name
            assert machine.sources[leaf.name] != name, f"{leaf.name} has no source in the preset"
        assert leaf.source, leaf.name


def test_every_default_that_is_not_that_of_its_class_has_a_source_of_its_own() -> None:
    def by_class(kind: type, name: str) -> Leaf:
        return next(leaf for leaf in leaves(kind()) if leaf.name == name)

    told = 0
    for outer in (MachineConfig(), Design(), Design().calibration, Design().multiplier):
        for field in type(outer).model_fields:
            part = getattr(outer, field)
            if not isinstance(part, BaseModel):
                continue
            here = {leaf.name: leaf for leaf in leaves(outer)}
            prefix = "" if field == type(outer).inlined else f"{field}."
            for leaf in leaves(part):
                usual = by_class(type(part), leaf.name)
                if leaf.value != usual.value:
                    told += 1
                    assert here[f"{prefix}{leaf.name}"].source != usual.source
    assert told == 3  # range and bits of trimmers, imbalance of the feed
    trimmer = sources(MachineConfig())["calibration.trimmer.range_rad"]
    assert trimmer.startswith("assumption: a turn and a tenth")


def test_what_is_inherited_keeps_its_source() -> None:
    robust, heated = sources(load_machine("robust")), sources(load_machine("thermo-optic"))
    assert heated["receiver.adc_noise_lsb"] == robust["receiver.adc_noise_lsb"]
    assert heated["laser.power_w"] != robust["laser.power_w"]
    # Neither preset touches the photodiode, whose class says where its values come from.
    default = sources(MachineConfig())["receiver.photodiode.responsivity_a_per_w"]
    assert heated["receiver.photodiode.responsivity_a_per_w"] == default


def test_a_change_says_who_made_it() -> None:
    robust = load_machine("robust")
    name = "receiver.tia.bandwidth_hz"
    found = {
        "changed": robust.changed({name: 1e9}),
        "set by --set": load_machine("robust", [f"{name}=1e9"], option="--set"),
    }
    for source, machine in found.items():
        assert sources(machine) == sources(robust) | {name: source}
        assert machine == robust.changed({name: 1e9})
    # A part in place of another changes only what differs.
    tia = robust.design.receiver.tia
    same = TransimpedanceAmplifier(
        noise_a_per_rthz=tia.noise_a_per_rthz, bandwidth_hz=tia.bandwidth_hz, poles=2
    )
    replaced = robust.changed({"receiver.tia": same})
    assert sources(replaced) == sources(robust) | {"receiver.tia.poles": "changed"}


def test_a_file_names_itself_unless_it_says_more(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'extends = "robust"\nmoduli = [29, 32, 33]\nlaser.power_w = 6e-3\n'
        "[receiver.hybrid]\nquadrature_rms_rad = 0.04\nresponsivity_rms = 0.01\n"
        '[sources]\nreceiver.hybrid = "measured"\n'
    )
    robust, mine = load_machine("robust"), load_machine(path)
    assert mine.name == "mine"
    assert sources(mine) == sources(robust) | {
        "laser.power_w": str(path),
        "receiver.hybrid.quadrature_rms_rad": "measured",
        "receiver.hybrid.responsivity_rms": "measured",
    }


def test_a_dump_keeps_values_and_sources(tmp_path: Path) -> None:
    machine = load_machine("thermo-optic", ["laser.power_w=1e-2", "receiver.stage.step_db=0.5"])
    path = tmp_path / "machine.json"
    path.write_text(json.dumps(machine.model_dump(mode="json")))
    again = load_machine(path)
    assert again == machine
    assert sources(again) == sources(machine)
    assert MachineConfig.model_validate_json(machine.model_dump_json()) == machine
    assert json.loads(path.read_text())["laser"]["power_w"] == 1e-2


def test_a_part_that_is_left_out_takes_its_sources_along() -> None:
    machine = load_machine("thermo-optic", ["multiplier.heat.coupling=none"])
    assert not [name for name in machine.sources if name.startswith("multiplier.heat.coupling.")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[sources]\nlaser.power_w = "x"\n', ":2: sources.laser.power_w = 'x': is of nothing"),
        (
            '[laser]\npower_w = 1e-3\n[sources]\nlaser.powr_w = "x"\n',
            ":4: sources.laser.powr_w = 'x': is of nothing that is given here; "
            "did you mean laser.power_w?",
        ),
        (
            "[laser]\npower_w = 1e-3\n[sources]\nlaser = 3\n",
            ":4: sources.laser = 3: must be a text",
        ),
        ('sources = "mine"\n', ":1: sources = 'mine': must be a table"),
    ],
)
def test_sources_that_cannot_be_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_machine(path)
    assert str(caught.value).startswith(f"{path}{message}")


def test_sources_are_no_parameters() -> None:
    with pytest.raises(InputError, match=r"^sources.laser.power_w = 'x'"):
        load_machine("robust", {"sources.laser.power_w": "x"})
    with pytest.raises(InputError, match=r"^sources"):
        MachineConfig().changed({"sources": {}})
