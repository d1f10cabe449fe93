"""Heat on rings in the error budget: what it adds to the phases, and takes from the light."""

from __future__ import annotations

import pytest

from circuits.analysis import optical_errors as optical
from circuits.analysis.optical_errors import optical_errors, wrapped
from tests.circuits.analysis.budget_helpers import chip_of, machine, workload


def test_heat_on_rings_is_what_rings_add_to_the_whole() -> None:
    """Against the same chip with rings that stay cold; leaks are little and much the same."""
    work, m = workload(), 33
    heated = (
        "multiplier.heat.compensated=false",
        "multiplier.heat.coupling.law.nearest_coupling=2e-3",
        "array.units=2",
        "array.rows=16",
    )
    light = [
        optical_errors(chip_of(machine("thermo-optic", *heated, *off)), m, work)
        for off in ((), ("multiplier.heat.ring_share=0",))
    ]
    warm, cold = light
    added = wrapped(warm.found.phase_rad - cold.found.phase_rad)
    found = warm.turned_rad[optical.HEAT_ON_RINGS]
    rms = float(added.square().mean().sqrt())
    assert rms > 0.01
    assert float((found - added).square().mean().sqrt()) < 0.1 * rms
    assert not bool(cold.turned_rad[optical.HEAT_ON_RINGS].any())
    # Warm rings lose light, whatever drives are set to.
    lost_np = float((cold.intended.plus_np - warm.intended.plus_np).mean())
    assert lost_np == pytest.approx(
        float((cold.found.plus_np - warm.found.plus_np).mean()), rel=0.1
    )
    assert lost_np > 1e-3
