"""The command line as its users meet it: results on disk, one line for a mistake."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from mirage_core import load_machine
from photonics.errors import InputError
from studies.cli import main as cli
from studies.questions import training as train
from studies.report.files import make_output_folder
from tests.machines import of_size

SMALL = ["--set", "array.units=1", "--epochs", "2"]
FEW = of_size(units=1, rows=4)
FEW_ROWS = [x for change in FEW for x in ("--set", change)]


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def failure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *argv: str) -> str:
    """The one line that a mistake is answered with."""
    monkeypatch.setattr("sys.argv", ["mirage", *argv])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    printed = capsys.readouterr()
    message = printed.err
    assert printed.out == ""
    assert message.startswith("mirage: ")
    assert message.count("\n") == 1
    return message


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


@pytest.mark.slow
def test_train_on_the_channel_has_no_light_to_draw(tmp_path: Path) -> None:
    out = tmp_path / "run"
    invoke("train", *SMALL, "--fidelity", "channel", "--out", str(out))
    assert not (out / "constellation.png").exists()
    assert json.loads((out / "metrics.json").read_text())["readouts"] > 0


def test_train_writes_everything_and_resumes(tmp_path: Path) -> None:
    out = tmp_path / "run"
    output = invoke("train", *SMALL, "--fidelity", "integer", "--out", str(out))
    assert "test accuracy" in output
    assert "readouts" in output
    names = {p.name for p in out.iterdir()}
    assert names == {
        "checkpoint.pt",
        "config.json",
        "learning_curves.png",
        "metrics.csv",
        "metrics.json",
    }
    config = json.loads((out / "config.json").read_text())
    assert config["machine"]["array"]["units"] == 1
    assert config["versions"]["torch"].startswith(torch.__version__.split("+")[0])
    rows = read_csv(out / "metrics.csv")
    assert [row["run"] for row in rows] == ["FP32", "FP32", "robust (integer)", "robust (integer)"]
    metrics = json.loads((out / "metrics.json").read_text())
    accuracy = metrics["runs"]["robust (integer)"]["test_accuracy"]
    assert accuracy == float(rows[-1]["test_accuracy"]) > 0.5
    invoke("train", *SMALL, "--fidelity", "integer", "--out", str(out), "--resume")
    again = json.loads((out / "metrics.json").read_text())
    assert again["runs"]["FP32"]["test_accuracy"] == metrics["runs"]["FP32"]["test_accuracy"]
    with pytest.raises(InputError, match="another recipe"):
        invoke(
            "train", *SMALL, "--fidelity", "integer", "--out", str(out), "--resume", "--seed", "1"
        )


def test_train_says_what_its_protection_did(tmp_path: Path) -> None:
    shown = invoke(
        "train", "--set", "array.units=1", "--epochs", "1", "--set", "laser.power_w=1e-3",
        "--out", str(tmp_path / "a"),
    )  # fmt: skip
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    counts = {n: metrics[n] for n in ("re_reads", "detected", "undetected", "dropped", "corrected")}
    assert counts["re_reads"] > 0
    assert counts["dropped"] == counts["detected"] - counts["re_reads"]
    assert counts["corrected"] == 0
    line = next(text for text in shown.splitlines() if text.startswith("protection reread"))
    for name, value in counts.items():
        assert f"{value:,} {name.replace('_', '-')}" in line
    unprotected = invoke(
        "train", *SMALL, "--fidelity", "integer", "--set", "redundancy.policy=none",
        "--out", str(tmp_path / "b"),
    )  # fmt: skip
    assert "protection" not in unprotected


def test_moduli_beside_a_format() -> None:
    shown = invoke("show", "moduli")
    # ±16367 holds 16·15²; a slip of 32 moves the integer by 31·33, within twice that.
    for part in ("M = 32,736", "±16,367", "3,600 within it: yes", "log2 M >= 13: yes"):
        assert part in shown
    assert "blind spots: 32" in shown
    assert [("BLIND SPOT" in t) for t in shown.splitlines() if t.startswith("│ 3")] == [
        False,
        True,
        False,
    ]
    assert "{29, 32, 33}" in shown
    result = CliRunner().invoke(cli.app, ["show", "moduli", "31", "32", "33", "--json", "-"])
    found = json.loads(result.stdout)
    assert found["slip_distances"] == {"31": 15840, "32": 1023, "33": 15872}
    assert (found["fits"], found["undetectable_slips"]) == (True, [32])
    assert found["cheapest_safe_sets"][0] == {"moduli": [29, 32, 33], "adc_digits": 16}
    assert "blind spots: none" in invoke("show", "moduli", "29", "32", "33")
    small = invoke("show", "moduli", "15", "16", "17", "--bits", "5", "--group", "64")
    # 64·31² = 61504 against (15·16·17 - 1)/2 = 2039.
    assert "NO, short by 59,465" in small
    assert "NO" in next(t for t in small.splitlines() if t.startswith("paper's condition"))
    assert "none up to 128" in invoke("show", "moduli", "--bits", "10", "--group", "1024")


def test_impossible_moduli_and_formats_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failure(capsys, monkeypatch, "show", "moduli", "30", "32")
    assert "moduli = [30, 32]" in message
    assert "30 and 32 share 2" in message
    assert "--bits = 11" in failure(capsys, monkeypatch, "show", "moduli", "--bits", "11")


def test_interrupted_training_ends_where_a_whole_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("train", *SMALL, "--fidelity", "integer", "--out")
    invoke(*arguments, str(tmp_path / "whole"))
    real, calls = train.write_checkpoint, []

    def stop_after_third(path: Path, state: object) -> None:
        real(path, state)
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(train, "write_checkpoint", stop_after_third)
    with pytest.raises(KeyboardInterrupt):
        train.run(
            load_machine("robust", ["array.units=1"]),
            "integer",
            "digits",
            train.Recipe(epochs=2),
            tmp_path / "parts",
            resume=False,
        )
    monkeypatch.undo()
    invoke(*arguments, str(tmp_path / "parts"), "--resume")

    def numbers(folder: str) -> list[tuple[str, str, str]]:
        rows = read_csv(tmp_path / folder / "metrics.csv")
        return [(r["run"], r["train_loss"], r["test_accuracy"]) for r in rows]

    assert numbers("parts") == numbers("whole")


def test_compact_training_draws_its_constellation(tmp_path: Path) -> None:
    arguments = ("--set", "array.units=1", "--epochs", "1", "--batch", "256")
    invoke("train", *arguments, "--out", str(tmp_path))
    assert (tmp_path / "constellation.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("train", "--preset", "nope"), ["preset = 'nope'", "robust"]),
        (("train", "--data", "mnist"), ["data = 'mnist'", "digits"]),
        (("train", "--model", "vgg"), ["model = 'vgg'", "cnn, mlp"]),
        (("train", "--fidelity", "light"), ["fidelity = 'light'", "integer, channel, compact"]),
        (("train", "--epochs", "0"), ["epochs = 0", "greater than or equal to 1"]),
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


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_what_is_no_checkpoint_is_refused(
    content: bytes | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "checkpoint.pt"
    if content is None:
        torch.save([1, 2], path)
    else:
        path.write_bytes(content)
    message = failure(capsys, monkeypatch, "train", "--resume", "--out", str(tmp_path))
    assert "is not a checkpoint" in message
    message = failure(capsys, monkeypatch, "train", "--out", str(tmp_path))
    assert "--overwrite" in message


def test_json_on_standard_output_stands_alone() -> None:
    result = CliRunner().invoke(cli.app, ["show", "presets", "--json", "-"])
    assert json.loads(result.stdout)["robust"]["laser"]["power_w"] > 0
    assert "Presets" in result.stderr


def test_the_demo_says_what_the_light_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from studies import demo

    monkeypatch.setattr(demo, "SEEDS", (0,))
    monkeypatch.setattr(demo, "Recipe", lambda seed: train.Recipe(seed=seed, epochs=1))
    monkeypatch.setattr(demo, "load_machine", lambda name: load_machine(name, FEW))
    demo.run(tmp_path)
    printed = capsys.readouterr().out
    assert "NOT SETTLED" in printed
    assert "wrong readouts" in printed
    summary = json.loads((tmp_path / "demo.json").read_text())
    # One epoch is enough to learn much, and the published machine knows nothing.
    assert summary["robust"] > 0.7
    assert summary["isca2024"][0] < 0.3
    for name in ("learning_curves.png", "constellation.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_show_prints_and_emits(tmp_path: Path) -> None:
    target = tmp_path / "presets.json"
    output = invoke("show", "presets", "--json", str(target))
    assert "multiplier.ring.coupling_power" in output
    presets = json.loads(target.read_text())
    assert presets["isca2024"]["laser"]["power_w"] == 0.75e-3
    assert "arXiv 2311.17323" in invoke("show", "preset", "isca2024")
    published = invoke("show", "budget", "isca2024", *FEW_ROWS)
    assert "NOT SETTLED" in published
    assert "fastest clock that settles: 0.5 GHz" in published
    closed = invoke("show", "budget", "isca2024-closed", *FEW_ROWS)
    assert "OUTSIDE MODEL VALIDITY" in closed
    assert "dominant: amplifier" in closed
    assert "digits" in invoke("show", "datasets")
    assert "mlp" in invoke("show", "networks")


def test_every_command_has_an_example() -> None:
    for command in (("verify",), ("train",), ("show", "presets"), ("show", "budget")):
        assert "Example: " in invoke(*command, "--help")


def test_output_folder_is_made(tmp_path: Path) -> None:
    assert make_output_folder(tmp_path / "a" / "b").is_dir()


def test_the_versions_are_told() -> None:
    lines = invoke("--version").splitlines()
    assert lines[0].startswith("mirage-photonics ")
    assert f"torch {torch.__version__}" in lines


def test_a_budget_names_no_more_than_any_phase() -> None:
    printed = invoke("show", "budget", "isca2024", *FEW_ROWS)
    # σ/A of the published machine is far beyond the 1814 mrad rms of a phase of no meaning.
    assert "> 1814 mrad" in printed
