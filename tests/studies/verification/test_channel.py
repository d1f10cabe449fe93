"""A channel that errs as often as the compact model, and others."""

from __future__ import annotations

from photonics.random import NoiseKey
from studies.verification import channel


def test_a_channel_that_errs_too_seldom_is_noticed() -> None:
    rows = 10.0 + NoiseKey.from_seed(0).uniform(0, 4096)
    other = 10.0 + NoiseKey.from_seed(1).uniform(0, 4096)
    for share, status in ((1.0, "passed"), (0.95, "passed"), (0.8, "failed"), (1.2, "failed")):
        assert channel.errs_as_often(31, share * rows, other, 256).status == status
    # Few rows cannot show a margin of ten percent.
    assert channel.errs_as_often(31, rows[:4] ** 4, other[:4] ** 4, 256).status == "inconclusive"
