"""The command line as tests type it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from typer.testing import CliRunner

from studies.cli import main as cli


def typed(*arguments: str) -> Any:
    """Status and output of a command; what it raises is raised here."""
    return CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)


def invoke(*arguments: str) -> str:
    """What a command prints that ends well."""
    result = typed(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


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


def setting(*changes: Iterable[str]) -> list[str]:
    """Overrides as options of a command."""
    return [word for each in changes for change in each for word in ("--set", change)]
