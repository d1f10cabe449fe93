"""Options of ``mirage cost`` as they are typed."""

from __future__ import annotations

import math

import pytest

from mirage_core.cost.memory import PAPER_SRAM_BYTES
from photonics.errors import InputError
from studies.accelerator.commands import options


@pytest.mark.parametrize(
    ("sram", "order", "name"), [(4.0, None, "--sram"), (None, "rows", "--ord")]
)
def test_what_memory_has_is_refused_without_a_memory(
    sram: float | None, order: str | None, name: str
) -> None:
    with pytest.raises(InputError) as stop:
        options({}, None, sram, order)
    assert str(stop.value).startswith(name)
    assert "changes nothing without the bandwidth of a memory" in str(stop.value)


@pytest.mark.parametrize("value", [0.0, math.inf, math.nan])
def test_memories_without_an_end_are_refused(value: float) -> None:
    with pytest.raises(InputError, match="--dram"):
        options({}, value, None, None)
    with pytest.raises(InputError, match="--sram"):
        options({}, 900.0, value, None)


def test_a_memory_has_the_size_of_the_paper_unless_another_is_asked_for() -> None:
    memory = options({}, 900.0, None, None).memory
    assert memory is not None
    assert (memory.sram_bytes, memory.order) == (PAPER_SRAM_BYTES, "best")
    assert memory.dram_bytes_per_s == 900e9
    other = options({}, 900.0, 1.0, "rows").memory
    assert other is not None
    assert (other.sram_bytes, other.order) == (2**20, "rows")
