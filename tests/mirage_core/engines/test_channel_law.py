"""The law of wrong residues: that of the compact model, whatever was asked before."""

from __future__ import annotations

import pytest
import torch

from tests.mirage_core.engines.channel_bench import raw
from tests.mirage_core.engines.channel_probabilities import (
    channel_error_probability,
    compact_error_probability,
    law_of,
    of_kind,
    spread_out,
)

pytestmark = pytest.mark.usefixtures("few_patterns")


@pytest.mark.slow  # 5 s
def test_drives_of_every_size_err_as_often_as_in_the_compact_model() -> None:
    machine = spread_out()
    chip = raw(machine)
    law = law_of(machine, chip)
    assert law.spreads > 2
    found = {}
    for kind in ("zero", "sparse", "dense", "full"):
        o = of_kind(kind)
        found[kind] = compact_error_probability(chip, o)
        # The margin that the channel is held to.
        assert float(channel_error_probability(law, o).mean()) == pytest.approx(
            found[kind], rel=0.1
        )
    # Without classes all would err alike.
    assert found["full"] > 3 * found["zero"]
    assert found["dense"] > 1.2 * found["sparse"]


@pytest.mark.slow  # 6 s
def test_the_law_does_not_depend_on_what_was_asked_first() -> None:
    machine = spread_out()
    chip = raw(machine)
    kinds = ("sparse", "full", "dense")
    first, second = law_of(machine, chip), law_of(machine, chip)
    probabilities = {k: channel_error_probability(first, of_kind(k)) for k in kinds}
    for kind in reversed(kinds):
        assert torch.equal(channel_error_probability(second, of_kind(kind)), probabilities[kind])
