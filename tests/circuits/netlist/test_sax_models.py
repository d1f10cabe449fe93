"""Rows as SAX solves them, where it is installed."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from circuits import operand_settings, row_netlist
from circuits.netlist.switches import fixed_switch
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from tests.circuits.netlist.rows import (
    FLAWED_MZI,
    all_pairs,
    deviation,
    flawed_row,
    our_fields,
)

pytest.importorskip("sax", reason="no SAX: pip install 'mirage-photonics[sax]'")
from circuits.netlist import sax_models

LIGHT_M = 1550e-9
ROUNDING = 1e-12
RING = RingSwitch(drop_coupling_power=0.3, loss_db_per_m=2000.0, detuning_loss_db_per_m=3000.0)


@pytest.mark.parametrize("kind", ["rings", "one-coupled interferometers"])
def test_all_products_at_once_have_the_fields_of_the_reference(kind: str) -> None:
    unit = flawed_row(kind)
    x, w = all_pairs(unit)
    netlist, operands = row_netlist(unit, x[0], w[0]), operand_settings(unit, x, w)
    found = sax_models.diode_fields(netlist, operands)
    assert deviation(found, our_fields(unit, x, w)) < ROUNDING
    alone = sax_models.diode_fields(netlist, {})
    assert deviation(alone, our_fields(unit, x[0], w[0])) < ROUNDING


@pytest.mark.parametrize(("switch", "moved"), [(RING, "offset_m"), (FLAWED_MZI, "offset_rad")])
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_a_switch_of_parts_is_the_device(switch: Switch, moved: str, bias: float) -> None:
    name, settings = fixed_switch(switch, LIGHT_M)
    steps = torch.linspace(-0.3, 0.3, 5, dtype=torch.float64) * switch.swing
    offset = torch.zeros(5, switch.components, dtype=torch.float64)
    offset[:, 0] = steps
    if isinstance(switch, MziSwitch):
        for place, coupler in enumerate(("first", "second"), start=1):
            offset[:, place] = 0.3 * place
            settings[f"{coupler}_imbalance_db"] = switch.coupler.imbalance_db + 0.3 * place
    settings[moved] = steps.numpy()
    found = sax_models.MODELS[name](bias=bias, **settings)
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
