"""The command line as its users meet it: what it prints, and one line for a mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.commands import failure, invoke, setting, typed
from tests.machines import FEW_ROWS

SET = setting(FEW_ROWS)


@pytest.mark.parametrize("command", [["show", "budget", "robust"], ["train"], ["verify"]])
def test_what_cannot_work_is_refused_before_anything_is_done(
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    # The ideal machine that is verified by default settles whatever the clock does.
    changes = ["--set", "receiver.clock_jitter_s=1e-9", "--set", "receiver.memory=filtered"]
    message = failure(
        capsys, monkeypatch, *command, *changes, "--set", "receiver.tia.bandwidth_hz=6e9"
    )
    assert "receiver.clock_jitter_s = 1e-09" in message
    assert "widen the guard" in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("train", "--preset", "nope"), ["preset = 'nope'", "robust"]),
        (("train", "--data", "mnist"), ["data = 'mnist'", "digits"]),
        (("train", "--model", "vgg"), ["model = 'vgg'", "cnn, lenet5, mlp"]),
        (("train", "--fidelity", "light"), ["fidelity = 'light'", "integer, compact, field"]),
        (("train", "--epochs", "-1"), ["epochs = -1", "greater than or equal to 0"]),
        (("train", "--schedule", "sine"), ["--schedule", "cosine"]),
        (("train", "--device", "cuda:9"), ["--device", "no such device"]),
        (("train", "--data", "idx:nowhere"), ["--data", "no such file or folder"]),
        (("train", "--data", "idx"), ["--data", "idx:PATH"]),
        (("train", "--weights", "none.pt"), ["--weights", "must be an existing file"]),
        (("train", "--lr", "-1"), ["--lr = -1.0", "greater than 0"]),
        (("train", "--resume", "--out", "{tmp}"), ["--resume", "there is no checkpoint"]),
        (("train", "--out", "{tmp}/file/x"), ["--out", "cannot be written"]),
        (("verify", "--set", "moduli=[30, 32, 33]"), ["moduli", "30 and 32 share 2"]),
        (("verify", "--set", "moduli=[7, 8, 9]"), ["short by 3349"]),
        (("verify", "--out", "{tmp}/file/x"), ["--out", "cannot be written"]),
        (("show", "preset", "robust", "--set", "laser.power=1"), ["did you mean power_w?"]),
        (("show", "budget", "robust", "--data", "x"), ["data = 'x'"]),
        (("show", "presets", "--json", "{tmp}/file/x"), ["--json", "cannot be written"]),
        (("show", "chip", "robust", "--save", "{tmp}/file/x"), ["--save", "cannot be written"]),
        (("show", "chip", "robust", "--save", "{tmp}"), ["--save", "is a folder"]),
        (("show", "chip", "robust", "--load", "{tmp}/x"), ["--load", "must be an existing file"]),
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
    monkeypatch.chdir(tmp_path)
    message = failure(capsys, monkeypatch, *(a.format(tmp=tmp_path) for a in arguments))
    for part in parts:
        assert part in message


def test_json_on_standard_output_stands_alone() -> None:
    result = typed("show", "presets", "--json", "-")
    assert json.loads(result.stdout)["robust"]["laser"]["power_w"] > 0
    assert "Presets" in result.stderr


def test_show_prints_and_emits(tmp_path: Path) -> None:
    target = tmp_path / "presets.json"
    output = invoke("show", "presets", "--json", str(target))
    assert "multiplier.switch.coupling_power" in output
    presets = json.loads(target.read_text())
    assert presets["isca2024"]["laser"]["power_w"] == 0.75e-3
    assert "arXiv 2311.17323" in invoke("show", "preset", "isca2024")
    published = invoke("show", "budget", "isca2024", *SET)
    assert "NOT SETTLED" in published
    assert "fastest clock that settles: 0.494 GHz" in published
    closed = invoke("show", "budget", "isca2024-closed", *SET)
    assert "OUTSIDE MODEL VALIDITY" in closed
    assert "dominant: amplifier" in closed
    assert "digits" in invoke("show", "datasets")
    assert "mlp" in invoke("show", "networks")


def test_every_command_has_an_example() -> None:
    for command in (("verify",), ("train",), ("show", "presets"), ("show", "budget")):
        assert "Example: " in invoke(*command, "--help")


def test_the_versions_are_told() -> None:
    lines = invoke("--version").splitlines()
    assert lines[0].startswith("mirage-photonics ")
    assert f"torch {torch.__version__}" in lines


def test_a_budget_names_no_more_than_any_phase() -> None:
    printed = invoke("show", "budget", "isca2024", *SET)
    # σ/A of the published machine is far beyond the 1814 mrad rms of a phase of no meaning.
    assert "> 1814 mrad" in printed
