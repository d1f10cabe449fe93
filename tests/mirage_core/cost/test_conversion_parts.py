"""Prices of turning numbers into residues and back, by hand."""

from __future__ import annotations

from mirage_core.cost.electronic_parts import electronic_parts
from mirage_core.machine.loading import load_machine
from tests.close import close

PAPER = load_machine("isca2024")
PARTS = electronic_parts(PAPER)


def test_digital_units_take_turns_to_keep_up_with_the_light() -> None:
    # Ten copies at 10 GHz, one at 0.25 GHz.
    slow = electronic_parts(load_machine("robust"))
    for name in ("RNS conversion", "RNS conversion of streams", "BFP conversion"):
        assert PARTS[name].area_mm2 == close(10 * slow[name].area_mm2)
        assert PARTS[name].energy_j == slow[name].energy_j
    assert PARTS["RNS conversion"].area_mm2 == close(256 * 10 * 1545.8e-6)


def test_conversion_goes_with_the_moduli() -> None:
    changes = {"redundancy.policy": "drop", "redundancy.redundant_moduli": (25, 29)}
    more = electronic_parts(PAPER.changed(changes))
    for name in ("RNS conversion", "RNS conversion of streams", "RNS conversion of drives"):
        assert more[name].energy_j == close(5 / 3 * PARTS[name].energy_j)


def test_the_operand_that_sits_still_is_converted_once_for_every_tile() -> None:
    # A row of a tile is a group: as much for each of 16 values as a vector pays for all.
    rns, bfp = PARTS["RNS conversion of drives"], PARTS["BFP conversion of drives"]
    assert (rns.action, bfp.action) == ("drives", "drives")
    assert rns.energy_j == PARTS["RNS conversion of streams"].energy_j
    assert 16 * bfp.energy_j == close(PARTS["BFP conversion"].energy_j)
    # In 5 ns a unit at 1 GHz converts 5 of 512 values, or of 32 groups; 8 arrays.
    assert rns.area_mm2 == close(8 * 103 * 231.7e-6)
    assert bfp.area_mm2 == close(8 * 7 * 1318.4e-6)
    # Longer loads take fewer; padding of short rows is left out, as of vectors.
    slow = electronic_parts(load_machine("thermo-optic"))["RNS conversion of drives"]
    assert slow.area_mm2 == close(8 * 231.7e-6)
