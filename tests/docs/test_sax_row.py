"""The example that takes a row to SAX, where that is installed."""

from __future__ import annotations

import copy
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from circuits import row_netlist
from tests.circuits.netlist.rows import flawed_row
from tests.circuits.netlist.solver import diode_fields
from tests.docs.blocks import DOCS

RING = "plus_0_1_enter"


def angle_rad(netlist: dict[str, Any], off_pm: float) -> float:
    moved = copy.deepcopy(netlist)
    moved["instances"][RING]["settings"]["offset_m"] += 1e-12 * off_pm
    i0, i1, q0, q1 = np.abs(diode_fields(moved)) ** 2
    return math.atan2(q0 - q1, i0 - i1)


def test_the_example_follows_a_ring_that_moves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("sax", reason="no SAX: pip install 'mirage-photonics[sax]'")
    netlist = row_netlist(flawed_row("rings"), torch.tensor([3]), torch.tensor([4]))
    file = tmp_path / "row.pic.yml"
    file.write_text(yaml.safe_dump(netlist))
    example = runpy.run_path(str(DOCS / "examples/sax_row.py"))
    found = example["main"](file, RING)
    expected = [angle_rad(netlist, off_pm) for off_pm in example["OFF_PM"]]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "x·w mod 5 = 2"
    assert printed[1].endswith("which is 2")
