"""The link budget as its readers use it."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.analysis.link import LinkBudget
from mirage_core import load_machine
from mirage_core.training.datasets import load_dataset
from photonics.statistics import symbol_error_rate
from studies.show.floor import systematic_floor, with_published_multiplier
from studies.show.link import link_json, link_rows, streamed_in_training, verdicts


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


def test_real_data_come_from_all_three_products() -> None:
    machine = load_machine("robust")
    streamed = streamed_in_training(machine, load_dataset("digits"))
    assert set(streamed) == {"forward", "dx", "dw"}
    for mantissa in streamed.values():
        assert mantissa.shape[1] == 16
        assert 0 < int(mantissa.abs().max()) <= 15
    # Pixels and activations are not negative; gradients are of both signs.
    assert int(streamed["forward"].min()) == 0
    assert int(streamed["dx"].min()) < 0
    data = link_json(machine, link_rows(machine, streamed), streamed)
    assert len(data["rows"]) == 12
    assert data["timing"]["settles"]
    assert data["timing"]["fastest_clock_hz"] == 1.0 / data["timing"]["needed_s"]


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


def test_floor_is_that_of_the_statics_and_leaks() -> None:
    streamed = torch.randint(-15, 16, (500, 16))
    static = load_machine(
        "isca2024-ideal", ["multiplier.static_phase_rms_rad=2e-3", "array.units=1"]
    )
    floor = systematic_floor(static, 31, streamed)
    # One of the two paths of 80 digits on each of two rails; 16 rows know the rms of a row's sum
    # to 1/sqrt(2·16), and what the data change adds to that.
    assert floor.rms_rad == pytest.approx(2e-3 * math.sqrt(160), rel=5 / math.sqrt(32))
    assert floor.half_cell_rad == math.pi / 31
    assert systematic_floor(load_machine("isca2024-ideal"), 31, streamed).worst_rad < 1e-9
    closed = load_machine("isca2024-closed")
    assert systematic_floor(closed, 31, streamed).wrong == 0.0
    assert systematic_floor(with_published_multiplier(closed), 31, streamed).wrong > 0.01
