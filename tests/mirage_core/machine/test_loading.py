"""Machines from presets, files and overrides, and every mistake named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from photonics.errors import InputError


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
