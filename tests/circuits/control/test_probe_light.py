"""Light of probes against the transfer of every digit, multiplied up field by field."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.control.probe_light import ProbeLight
from circuits.design.multiplier import MultiplierDesign
from devices.shifters.shifter import Shifter
from devices.switches.switch import Switch
from tests.circuits.designs import SHIFTERS, SWITCHES

LEVEL = torch.tensor([[3, -7, 15], [0, 11, -15]])
FLAWS: dict[str, Any] = {
    "encoding": "twos-complement",
    "drive_inl_rms": 0.1,
    "shifter_gain_rms": 0.01,
    "bypass_phase_rad": 0.4,
}


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("drive", ["shared", "per-digit"])
@pytest.mark.parametrize(
    ("rails", "rail_drive"), [("dual", "shared"), ("dual", "own"), ("single", "shared")]
)
@pytest.mark.parametrize("shifter", SHIFTERS, ids=lambda s: s.kind)
def test_responses_are_those_of_the_fields_of_every_digit(
    polarity: str, drive: str, rails: str, shifter: Shifter, rail_drive: str
) -> None:
    multiplier = MultiplierDesign(
        polarity=polarity,  # type: ignore[arg-type]
        drive=drive,  # type: ignore[arg-type]
        rails=rails,  # type: ignore[arg-type]
        rail_drive=rail_drive,  # type: ignore[arg-type]
        shifter=shifter,
        **FLAWS,
    )
    require_responses(multiplier)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: s.kind)
def test_they_are_with_every_kind_of_switch(switch: Switch, polarity: str) -> None:
    require_responses(MultiplierDesign(switch=switch, polarity=polarity, **FLAWS))  # type: ignore[arg-type]


def require_responses(multiplier: MultiplierDesign) -> None:
    """Against the fields of every digit of a chip."""
    chip = fabricate(Design(multiplier=multiplier), (31,), ArrayShape(2, 3, 3), seed=5)
    arrays = chip.arrays(31)
    found = list(ProbeLight(arrays).responses(arrays, LEVEL))
    assert len(found) == len(LEVEL)
    for level, (zero, delta) in zip(LEVEL, found, strict=True):
        arms = arrays.optics.paths(level, arrays.statics)
        dark, lit = (arrays.optics.transfer(bit, arrays.statics, arms) for bit in (0, 1))
        # (U, R, J, D, S): a whole row with all bits at 0, and every digit's one.
        row = arrays.input_field * dark.prod(2).prod(2)
        one = (lit / dark).flatten(2, 3).flatten(0, 1)
        for rail in (0, 1):
            expected_np = row[..., rail].abs().log().flatten()
            torch.testing.assert_close(zero[rail], expected_np, rtol=0, atol=1e-10)
            added_np = one[..., rail].abs().log().T
            torch.testing.assert_close(delta[rail], added_np, rtol=0, atol=1e-10)
        beat = (row[..., 0] * row[..., 1].conj()).flatten()
        turned = (one[..., 0] * one[..., 1].conj()).T
        for phase_rad, field in ((zero[2], beat), (delta[2], turned)):
            apart = torch.remainder(phase_rad - field.angle() + math.pi, 2 * math.pi) - math.pi
            assert float(apart.abs().max()) < 1e-10
