"""A study as it is typed: the line that goes on with it, and what is kept of its configuration."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.runner.command import StudyCommand, configuration
from studies.runner.rows import Row
from tests.studies.runner.test_study import study


def test_the_line_has_all_that_was_typed_and_no_more() -> None:
    plain = StudyCommand.of("laser", False, Path("runs/studies/laser"))
    assert plain.line == "mirage study run laser"
    assert plain.order.storage == "runs/studies/laser/journal.log"
    typed = StudyCommand.of(
        "my study.toml", True, Path("out"), "postgresql://h/x", ["laser.power_w=1e-3"], 3, 7, 5.0
    )
    words = shlex.split(typed.line)
    assert words[:5] == ["mirage", "study", "run", "my study.toml", "--full"]
    for pair in (
        ("--replicas", "3"),
        ("--seed", "7"),
        ("--set", "laser.power_w=1e-3"),
        ("--storage", "postgresql://h/x"),
        ("--out", "out"),
    ):
        assert " ".join(pair) in " ".join(words)
    # Results tell neither where they lay nor how to reach a database.
    assert typed.published == (
        "mirage study run 'my study.toml' --full --set laser.power_w=1e-3 --replicas 3 --seed 7"
    )
    assert typed.order.fields == {"replicas": 3, "seed": 7, "set": {"laser.power_w": 1e-3}}
    assert typed.order.lease_s == 5.0


def test_a_configuration_names_machine_axes_metrics_and_versions() -> None:
    told = configuration(study(replicas=2, seed=5), [{"seconds": 2.0}])
    assert told["machine"] == "robust"
    assert told["laser.power_w"] == "[0.001, 0.002]"
    assert "5 to 6" in told["replicas"]
    assert "laser_power_w: " in told["metrics"]
    assert "code " in told["made by"]


def test_a_study_of_which_no_point_came_to_anything_is_an_error(tmp_path: Path) -> None:
    told = study()
    row: Row = {
        "laser.power_w": 1e-3,
        "laser_power_w": 0.0,
        "status": "refused",
        "why": "no light",
        "replica": 0,
        "seconds": 0.0,
    }
    with pytest.raises(InputError, match="no point came to anything: no light"):
        StudyCommand.of("x", False, tmp_path).conclude(told, [row])
