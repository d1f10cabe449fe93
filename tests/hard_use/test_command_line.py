"""Arguments of the command line, and changes of a machine as they are typed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from devices.parameters.overrides import parse_overrides
from studies.cli import main as cli
from tests.hard_use.cases import numbered, try_all
from tests.hard_use.mutation import LITERALS
from tests.hard_use.property import limited, read_or_refused, require_line

# Each ends soon; what would take long is wrong in more places than are changed.
COMMANDS = (
    ("show", "preset", "robust", "--set", "laser.power_w=1e-3", "--set", "moduli=[31, 32, 33]"),
    ("show", "moduli", "--json", "moduli.json"),
    ("show", "presets"),
    ("show", "datasets"),
    ("study", "list", "--json", "-"),
    ("study", "show", "laser", "--full", "--out", "results"),
    ("study", "new", "mine.toml", "--overwrite"),
    ("study", "report", ".", "--out", "report.html"),
    ("study", "run", "none", "--workers=0", "--lease=0", "--seed=-1", "--replicas=0"),
    ("train", "--model=none", "--epochs=-1", "--batch=0", "--data=none", "--out", "a"),
    ("compare", "--with=none", "--seeds=0", "--workers=0", "--data=none", "--model=none"),
    ("cost", "none", "--batch", "8", "--preset", "robust"),
    ("paper", "nothing", "nothing", "nothing", "nothing"),
    ("verify", "--quick=1", "--full=1", "--preset=none", "--depth"),
)
# Harmless wherever it stands: none of these is a command, a network, or a number of seeds.
WORDS = (
    *(x for x in LITERALS if len(x) < 6000 and not x.isdigit()),
    *("--", "-", "--help", "--no-such", "--set", "=", "a=", "=1", "--json", "--out", "/dev/null"),
    *(".", "..", "/", "~", "/dev/full", "no/such/folder/file.toml", "laser.power_w=1e-3"),
)


@st.composite
def typed(draw: DrawFn) -> list[str]:
    """A command with words replaced, left out, doubled or put in."""
    words = list(draw(st.sampled_from(COMMANDS)))
    for _ in range(draw(st.integers(1, 3))):
        at, kind = draw(st.integers(1, len(words))), draw(st.sampled_from(("new", "put", "drop")))
        word = draw(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)))
        end = at if kind == "put" else at + 1
        words[at:end] = [] if kind == "drop" else [word]
    return words


@numbered(quick=25)
def test_commands_end_with_a_result_or_a_line(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    def check(words: list[str]) -> None:
        monkeypatch.setattr(sys, "argv", ["mirage", *words])
        status: object = 0
        with limited():
            try:
                cli.main()
            except SystemExit as stop:
                status = stop.code
        told = capsys.readouterr().err
        assert status in (0, 1, 2), status
        if status == 2 and told.startswith("mirage: "):
            for line in told.removesuffix("\n").split("\n"):
                require_line(line)
        assert "Traceback" not in told

    try_all(count, typed(), check)


@numbered()
def test_changes_are_read_or_refused(count: int) -> None:
    texts = st.one_of(st.sampled_from(LITERALS), st.text(max_size=20))
    names = st.sampled_from(("laser.power_w", "moduli", "", ".", "a..b", "é", "x" * 3000))
    change = st.tuples(names, st.sampled_from(("=", "", "==")), texts).map("".join)
    try_all(
        count, st.lists(change, max_size=3), lambda x: read_or_refused(lambda: parse_overrides(x))
    )
