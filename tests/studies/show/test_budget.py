"""All budgets of a machine in one: what is printed is what the data hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirage_core import load_machine
from studies.show import budget


@pytest.mark.slow  # 4 s
def test_everything_is_said_once_and_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = ["array.units=1", "array.rows=4", "bfp.group_size=4", "calibration.reads=400"]
    machine = load_machine("robust", small)
    found = budget.show(machine, "digits", tmp_path / "out")
    printed = capsys.readouterr().out
    for title in ("Link budget of robust", "Altogether", "Not modelled, modulus"):
        assert printed.count(title) == 1, title
    data = json.loads(json.dumps(found))
    assert {"errors", "trimmers", "switch_trimmers", "unmodelled"} <= set(data)
    assert all(each["name"] in printed for each in data["unmodelled"])
    pictures = {path.name for path in (tmp_path / "out").iterdir()}
    assert pictures == {f"budget_{modulus}.png" for modulus in machine.moduli}
