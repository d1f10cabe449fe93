"""Tolerances as the command line gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from studies.metrics import tolerances as question
from studies.show import tolerances as show
from tests.commands import failure, invoke
from tests.studies.metrics.test_tolerances import FEW, STREAMED, chosen


def test_the_command_prints_draws_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = chosen(load_machine("robust"))[:1]
    monkeypatch.setattr(question, "parameters", lambda machine: values)
    monkeypatch.setattr(show, "streamed_in_training", lambda machine, data: {"forward": STREAMED})
    file, settings = tmp_path / "t.json", [word for one in FEW for word in ("--set", one)]
    arguments = ["robust", *settings, "--out", str(tmp_path), "--json", str(file)]
    printed = invoke("show", "tolerances", *arguments)
    assert "laser.power_w = 0.0085" in printed
    assert "laser dimmed by" in printed
    assert (tmp_path / "tolerances.png").stat().st_size > 1000
    written = json.loads(file.read_text())
    assert {row["name"] for row in written["rows"]} == {name for name, _ in values}
    row = next(row for row in written["rows"] if row["name"] == "laser.power_w")
    assert row["spread"] == pytest.approx(0.05 * 0.0085)
    assert row["source"].startswith("assumption")
    assert row["above"]["arriving_w"] > row["below"]["arriving_w"]


def test_what_is_no_machine_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failure(capsys, monkeypatch, "show", "tolerances", "robust", "--data", "nothing")
    assert "nothing" in message
