"""What is shown has help with an example, and files that cannot be are refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from studies.cli.show import show_app
from tests.commands import failure, invoke


def names() -> list[str]:
    group = typer.main.get_command(show_app)
    assert isinstance(group, TyperGroup)
    return list(group.commands)


@pytest.mark.parametrize("name", names())
def test_every_command_has_an_example(name: str) -> None:
    shown = invoke("show", name, "--help")
    assert f"mirage show {name}" in shown


def test_files_are_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = failure(capsys, monkeypatch, "show", "chip", "robust", "--save", str(tmp_path))
    assert "is a folder" in told
    missing = str(tmp_path / "none.chip")
    told = failure(capsys, monkeypatch, "show", "chip", "robust", "--load", missing)
    assert "must be an existing file" in told
