"""Numbers that pages tell, where they are told, against what computes them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import mirage_core as mirage
from circuits import LinkBudget
from mirage_core.native.blocks import can_quantize
from mirage_core.native.library import LONGEST
from studies.accelerator.paper import PARTS
from tests.commands import invoke
from tests.docs.blocks import DOCS


def told(page: str, pattern: str) -> list[str]:
    """Numbers of a page, by the groups of a pattern; lines are joined."""
    found = re.search(pattern, " ".join((DOCS / page).read_text().split()))
    assert found is not None, pattern
    return list(found.groups())


def rows(page: str, head: str) -> list[list[str]]:
    """Cells of a table, without its head."""
    table = (DOCS / page).read_text().partition(f"\n| {head} |")[2].partition("\n\n")[0]
    lines = table.splitlines()[2:]
    assert len(lines) > 3
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def cost(folder: Path, *options: str) -> dict[str, Any]:
    """What `mirage cost resnet50` finds in its one basis."""
    invoke("cost", "resnet50", *options, "--json", str(folder / "cost.json"))
    found = json.loads((folder / "cost.json").read_text())
    (basis,) = found["bases"].values()
    return {**basis, "waits_s": sum(row["stall_s"] for row in found.get("memory", []))}


def same(said: str, value: float) -> bool:
    """Whether a number is said to as many digits as it has."""
    decimals = len(said.partition(".")[2])
    return float(said) == round(value, decimals)


def test_light_behind_interferometers_is_what_machines_tell() -> None:
    said = told("machines.md", r"finds (\d+) dB behind the worst input .* where rings have (\d+),")
    for kind, loss_db in zip(("mzi", "ring"), said, strict=True):
        design = mirage.load_machine("robust", {"multiplier.switch.kind": kind}).design
        assert same(loss_db, LinkBudget(design, 33, 16).worst().rail_loss_db)


def test_machines_that_kernels_know_are_those_that_are_told() -> None:
    bits, length = map(int, told("speed.md", r"at most (\d+) bits, rows of at most (\d+) mult"))
    assert length == LONGEST
    for more in (0, 1):
        assert can_quantize(mirage.BfpFormat(mantissa_bits=bits + more)) is (more == 0)
    assert not can_quantize(mirage.BfpFormat(rounding="stochastic"))


@pytest.mark.slow  # 3 s
def test_waits_for_dram_are_what_is_told(tmp_path: Path) -> None:
    each = r"(\d+) of (\d+) ms and"
    said = told(
        "accelerator.md",
        rf"waits for {each} DRAM takes ([\d.]+) of ([\d.]+) J; .* it is {each} (\d+) of (\d+) J",
    )
    for flow, numbers in (("OPT2", said[:4]), ("DF1", said[4:])):
        options = "--basis", "published", "--dram", "900", "--dataflow", flow
        found = cost(tmp_path, *options)
        dram_j = found["components"]["DRAM"]["total_j"]["value"]
        values = 1e3 * found["waits_s"], 1e3 * found["time_s"], dram_j, found["energy_j"]["value"]
        assert all(map(same, numbers, values)), (flow, values)


@pytest.mark.slow  # 9 s
def test_what_light_costs_that_trains_is_what_is_told(tmp_path: Path) -> None:
    units = {"ms": 1e3, "s": 1.0, "J": 1.0, "kJ": 1e-3}
    for machine, _, time, energy, most in rows("accelerator.md", "machine"):
        name, basis, *more = machine.replace("`", "").split(", ")
        options = [word for option in more for word in option.split()]
        found = cost(tmp_path, "--preset", name, "--basis", basis, *options)
        for said, value in ((time, found["time_s"]), (energy, found["energy_j"]["value"])):
            number, unit = said.split()
            digits = len(number.replace(".", "").lstrip("0"))
            assert float(number) == float(f"{value * units[unit]:.{digits}g}"), machine
        assert found["dominant"] == {"trimmers of the rings": "switch trimmers"}.get(most, most)


@pytest.mark.slow  # 11 s
def test_the_table_without_a_bar_is_what_mirage_paper_finds() -> None:
    found = {row.item: (row.published, row.recomputed) for row in PARTS["fig8"]()}
    for name, power, power_drawn, delay, delay_drawn in rows("accelerator.md", "format"):
        for kind, here, drawn in (
            ("power", power, power_drawn),
            ("energy-delay", delay, delay_drawn),
        ):
            published, recomputed = found[f"equal area, {name}: {kind} by Table II, on the mean"]
            assert recomputed is not None
            assert float(here) == float(f"{recomputed:.3g}")
            assert float(drawn) == float(f"{published:.3g}")
