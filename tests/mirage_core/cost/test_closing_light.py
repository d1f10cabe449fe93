"""Light that closes a link, and links that no light closes."""

from __future__ import annotations

import pytest

from circuits.analysis.link import LinkBudget
from mirage_core.cost.bases import components_of
from mirage_core.cost.closing_light import DATA, ERROR_RATE, closed, closing_light, mantissas
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from tests.close import close

ROBUST = load_machine("robust", ["array.units=1", "array.rows=4"])


def test_the_machine_errs_at_the_target_with_that_light() -> None:
    machine = closed(ROBUST, "uniform")
    for light in closing_light(ROBUST, "uniform"):
        budget = LinkBudget(machine.design, light.modulus, 16)
        assert machine.design.row_power_w(light.modulus) == close(light.needed_w)
        # Noise alone, as the closing power has it: converters come on top.
        again_w = budget.closing_power_w(ERROR_RATE, light.loss_db)
        assert again_w == close(light.needed_w, rel=1e-9)
    # Once more it has what it needs.
    assert [x.short_db for x in closing_light(machine)] == pytest.approx([0.0] * 3, abs=1e-9)


def test_sparse_data_need_less_and_the_worst_most() -> None:
    needed = [max(x.needed_w for x in closing_light(ROBUST, data)) for data in DATA]
    uniform, sparse, worst = needed
    assert sparse < uniform < worst
    drawn = mantissas(ROBUST, "sparse")
    assert float((drawn == 0).float().mean()) == pytest.approx(0.9 + 0.1 / 31, abs=0.005)
    assert int(mantissas(ROBUST, "uniform").abs().max()) == 15


def test_what_no_guide_carries_is_refused_with_the_way_out() -> None:
    paper = load_machine("isca2024")
    with pytest.raises(InputError) as stop:
        closed(paper, "uniform")
    message = str(stop.value)
    assert "22.4 dB beyond what a guide carries" in message
    assert "nearest that closes: bfp.group_size=7" in message
    assert closed(paper.changed({"bfp.group_size": 7}), "uniform")
    with pytest.raises(InputError, match="beyond what a guide carries"):
        closed(paper.changed({"bfp.group_size": 8}), "uniform")


def test_lossier_rings_cost_light() -> None:
    """One configuration: the loss of a ring moves the light that is needed, and its price."""
    loss = ROBUST.design.multiplier.switch.loss_db_per_m  # type: ignore[attr-defined]
    lossier = ROBUST.changed({"multiplier.switch.loss_db_per_m": 1.2 * loss})
    watts = [
        components_of(closed(machine, "sparse"), "physics")["laser"].power_w
        for machine in (ROBUST, lossier)
    ]
    assert watts[1] > 1.02 * watts[0]


def test_other_data_are_refused() -> None:
    with pytest.raises(InputError, match="must be one of uniform, sparse, worst"):
        closing_light(ROBUST, "dense")
