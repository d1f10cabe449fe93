"""The design of the receiver: bandwidths and variances of its parts together."""

from __future__ import annotations

from circuits.design.receiver import ReceiverDesign
from devices.electronics.variable_gain import VariableGain
from photonics.units import db_to_power


def test_a_stage_adds_the_noise_of_its_figure() -> None:
    stage = VariableGain(noise_figure_db=3.0)
    alone, both = ReceiverDesign().amplifier_variance_a2, ReceiverDesign(stage=stage)
    assert both.amplifier_variance_a2 == alone * db_to_power(3.0)
