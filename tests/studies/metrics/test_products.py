"""Products and trainings through a machine."""

from __future__ import annotations

import math

from studies.metrics import products
from tests.studies.metrics.machines import at


def test_a_product_errs_by_its_format_and_more_by_wrong_readings() -> None:
    exact = products.gemm_error(at(fidelity="integer", depth=64))
    # Steps of 2^-3 to 2^-2 rms, below the largest of sixteen; rounded, on both operands.
    assert math.sqrt(2 / 12) / 8 < exact < math.sqrt(2 / 12) / 4
    dim = at(changes={"laser.power_w": 1e-4, "redundancy.policy": "none"}, depth=64)
    assert products.gemm_error(dim) > 10 * exact
