"""Spreads: the longest name that fits counts, and every one has a source."""

from __future__ import annotations

import pytest

from mirage_core import load_machine
from studies.metrics.spreads import EXACT, RMS, SPREADS, USUAL, spread_of


@pytest.mark.parametrize(
    ("name", "spread"),
    [
        ("laser.power_w", SPREADS["laser.power_w"]),
        ("coupler.loss_db", SPREADS["coupler.loss_db"]),
        ("receiver.hybrid.coupler.excess_loss_db", SPREADS["coupler.excess_loss_db"]),
        ("multiplier.bend.loss_db", USUAL),
        ("multiplier.switch.detuning_loss_db_per_m", SPREADS["loss_db_per_m"]),
        ("multiplier.heat.coupling.law.nearest_distance_m", SPREADS["nearest_distance_m"]),
        ("multiplier.heat.digit_pitch_m", SPREADS["pitch_m"]),
        ("multiplier.bypass_phase_rms_rad", RMS),
        ("multiplier.switch.trimmer.spread_rms_m", RMS),
        ("multiplier.coherence_length_m", SPREADS["coherence_length_m"]),
        ("multiplier.bypass_phase_rad", SPREADS["bypass_phase_rad"]),
    ],
)
def test_the_longest_name_that_fits_counts(name: str, spread: object) -> None:
    assert spread_of(name) is spread


def test_a_spread_is_relative_or_in_the_unit_of_its_parameter() -> None:
    assert spread_of("laser.power_w").of(-2.0) == pytest.approx(0.1)
    assert spread_of("rin_db_per_hz").of(-150.0) == 3.0
    assert (spread_of("laser.power_w").text, spread_of("rin_db_per_hz").text) == ("5 %", "3")


def test_every_spread_has_a_source_and_a_parameter() -> None:
    assert all(spread.source for spread in (*SPREADS.values(), RMS, USUAL))
    parts = ["multiplier.dac.bits=8", "multiplier.drive_inl_rms=0", "multiplier.drive=shared"]
    machines = [
        load_machine("robust", parts),
        load_machine("thermo-optic"),
        load_machine("robust", ["multiplier.switch.kind=mzi"]),
    ]
    names = {leaf.name for machine in machines for leaf in machine.parameters()}
    found = {id(spread_of(name)) for name in names}
    assert [end for end, spread in SPREADS.items() if id(spread) not in found] == []
    assert [e for e in EXACT if not any(n.endswith(e) for n in names)] == [
        "gain_tolerance_db",
        "largest_error",
    ]
