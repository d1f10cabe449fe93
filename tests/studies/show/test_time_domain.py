"""What the time of a chain does to random symbols."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from studies.show import budget, time_domain
from studies.show.time_domain import print_settling, settling_rows
from tests.commands import invoke, setting
from tests.machines import of_size


def test_the_budget_and_the_light_agree_on_what_settles() -> None:
    machine = load_machine("isca2024")
    rows = settling_rows(machine, ((5, 100e-12),))
    print_settling(rows)
    own, *asked = rows[1:]
    assert own.symbol_s == pytest.approx(machine.design.symbol_s)
    assert not own.settles
    assert own.wrong > 0.3
    assert [row.digits for row in asked] == [5, 20]
    assert all(row.settles and row.wrong == 0.0 for row in asked)


@pytest.mark.slow  # 10 s
def test_the_command_line_shows_light_in_time_where_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_domain, "_OWN_CLOCK_DIGITS", 5)
    monkeypatch.setattr(budget, "settling_rows", lambda machine: settling_rows(machine, ()))
    small = setting([*of_size(units=1, rows=2), "calibration.policy=none"])
    found = {}
    for asked in (["--time-domain"], []):
        target = tmp_path / f"{len(asked)}.json"
        run = ["show", "budget", "robust", *small, *asked, "--json", str(target)]
        shown = invoke(*run)
        assert ("Light in time" in shown) == bool(asked)
        found[len(asked)] = json.loads(target.read_text())
    assert "time_domain" not in found[0]
    assert [row["settles"] for row in found[1]["time_domain"]] == [True, True]
    assert all(row["wrong"] == 0.0 for row in found[1]["time_domain"])
