"""Rows as netlists on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from circuits import ModularDotProduct, RowPosition
from mirage_core import TensorCore, load_machine
from photonics.errors import InputError
from studies.show.netlist import Row, show
from tests.circuits.netlist.rows import deviation, our_fields
from tests.circuits.netlist.solver import diode_fields
from tests.commands import failure, invoke, setting
from tests.machines import FEW_ROWS
from tests.parameter_machines import switch_rows

STATES = ("coupled", "detuned")
ROBUST = ("show", "netlist", "robust", *setting(FEW_ROWS))


@pytest.mark.slow  # 4 s
def test_a_saved_row_is_that_of_the_chip_that_computes(tmp_path: Path) -> None:
    file, same, operands = tmp_path / "new" / "row.pic.yml", tmp_path / "row.json", range(16)
    file.parent.mkdir()
    file.write_text("what was there before")
    words = (*ROBUST, "--modulus", "33", "--row", "1", "--stationary", "-7", "--streamed")
    printed = invoke(*words, ",".join(map(str, operands)), "--save", str(file))
    invoke(*words, ",".join(map(str, operands)), "--save", str(same))
    x, w = torch.tensor(operands), torch.full((16,), 26)
    assert f"x·w mod 33 = {int((x * w).sum()) % 33}, read without noise as" in printed
    netlist = yaml.safe_load(file.read_text())
    assert netlist == json.loads(same.read_text())
    assert netlist["info"]["w"] == w.tolist()
    chip = TensorCore(load_machine("robust", FEW_ROWS)).chip
    unit = ModularDotProduct(33, 16, chip=chip, position=RowPosition(row=1))
    # Hundreds of parts in a row, each right to 2^-52 or so.
    assert deviation(diode_fields(netlist), our_fields(unit, x, w)) < 1e-12
    powers = ", ".join(f"{1e6 * p:.4g}" for p in np.abs(diode_fields(netlist)) ** 2)
    assert f"{powers} µW on the diodes" in printed


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--modulus", "31"), "--modulus = 31: robust has arrays for 29, 32, 33"),
        (("--row", "99"), "--row = 99: must be a whole number from 0 to"),
        (("--unit", "-1"), "--unit = -1: must be a whole number from 0 to 0"),
        (("--streamed", "1,2"), "--streamed = '1,2': must be an integer, or 16 with commas"),
        (("--stationary", "a"), "--stationary = 'a': must be an integer, or 16 with commas"),
        (("--save", "row.gds"), "--save = 'row.gds': must end in .yml, .yaml or .json"),
    ],
)
def test_what_there_is_not_is_refused_before_a_chip_is_made(
    words: tuple[str, ...],
    complaint: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(TensorCore, "chip", property(lambda self: 1 / 0))
    assert complaint in failure(capsys, monkeypatch, *ROBUST, *words)


def test_rows_of_measured_switches_are_refused() -> None:
    rows = {f"measured_{state}": switch_rows(detuned=state == "detuned") for state in STATES}
    switch = {f"multiplier.switch.{name}": value for name, value in rows.items()}
    machine = load_machine("robust", {"multiplier.switch.kind": "measured", **switch})
    with pytest.raises(InputError, match=r"switch\.kind = 'measured': has no netlist"):
        show(machine, Row(None, 0, 0, "1", "1"), None, None)
