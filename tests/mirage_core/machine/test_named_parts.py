"""Parts of the library by name: each in every place where its kind fits, and in no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from devices.library import library_kinds, load_entry, part, part_names
from devices.parameters.part import Part
from devices.parameters.parts_file import SourcedPart
from devices.parameters.tree import KIND, fields_of, kind_name, kinds_of, leaves, value_at
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.ring import RingSwitch
from mirage_core import MachineConfig, TensorCore, load_machine
from photonics.errors import InputError
from tests.commands import invoke

ENTRIES = [(kind, name) for kind in library_kinds() for name in part_names(kind)]
FIRST = [(kind, part_names(kind)[0]) for kind in library_kinds()]
RING = "multiplier.switch.part"


def places(kind: type[BaseModel], outer: str = "") -> Iterator[tuple[str, list[type[BaseModel]]]]:
    """Dotted names of all parts of a machine, with the kinds that they may be of."""
    for name, field in fields_of(kind).items():
        kinds = kinds_of(field)
        if kinds and issubclass(kinds[0], Part):
            yield f"{outer}{name}", kinds
        for inner in kinds:
            yield from places(inner, f"{outer}{name}.")


PLACES = dict(places(MachineConfig))
# Works with whichever part: few losses, no hot rings, a diode for short waves, beams for a curve.
ROOMY = load_machine(
    "robust",
    {
        "bfp.group_size": 1,
        "receiver.photodiode.responsivity_a_per_w": 0.9,
        "multiplier.drive": "per-digit",
        "multiplier.shifter": {"kind": "noems", "v_max_v": 0.97},
    },
)
HEATERS = ROOMY.changed(
    {
        "multiplier.shifter": {"kind": "thermo-optic"},
        "multiplier.rail_drive": "own",
        "multiplier.heat.coupling": {"law": {"nearest_coupling": 0.002}},
        "multiplier.heat.digit_pitch_m": 100e-6,
        "multiplier.heat.switch_share": 0.0,
    }
)


LINEAR = load_machine("robust", {"multiplier.drive_inl_rms": 0.0})
# Slow enough for arms of every kind.
BEAMS = {"multiplier.switch.arm": {"kind": "noems", "v_max_v": 0.97}}
MZI = ROOMY.changed({"clock_hz": 500.0, "multiplier.switch": {"kind": "mzi"}})
# What would be passed over in silence: rows that are not fed alike.
REFUSED = {("zhang-2013", "feed"): "every row of an array gets the same light"}


def sources(machine: MachineConfig, place: str) -> dict[str, str]:
    prefix = f"{place}."
    found = {leaf.name: leaf.source for leaf in machine.parameters()}
    return {n.removeprefix(prefix): s for n, s in found.items() if n.startswith(prefix)}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refusal(changes: dict[str, Any]) -> str:
    with pytest.raises(InputError) as caught:
        load_machine("robust", changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        entry if entry in FIRST else pytest.param(*entry, marks=pytest.mark.slow)  # 40 s
        for entry in ENTRIES
    ],
)
def test_an_entry_goes_where_its_kind_fits_and_nowhere_else(kind: type[Part], name: str) -> None:
    entry = load_entry(name, kind)
    for place, kinds in PLACES.items():
        fitting = [other for other in kinds if name in part_names(other)]
        if (name, place) in REFUSED:
            assert REFUSED[name, place] in refusal({f"{place}.part": name})
        elif kind in fitting:
            changes = {f"{place}.part": name}
            if len(fitting) > 1:
                changes[f"{place}.{KIND}"] = str(kind_name(kind))
            if place == "laser":
                changes["receiver.photodiode.wavelength_m"] = value_at(entry.part, "wavelength_m")
            machine = base(place).changed(changes)
            assert value_at(machine, place) == entry.part
            require_sources(machine, place, entry, [*changes])
        elif not fitting:
            message = refusal({f"{place}.part": name})
            assert message.startswith(f"{place}.part = {name!r}: ")
            known = [known for other in kinds for known in part_names(other)]
            assert all(one in message for one in known or ["has none for this place"])
            assert kind.__name__ in message or not known


def base(place: str) -> MachineConfig:
    """A machine that has a place."""
    if place.startswith(("multiplier.switch.arm", "multiplier.switch.coupler")):
        beams = place.endswith(".curve")
        return MZI.changed(BEAMS) if beams else MZI
    if place.startswith("multiplier.heat"):
        return HEATERS
    return LINEAR if place == "multiplier.dac" else ROOMY


def require_sources(
    machine: MachineConfig, place: str, entry: SourcedPart, set_: list[str]
) -> None:
    """What the entry states has the source that it states, and the rest that of the default."""
    found = sources(machine, place)
    for leaf in leaves(entry.part):
        stated = [key for key in entry.sources if f"{leaf.name}.".startswith(f"{key}.")]
        if stated:
            assert found[leaf.name] == entry.sources[stated[0]]
        elif leaf.value == leaf.default and f"{place}.{leaf.name}" not in set_:
            # A kind that is not the former one tells what went with that.
            told, _, gone = found[leaf.name].partition("; drops ")
            assert gone or told == leaf.source
            assert not gone or leaf.name == KIND


def test_the_places_are_those_of_parts() -> None:
    fitting = {p for p, kinds in PLACES.items() if any(part_names(kind) for kind in kinds)}
    assert {"laser", "multiplier.shifter", "multiplier.heat.coupling.law"} < fitting
    assert len(fitting) == 26


RIGHT = {
    RING: "cheng-2019",
    "multiplier.switch.radius_m": 8e-6,
    "multiplier.switch.detuning_m": 2e-9,  # as in robust, and unlike in the library
}


def ring_is_right(machine: MachineConfig, label: str) -> None:
    ring = part("cheng-2019", RingSwitch).changed({"radius_m": 8e-6, "detuning_m": 2e-9})
    assert machine.design.multiplier.switch == ring
    found = sources(machine, "multiplier.switch")
    assert found["radius_m"] == found["detuning_m"] == label
    assert found["coupling_power"].startswith("derived: fit of the four figures of Cheng et al.")
    assert found["group_index"] == "silicon wire, 1550 nm"


def test_what_stands_beside_a_name_has_the_last_word_in_whatever_order(tmp_path: Path) -> None:
    robust = load_machine("robust")
    for changes in (RIGHT, dict(reversed(RIGHT.items()))):
        ring_is_right(robust.changed(changes), "changed")
        written = [f"{name}={value}" for name, value in changes.items()]
        ring_is_right(load_machine("robust", written, option="--set"), "set by --set")
        ring_is_right(TensorCore("robust", overrides=written).machine, "changed")
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in changes.items())
        path = write(tmp_path / "mine.toml", f'extends = "robust"\n{lines}')
        ring_is_right(load_machine(path), str(path))


def test_nothing_is_left_of_the_part_before() -> None:
    first = load_machine("robust", {"multiplier.switch.group_index": 4.0})
    named = first.changed({RING: "wire-typical"})
    assert named.design.multiplier.switch == part("wire-typical", RingSwitch)
    assert sources(named, "multiplier.switch")["group_index"] == "silicon wire, 1550 nm"


def test_the_kind_follows_from_the_part_or_tells_it() -> None:
    place = "multiplier.shifter"
    heated = load_machine("robust", {f"{place}.part": "metal-typical", f"{place}.length_m": 1e-4})
    expected = part("metal-typical", ThermoOpticShifter).changed({"length_m": 1e-4})
    assert heated.design.multiplier.shifter == expected
    message = refusal({f"{place}.part": "edinger-2021"})
    assert "of kind linear and of one of kind noems; set multiplier.shifter.kind too" in message
    both = {f"{place}.part": "edinger-2021", f"{place}.kind": "noems"}
    beams = load_machine("robust", {"bfp.group_size": 1, **both}).design.multiplier.shifter
    assert beams == part("edinger-2021", NoemsShifter)
    message = refusal({f"{place}.part": "sorace-2010", f"{place}.kind": "noems"})
    assert "is a DepletionShifter, and must be one of " in message
    message = refusal({f"{place}.part": "mirage-2024", f"{place}.kind": "nomes"})
    assert message.startswith(f"{place}.kind = 'nomes': ")


def test_a_part_within_a_named_part_is_named_as_well() -> None:
    place = "multiplier.shifter"
    parts = {
        f"{place}.curve.part": "plate",
        f"{place}.part": "mirage-2024",
        f"{place}.v_max_v": 0.9,
    }
    machine = load_machine("robust", parts)
    shifter = machine.design.multiplier.shifter
    assert isinstance(shifter, NoemsShifter)
    assert (shifter.curve, shifter.v_max_v) == (part("plate"), 0.9)
    assert sources(machine, place)["curve.drive"].startswith("unsourced: closed form of a plate")


def test_a_file_of_ones_own_lies_beside_the_machine_or_where_the_command_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = 'radius_m = 9e-6\nloss_db_per_m = 200.0\n[sources]\nradius_m = "wafer 3"\n'
    write(tmp_path / "parts" / "ring.toml", ring)
    machine = 'extends = "robust"\nmultiplier.switch.part = "../parts/ring.toml"\n'
    path = write(tmp_path / "machines" / "mine.toml", machine)
    monkeypatch.chdir(tmp_path)
    for given in (path, Path("machines/mine.toml")):
        beside = load_machine(given)
        assert beside.design.multiplier.switch == RingSwitch(radius_m=9e-6, loss_db_per_m=200.0)
        found = sources(beside, "multiplier.switch")
        assert (found["radius_m"], found["loss_db_per_m"]) == ("wafer 3", "../parts/ring.toml")
    assert load_machine("robust", [f"{RING}=parts/ring.toml"]).design == beside.design
    assert load_machine("robust", {RING: tmp_path / "parts" / "ring.toml"}).design == beside.design
    assert refusal({RING: "../parts/ring.toml"}).endswith("must be an existing file")
    write(tmp_path / "parts" / "ring.toml", 'kind = "ring"\nradius = 9e-6\n')
    with pytest.raises(InputError, match=r"ring\.toml:2: radius = 9e-06: no such field"):
        load_machine(path)


def test_a_file_tells_its_kind_where_there_are_several(tmp_path: Path) -> None:
    path = write(tmp_path / "beam.toml", "length_m = 5e-4\n")
    place = {"multiplier.shifter.part": str(path)}
    assert "must hold a kind that fits: depletion or" in refusal(place)
    assert load_machine(
        "robust", place | {"multiplier.shifter.kind": "noems"}
    ).design.multiplier.shifter == NoemsShifter(length_m=5e-4)
    write(path, 'kind = "noems"\nlength_m = 5e-4\n')
    assert load_machine("robust", place).design.multiplier.shifter == NoemsShifter(length_m=5e-4)
    assert "that fits: linear" in refusal(place | {"multiplier.shifter.kind": "linear"})


def test_a_saved_machine_needs_no_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = "multiplier.shifter"
    machine = load_machine("robust", {f"{place}.part": "mirage-2024", RING: "wire-typical"})
    saved = write(tmp_path / "saved.json", json.dumps(machine.model_dump(mode="json")))
    monkeypatch.setattr("devices.library.named.load_entry", None)
    again = load_machine(saved)
    assert again == machine
    assert again.parameters() == machine.parameters()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {RING: "chen-2019"},
            "cheng-2019, miller-2015, .*vlasov-mcnab-2004, .* did you mean cheng-2019[?]$",
        ),
        ({RING: "shi-2024"}, "is a Photodiode, and must be one of cheng-2019, "),
        ({RING: "strongly"}, "must be one of strongly-coupled, "),
        ({RING: 3}, "must be a name or the path of a TOML file"),
        ({"multiplier.switch_drive.part": "x"}, "the library has none for this place; give a TOML"),
        ({"array.part": "x"}, "no such field; known: rows, units"),
        ({"multiplier.drive.part": "x"}, "drive is a value and has no parts"),
        ({"multiplier.shifter": "mirage-2024"}, 'write multiplier.shifter.part = "mirage-2024"$'),
    ],
)
def test_what_cannot_be_named_is_refused_in_one_line(change: dict[str, Any], message: str) -> None:
    (name,) = change
    found = refusal(change)
    assert found.startswith(f"{name} = ")
    assert re.search(message, found)


def test_a_wrong_name_in_a_file_is_shown_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.toml", '\n[multiplier.switch]\npart = "chen-2019"\n')
    with pytest.raises(InputError) as caught:
        load_machine(path)
    assert str(caught.value).startswith(f"{path}:3: {RING} = 'chen-2019': must be one of cheng-")


def test_a_file_may_give_sources_of_its_own(tmp_path: Path) -> None:
    text = f'{RING} = "wire-typical"\n[sources]\nmultiplier.switch.loss_db_per_m = "wafer 3"\n'
    found = sources(load_machine(write(tmp_path / "mine.toml", text)), "multiplier.switch")
    assert (found["loss_db_per_m"], found["drift_m_per_k"][:11]) == ("wafer 3", "assumption:")


def test_a_command_shows_where_the_values_of_a_named_part_come_from() -> None:
    changes = ("calibration.trimmer.part=harris-2014", "calibration.trimmer.range_rad=8")
    output = invoke("show", "preset", "robust", "--set", changes[0], "--set", changes[1])
    (stated,) = (line for line in output.splitlines() if "trimmer.power_w_per_rad" in line)
    (beside,) = (line for line in output.splitlines() if "calibration.trimmer.range_rad" in line)
    assert "derived: 24.77 mW over π, Harris et al., " in stated
    assert "set by --set" in beside


@pytest.mark.parametrize(("value", "told"), [("noems", "kind"), ("mirage-2024", "part")])
def test_a_bare_word_for_a_part_is_told_where_to_stand(value: str, told: str) -> None:
    place = "multiplier.shifter"
    assert refusal({place: value}) == (
        f'{place} = {value!r}: is a part; write {place}.{told} = "{value}"'
    )
