"""Programs of their own: they tell what they do, refuse what they do not know, and show bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from circuits.control import progress
from studies import demo
from studies.report import usage

PROGRAMS = pytest.mark.parametrize("program", [demo], ids=["demo"])


class StoppedError(Exception):
    """Raised where work would begin."""


@pytest.fixture(autouse=True)
def nobody_listens() -> Iterator[None]:
    progress.listen(None)
    yield
    progress.listen(None)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Type something to a program, none of which begins to work; its exit status."""

    def stop(*_: object) -> None:
        raise StoppedError

    monkeypatch.setattr(demo, "load_dataset", stop)

    def status(program: ModuleType, *words: str) -> int:
        monkeypatch.setattr("sys.argv", ["program", *words])
        with pytest.raises(SystemExit) as left:
            usage.run(program.run)
        return int(left.value.code or 0)

    return status


@PROGRAMS
def test_a_program_refuses_what_it_does_not_know(
    program: ModuleType, typed: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(program, "--bogus") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("mirage: option = '--bogus': must be one of --")
    assert shown.err.count("\n") == 1


@PROGRAMS
def test_a_program_says_what_it_does(
    program: ModuleType,
    typed: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["program", "--help"])
    usage.run(program.run)
    assert "Usage: " in capsys.readouterr().out


@PROGRAMS
def test_a_program_shows_how_far_a_chip_has_come(
    program: ModuleType,
    typed: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("program"))
    monkeypatch.setattr("sys.argv", ["program"])
    with pytest.raises(StoppedError):
        usage.run(program.run)
    assert progress._listeners
