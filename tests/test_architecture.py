"""The house rules that no eye can check: who imports whom, and where chance comes in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("photonics", "devices", "circuits", "mirage_core", "studies")
ADAPTERS = {
    "photontorch": "studies/verification/photontorch_oracle/solver.py",
    "sax": "circuits/netlist/sax_models.py",
    "jax": "circuits/netlist/sax_models.py",
}
# Rooms of the circuits: each imports from itself and from those before it.
ROOMS = (
    "coding",
    "design",
    "optics",
    "receiver",
    "compiled",
    "chip",
    "units",
    "netlist",
    "control",
    "analysis",
)
GENERATOR = "photonics/random.py"
# Files longer than this have a test file of their name, or of the name of their room.
LONG_LINES = 60
# What a slow test takes, all its cases together, on one core.
TIME = re.compile(r"# \d+ s\b")


def sources() -> list[Path]:
    return [p for floor in FLOORS for p in sorted((ROOT / floor).rglob("*.py"))]


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the floor"
            yield node.module or ""


def violations(path: str, code: str) -> list[str]:
    """What a source file does that its place forbids."""
    floor = path.split("/")[0]
    above = FLOORS[FLOORS.index(floor) + 1 :]
    tree = ast.parse(code)
    found = []
    for name in imports(tree):
        top = name.split(".")[0]
        if top in above:
            found.append(f"imports {name} from a floor above")
        if top == "matplotlib" and floor != "studies":
            found.append("draws outside of studies")
        if path != ADAPTERS.get(top, path):
            found.append(f"imports {top} outside of its adapter")
        if top == "typer" and floor != "studies":
            found.append("has a command line outside of studies")
        if name.startswith("mirage_core.learning") and path.startswith(
            ("mirage_core/engines", "mirage_core/arithmetic")
        ):
            found.append("an engine or number system knows of learning")
        if name.startswith("mirage_core.learning") and path.startswith(
            ("mirage_core/cost", "mirage_core/tracing", "mirage_core/networks")
        ):
            found.append("cost knows of learning")
        if name.startswith("mirage_core.cost") and path.startswith("mirage_core/learning"):
            found.append("learning knows of cost")
        if floor == "circuits" and path != "circuits/__init__.py":
            room, target = room_of(path), room_of(name.replace(".", "/"))
            if room in ROOMS and target in ROOMS and ROOMS.index(target) > ROOMS.index(room):
                found.append(f"imports {name} into {room}, which comes before")
    if path != GENERATOR:
        found += [f"draws random numbers ({call})" for call in random_calls(tree)]
    return found


def room_of(path: str) -> str | None:
    """Room of the circuits that a file or module is in, by its path; none outside of them."""
    floor, *rooms = path.split("/")
    return rooms[0] if floor == "circuits" and rooms else None


def random_calls(tree: ast.AST) -> Iterator[str]:
    """Calls that draw numbers, but for torch generators of initialisation and data order."""
    methods = {"normal_", "uniform_", "random_", "exponential_", "cauchy_", "geometric_"}
    methods |= {"log_normal_", "bernoulli_", "rvs"}
    functions = {"rand", "randn", "randint", "normal", "bernoulli", "multinomial", "poisson"}
    functions |= {"rand_like", "randn_like", "randint_like", "Philox", "default_rng"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            root = dotted.split(".")[0]
            from_library = root in ("torch", "np", "numpy") and node.attr in functions
            from_library |= dotted.startswith(("np.random.", "numpy.random."))
            if from_library or node.attr in methods:
                yield dotted
        if isinstance(node, ast.ImportFrom | ast.Import):
            names = {alias.name for alias in node.names}
            module = getattr(node, "module", None)
            if {"random", "secrets"} & {module, *names} and module in (None, "numpy", "random"):
                yield "random"
            if module in ("numpy.random", "secrets") or (module == "torch" and names & functions):
                yield f"{module}: {names}"


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_file_keeps_to_its_floor(path: Path) -> None:
    assert violations(str(path.relative_to(ROOT)), path.read_text()) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("photonics/a.py", "import devices.light.laser"),
        ("devices/a.py", "from circuits.chip.chip import Chip"),
        ("circuits/a.py", "def f():\n    import mirage_core"),
        ("mirage_core/a.py", "from studies import cli"),
        ("mirage_core/a.py", "import matplotlib.pyplot as plt"),
        ("circuits/a.py", "import photontorch"),
        ("studies/a.py", "import jax.numpy as jnp"),
        ("circuits/netlist/a.py", "from sax import circuit"),
        ("circuits/chip/a.py", "from circuits.control.estimate import Unknowns"),
        ("circuits/optics/a.py", "from circuits.receiver.gain import GainControl"),
        ("circuits/analysis/a.py", "from studies.verification.photontorch_oracle import check"),
        ("devices/a.py", "import torch\nx = torch.randn(3)"),
        ("studies/a.py", "import numpy as np\nx = np.random.normal()"),
        ("studies/a.py", "import random"),
        ("studies/a.py", "from numpy import random"),
        ("studies/a.py", "from torch import randn"),
        ("studies/a.py", "from numpy.random import default_rng"),
        ("devices/a.py", "import torch\ny = torch.normal(0, x)"),
        ("devices/a.py", "x.normal_()"),
        ("devices/a.py", "from scipy import stats\nstats.norm.rvs(3)"),
        ("devices/a.py", "import secrets"),
        ("mirage_core/a.py", "import torch\nx = torch.rand_like(y)"),
        ("mirage_core/engines/a.py", "from mirage_core.learning import convert"),
        ("mirage_core/cost/a.py", "from mirage_core.learning import convert"),
        ("mirage_core/tracing/a.py", "from mirage_core.learning.convert import report"),
        ("mirage_core/learning/a.py", "from mirage_core.cost.bill import Bill"),
    ],
)
def test_the_rules_catch_offenders(path: str, code: str) -> None:
    assert violations(path, code)


def places_of(source: Path) -> list[Path]:
    """Test files that a source is looked for in: that of its name, and that of its room."""
    folder = ROOT / "tests" / source.parent
    return [folder / f"test_{source.name}", folder.parent / f"test_{source.parent.name}.py"]


def test_what_tests_a_file_is_found_by_its_name() -> None:
    long = [
        p.relative_to(ROOT)
        for p in sources()
        if p.name != "__init__.py" and len(p.read_text().splitlines()) > LONG_LINES
    ]
    assert [str(p) for p in long if not any(t.exists() for t in places_of(p))] == []


def slow_marks(code: str) -> list[str]:
    """Lines that mark a test as slow."""
    marks = {
        node.end_lineno
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.slow"
    }
    return [line for i, line in enumerate(code.splitlines(), 1) if i in marks]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("@pytest.mark.slow  # 5 s", True),
        ("@pytest.mark.slow", False),
        ("@pytest.mark.slow  # minutes", False),
        ("x = [pytest.param(4, marks=pytest.mark.slow)]  # 12 s in all", True),
    ],
)
def test_the_time_of_a_slow_test_is_found(line: str, told: bool) -> None:
    code = line + ("\ndef test_x(): pass" if line.startswith("@") else "")
    assert slow_marks(code) == [line]
    assert bool(TIME.search(line)) == told


def test_every_slow_test_gives_its_time() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    marks = [(p.name, line) for p in files for line in slow_marks(p.read_text())]
    assert marks
    assert [mark for mark in marks if not TIME.search(mark[1])] == []


def test_every_package_is_listed_for_the_wheel() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    present = {
        str(p.parent.relative_to(ROOT)).replace("/", ".")
        for floor in FLOORS
        for p in (ROOT / floor).rglob("__init__.py")
    }
    assert set(listed) == present
