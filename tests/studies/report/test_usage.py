"""A mistake in what is typed gets one line, whichever program it is typed to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import typer

from studies.cli.main import app
from studies.report import usage


def status_of(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, *typed: str) -> object:
    monkeypatch.setattr("sys.argv", ["mirage", *typed])
    with pytest.raises(SystemExit) as stop:
        usage.run(run)
    return stop.value.code


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("train --epochs x", "--epochs = 'x': must be a valid integer"),
        ("train --lr=q", "--lr = 'q': must be a valid number"),
        ("train --epochs", "--epochs = None: requires an argument"),
        ("train --resume=3", "--resume = '3': does not take a value"),
        ("train more", "arguments = 'more': got unexpected extra argument"),
        (
            "frob",
            "command = 'frob': must be one of verify, train, compare, cost, paper, explore",
        ),
        ("show frob", "command = 'frob': must be one of presets, preset, budget"),
        ("--setx", "option = '--setx': must be one of --version, --help"),
        ("show presets --setx", "option = '--setx': must be one of --json, --help"),
        ("show moduli 31 x", "moduli = ('31', 'x'): must be a valid integer"),
        ("show moduli --group=0", "--group = 0: must be greater than or equal to 1"),
        ("train -p nope", "-p = 'nope': must be one of "),
        ("show preset nope", "preset = 'nope': must be one of "),
        ("show preset", "name = None: must be given; see "),
    ],
)
def test_what_is_mistyped_is_named_in_one_line(
    typed: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status_of(app, monkeypatch, *typed.split()) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"mirage: {said}")
    assert shown.err.count("\n") == 1
    assert "; see " not in shown.err or shown.err.endswith(" --help\n")


@pytest.mark.parametrize("typed", ["", "show"])
def test_who_says_nothing_is_told_what_can_be_said(
    typed: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status_of(app, monkeypatch, *typed.split()) == 2
    assert "Commands" in "".join(capfd.readouterr())


def test_a_function_is_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(status: int) -> None:
        raise KeyboardInterrupt if status == 130 else typer.Exit(status)

    assert status_of(leave, monkeypatch, "3") == 3
    assert status_of(leave, monkeypatch, "130") == 130
    assert capsys.readouterr().err == "mirage: interrupted\n"
    monkeypatch.setattr("sys.argv", ["mirage", "0"])
    usage.run(leave)
    assert status_of(leave, monkeypatch, "x") == 2
    assert capsys.readouterr().err.startswith("mirage: status = 'x': must be")
