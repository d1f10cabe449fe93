"""The error budget as its readers use it."""

from __future__ import annotations

import json
import math
import re

import pytest
import torch

from circuits.analysis.error_budget import error_budget
from circuits.analysis.impairments import impairments
from circuits.design.multiplier import MultiplierDesign
from mirage_core import TensorCore, load_machine
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import preset_names
from studies.show.error_budget import (
    error_budgets,
    error_budgets_json,
    print_error_budgets,
    waterfall_rows,
    workload,
)
from tests.machines import FEW_ROWS

IMPAIRMENTS = impairments(MultiplierDesign())
HEATED = impairments(load_machine("thermo-optic").design.multiplier)


def small(name: str, *overrides: str) -> tuple[MachineConfig, torch.Tensor]:
    machine = load_machine(name, [*FEW_ROWS, *overrides])
    length = machine.bfp.group_size
    return machine, torch.arange(-15, 16).repeat(64)[: 100 * length].view(100, length)


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_a_budget(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    machine, streamed = small(name)
    budgets = error_budgets(machine, streamed)
    rates = [b.symbol_error_rate for b in budgets]
    assert rates == sorted(rates, reverse=True)
    print_error_budgets(machine, budgets)
    printed = capsys.readouterr().out
    worst = budgets[0]
    assert f"modulus {worst.modulus}: half a cell is" in printed
    assert f"dominant: {worst.dominant.name}" in printed
    assert all(name in " ".join(printed.split()) for name in IMPAIRMENTS)
    data = json.loads(json.dumps(error_budgets_json(budgets)))
    assert [row["modulus"] for row in data] == [b.modulus for b in budgets]
    assert data[0]["dominant"]["limit"] == list(IMPAIRMENTS[worst.dominant.name].overrides)


def test_waterfall_is_in_milliradians_and_falls() -> None:
    machine, streamed = small("robust")
    budget = error_budgets(machine, streamed)[0]
    rows = waterfall_rows(budget)
    assert [r["name"] for r in rows] == [c.name for c in budget.contributions]
    assert rows[0]["rms_mrad"] == 1e3 * budget.dominant.rms_rad
    assert rows[0]["share"] == pytest.approx(budget.dominant.rms_rad * budget.modulus / math.pi)
    sizes = [r["rms_mrad"] for r in rows]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.slow  # 3 s
def test_budget_is_that_of_the_machines_own_chip_as_it_stands() -> None:
    machine, streamed = small("robust", "chip_seed=3")
    chip = TensorCore(machine).chip
    for budget in error_budgets(machine, streamed):
        assert budget == error_budget(chip, budget.modulus, workload(machine, streamed))


@pytest.mark.parametrize("name", HEATED)
def test_every_switch_and_remedy_names_parameters_that_there_are(name: str) -> None:
    impairment = HEATED[name]
    # Heat is that of heaters.
    preset = "thermo-optic" if any("heat." in o for o in impairment.overrides) else "robust"
    off = load_machine(preset, impairment.overrides)
    assert {o.partition("=")[0] for o in impairment.overrides} <= set(names_of(off))
    parts = ["receiver.stage.step_db=0.5", "multiplier.dac.bits=8", "multiplier.drive_inl_rms=0"]
    staged = names_of(load_machine("robust", parts))
    remedies = impairment.remedy.split(", ")
    # A remedy is a parameter or a whole part.
    assert [r for r in remedies if not any(f"{n}.".startswith(f"{r}.") for n in staged)] == []


def names_of(machine: MachineConfig) -> list[str]:
    """Dotted names of all parameters of a machine."""
    return [q.name for q in machine.parameters()]


def test_what_rings_on_after_a_load_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["multiplier.shifter.kind=noems", "multiplier.shifter.quality=5"]
    machine, streamed = small("robust", *changes, "calibration.policy=none")
    budgets = error_budgets(machine, streamed)
    print_error_budgets(machine, budgets)
    printed = " ".join(capsys.readouterr().out.split())
    m = budgets[0].modulus
    # A 128th of a step over all levels, of digits that count to 2^D - 1.
    digits = machine.design.multiplier.code(m).count
    left = 1e3 * (2**digits - 1) * (m - 1) * 2 * math.pi / m / 128
    found = re.search(r"steps of its drives, too: (> )?([\d.]+) mrad of the largest", printed)
    assert found
    assert float(found[2]) == pytest.approx(min(left, 1e3 * math.pi / math.sqrt(3)), rel=0.01)
    still, streamed = small("robust")
    print_error_budgets(still, error_budgets(still, streamed))
    assert "steps of its drives" not in capsys.readouterr().out
