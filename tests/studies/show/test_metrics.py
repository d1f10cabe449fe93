"""Metrics and fields of studies on the terminal."""

from __future__ import annotations

import json
from pathlib import Path

from mirage_core.training.recipe import Recipe
from studies.metrics.conditions import Conditions
from studies.metrics.registry import metrics
from tests.commands import invoke


def test_all_that_a_study_may_name_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    shown = invoke("show", "metrics", "--json", str(file))
    told = json.loads(file.read_text())
    assert [m["name"] for m in told["metrics"]] == list(metrics())
    assert {m["name"]: m["over_replicas"] for m in told["metrics"]}["usable"] == "share"
    fields = [f"conditions.{name}" for name in Conditions.model_fields]
    fields += [f"recipe.{name}" for name in Recipe.model_fields]
    assert [f["name"] for f in told["fields"]] == fields
    assert all(name in shown for name in (*metrics(), *fields))
