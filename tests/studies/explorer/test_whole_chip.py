"""The whole chip is the rows of all moduli together."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from studies.explorer.row import mac_energies_j
from studies.explorer.settings import RowSettings
from studies.explorer.whole_chip import explore_chip


def test_every_row_of_every_modulus_is_worked_out() -> None:
    settings = replace(
        RowSettings.of("robust"), data="random", group_size=4, static_error_rad=20e-3
    )
    chip = explore_chip(settings)
    assert {m: rate.shape for m, rate in chip.error_rate.items()} == dict.fromkeys(
        (29, 32, 33), (8, 32)
    )
    # An integer is wrong as often as the worst of its residues, and less often than all together.
    means = [float(rate.mean()) for rate in chip.error_rate.values()]
    assert 1e-3 < max(means) < chip.integer_error_rate <= sum(means)
    assert chip.mac_j == pytest.approx(math.fsum(mac_energies_j(settings.machine()).values()))
    assert chip.array.peak_macs_per_s == pytest.approx(8 * 32 * 4 * 0.25e9)
