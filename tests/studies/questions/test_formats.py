"""Training in every number format."""

from __future__ import annotations

import pytest

from studies.questions import formats


@pytest.mark.slow  # 9 s
def test_every_contestant_trains() -> None:
    for name in formats.contestants():
        right = formats.trained_accuracy(name, seed=0, epochs=4)
        assert 0.05 < right <= 1
    assert formats.trained_accuracy("FP32", seed=0, epochs=4) > 0.9


def test_a_format_learns_from_its_own_seed_and_no_other() -> None:
    first, again, other = (
        formats.trained_accuracy("BFP 4 bit, g=16", seed, epochs=1) for seed in (0, 0, 1)
    )
    assert first == again != other
