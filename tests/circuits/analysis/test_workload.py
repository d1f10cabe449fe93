"""Workloads and their light, against dot products and the fields of an array."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from circuits.analysis.workload import Light, Workload, wrapped
from circuits.chip.compiling import compile_chip
from circuits.coding.array_shape import ArrayShape
from circuits.units.array import ModularArray
from photonics.errors import InputError
from tests.circuits.analysis.budget_helpers import (
    ROWS,
    UNITS,
    chip_of,
    machine,
    rounding,
    workload,
)


@pytest.mark.parametrize("unit", [[0, 1], [1, 1], [1, 0]])
def test_light_as_read_is_that_of_the_fields_of_the_named_arrays(unit: list[int]) -> None:
    chip, modulus = chip_of(machine("robust", f"array.units={UNITS}", f"array.rows={ROWS}"), 31), 31
    work = replace(workload(20), unit=torch.tensor(unit))
    light = Light.read(compile_chip(chip).arrays[modulus], work)
    rails_w = torch.tensor(chip.design.rail_powers_w(modulus))
    for tile, on in enumerate(unit):
        array = ModularArray.of(chip, modulus, on)
        plus, minus = (array.fields(work.streamed, work.drives[tile]) / rails_w.sqrt()).unbind(-1)
        within = 2.0 * rounding(chip, modulus)
        off = wrapped((plus * minus.conj()).angle() - light.phase_rad[tile])
        assert float(off.abs().max()) < within
        assert torch.allclose(plus.abs().log(), light.plus_np[tile], rtol=0.0, atol=within)
        assert torch.allclose(minus.abs().log(), light.minus_np[tile], rtol=0.0, atol=within)


def test_residues_are_those_of_the_dot_products() -> None:
    work = workload(5)
    dots = torch.einsum("nj,gmj->gnm", work.streamed, work.drives)
    assert work.shape == tuple(dots.shape)
    assert torch.equal(work.residue(31), dots.remainder(31).double())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"streamed": torch.zeros(0, 16, dtype=torch.int64)}, "streamed = .*a vector at least"),
        ({"streamed": torch.zeros(3, 15, dtype=torch.int64)}, "drives = .*vectors as long"),
        ({"drives": torch.zeros(2, 17, 16, dtype=torch.int64)}, "at most 16 rows of 16"),
        ({"drives": torch.zeros(2, 0, 16, dtype=torch.int64)}, "at most 16 rows of 16"),
        ({"unit": torch.tensor([0, 2])}, "one unit, 0 to 1, for each of the 2 tiles"),
        ({"unit": torch.tensor([0, -1])}, "one unit, 0 to 1"),
        ({"unit": torch.tensor([0])}, "one unit, 0 to 1"),
    ],
)
def test_what_does_not_fit_an_array_is_refused(changes: dict[str, Any], said: str) -> None:
    work = replace(workload(3), **changes)
    with pytest.raises(InputError, match=said):
        work.check(ArrayShape(units=2, rows=16, length=16))


def test_other_shapes_and_fractions_are_refused() -> None:
    flat, one = torch.zeros(3, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)
    with pytest.raises(InputError, match=r"streamed = .*must have 2 axes"):
        Workload(flat, torch.zeros(1, 2, 3, dtype=torch.int64), one)
    with pytest.raises(InputError, match="drives"):
        Workload(flat[None], torch.full((1, 2, 3), 0.5), one)


def test_phases_are_wrapped_into_one_turn() -> None:
    phase_rad = torch.tensor([0.0, math.pi, -math.pi, 3.5 * math.pi], dtype=torch.float64)
    turn = [0.0, -math.pi, -math.pi, -0.5 * math.pi]
    assert wrapped(phase_rad).tolist() == pytest.approx(turn, abs=1e-12)
