"""Help and versions are quick, since they load nothing that computes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from studies.cli.main import app

# What takes long to load.
HEAVY = ("torch", "numpy", "scipy", "matplotlib", "sklearn")
# On a slow and busy machine; it takes 0.2 s on a quick one.
MOST_CPU_S = 1.0

RUN = """
import json, sys
from studies.cli.main import main
sys.argv = ["mirage", *sys.argv[1:]]
try:
    main()
finally:
    sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def commands() -> list[list[str]]:
    """Every command and group, the root included, as typed."""
    found = [list[str]()]
    waiting = [(list[str](), typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, TyperGroup):
            parts = [([*name, child], command.commands[child]) for child in command.commands]
            found += [path for path, _ in parts]
            waiting += parts
    return found


def loaded(*arguments: str) -> tuple[str, set[str]]:
    """What a command prints, mistakes included, and the modules that it loads."""
    run = [sys.executable, "-c", RUN, *arguments]
    result = subprocess.run(run, capture_output=True, text=True, check=False)
    *mistakes, modules = result.stderr.splitlines()
    return "".join([result.stdout, *mistakes]), set(json.loads(modules))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_loads_nothing_that_computes(command: list[str]) -> None:
    shown, modules = loaded(*command, "--help")
    assert "Usage: " in shown
    assert modules.isdisjoint(HEAVY)


def test_versions_are_told_without_loading_anything() -> None:
    shown, modules = loaded("--version")
    assert shown.startswith("mirage-photonics ")
    assert modules.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("show", "presets", "--json", "{tmp}"), "--json"),
        (("show", "chip", "robust", "--save", "{tmp}"), "--save"),
        (("verify", "--quick", "--full"), "--quick"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_loaded(
    arguments: tuple[str, ...], part: str, tmp_path: Path
) -> None:
    shown, modules = loaded(*(a.format(tmp=tmp_path) for a in arguments))
    assert shown.startswith(f"mirage: {part} = ")
    assert "torch" not in modules


def test_help_takes_little_time() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "studies.cli.main", "--help"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < MOST_CPU_S


def test_the_compiler_of_torch_is_not_loaded_to_multiply() -> None:
    code = (
        "import sys, torch, mirage_core as mirage\n"
        "core = mirage.TensorCore('isca2024-ideal', fidelity='integer')\n"
        "model = mirage.convert(torch.nn.Sequential(torch.nn.Linear(4, 4)), core)\n"
        "model(torch.ones(2, 4)).sum().backward()\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
