"""Study files, in TOML and in Python; and recipes of trainings."""

from __future__ import annotations

from pathlib import Path

import pytest

from studies.runner import example
from studies.runner.jobs import Jobs
from studies.runner.study_file import checked_study
from studies.training_plan import plan
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import LITERALS, changed_text
from tests.hard_use.property import read_or_refused

CASES = """question = "Which?"
machine = "isca2024-ideal"
metrics = ["laser_total_w"]
sampler = "qmc"
points = 4
[cases]
multiplier.polarity = ["zero-coupled", "one-coupled"]
[axes]
laser.power_w = { low = 1e-3, high = 8e-3, log = true }
[objectives]
laser_total_w = "minimize"
[constraints]
laser_total_w = "<= 1"
"""
RECIPE = """model = "mlp"
data = "digits"
overrides = ["laser.power_w=1e-3"]
epochs = 3
learning_rate = 0.1
precision = { unit = "fraction", phases = [{ bits = 3, start = 0.0 }, { bits = 4, start = 0.5 }] }
products = { "*" = { dx = "fp32" } }
"""


@numbered(quick=50)
def test_studies_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(text: bytes) -> None:
        path = tmp_path / "study.toml"
        path.write_bytes(text)
        read_or_refused(lambda: len(Jobs(checked_study(str(path), False, {}))))

    try_all(count, changed_text([example.TOML, CASES]), check)


@numbered(quick=50)
def test_studies_in_python_are_read_or_refused(count: int, tmp_path: Path) -> None:
    """They are programs by design, and run; what they raise is told in one line."""

    def check(text: bytes) -> None:
        path = tmp_path / "study.py"
        path.write_bytes(text)
        read_or_refused(lambda: len(Jobs(checked_study(str(path), False, {}))))

    harmless = [x for x in LITERALS if len(x) < 100]
    try_all(count, changed_text([example.PYTHON], harmless), check)


@numbered()
def test_recipes_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(text: bytes) -> None:
        path = tmp_path / "recipe.toml"
        path.write_bytes(text)
        read_or_refused(lambda: plan(path, {}).placed)

    try_all(count, changed_text([RECIPE]), check)


@pytest.mark.parametrize("path", corpus("study_files"))
def test_studies_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: checked_study(str(path), False, {})) is None


@pytest.mark.parametrize("path", corpus("recipes"))
def test_recipes_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: plan(path, {}).placed) is None
