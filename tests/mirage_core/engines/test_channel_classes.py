"""Classes of the channel: stationary rows by the spread of their drives, streamed ones by loss."""

from __future__ import annotations

import pytest

from mirage_core import load_machine
from tests.mirage_core.engines.channel_bench import raw
from tests.mirage_core.engines.channel_probabilities import (
    channel_error_probability,
    law_of,
    of_kind,
    spread_out,
)

pytestmark = pytest.mark.usefixtures("few_patterns")


def test_only_what_data_needs_is_worked_out() -> None:
    machine = spread_out()
    law = law_of(machine, raw(machine))
    assert not law.tried.any()
    channel_error_probability(law, of_kind("zero"))
    assert law.tried.any(0).tolist() == [True] + [False] * (law.spreads - 1)


def test_a_chip_whose_drives_are_alike_has_one_class() -> None:
    machine = load_machine("isca2024-ideal", ["array.units=2", "array.rows=4"])
    assert law_of(machine, raw(machine)).spreads == 1
