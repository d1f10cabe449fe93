"""What the documentation shows is run, and what it pins is what is installed."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("photonics", "devices", "circuits", "mirage_core", "studies")


def modules() -> list[str]:
    found = []
    for floor in FLOORS:
        package = importlib.import_module(floor)
        every = pkgutil.walk_packages(package.__path__, f"{floor}.")
        # The native kernels are no module of Python.
        found += [m.name for m in every if not m.name.endswith("._kernels")]
    return [name for name in found if ">>>" in _source(name)]


def _source(module: str) -> str:
    path = ROOT / module.replace(".", "/")
    file = path.with_suffix(".py") if path.with_suffix(".py").exists() else path / "__init__.py"
    return file.read_text()


@pytest.mark.parametrize("name", modules())
def test_examples_of_docstrings(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_constraints_pin_everything_that_is_installed() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    pins = dict(line.lower().split("==") for line in lines)
    installed = {d.metadata["Name"].lower(): d.version.split("+")[0] for d in distributions()}
    assert pins["torch"] == "2.13.0"
    assert {n: v for n, v in pins.items() if n in installed and installed[n] != v} == {}
    needed = {"numpy", "scipy", "torch", "pydantic", "joblib", "cloudpickle", "ml_dtypes"}
    assert needed & set(installed) <= set(pins)


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_a_floor_names_its_rooms(floor: str) -> None:
    package = importlib.import_module(floor)
    every = list(pkgutil.iter_modules(package.__path__))
    rooms = {m.name for m in every if m.ispkg} or {m.name for m in every}
    lines = [line for line in (package.__doc__ or "").splitlines() if line.startswith("* ")]
    named = {n for line in lines for n in re.findall(r"``(\w+)``", line.partition(":")[0])}
    assert named == rooms


def test_extras_are_told_where_one_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    table = (ROOT / "docs" / "start.md").read_text().partition("| extra |")[2].partition("\n\n")[0]
    named = {n for row in table.splitlines() for n in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert named == set(project["optional-dependencies"]) - {"dev", "docs"}
