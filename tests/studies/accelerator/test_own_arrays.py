"""Arrays of one's own to compare with."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirage_core.cost.bases import published_components
from mirage_core.cost.bill import NetworkBill
from mirage_core.cost.published.counting import products
from mirage_core.cost.published.hardware import MIRAGE
from photonics.errors import InputError
from studies.accelerator.comparison import rivals
from studies.accelerator.own_arrays import PUBLISHED, array_kinds
from tests.close import close
from tests.commands import invoke


def test_arrays_of_a_file_stand_beside_the_papers(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[mine]\nenergy_j = 1e-13\narea_mm2 = 1e-4\nrows = 64\nlength = 64\n")
    kinds = array_kinds(file)
    assert set(kinds) == {*PUBLISHED, "mine"}
    listed = products("alexnet")
    bill = NetworkBill.of(listed, MIRAGE, published_components())
    found = {(r.name, r.rule): r for r in rivals(listed, bill, kinds)}
    area = found["mine", "equal area"]
    assert area.arrays == int(bill.area_mm2 / (4096 * 1e-4))
    assert area.energy_j == close(sum(p.macs for p in listed) * 1e-13)
    energy_j = bill.total.power_w * MIRAGE.symbol_s
    assert found["mine", "equal energy"].arrays == int(energy_j / (4096 * 1e-13))
    assert array_kinds(None) == PUBLISHED


def test_what_an_array_is_taken_to_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        "[mine]\nenergy_j = 1e-13\nrows = 128\n[small]\nenergy_j = 1e-13\narea_mm2 = 5e-4\n"
    )
    kinds = ("--arrays", str(file), "--basis", "physics")
    shown = invoke("cost", "alexnet", "--batch", "1", *kinds)
    rest = "multipliers at 1 GHz, 0.1 pJ a multiply-accumulate"
    assert f"mine: 128 rows of 16 {rest}, no area given: not compared at equal area\n" in shown
    assert f"small: 32 rows of 16 {rest}, 5e-4 mm² a multiplier\n" in shown
    assert "INT12: " not in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mine]\nenergy_j = 1e-13\nrows = 0\n", "mine.toml:3: mine.rows = 0"),
        ("[mine]\nrows = 128\n", "mine.toml:1: mine.energy_j = None: must be given"),
        ("[mine]\nenergy_j = 1e-13\nenergy = 1\n", "mine.energy = 1: no such field"),
        ("mine = 3\n", "mine = 3: must be a table"),
        ("[mine\n", "mine.toml:1: not TOML"),
    ],
)
def test_arrays_that_cannot_be_are_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(InputError) as stop:
        array_kinds(file)
    assert message in str(stop.value)
    assert "\n" not in str(stop.value)
