"""Machines from presets, files and overrides, what files extend, and every mistake named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devices.electronics.photodiode import Photodiode
from devices.heat.thermal_crosstalk import HeaterCoupling
from devices.parameters.parts_file import read_entry
from mirage_core import load_machine
from photonics.errors import InputError
from tests.measured_heaters import by_row, by_stencil, stencil


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_changes_what_it_names_of_what_it_extends(tmp_path: Path) -> None:
    first = write(tmp_path / "first.toml", 'extends = "thermo-optic"\nlaser.power_w = 9e-3\n')
    second = write(
        tmp_path / "deeper" / "second.toml",
        'extends = "../first.toml"\n[multiplier.heat.coupling.law]\ndecay_length_m = 4e-5\n',
    )
    changes = {
        "laser.power_w": 9e-3,
        "name": "first",
        "description": "heaters for shifters: a drive for every digit, and crosstalk that is real",
    }
    heated = load_machine("thermo-optic")
    assert load_machine(first) == heated.changed(changes)
    law = {"multiplier.heat.coupling.law.decay_length_m": 4e-5, "name": "second"}
    assert load_machine(second) == heated.changed(changes | law)


def test_a_file_without_extends_changes_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.toml", "[calibration.trimmer]\narea_m2 = 3e-9\n")
    trimmer = load_machine(path).design.calibration.trimmer
    assert (trimmer.area_m2, trimmer.range_rad, trimmer.bits) == (3e-9, 7.0, 13)


def test_a_file_leaves_out_a_part(tmp_path: Path) -> None:
    path = write(
        tmp_path / "cold.toml", 'extends = "thermo-optic"\nmultiplier.heat.coupling = "none"\n'
    )
    assert load_machine(path).design.multiplier.heat.coupling is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('extends = "robus"\n', ":1: extends = 'robus': must be one of isca2024, "),
        ('\nextends = "absent.toml"\n', ":2: extends = 'absent.toml': must be a preset or a file"),
        ("extends = 3\n", ":1: extends = 3: must be one of isca2024, "),
        (
            'extends = "mine.toml"\n',
            ":1: extends = 'mine.toml': goes round in a circle: mine.toml -> mine.toml",
        ),
    ],
)
def test_what_cannot_be_extended_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "mine.toml", text)
    with pytest.raises(InputError) as caught:
        load_machine(path)
    assert str(caught.value).startswith(f"{path}{message}")
    assert "\n" not in str(caught.value)


def test_a_longer_circle_is_refused(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "c"), ("c", "a")):
        write(tmp_path / f"{one}.toml", f'extends = "{other}.toml"\n')
    with pytest.raises(InputError, match=r"a\.toml -> b\.toml -> c\.toml -> a\.toml"):
        load_machine(tmp_path / "a.toml")


def test_a_mistake_in_what_is_extended_is_named_there(tmp_path: Path) -> None:
    base = write(tmp_path / "base.toml", "\n[laser]\npowr_w = 1e-3\n")
    path = write(tmp_path / "mine.toml", 'extends = "base.toml"\n')
    with pytest.raises(InputError) as caught:
        load_machine(path)
    assert str(caught.value).startswith(f"{base}:3: laser.powr_w = 0.001: no such field")


TEXT = 'extends = "robust"\n[laser]\npower_w = 6e-3\n'


def test_byte_order_marks_and_line_ends_do_not_matter(tmp_path: Path) -> None:
    expected = load_machine(write(tmp_path / "mine.toml", TEXT))
    path = tmp_path / "mine.TOML"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load_machine(path) == expected
    assert load_machine(str(path), ["laser.power_w=6e-3"]) == expected
    path.write_bytes(path.read_bytes().replace(b"power_w", b"powr_w"))
    with pytest.raises(InputError, match=r"mine\.TOML:3: laser\.powr_w"):
        load_machine(path)
    json = tmp_path / "MINE.JSON"
    json.write_bytes(b'\xef\xbb\xbf{"extends": "robust", "name": "mine",\r\n "laser.power_w": 1}')
    with pytest.raises(InputError, match=r"laser\.power_w = 1: no such field; write it as a table"):
        load_machine(json)
    json.write_bytes(
        b'\xef\xbb\xbf{"extends": "robust", "name": "mine",\r\n "laser": {"power_w": 6e-3}}'
    )
    assert load_machine(json) == expected
    part = tmp_path / "DIODE.TOML"
    part.write_bytes(b"\xef\xbb\xbfresponsivity_a_per_w = 0.93\r\n")
    assert read_entry(part, Photodiode)[0] == Photodiode(responsivity_a_per_w=0.93)


def test_paths_are_read_as_windows_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "machines" / "base.toml", TEXT)
    write(tmp_path / "mine.toml", "extends = 'machines\\base.toml'\n")
    assert load_machine("machines\\base.toml").design.laser.power_w == 6e-3
    assert load_machine("mine.toml").design.laser.power_w == 6e-3
    write(tmp_path / "machines" / "diode.toml", "responsivity_a_per_w = 0.93\n")
    assert read_entry(".\\machines\\diode.toml", Photodiode)[0].responsivity_a_per_w == 0.93


@pytest.mark.parametrize(
    ("overrides", "option", "message"),
    [
        (["laser"], "overrides", "overrides = 'laser': must read dotted.name=value"),
        (["laser"], "--set", "--set = 'laser': must read dotted.name=value"),
        (["=3"], "overrides", "overrides = '=3': must read"),
        ("laser.power_w=1", "overrides", "overrides = 'laser.power_w=1': must be a list"),
    ],
)
def test_overrides_that_cannot_be_read_are_called_by_their_name(
    overrides: list[str], option: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_machine("robust", overrides, option=option)
    assert str(caught.value).startswith(message)


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
        (
            "robust",
            ["multiplier.switch.coupling_power=1.2"],
            ["coupling_power = 1.2", "less than 1"],
        ),
        ("robust", ["laser"], ["overrides = 'laser'", "dotted.name=value"]),
        ("robust", ["laser.power_w.x=1"], ["power_w is a value"]),
        ("robust", ["moduli=[31, 32, 62]"], ["moduli = [31, 32, 62]", "share"]),
        (
            "robust",
            ["redundancy.redundant_moduli=[33, 37]"],
            ["redundancy.redundant_moduli = (33, 37)", "33 and 33 share 33", "(31, 37)"],
        ),
        ("robust", ["moduli=31"], ["moduli = 31: must be a list, such as [29, 32, 33]"]),
        ("robust", ["moduli=31,32,33"], ["moduli = '31,32,33': must be a list, such as ["]),
        ("robust", ['moduli=["a"]'], ["moduli[0] = 'a': must be a whole number"]),
        ("robust", ['moduli=["31", 32, 33]'], ["moduli[0] = '31': must be a whole number"]),
        ("robust", ["moduli=[31, true, 33]"], ["moduli[1] = True: must be a whole number"]),
        (
            "robust",
            ['redundancy.redundant_moduli=["35"]'],
            ["redundancy.redundant_moduli[0] = '35': must be a whole number"],
        ),
        ("robust", ['modulus_power_w.32="1"'], ["modulus_power_w.32 = '1': must be a valid num"]),
        ("robust", ["modulus_power_w.32=true"], ["modulus_power_w.32 = True: must be a valid n"]),
        ("robust", ["moduli=[31.5]"], ["moduli[0] = 31.5: must be a whole number"]),
        ("robust", ["array.units=abc"], ["array.units = 'abc': must be a whole number"]),
        ("robust", ["array.units=2.5"], ["array.units = 2.5: must be a whole number"]),
        ("robust", ["array.units=1e30"], ["array.units = 1e+30: must be a smaller whole number"]),
        ("robust", ["modulus_power_w=abc"], ["modulus_power_w = 'abc': must be a table of"]),
        ("robust", ["moduli=[15, 16, 17]"], ["short by 1561"]),
        ("robust", ["bfp.mantissa_bits=6"], ["short by", "6-bit"]),
        ("robust", ["modulus_power_w.35=1"], ["modulus_power_w", "35"]),
        (
            "robust",
            ["receiver.tia.feedback_ohm=1e3", "receiver.tia.noise_a_per_rthz=1e-12"],
            ["exactly one"],
        ),
        ("robust", ["laser.rin_db_per_hz=-90"], ["laser.rin_db_per_hz = -90", "Gaussian"]),
        ("robust", ["multiplier.switch.radius_m=0"], ["radius_m = 0", "greater than 0"]),
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
    for words in parts:
        assert words in message


def test_a_field_is_named_once() -> None:
    with pytest.raises(InputError, match=r"^moduli = \[31, 32, 62\]"):
        load_machine("robust", ["moduli=[31, 32, 62]"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n[laser]\npowr_w = 1\n", ":3: laser.powr_w = 1: no such field; did you mean power_w?"),
        ("[laser]\npower_w = -1\n", ":2: laser.power_w = -1: must be greater than 0"),
        ("[laser\n", ":1: not TOML: "),
        ('# text\nmoduli = ["31", 32, 33]\n', ":2: moduli[0] = '31': must be a whole number"),
        ("moduli = [\n31,\ntrue]\n", ":1: moduli[1] = True: must be a whole number"),
        (
            "# coupled\n[multiplier.switch]\ncoupling_power = 1.2\n",
            ":3: multiplier.switch.coupling_power = 1.2: must be less than 1",
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
    path.write_text('{"laser": {"power_w": 1e-3, "power_w": 2e-3}}')
    with pytest.raises(InputError) as error:
        load_machine(path)
    assert str(error.value) == f"{path}: power_w = 0.002: is also set to 0.001; set it once"
    path.write_text("[1]")
    with pytest.raises(InputError, match="must hold an object"):
        load_machine(path)


def test_a_file_of_a_machine_names_a_measured_matrix_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = stencil(2e-4)
    (tmp_path / "lab").mkdir()
    text = "".join(",".join(map(repr, line)) + "\n" for line in lines)
    (tmp_path / "lab" / "S.csv").write_text(text)
    heat = 'coupling = {law = "none", stencil = "S.csv"}\n'
    rings = "switch_coupling.law.nearest_coupling = 2.5e-4\n"
    source = '[sources]\nmultiplier.heat.coupling.stencil = "run 7"\n'
    file = write(
        tmp_path / "lab" / "mine.toml",
        f'extends = "thermo-optic"\n[multiplier.heat]\n{heat}{rings}{source}',
    )
    machine = load_machine(file)
    assert machine.design.multiplier.heat.coupling == HeaterCoupling(stencil=lines)
    assert machine.sources["multiplier.heat.coupling.stencil"] == "run 7"
    # What is saved holds the numbers.
    saved = write(tmp_path / "saved.json", machine.model_dump_json())
    (tmp_path / "lab" / "S.csv").unlink()
    assert load_machine(saved) == machine
    with pytest.raises(InputError, match=r"mine.toml.*S.csv': must be an existing") as caught:
        load_machine(file)
    assert "\n" not in str(caught.value)
    # A command names it from where it runs.
    (tmp_path / "S.csv").write_text(text)
    monkeypatch.chdir(tmp_path)
    changes = ["multiplier.heat.coupling.stencil=S.csv", "multiplier.heat.switch_share=0"]
    assert load_machine("robust", changes).design.multiplier.heat.coupling == HeaterCoupling(
        stencil=lines
    )


def test_a_machine_refuses_heaters_that_are_not_its_own(tmp_path: Path) -> None:
    changes = [*by_row(2e-4, 80), "multiplier.heat.switch_share=0"]
    with pytest.raises(InputError, match=r"'160 heaters': must be the 192 of a row of modulus 33"):
        load_machine("robust", changes)
    load_machine("robust", [*changes, "multiplier.encoding=twos-complement"])
    # A machine that has a law keeps it until it is told otherwise.
    with pytest.raises(InputError, match=r"coupling\.law = .*cannot act beside stencil"):
        load_machine("thermo-optic", by_stencil(2e-4))
