"""The link budget as its readers use it."""

from __future__ import annotations

import pytest
import torch

from circuits.analysis.link import LinkBudget
from mirage_core import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.streamed import streamed_in_training
from photonics.statistics import symbol_error_rate
from studies.show.link import (
    TARGET,
    floor,
    link_json,
    link_rows,
    print_link,
    verdicts,
    with_published_multiplier,
)


def test_budget_is_that_of_the_data_it_names() -> None:
    machine = load_machine("robust", ["moduli=[31, 32, 33]"])
    # Mantissas 0 and 7: no ones, and three ones with seven units of shifter each.
    quiet, busy = torch.zeros(999, 16), torch.full((1001, 16), 7)
    rows = link_rows(machine, {"forward": torch.cat([quiet, busy])})
    assert [r.streamed for r in rows] == ["forward: inputs", "worst input"] * 3
    for row in rows[::2]:
        gain = LinkBudget(machine.design, row.modulus, 16).gain
        table = gain.loss_db
        assert row.tail.rail_loss_db == pytest.approx(
            16 * float(table[:3, 1].sum() + table[3:, 0].sum())
        )
        assert row.median.rail_loss_db == row.tail.rail_loss_db
        louder = load_machine(
            "robust", ["moduli=[31, 32, 33]", f"laser.power_w={row.closing_power_w}"]
        )
        closed = LinkBudget(louder.design, row.modulus, 16).at_loss(row.tail.rail_loss_db)
        gamma = closed.rho**2 / 2
        rate = float(symbol_error_rate(gamma, row.modulus))
        assert rate == pytest.approx(1e-6, rel=1e-6, abs=0.0)


def test_robust_has_the_light_that_real_data_need_and_the_paper_has_not() -> None:
    data = load_dataset("digits")
    for name, closes in (("robust", True), ("isca2024", False)):
        machine = load_machine(name)
        rows = link_rows(machine, streamed_in_training(machine, data))
        real = [r for r in rows if r.streamed != "worst input"]
        assert all((r.closing_power_w < r.power_w) == closes for r in real)
        timing, power = verdicts(machine)
        assert timing.settles(machine.design.clock_hz) == closes
        assert power.is_linear


def test_the_budget_as_plain_data() -> None:
    machine, streamed = load_machine("isca2024"), {"forward": torch.zeros(9, 16)}
    rows = link_rows(machine, streamed)
    found = link_json(machine, rows, streamed)
    assert len(found["rows"]) == len(rows) == 2 * 3
    assert not found["timing"]["settles"]
    assert found["timing"]["fastest_clock_hz"] == 1.0 / found["timing"]["needed_s"]
    assert set(found["floors"]) == {"isca2024"}


def test_a_machine_without_room_for_the_papers_multipliers_has_a_budget(
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = load_machine("robust", {"moduli": [61, 63, 64, 65], "bfp.group_size": 8})
    streamed = {"forward": torch.zeros(9, 8)}
    assert set(link_json(machine, [], streamed)["floors"]) == {"robust"}
    print_link(machine, [], streamed, load_dataset("digits"))
    assert "the paper's multipliers cannot be put in this machine" in capsys.readouterr().out


def test_a_floor_asks_no_more_rows_of_a_machine_than_it_has() -> None:
    # Of its chips some rows cannot be calibrated, and none of the first two.
    machine = load_machine("robust", {"multiplier.rails": "single", "array.rows": 2})
    assert floor(machine, 33, torch.randint(-15, 16, (50, 16))).wrong < 1.0


def test_light_is_worked_out_without_converters_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = load_machine("robust", ["receiver.adc_extra_bits=0"])
    rows = link_rows(machine, {"forward": torch.full((9, 16), 7)})
    # More light than noise alone needs, and still more errors than were asked for.
    assert rows[0].closing_power_w < rows[0].power_w
    assert rows[0].tail.symbol_error_rate > TARGET
    print_link(machine, rows, {"forward": torch.full((9, 16), 7)}, load_dataset("digits"))
    assert "powers for shot and amplifier" in capsys.readouterr().out


def test_the_floor_of_a_machine_is_that_of_its_multipliers() -> None:
    streamed = torch.randint(-15, 16, (500, 16))
    assert floor(load_machine("isca2024-ideal"), 31, streamed).worst_rad < 1e-9
    closed = load_machine("isca2024-closed")
    assert floor(closed, 31, streamed).wrong == 0.0
    assert floor(with_published_multiplier(closed), 31, streamed).wrong > 0.01
