"""Where heaters lie, and what an array cannot be told of them."""

from __future__ import annotations

import pytest

from circuits.design.heat_layout import HeatLayout
from devices.heat.thermal_crosstalk import HeaterCoupling
from photonics.errors import InputError


def test_a_measured_matrix_knows_no_distances_and_is_refused() -> None:
    with pytest.raises(InputError, match="couples by distance"):
        HeatLayout(coupling=HeaterCoupling(measured=((1.0, 0.3), (0.3, 1.0))))
