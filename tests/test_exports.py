"""Packages that import their names when asked export all of them, and cost nothing before."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import FunctionType

import pytest

import circuits
import devices
import mirage_core
import photonics
from devices.parameters.part import Part

ROOT = Path(__file__).parent.parent


PACKAGES = ["photonics", "devices", "circuits", "mirage_core"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there(package: str) -> None:
    module = importlib.import_module(package)
    assert dir(module) == sorted(set(module.__all__))
    for name in module.__all__:
        value = getattr(module, name)
        assert vars(module)[name] is value, "found once, kept from then on"
        # A class or function is one of this package, under its own name; all share one error.
        if isinstance(value, type | FunctionType) and value is not photonics.InputError:
            assert value.__module__.split(".")[0] == package
            assert value.__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        module.nonsense  # noqa: B018
    with pytest.raises(ImportError, match="nonsense"):
        exec(f"from {package} import nonsense")


def test_every_part_is_exported() -> None:
    for module in pkgutil.walk_packages(devices.__path__, "devices."):
        importlib.import_module(module.name)

    def kinds(base: type[Part]) -> set[type[Part]]:
        return {base}.union(*(kinds(one) for one in base.__subclasses__()))

    of_devices = {kind for kind in kinds(Part) if kind.__module__.startswith("devices.")}
    missing = {kind.__name__ for kind in of_devices} - set(devices.__all__)
    assert missing == set()


def test_what_machines_take_from_photonics_is_exported() -> None:
    """Functions and classes, but for what checks and keeps files rather than describes light."""
    own = (
        "checks",
        "copies",
        "documents",
        "errors",
        "files",
        "lazy",
        "philox",
        "readout_words",
        "representation",
        "sealed_file",
        "shapes",
    )
    taken = set()
    for floor in ("devices", "circuits", "mirage_core", "studies"):
        for path in (ROOT / floor).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                room = (getattr(node, "module", None) or "").partition("photonics.")[2]
                if isinstance(node, ast.ImportFrom) and room and room not in own:
                    taken |= {(room, alias.name) for alias in node.names}
    found = {
        name: getattr(importlib.import_module(f"photonics.{room}"), name) for room, name in taken
    }
    named = {name for name, value in found.items() if isinstance(value, type | FunctionType)}
    assert len(named) > 20
    assert named - set(photonics.__all__) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_is_light(package: str) -> None:
    heavy = "torch", "numpy", "scipy", "pydantic"
    code = f"import sys, {package}; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert found.stdout.strip() == "[]"


def test_the_version_is_that_of_the_distribution() -> None:
    for package in (photonics, devices, circuits, mirage_core):
        assert package.__version__ == version("mirage-photonics")
