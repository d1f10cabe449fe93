"""The scripts of docs/examples run as they stand, and find what they should."""

from __future__ import annotations

import copy
import importlib.util
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from circuits import LinkBudget
from studies.runner.setup import check
from studies.runner.study import Study
from tests.circuits.netlist.solver import diode_fields
from tests.docs.blocks import DOCS

FOLDER = DOCS / "examples"
# Tested where what it calls is tested.
ELSEWHERE = {"lightning_callback"}
MOST_LINES = 66


def run(name: str) -> dict[str, Any]:
    """What a script leaves behind."""
    return runpy.run_path(str(FOLDER / f"{name}.py"))


def results(said: str) -> list[str]:
    """Lines of an example; the first run of a process may tell of chips that it brings up, too."""
    return [line for line in said.splitlines() if "calibrating" not in line]


def test_a_measured_ring_loses_what_the_ring_loses() -> None:
    left = run("own_part")
    model, lossy, measured = (
        LinkBudget(left[name].design, 33, 16).worst().rail_loss_db
        for name in ("model", "lossy", "machine")
    )
    assert type(left["machine"].design.multiplier.switch).__name__ == "MeasuredSwitch"
    # The worst way passes the switches of 16 multipliers of 6 digits twice each at the most, and
    # all have the noise of one reading: 5 rms of it.
    noise_db = 20.0 / math.log(10.0) * left["NOISE"] * 2 * 16 * 6
    assert measured == pytest.approx(lossy, abs=5.0 * noise_db)
    assert measured > model + 10.0 * noise_db
    assert measured != lossy


def test_a_switch_of_one_s_own_leaves_the_light_that_it_leaves() -> None:
    left = run("own_kind")
    budget = LinkBudget(left["design"], 33, 16)
    switch = left["design"].multiplier.switch
    assert type(switch).__name__ == "GapSwitch"
    ring = LinkBudget(left["load_machine"]("robust").design, 33, 16)
    assert budget.worst().rail_loss_db < ring.worst().rail_loss_db
    passed, crossed = (switch.powers(1.55e-6, coupled=state) for state in (False, True))
    assert passed == pytest.approx((math.cos(0.01) ** 2, math.sin(0.01) ** 2))
    assert crossed == pytest.approx((0.0, 1.0))


def test_a_machine_is_what_its_file_says(capsys: pytest.CaptureFixture[str]) -> None:
    left, said = run("own_machine"), capsys.readouterr().out
    assert left["machine"].design.laser.power_w == 3e-3
    assert "data sheet" in str(left["machine"].sources["laser.power_w"])
    done = left["done"]
    assert 0.0 < done.residue_error_rate < 1e-2
    assert done.readouts.total() >= 3 * 8 * 256 * 64 // 16
    # Numbers that say something: light errs, most of it is found, and what is not is large.
    assert 0 < done.wrong_integers < done.re_reads
    assert "by light 0," not in said
    run("own_machine")
    assert results(capsys.readouterr().out) == results(said)


def test_products_of_a_network_s_own_reach_light_in_a_context() -> None:
    left = run("own_network")
    # Two products of attention by hand: N T T 16 each.
    assert left["report"].unseen_macs == 2 * 8 * 5 * 5 * 16
    assert left["inside"].unseen_macs == 0
    assert all(p.grad is not None for p in left["model"].parameters())


def test_a_loop_goes_on_bit_for_bit(capsys: pytest.CaptureFixture[str]) -> None:
    left = run("own_loop")
    assert "Counts(" not in capsys.readouterr().out
    assert left["same"]
    start = left["start"]()[0]
    assert not all(map(torch.equal, start.parameters(), left["whole"][0].parameters()))


def test_a_budget_tells_the_light_that_closes_it(capsys: pytest.CaptureFixture[str]) -> None:
    left = run("link_budget")
    said = [line.split() for line in capsys.readouterr().out.splitlines() if "robust" in line]
    assert [line[1:3] for line in said[-2:]] == [["16", "network"], ["16", "worst"]]
    # What a network streams takes a hundredth of the light of the worst input.
    light_mw = [float(line[line.index("mW") - 1]) for line in said[-2:]]
    assert 100.0 * light_mw[0] < light_mw[1] == pytest.approx(1e3 * left["closing_w"], rel=0.01)
    length = left["length"]
    closed = left["load_machine"]("robust", {"laser.power_w": left["closing_w"]}).design
    worst = LinkBudget(closed, left["MODULUS"], length).worst()
    # Steps of the converters come on top of the noise that the target is for.
    assert left["worst"].rail_loss_db == worst.rail_loss_db
    assert left["TARGET"] < worst.symbol_error_rate < left["worst"].symbol_error_rate
    assert left["machine"].bfp.group_size == length


def test_chips_are_calibrated_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    left, said = run("chip_yield"), capsys.readouterr().out
    run("chip_yield")
    assert results(capsys.readouterr().out) == results(said)
    assert 1 <= left["usable"] <= left["CHIPS"]
    # As made, a row reads noise: one residue in m is right by chance.
    assert left["after"] < 1e-3 < 0.5 < left["before"]


def test_the_cost_of_a_step_is_that_of_its_computations() -> None:
    left = run("cost")
    parts = left["bill"].by_computation().values()
    assert sum(p.time_s for p in parts) == pytest.approx(left["total"].time_s)
    # By hand: each output pixel weighs the kernel's 9 numbers of every input channel.
    first, second = 32 * 32 * 9 * 3 * 16, 16 * 16 * 9 * 16 * 32
    forward = 64 * (first + second + 32 * 16 * 16 * 10)
    found = sum(p.macs for p in left["found"].products if p.computation == "forward")
    assert found == forward


def test_a_row_in_sax_follows_a_ring_that_moves() -> None:
    pytest.importorskip("sax", reason="no SAX: pip install 'mirage-photonics[sax]'")
    left = run("sax_row")
    expected = []
    for off_pm in left["OFF_PM"]:
        moved = copy.deepcopy(left["netlist"])
        moved["instances"][left["RING"]]["settings"]["offset_m"] += 1e-12 * off_pm
        i0, i1, q0, q1 = np.abs(diode_fields(moved)) ** 2
        expected.append(math.atan2(q0 - q1, i0 - i1))
    assert left["phase_rad"] == pytest.approx(expected, abs=1e-12)
    exact = int(left["x"] @ left["w"]) % left["MODULUS"]
    assert round(expected[0] * left["MODULUS"] / (2.0 * math.pi)) % left["MODULUS"] == exact


def test_a_callback_runs_where_lightning_is(capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("lightning") is None:
        with pytest.raises(SystemExit, match="pip install lightning"):
            runpy.run_path(str(FOLDER / "lightning_callback.py"), run_name="__main__")
        return
    runpy.run_path(str(FOLDER / "lightning_callback.py"), run_name="__main__")
    assert "4 steps, " in capsys.readouterr().out


def test_a_study_in_python_is_one_that_runs() -> None:
    study = run("own_study")["STUDY"]
    assert isinstance(study, Study)
    check(study)


def test_every_script_is_short_linked_and_tested() -> None:
    scripts = sorted(FOLDER.glob("*.py"))
    tested = ELSEWHERE | {
        line.split('run("')[1].split('"')[0]
        for line in Path(__file__).read_text().splitlines()
        if 'run("' in line and "split" not in line
    }
    assert {s.stem for s in scripts} == tested
    page = (DOCS / "examples.md").read_text()
    for script in scripts:
        assert f"(examples/{script.name})" in page
        if script.stem not in ELSEWHERE:
            assert len(script.read_text().splitlines()) <= MOST_LINES, script.name
