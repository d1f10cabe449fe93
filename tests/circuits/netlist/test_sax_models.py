"""Rows as SAX solves them, where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from circuits import operand_settings, row_netlist
from circuits.netlist.switches import fixed_switch, moved_switch
from devices.switches.switch import Switch
from tests.circuits.netlist.rows import all_pairs, deviation, flawed_row, our_fields
from tests.circuits.netlist.test_switches import LIGHT_M, SWITCHES, deviations

pytest.importorskip("sax", reason="no SAX: pip install 'mirage-photonics[sax]'")
from circuits.netlist import sax_models

ROUNDING = 1e-12


@pytest.mark.parametrize("kind", ["rings", "one-coupled interferometers"])
def test_all_products_at_once_have_the_fields_of_the_reference(kind: str) -> None:
    unit = flawed_row(kind)
    x, w = all_pairs(unit)
    netlist, operands = row_netlist(unit, x[0], w[0]), operand_settings(unit, x, w)
    found = sax_models.diode_fields(netlist, operands)
    assert deviation(found, our_fields(unit, x, w)) < ROUNDING
    alone = sax_models.diode_fields(netlist, {})
    assert deviation(alone, our_fields(unit, x[0], w[0])) < ROUNDING


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_a_switch_of_parts_is_the_device(switch: Switch, bias: float) -> None:
    (name, fixed), offset = fixed_switch(switch, LIGHT_M), deviations(switch)
    moved = {key: value.numpy() for key, value in moved_switch(switch, offset).items()}
    found = sax_models.MODELS[name](bias=bias, **fixed, **moved)
    ours = switch.fields(offset, LIGHT_M, coupled=bias == 0.0)
    for port, field in zip(("through", "drop"), ours, strict=True):
        for way in (("in0", port), (port, "in0")):
            np.testing.assert_allclose(found[way], field.numpy(), rtol=0, atol=1e-14)
    assert complex(np.asarray(found["in0", "add"])[0]) == 0.0


def test_defaults_are_a_lossless_part() -> None:
    for name, model in sax_models.MODELS.items():
        found = {way: complex(np.asarray(field)) for way, field in model().items()}
        power = sum(abs(field) ** 2 for (one, _), field in found.items() if one == "in0")
        assert math.isclose(power, 1.0, rel_tol=1e-12), name
