"""Terminals of few characters, and readers that go away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studies.report.terminal import PLAIN, plain
from tests.commands import setting
from tests.machines import of_size

ROOT = Path(__file__).parents[3]
QUICK = setting([*of_size(units=1, rows=2), "calibration.policy=none"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("σ/A ± 3 µm", "sigma/A +/- 3 um"),
        ("2π ≥ κ²·10⁻¹²", "2pi >= kappa^2*10^-12"),
        ("ΔΩ: a → b, 5–7", "DeltaOmega: a -> b, 5-7"),
        ("naïve ☃", "naive ?"),
        ("plain", "plain"),
    ],
)
def test_every_character_has_a_plain_word(text: str, expected: str) -> None:
    assert plain(text) == expected
    assert text.encode("ascii", PLAIN).decode() == expected


def test_what_a_terminal_has_is_kept() -> None:
    assert "σ² ± 3 µm".encode("cp1252", PLAIN).decode("cp1252") == "sigma² ± 3 µm"


def mirage(*arguments: str, encoding: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "studies.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("show", "preset", "robust"), "sqrt"),
        pytest.param(
            ("show", "device", "trimmer"),
            "pi",
            marks=pytest.mark.slow,  # 4 s
        ),
        pytest.param(
            ("show", "budget", "isca2024-ideal", *QUICK),
            "contribution",
            marks=pytest.mark.slow,  # 7 s
        ),
        (("show", "moduli"), "+/-16,367"),
        (("show", "preset", "π"), "pi"),
    ],
)
def test_commands_print_on_a_terminal_of_ascii(
    arguments: tuple[str, ...], part: str, tmp_path: Path
) -> None:
    if arguments[1] == "device":
        arguments += ("--out", str(tmp_path))
    shown, problem = mirage(*arguments, encoding="ascii").communicate()
    found = (shown + problem).decode("ascii")
    assert part in found
    assert "Traceback" not in found
    # Rows end where the border of their table does.
    width = 0
    for line in found.splitlines():
        if line.startswith("+-"):
            width = len(line)
        assert not line.startswith("|") or len(line) == width


@pytest.mark.parametrize("arguments", [("show", "presets", "--json", "-"), ("--version",)])
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    process = mirage(*arguments, encoding="utf-8")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    problem = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 141
    assert "Traceback" not in problem
    assert "BrokenPipe" not in problem


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run the command line by a shell, which knows how to close a stream."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    line = f'"{sys.executable}" -m studies.cli.main {command}'
    return subprocess.run(line, shell=True, capture_output=True, text=True, env=environment)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("command", ["--version", "show presets --json -", "show moduli"])
def test_an_output_that_is_full_gets_one_line(command: str) -> None:
    found = shell(f"{command} > /dev/full")
    assert found.returncode == 1
    *_, last = found.stderr.splitlines()
    assert last == "mirage: the output cannot be written (No space left on device)"
    assert "Traceback" not in found.stderr
    assert "Exception" not in found.stderr


@pytest.mark.slow  # 8 s
def test_streams_that_are_closed_are_no_crash() -> None:
    found = shell("show moduli 29 32 33 >&-")
    assert found.returncode == 1
    assert found.stderr == "mirage: standard output is closed: open it, or send it to a file\n"
    # The table has nowhere to go, and the result has.
    found = shell("show moduli --json - 2>&-")
    assert found.returncode == 0
    assert json.loads(found.stdout)["fits"] is True
    assert shell("show preset nope 2>&-").returncode == 2
    assert shell("show moduli >&- 2>&-").returncode == 1
