"""A change of a machine changes what it names, and nothing else, in whatever order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from devices.parameters.tree import every_name, fields_of, kinds_of, leaves
from mirage_core import MachineConfig, TensorCore, load_machine, preset_names
from photonics.errors import InputError

# Parts that a machine may lack, put in place so that their values are there to be changed.
OPTIONAL = {
    "receiver.stage.step_db": 0.5,
    "multiplier.heat.coupling.global_coupling": 1e-5,
    "multiplier.heat.digit_pitch_m": 100e-6,
    "multiplier.heat.switch_distance_m": 50e-6,
    "multiplier.drive": "per-digit",
}
MACHINES = {name: load_machine(name) for name in preset_names()}
LAW = {"multiplier.heat.coupling.law.nearest_coupling": 2.5e-4}
MACHINES["robust, with every part"] = load_machine("robust", OPTIONAL | LAW)
MACHINES["robust, above a heat sink"] = load_machine(
    "robust",
    OPTIONAL
    | {"multiplier.heat.switch_share": 0.1, "multiplier.heat.coupling.law": {"height_m": 1e-7}},
)


def values(machine: MachineConfig) -> dict[str, Any]:
    return {leaf.name: leaf.value for leaf in leaves(machine) if leaf.name != "sources"}


def others(machine: MachineConfig, *names: str) -> dict[str, Any]:
    return {name: value for name, value in values(machine).items() if name not in names}


def candidates(name: str, value: Any, annotation: Any) -> Iterator[Any]:
    """Values near the present one, to be tried in turn, the present one at the end."""
    if name.endswith(".kind"):
        pass  # with it go the fields of the kind
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        step = 1 if isinstance(value, int) else 1e-9
        yield from (value + step, value - step, value * 1.001, value * 0.999)
    elif isinstance(value, str):
        yield from (v for v in get_args(annotation) if v != value)
        if not get_args(annotation):
            yield f"{value} changed"
    yield value


def annotation_of(kind: type[BaseModel], name: str) -> Any:
    first, _, rest = name.partition(".")
    field = fields_of(kind)[first]
    if not rest:
        return field.annotation
    found = [k for k in kinds_of(field) if rest.partition(".")[0] in fields_of(k)]
    return annotation_of(found[0], rest)


def one_change(machine: MachineConfig, name: str) -> tuple[Any, MachineConfig]:
    """A value that a machine allows in place of the present one, and the machine with it."""
    present = values(machine)[name]
    for value in candidates(name, present, annotation_of(MachineConfig, name)):
        try:
            return value, machine.changed({name: value})
        except InputError:
            continue
    raise AssertionError(f"{name} cannot even be what it is")


QUICK = ("robust, with every part", "isca2024")


@pytest.mark.parametrize(
    "of",
    [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in MACHINES],  # 30 s
)
def test_every_value_is_changed_alone(of: str) -> None:
    machine = MACHINES[of]
    moved = []
    for name in values(machine):
        value, changed = one_change(machine, name)
        assert values(changed)[name] == value
        assert others(changed, name) == others(machine, name), name
        moved += [name] if value != values(machine)[name] else []
    # Only such as go together with others, what could not act, and lists stay what they are.
    assert len(moved) > 0.72 * len(values(machine))


@pytest.mark.slow  # 8 s
def test_pairs_of_changes_do_the_same_in_either_order() -> None:
    """Each value with the next one, mostly of its own part, and with one of another part."""
    machine = MACHINES["robust, with every part"]
    names = list(values(machine))
    chosen = {name: one_change(machine, name)[0] for name in names}
    far = [names[(i + len(names) // 2) % len(names)] for i in range(len(names))]
    for one, other in [*itertools.pairwise(names), *zip(names, far, strict=True)]:
        pair = {one: chosen[one], other: chosen[other]}
        try:
            changed = machine.changed(pair)
        except InputError:
            continue
        assert changed == machine.changed(dict(reversed(pair.items())))
        assert {n: values(changed)[n] for n in pair} == pair
        assert others(changed, one, other) == others(machine, one, other), pair


@pytest.mark.parametrize("of", ["isca2024", "robust, with every part"])
def test_a_command_line_changes_the_same_as_python(of: str) -> None:
    machine = MACHINES[of]
    overrides = {} if of == "isca2024" else OPTIONAL | LAW
    preset = of.partition(",")[0]
    for name in ("calibration.trimmer.area_m2", "laser.power_w", "bfp.rounding", "chip_seed"):
        value, changed = one_change(machine, name)
        written = [f"{n}={v}" for n, v in {**overrides, name: value}.items()]
        for given in (written, written[::-1]):
            assert load_machine(preset, given) == changed


def test_a_trimmer_keeps_the_defaults_of_its_place() -> None:
    trimmer = load_machine(
        "robust", ["calibration.trimmer.area_m2=3e-9"]
    ).design.calibration.trimmer
    assert (trimmer.area_m2, trimmer.range_rad, trimmer.bits) == (3e-9, 7.0, 13)


def test_a_part_is_put_in_place_before_it_is_changed() -> None:
    changes = ["multiplier.heat.coupling.law.decay_length_m=2e-5", "multiplier.heat.coupling=none"]
    for given in (changes, changes[::-1]):
        coupling = load_machine("thermo-optic", given).design.multiplier.heat.coupling
        assert coupling is not None
        # From the defaults of the part, since the preset's own was left out first.
        assert (coupling.law.decay_length_m, coupling.law.nearest_coupling) == (2e-5, 0.01)  # type: ignore[union-attr]
    assert load_machine("thermo-optic", changes[1:]).design.multiplier.heat.coupling is None


def test_a_table_changes_what_it_names() -> None:
    machine = load_machine("thermo-optic", {"multiplier.heat.coupling": {"global_coupling": 1e-6}})
    assert machine == load_machine(
        "thermo-optic", ["multiplier.heat.coupling.global_coupling=1e-6"]
    )
    assert machine == load_machine("thermo-optic").changed(
        {"multiplier": {"heat": {"coupling": {"global_coupling": 1e-6}}}}
    )


def test_powers_of_moduli_are_changed_one_by_one() -> None:
    closed = load_machine("isca2024-closed")
    brighter = closed.changed({"modulus_power_w.33": 3.0})
    assert brighter.design.modulus_power_w == closed.design.modulus_power_w | {33: 3.0}
    dimmer = closed.changed({"modulus_power_w.33": "none"})
    assert sorted(dimmer.design.modulus_power_w) == [31, 32]
    for nothing in ("none", None):
        assert closed.changed({"modulus_power_w": nothing}).design.modulus_power_w == {}
    only = closed.changed({"modulus_power_w.33": 3.0, "modulus_power_w": "none"})
    assert only.design.modulus_power_w == {33: 3.0}


@pytest.mark.parametrize("name", ["laser.power_w", "laser"])
def test_light_that_no_modulus_would_take_is_refused(name: str, tmp_path: Path) -> None:
    """A sweep of it would be flat."""
    closed, changes = (
        load_machine("isca2024-closed"),
        {name: 1.0 if "." in name else {"power_w": 1.0}},
    )
    told = r"laser.power_w = 1.0: moves nothing, .* set modulus_power_w=none"
    for change in (closed.changed, lambda given: load_machine("isca2024-closed", given)):
        with pytest.raises(InputError, match=f"^{told}"):
            change(changes)
        for also in ({"modulus_power_w": "none"}, {"modulus_power_w.33": "none"}):
            assert change(changes | also).design.row_power_w(33) == 1.0
        assert change(changes | {"modulus_power_w.33": 3.0}).design.row_power_w(33) == 3.0
    assert (
        load_machine("robust", {**changes, "modulus_power_w.33": 2.0}).design.row_power_w(31) == 1
    )

    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text('extends = "isca2024-closed"\nlaser.power_w = 1.0\n')
    second.write_text('extends = "first.toml"\nmodulus_power_w.33 = 2.0\n')
    with pytest.raises(InputError, match=f"^{first}:2: {told}"):
        load_machine(first)
    assert load_machine(second).design.row_power_w(33) == 2.0


def test_one_value_cannot_be_two() -> None:
    with pytest.raises(InputError, match=r"^laser.power_w = 2e-03|^laser.power_w = 0.002: is also"):
        load_machine("robust", ["laser.power_w=1e-3", "laser.power_w=2e-3"])
    with pytest.raises(InputError, match="is also set to"):
        load_machine("robust", {"laser": {"power_w": 1e-3}, "laser.power_w": 2e-3})
    twice = load_machine("robust", ["laser.power_w=1e-3", "laser.power_w=1e-3"])
    assert twice.design.laser.power_w == 1e-3


def test_a_core_takes_overrides() -> None:
    core = TensorCore("robust", overrides=["laser.power_w=1e-3"])
    assert core.machine.design.laser.power_w == 1e-3
    assert TensorCore(core.machine, overrides={"array.rows": 4}).machine.array.rows == 4


def test_a_copy_cannot_pass_by_the_checks() -> None:
    laser = MACHINES["robust"].design.laser
    with pytest.raises(InputError, match=r"^power_w = -1: must be greater than 0$"):
        laser.model_copy(update={"power_w": -1})
    assert laser.model_copy(update={"power_w": 1e-3}) == laser.changed({"power_w": 1e-3})
    assert laser.model_copy() == laser


def test_a_misspelt_name_is_refused_and_the_right_one_shown() -> None:
    machine = MACHINES["robust, with every part"]
    for name in every_name(MachineConfig):
        if name == "sources":
            continue
        misspelt = f"{name[:-1]}{'x' if name[-1] != 'x' else 'y'}"
        with pytest.raises(InputError) as caught:
            machine.changed({misspelt: 1})
        message = str(caught.value)
        assert message.startswith(f"{misspelt} = 1: no such field")
        assert "\n" not in message
        if len(name.rpartition(".")[2]) > 3:
            assert "did you mean" in message or "set kind to one that has it" in message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("receiver.bandwidth_hz", "receiver.photodiode.bandwidth_hz or receiver.tia.bandwidth_hz?"),
        ("array.clock_hz", "did you mean clock_hz?"),
        ("power_w", "did you mean laser.power_w?"),
        ("design.laser.power_w", "did you mean laser.power_w?"),
        ("reciever.tia.bandwith_hz", "did you mean receiver.tia.bandwidth_hz?"),
        ("receiver.bandwith_hz", "receiver.photodiode.bandwidth_hz or receiver.tia.bandwidth_hz?"),
        ("redundancy.tries", "known: attempts, policy, redundant_moduli"),
        ("multiplier.trimmer.bits", "did you mean multiplier.switch.trimmer.bits or "),
        ("calibration.range_rad", "did you mean calibration.trimmer.range_rad"),
    ],
)
def test_a_misplaced_name_is_shown_its_place(name: str, meant: str) -> None:
    for machine in (
        lambda: load_machine("robust", {name: 1}),
        lambda: MACHINES["robust"].changed({name: 1}),
    ):
        with pytest.raises(InputError) as caught:
            machine()
        assert str(caught.value).startswith(f"{name} = 1: no such field")
        assert meant in str(caught.value)
        assert "--set" not in str(caught.value)


def test_a_kind_stays_unless_another_is_named() -> None:
    """Even for a value that other kinds have too, in files, on the command line and in Python."""
    name = "multiplier.shifter.loss_db_per_pi"
    heaters = load_machine("thermo-optic").design.multiplier.shifter
    assert heaters.kind == "thermo-optic"
    for found in (
        load_machine("thermo-optic", [f"{name}=0.05"]),
        load_machine("thermo-optic", {name: 0.05}),
        load_machine("thermo-optic").changed({name: 0.05}),
    ):
        assert found.design.multiplier.shifter == heaters.changed({"loss_db_per_pi": 0.05})
    with pytest.raises(
        InputError, match=r"pull_in_v = 2: no such field; set kind to one that has it: noems$"
    ):
        load_machine("robust", ["multiplier.shifter.pull_in_v=2"])
