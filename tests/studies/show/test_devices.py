"""Every device can be shown: table, picture, JSON, and one line for a mistake."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import matplotlib.image
import pytest
import torch
from pydantic import BaseModel

from devices.library import load_entry, part_names
from devices.parameters.part import Part
from devices.passive.coupler import Coupler
from studies.device_reports.catalogue import (
    DEVICE_REPORTS,
    choose,
    device_name,
    device_report,
)
from studies.device_reports.curves import Matrix
from studies.show.devices import parameters
from tests.commands import failure, invoke, setting
from tests.devices.measured_files import csv_text, example_files, light_m, measured, two_sided

KINDS = list(DEVICE_REPORTS)
ENTRIES = [(kind, name) for kind in KINDS for name in part_names(kind)]
UNIT = re.compile(
    r".*_(w|m|s|k|hz|v|a|j|db|dbm|rad|m2|bits|lsb|ratio|fraction|count|stages|db_per_hz|per_m"
    r"|rad_per_k|rad_per_ghz|rad_per_turn|km_per_w|a_per_rthz)"
)


def strict_json(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("kind", KINDS, ids=device_name)
def test_every_device_is_shown(kind: type[Part], tmp_path: Path) -> None:
    target, name = tmp_path / "shown.json", device_name(kind)
    changes = [f"{field}={path}" for field, path in example_files(kind, tmp_path).items()]
    options = ("--out", str(tmp_path), "--json", str(target), *setting(changes))
    output = invoke("show", "device", name, *options)
    shown = strict_json(target.read_text())
    part = choose(name, None, changes).part
    assert kind.model_validate(shown["parameters"]) == part
    for field in kind.model_fields:
        assert f"│ {field} " in output
        assert shown["sources"][field]
    for number in shown["numbers"]:
        assert f"│ {number} " in output
        assert UNIT.fullmatch(number)
    picture = tmp_path / f"{name}.png"
    assert shown["picture"] == str(picture)
    image = matplotlib.image.imread(picture)
    assert min(image.shape[:2]) > 300
    assert float(image[..., :3].std()) > 0.02
    assert [p["title"] for p in shown["panels"]] == [p.title for p in device_report(part).panels]


def test_a_measured_matrix_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text("1,0.02,0\n0.1,0.9,0.001\n0,0.01,1.1\n")
    (tmp_path / "mine.toml").write_text('measured = "k.csv"\n')
    part, target = str(tmp_path / "mine.toml"), tmp_path / "shown.json"
    options = ("--part", part, "--out", str(tmp_path), "--json", str(target))
    output = invoke("show", "device", "heater-coupling", *options)
    assert "3 by 3 matrix" in output
    shown = strict_json(target.read_text())
    assert shown["parameters"]["measured"] == [[1, 0.02, 0], [0.1, 0.9, 0.001], [0, 0.01, 1.1]]
    assert shown["numbers"]["largest_coupling_ratio"] == 0.1
    (matrix,) = [
        p
        for p in device_report(choose("heater-coupling", part, []).part).panels
        if isinstance(p, Matrix)
    ]
    assert float(matrix.values[1, 0]) == pytest.approx(-1.0)
    assert float(matrix.values[0, 0]) == 0.0


def test_a_model_is_shown_beside_its_measurement(tmp_path: Path) -> None:
    off = Coupler(cross_power=0.4, excess_loss_db=0.5)
    matrix = two_sided(off.matrix().expand(21, 2, 2), 4)
    file, target = tmp_path / "My.csv", tmp_path / "shown.json"
    file.write_text(csv_text(measured(matrix, light_m(21))))
    options = ("--measured", str(file), "--out", str(tmp_path), "--json", str(target))
    sweep = "wavelength_m=1.54e-6:1.56e-6:201"
    output = invoke("show", "device", "coupler", *options, "--sweep", sweep)
    shown = strict_json(target.read_text())
    assert shown["picture"] == str(tmp_path / "coupler-My.png")
    assert (tmp_path / "coupler-My.png").is_file()
    assert shown["measured"] == [str(file)]
    cross_db = abs(10 * math.log10(0.4 / 0.5) - 0.2)
    largest = shown["numbers"]["largest_cross_difference_db"]
    assert largest == pytest.approx(cross_db, abs=1e-9)
    assert f"{cross_db:.4g}" in output
    assert all(UNIT.fullmatch(number) for number in shown["numbers"])
    x = shown["panels"][0]["x"]["values"]
    assert (len(x), x[0], x[-1]) == (201, pytest.approx(1540), pytest.approx(1560))
    curves = {"bar, measured", "cross, measured", "bar, model", "cross, model"}
    assert set(shown["panels"][0]["y"]["curves"]) == curves
    invoke("show", "device", "coupler", *options)
    assert len(strict_json(target.read_text())["panels"][0]["x"]["values"]) == 21


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_part_of_the_library_has_a_report(kind: type[Part], name: str) -> None:
    shown = choose(device_name(kind), name, [])
    entry = load_entry(name, kind)
    assert shown.part == entry.part
    rows = {row[0]: row for row in parameters(shown.part, shown.sources)}
    for field, info in kind.model_fields.items():
        _, text, meaning, source = rows[field]
        value = getattr(shown.part, field)
        assert meaning == info.description
        assert isinstance(info.json_schema_extra, dict)
        assert source == entry.sources.get(field, info.json_schema_extra["source"])
        if isinstance(value, float):
            assert float(text) == pytest.approx(value, rel=1e-3, abs=0.0)
        elif value is not None and not isinstance(value, BaseModel | tuple):
            assert text == str(value)
    found = device_report(shown.part)
    assert found.numbers
    for panel in found.panels:
        curves = [panel.values] if isinstance(panel, Matrix) else list(panel.curves.values())
        for values in curves:
            assert bool(values.isfinite().any()), panel.title
            assert values.dtype == torch.float64


def test_changes_and_user_parts(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "ours"\nbits = 5\n[sources]\nbits = "measured"\n')
    arguments = ("show", "device", "adc", "--part", str(path), "--set", "inl_rms_lsb=0.25")
    target = tmp_path / "x.json"
    output = invoke(*arguments, "--out", str(tmp_path), "--json", str(target))
    shown = strict_json(target.read_text())
    assert shown["parameters"]["bits"] == 5
    assert shown["parameters"]["inl_rms_lsb"] == 0.25
    assert shown["sources"]["bits"] == "measured"
    assert shown["sources"]["inl_rms_lsb"] == "set by --set"
    assert "ours" in output
    assert (tmp_path / "adc-mine.png").is_file()


def test_devices_are_listed(tmp_path: Path) -> None:
    target = tmp_path / "devices.json"
    assert invoke("show", "device") == invoke("show", "devices", "--json", str(target))
    listed = {row["device"]: row for row in strict_json(target.read_text())}
    assert list(listed) == [device_name(kind) for kind in KINDS]
    assert "cheng-2019" in listed["ring-switch"]["parts"]
    assert all(row["what"].endswith(".") for row in listed.values())
    assert "Example: " in invoke("show", "device", "--help")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("ring-swich",), ["device = 'ring-swich'", "did you mean ring-switch?"]),
        (("unobtainium",), ["no such device", "mirage show devices"]),
        (("adc", "--part", "ramkaj"), ["--part = 'ramkaj'", "did you mean ramkaj-2018?"]),
        (("adc", "--part", "{tmp}/none.toml"), ["must be an existing file"]),
        (("adc", "--part", "{tmp}/bad.toml"), ["bad.toml:3: bitz = 3", "did you mean bits?"]),
        (("adc", "--part", "{tmp}/torn.toml"), ["torn.toml:1: not TOML"]),
        (("adc", "--set", "bits"), ["--set = 'bits'", "dotted.name=value"]),
        (("adc", "--set", "bitz=3"), ["bitz = 3", "did you mean bits?"]),
        (("adc", "--set", "bits=99"), ["bits = 99", "less than or equal to 20"]),
        (("ring-switch", "--set", "coupling_power=1.2"), ["coupling_power = 1.2", "less than 1"]),
        (("photodiode", "--set", "bandwidth_hz=0"), ["bandwidth_hz = 0", "greater than 0"]),
        (("waveguide", "--set", "loss_db_per_m=-1"), ["loss_db_per_m = -1", "or equal to 0"]),
        (("laser", "--set", "wall_plug_efficiency=1.1"), ["wall_plug_efficiency = 1.1"]),
        (
            ("heater-coupling", "--set", "law.decay_lenth_m=1"),
            ["decay_lenth_m = 1", "did you mean decay_length_m?"],
        ),
        (("measured-coupler",), ["measured = None", "must be given"]),
        (("adc", "--measured", "a.s4p"), ["--measured = 'a.s4p'", "coupler, splitter, mzi-switch"]),
        (("ring-switch", "--measured", "a.s4p"), ["must be 2 files, coupled and detuned"]),
        (("coupler", "--measured", "a.s4p", "--measured", "b.s4p"), ["must be one file"]),
        (("coupler", "--measured", "{tmp}/a.s4p"), ["a.s4p", "must be an existing csv or Touch"]),
        (("coupler", "--measured", "{tmp}/torn.toml"), ["torn.toml:1: not TOML"]),
        (("coupler", "--sweep", "wavelength_m=1.5e-6:1.6e-6:9"), ["goes with --measured"]),
        (("--part", "cheng-2019"), ["--part = 'cheng-2019'", "is for one device"]),
        (("--set", "bits=4"), ["--set", "is for one device"]),
        (("adc", "--out", "{tmp}/file/x"), ["--out", "cannot be written"]),
        (("adc", "--json", "{tmp}/file/x"), ["--json", "cannot be written"]),
    ],
)
def test_mistakes_get_one_line(
    arguments: tuple[str, ...],
    parts: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "bad.toml").write_text("# mine\n\nbitz = 3\n")
    (tmp_path / "torn.toml").write_text("bits = = 3\n")
    monkeypatch.chdir(tmp_path)
    given = (a.format(tmp=tmp_path) for a in arguments)
    message = failure(capsys, monkeypatch, "show", "device", *given)
    for part in parts:
        assert part in message
