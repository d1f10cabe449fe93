"""The steps of the sliders begin where the machine is, and lead to machines."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from mirage_core.machine.loading import preset_names
from studies.explorer.scales import scales
from studies.explorer.settings import RowSettings

WHOLE = ("adc_extra_bits", "modulus", "group_size", "chip_seed")


@pytest.mark.parametrize("preset", preset_names())
@pytest.mark.parametrize("switch", ["ring", "mzi"])
def test_sliders_start_at_the_machine(preset: str, switch: str) -> None:
    start = RowSettings.of(preset, switch)
    for name, scale in scales(start).items():
        assert scale.start in scale.steps
        assert scale.setting(scale.start) == pytest.approx(getattr(start, name), rel=1e-6)
        assert all(a < b for a, b in pairwise(scale.steps))


def test_labels_and_values_have_the_same_unit() -> None:
    found = scales(RowSettings.of("robust"))
    shown = {"power_w": "mW", "loss": "dB/mm", "static_error_rad": "mrad"}
    assert all(unit in found[name].label for name, unit in shown.items())
    # 8.5 mW of light, 1.6 dB/mm as the paper has it, 1.6 mrad left by calibration.
    assert [found[name].start for name in shown] == [8.5, 1.6, 1.6]


def test_every_step_is_a_machine() -> None:
    start = RowSettings.of("robust")
    for name, scale in scales(start).items():
        if name == "static_error_rad":
            continue  # no part of the machine
        for shown in (scale.steps[0], scale.steps[len(scale.steps) // 3], scale.steps[-1]):
            value = scale.setting(shown)
            replace(start, **{name: int(value) if name in WHOLE else value}).machine()
