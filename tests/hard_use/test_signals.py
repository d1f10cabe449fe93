"""Interruptions at any moment, readers that go away, and terminals that are none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from studies.cli import start

ROOT = Path(__file__).parents[2]
START = (sys.executable, "-m", "studies.cli.start")
TRAIN = ("train", "--fidelity", "integer", "--set", "array.units=1", "--epochs", "2", "--out", "a")
STUDY = ("study", "run", "laser", "--out", "a")
COMPARE = ("compare", "--with", "int8", "--seeds", "2", "--epochs", "1", "--out", "a")


def started(folder: Path, *words: str, **changes: str) -> subprocess.Popen[str]:
    """The command line as a process that Ctrl-C reaches."""
    return subprocess.Popen(
        [*START, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **changes},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Status and complaints of a process after Ctrl-C."""
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60.0)
    return process.returncode, told


def require_quiet(status: int, told: str) -> None:
    """One line, or none where there was not yet anybody to write it."""
    assert status in (130, -signal.SIGINT), told
    assert "Traceback" not in told
    if status == 130:
        assert told.splitlines()[-1] == "mirage: interrupted"


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Until a process has written a file."""
    until = time.monotonic() + 120.0
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


class Loaded(ModuleType):
    """A command line that notes what Ctrl-C does while it is loaded, and when it runs."""

    found: ClassVar[list[Any]] = []

    @property
    def main(self) -> Callable[[], None]:
        self.found.append(signal.getsignal(signal.SIGINT))
        return lambda: self.found.append(signal.getsignal(signal.SIGINT))


def test_a_command_that_is_still_loaded_is_interrupted_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "studies.cli.main", Loaded("studies.cli.main"))
    start.main()
    # By the system, without a word of Python's; then by Python, so that files are closed.
    assert Loaded.found == [signal.SIG_DFL, signal.default_int_handler]


@pytest.mark.slow  # 60 s
@pytest.mark.parametrize(
    ("words", "begun", "again"),
    [
        (TRAIN, "config.json", ()),
        (TRAIN, "checkpoint.pt", ("--resume",)),
        (STUDY, "journal.log", ()),
        ((*STUDY, "--workers", "2"), "journal.log", ()),
        (COMPARE, "recipe.toml", ()),
    ],
)
def test_what_is_interrupted_goes_on(
    words: tuple[str, ...], begun: str, again: tuple[str, ...], tmp_path: Path
) -> None:
    process = started(tmp_path, *words)
    wait_for(tmp_path / "a" / begun, process)
    require_quiet(*interrupted(process))
    left = [path.name for path in (tmp_path / "a").iterdir()]
    # No results that are taken for those of a whole run.
    assert not {"metrics.json", "answer.json", "comparison.csv"} & set(left)
    if "checkpoint.pt" in left:
        # It came as far before the signal did.
        again = ("--resume",)
    process = started(tmp_path, *words, *again)
    _, told = process.communicate()
    assert process.returncode == 0, told


@pytest.mark.parametrize(
    "changes",
    [
        {"TERM": "dumb", "COLUMNS": "20"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_terminals_that_are_none_get_the_same_words(
    changes: dict[str, str], tmp_path: Path
) -> None:
    shown, told = started(tmp_path, "--version", **changes).communicate()
    assert told == ""
    assert shown.startswith("mirage-photonics ")
    shown, told = started(tmp_path, "--help", **changes).communicate()
    assert told == ""
    assert all(word in shown for word in ("verify", "train", "compare", "study"))


def test_a_reader_that_has_enough_ends_it_as_a_signal_does(tmp_path: Path) -> None:
    with started(tmp_path, "--version") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    # As shells have it for SIGPIPE.
    assert process.returncode == 141
