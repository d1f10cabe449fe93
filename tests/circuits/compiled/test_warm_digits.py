"""Warm digits as plain numbers, against the fields of digits with the heat of their tile."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, Design, fabricate, load_compiled, save_compiled
from circuits.chip.compiling import compile_chip
from circuits.coding.phase_code import drive_level
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import digit_responses
from devices.switches.switch import Switch
from photonics.errors import InputError
from tests.circuits.designs import HEAT, SWITCHES, Prism

M, LENGTH = 31, 3


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("switch", SWITCHES, ids=lambda s: s.kind)
def test_responses_are_those_of_every_digit(switch: Switch, polarity: str, rails: str) -> None:
    multiplier = MultiplierDesign(
        switch=switch,
        polarity=polarity,  # type: ignore[arg-type]
        rails=rails,  # type: ignore[arg-type]
        heat=HEAT,
        bypass_phase_rad=0.4,
    )
    chip = fabricate(Design(multiplier=multiplier), (M,), ArrayShape(2, 3, LENGTH), seed=5)
    arrays = chip.arrays(M)
    warm = compile_chip(chip).arrays[M].digits.warm
    assert warm is not None
    w = torch.randint(0, M, (2, 3, LENGTH), generator=torch.Generator().manual_seed(0))
    level, unit = drive_level(w, M), torch.arange(2)
    found = warm.responses(unit[:, None].expand(2, 3), torch.arange(3), level)
    shift = arrays.thermal_shift(level, unit)
    assert shift is not None
    assert shift.switch_offset is not None
    assert float(shift.switch_offset.abs().max()) > 0.0
    expected = digit_responses(arrays.optics, level, arrays.statics.with_heat(shift))
    cold = digit_responses(arrays.optics, level, arrays.statics)
    for one, other, without in zip(found, expected, cold, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
        assert float((other - without).abs().max()) > 1e-6


def test_switches_of_a_kind_that_files_do_not_know_are_refused(tmp_path: object) -> None:
    path = f"{tmp_path}/a.compiled"
    for switch in SWITCHES:
        multiplier = MultiplierDesign(switch=switch, heat=HEAT)
        chip = fabricate(Design(multiplier=multiplier), (M,), ArrayShape(1, 1, 2), seed=5)
        compiled = compile_chip(chip)
        if isinstance(switch, Prism):
            with pytest.raises(InputError, match=r"chip\..*switches.* = 'PrismState': "):
                save_compiled(compiled, path)
        else:
            save_compiled(compiled, path)
            again = load_compiled(path).arrays[M].digits.warm
            made = compiled.arrays[M].digits.warm
            assert again is not None
            assert made is not None
            assert again.switches == made.switches
