"""Settings of switches in a netlist: their parts give the fields of the device."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from circuits.netlist.switches import fixed_switch, moved_switch
from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from photonics.errors import InputError
from tests.circuits.designs import Prism
from tests.circuits.netlist.rows import FLAWED_MZI
from tests.circuits.netlist.solver import PARTS

LIGHT_M = 1550e-9
RING = RingSwitch(drop_coupling_power=0.3, loss_db_per_m=2000.0, detuning_loss_db_per_m=3000.0)
SWITCHES = [RING, RingSwitch(), FLAWED_MZI]


def deviations(switch: Switch) -> Tensor:
    """Deviations in steps, the parts as fabricated unlike each other, (5, K)."""
    offset = torch.zeros(5, switch.components, dtype=torch.float64)
    offset[:, 0] = torch.linspace(-0.3, 0.3, 5, dtype=torch.float64) * switch.swing
    offset[:, 1:] = 0.3 * torch.arange(1, switch.components)
    return offset


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_the_parts_of_a_switch_give_its_fields(switch: Switch, bias: float) -> None:
    name, fixed = fixed_switch(switch, LIGHT_M)
    for offset in deviations(switch):
        moved = {key: float(value) for key, value in moved_switch(switch, offset).items()}
        found = PARTS[name](bias=bias, **fixed, **moved)
        ours = switch.fields(offset, LIGHT_M, coupled=bias == 0.0)
        for port, field in zip(("through", "drop"), ours, strict=True):
            np.testing.assert_allclose(found["in0", port], complex(field), rtol=0, atol=1e-14)


def test_a_switch_of_no_parts_is_refused() -> None:
    with pytest.raises(InputError, match="has no netlist: only its fields are known"):
        fixed_switch(Prism(), LIGHT_M)
    with pytest.raises(InputError, match="has no netlist: only its fields are known"):
        moved_switch(Prism(), torch.zeros(2))
