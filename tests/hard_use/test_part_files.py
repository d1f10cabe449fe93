"""Files of parts, of components with their prices, and of systolic arrays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from devices import Photodiode, RingSwitch
from devices.parameters.parts_file import read_entry
from mirage_core.cost.component import Component, own_components
from studies.accelerator.own_arrays import array_kinds
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import changed_text
from tests.hard_use.property import read_or_refused

PART = """description = "photodiode of our second wafer"
responsivity_a_per_w = 0.93
dark_current_a = 12e-9

[sources]
responsivity_a_per_w = "measured, wafer 2"
"""
RING = """coupling_loss_db = 0.1
detuning_m = 1.5e-9
[trimmer]
spread_rms_m = 1e-10
"""
COMPONENTS = """[ADC]
energy_j = 1.2e-12
source = "data sheet"
[laser]
power_w = 3.0
"""
ARRAYS = """[mine]
energy_j = 0.3e-12
area_mm2 = 5e-4
clock_hz = 1e9
rows = 64
length = 64
"""
KNOWN = {
    "ADC": Component(energy_j=1e-12, source="choice"),
    "laser": Component(power_w=1.0, source="choice"),
}
READERS = {
    "part": lambda path: read_entry(path, Photodiode),
    "ring": lambda path: read_entry(path, RingSwitch),
    "components": lambda path: own_components(path, KNOWN),
    "arrays": lambda path: array_kinds(path),
}


@numbered()
def test_part_files_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(case: tuple[str, bytes]) -> None:
        path = tmp_path / f"{case[0]}.toml"
        path.write_bytes(case[1])
        read_or_refused(lambda: READERS[case[0]](path))

    texts = {"part": PART, "ring": RING, "components": COMPONENTS, "arrays": ARRAYS}
    each = [changed_text([t]).map(lambda text, n=n: (n, text)) for n, t in texts.items()]
    try_all(count, st.one_of(each), check)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", corpus("part_files"))
def test_files_that_broke_one_are_refused_by_all(path: Path, reader: str) -> None:
    assert read_or_refused(lambda: READERS[reader](path)) is None
