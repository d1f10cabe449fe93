"""Netlists of rows: solved part by part they give the fields of the reference, for all products."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from circuits import ModularDotProduct, operand_settings, row_netlist
from photonics.errors import InputError
from tests.circuits.designs import Prism, ideal_but
from tests.circuits.netlist.rows import (
    MULTIPLIERS,
    all_pairs,
    deviation,
    flawed_row,
    our_fields,
)
from tests.circuits.netlist.solver import diode_fields

# Of a hundred parts in a row, each right to 2^-52 or so.
ROUNDING = 1e-13


@pytest.mark.parametrize("kind", MULTIPLIERS)
def test_every_product_has_the_fields_of_the_reference(kind: str) -> None:
    unit = flawed_row(kind)
    x, w = all_pairs(unit)
    found = np.stack([diode_fields(row_netlist(unit, *pair)) for pair in zip(x, w, strict=True)])
    assert deviation(found, our_fields(unit, x, w)) < ROUNDING


@pytest.mark.parametrize("kind", ["rings", "heaters that warm"])
def test_multipliers_of_a_row_follow_one_another(kind: str) -> None:
    unit = flawed_row(kind, modulus=7, length=3)
    x, w = torch.tensor([6, 0, 3]), torch.tensor([2, 5, 4])
    assert deviation(diode_fields(row_netlist(unit, x, w)), our_fields(unit, x, w)) < ROUNDING


@pytest.mark.parametrize("kind", ["heaters that warm", "one-coupled interferometers"])
def test_operands_change_the_settings_that_are_told_and_no_others(kind: str) -> None:
    unit = flawed_row(kind, length=2)
    x, w = torch.tensor([[0, 0], [3, 1], [4, 2]]), torch.tensor([[0, 0], [2, 2], [1, 4]])
    rest, changed = row_netlist(unit, x[0], w[0]), operand_settings(unit, x, w)
    for b in range(1, 3):
        parts = rest["instances"]
        wanted = {
            name: {**part["settings"], **{k: float(v[b]) for k, v in changed.get(name, {}).items()}}
            for name, part in parts.items()
        }
        found = row_netlist(unit, x[b], w[b])
        assert {name: part["settings"] for name, part in found["instances"].items()} == wanted
        assert found["connections"] == rest["connections"]
        assert wanted != {name: part["settings"] for name, part in parts.items()}


def test_a_netlist_is_plain_data_by_names_that_tools_take() -> None:
    netlist = row_netlist(flawed_row("rings"), torch.tensor([3]), torch.tensor([4]))
    assert json.loads(json.dumps(netlist)) == netlist
    assert all(re.fullmatch(r"[a-z]\w*", name) for name in (netlist["name"], *netlist["instances"]))
    ends = [*netlist["connections"], *netlist["connections"].values(), *netlist["ports"].values()]
    assert len(set(ends)) == len(ends), "a port is joined once"
    assert {end.split(",")[0] for end in ends} == set(netlist["instances"])
    assert netlist["info"] | {"laser_power_w": 0.0} == {
        "modulus": 5, "unit": 0, "row": 1, "x": [3], "w": [4], "laser_power_w": 0.0,
        "wavelength_m": 1550e-9,
    }  # fmt: skip


def test_what_has_no_netlist_is_refused() -> None:
    unit = ModularDotProduct(5, 2)
    pair = torch.tensor([1, 2])
    with pytest.raises(InputError, match=r"x, w = .*a netlist is of one pair of vectors"):
        row_netlist(unit, pair[None], pair)
    with pytest.raises(InputError, match="the last axis must be 2 long"):
        row_netlist(unit, pair[:1], pair)
    prism = ModularDotProduct(5, 2, ideal_but(switch=Prism()))
    for export in (row_netlist, operand_settings):
        with pytest.raises(InputError, match=r"switch\.kind = 'prism': has no netlist: only its"):
            export(prism, pair, pair)
