"""Where heaters lie, and what an array must be told of them and cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from circuits.design.heat_layout import HeatLayout
from devices.heat.thermal_crosstalk import HeaterCoupling
from photonics.errors import InputError

ROW = HeaterCoupling(measured=((1.0, 0.3), (0.3, 1.0)))
STENCIL = HeaterCoupling(stencil=((0.1, 1.0, 0.1),))
LAW = HeaterCoupling()


@pytest.mark.parametrize("coupling", [ROW, STENCIL])
@pytest.mark.parametrize("rings", [{"switch_coupling": LAW}, {"switch_share": 0.0}])
def test_what_was_measured_says_how_shifters_are_warmed_and_a_law_how_rings_are(
    coupling: HeaterCoupling, rings: dict[str, Any]
) -> None:
    assert HeatLayout(coupling=coupling, reach_rows=0, **rings).coupling == coupling


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"coupling": STENCIL}, "switch_share = 1.0: needs to be told how heaters warm rings"),
        ({"coupling": ROW, "switch_coupling": LAW}, "reach_rows = 1: cannot act"),
        ({"coupling": LAW, "switch_coupling": STENCIL}, "switch_coupling = .*must be a law"),
        ({"switch_coupling": LAW}, "switch_coupling = .*cannot act without heaters"),
    ],
)
def test_what_is_unknown_or_cannot_act_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        HeatLayout(**given)
    assert "\n" not in str(caught.value)
