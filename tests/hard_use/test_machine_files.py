"""Machine files, TOML and JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from mirage_core.machine.loading import load_machine
from tests.hard_use.cases import corpus, numbered, try_all
from tests.hard_use.mutation import as_json, changed_text, changed_tree
from tests.hard_use.property import read_or_refused

TOML = (
    """extends = "robust"
description = "ours"
moduli = [31, 32, 33]
laser.power_w = 12e-3
[multiplier.switch]
detuning_m = 1.5e-9
[redundancy]
policy = "none"
[sources]
laser.power_w = "measured, laser 7"
""",
    """extends = "isca2024-ideal"
[array]
rows = 4
length = 2
units = 1
[multiplier.shifter]
kind = "noems"
[receiver.tia]
noise_a_per_rthz = 10e-12
""",
)
TREE = {
    "extends": "robust",
    "moduli": [31, 32, 33],
    "laser": {"power_w": 0.012},
    "multiplier": {"switch": {"part": "cheng-2019"}, "shifter": {"v_pi_l_vm": 0.1}},
    "sources": {"laser": {"power_w": "measured"}},
}


@numbered(quick=100)
def test_machine_files_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(case: tuple[str, bytes]) -> None:
        path = tmp_path / f"machine.{case[0]}"
        path.write_bytes(case[1])
        read_or_refused(lambda: load_machine(path))

    toml = changed_text(TOML).map(lambda text: ("toml", text))
    json = changed_tree(TREE).map(lambda tree: ("json", as_json(tree).encode()))
    json_text = changed_text([as_json(TREE)]).map(lambda text: ("json", text))
    try_all(count, st.one_of(toml, json, json_text), check)


@pytest.mark.parametrize("path", corpus("machine_files"))
def test_files_that_broke_it_are_refused(path: Path) -> None:
    assert read_or_refused(lambda: load_machine(path)) is None
