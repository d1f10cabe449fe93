"""Full scale and common mode of a symbol, from the digits that are streamed."""

from __future__ import annotations

import math

import pytest
import torch

from circuits.coding.phase_code import digit_count
from circuits.design.circuit import Design, MultiplierDesign
from circuits.receiver.by_design import gain_control
from devices.electronics.variable_gain import VariableGain
from devices.switches.ring import RingSwitch
from photonics.random import NoiseKey
from tests.circuits.designs import with_receiver


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_smallest_amplitude_is_that_of_the_lossiest_integer(polarity: str) -> None:
    design = Design(multiplier=MultiplierDesign(polarity=polarity))  # type: ignore[arg-type]
    gain, length = gain_control(design, 31, 16), 16
    rows = torch.arange(31)[:, None].expand(-1, length)
    each_a = gain.amplitude_a(gain.rail_loss_db(gain.code.digits(rows)))
    assert gain.smallest_amplitude_a == pytest.approx(float(each_a.min()), rel=1e-12)
    assert gain.largest_amplitude_a == pytest.approx(float(each_a.max()), rel=1e-12)
    assert gain.smallest_amplitude_a < 0.9 * float(each_a.mean())


def test_worst_losses_of_the_paper_with_perfect_rings_through() -> None:
    # 33.6, 33.6 and 41.0 dB for zero-coupled, 33.8, 40.9 and 40.7 dB for one-coupled, with
    # two 0.2 dB rings and two bends in the coupled state and no loss in the detuned one.
    for polarity, worst in (
        ("zero-coupled", {31: 33.6, 32: 33.6, 33: 41.0}),
        ("one-coupled", {31: 33.8, 32: 40.9, 33: 40.7}),
    ):
        ring = RingSwitch(detuning_m=4.552e-9)
        multiplier = MultiplierDesign(polarity=polarity, switch=ring)  # type: ignore[arg-type]
        for modulus, expected_db in worst.items():
            gain = gain_control(Design(multiplier=multiplier), modulus, 16)
            through_db = -20 * math.log10(abs(ring.detuned(1550e-9).through))
            most = 2 * 16 * digit_count(modulus) * through_db
            found = 16 * float(gain.residue_loss_db().max())
            assert expected_db - 0.06 < found < expected_db + 0.06 + most


KEY = NoiseKey.from_seed(0)


def test_a_stage_gives_the_largest_step_that_does_not_clip_and_no_more_than_it_can() -> None:
    stage = VariableGain(step_db=2.0, max_gain_db=12.0)
    ideal, stepped = (
        gain_control(with_receiver(gain="per-symbol", stage=s), 31, 16) for s in (None, stage)
    )
    x = (KEY.uniform(0, 16 * 4000) * 31).long().reshape(4000, 16)
    # Inputs of every loss, the lossiest of all included.
    x[torch.arange(4000)[:, None] % 16 < torch.arange(16)] = 0
    bits = ideal.code.digits(x)
    wanted_a, found_a = ideal.full_scale_a(bits), stepped.full_scale_a(bits)
    over_db = 20 * (found_a / wanted_a).log10()
    given_db = 20 * (1.25 * ideal.largest_amplitude_a / found_a).log10()
    within = given_db < 12.0 - 1e-9
    assert 0 < int((~within).sum()) < len(x)
    assert float(over_db.min()) > -1e-9
    assert float(over_db[within].max()) < 2.0
    assert float(over_db.max()) > 2.0
    assert float(((given_db / 2.0) - (given_db / 2.0).round()).abs().max()) < 1e-9
