"""The design of a multiplier: its digits, and what either rail does."""

from __future__ import annotations

import pytest

from circuits.design.multiplier import MultiplierDesign
from photonics.errors import InputError


@pytest.mark.parametrize(
    ("encoding", "modulus", "weights"),
    [
        ("unsigned", 33, (1, 2, 4, 8, 16, 32)),
        ("unsigned", 32, (1, 2, 4, 8, 16)),
        # -16 ... 15 stand for all residues of 33 but one.
        ("twos-complement", 33, (1, 2, 4, 8, -16)),
    ],
)
def test_digits_count_as_the_encoding_says(
    encoding: str, modulus: int, weights: tuple[int, ...]
) -> None:
    design = MultiplierDesign.model_validate({"encoding": encoding})
    assert design.code(modulus).weights == weights


@pytest.mark.parametrize(("rails", "shares"), [("dual", (0.5, -0.5)), ("single", (1.0, 0.0))])
def test_rails_share_one_turn(rails: str, shares: tuple[float, float]) -> None:
    found = MultiplierDesign.model_validate({"rails": rails}).rail_shares
    assert found == shares
    # What counts is the phase between them.
    assert found[0] - found[1] == 1.0


def test_a_wiring_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match=r"^rails = 'dul': .*did you mean dual"):
        MultiplierDesign.model_validate({"rails": "dul"})


@pytest.mark.parametrize(
    "shifter",
    [{"kind": "thermo-optic", "time_constant_s": 0.0}, {"kind": "linear", "load_s": 0.0}],
)
def test_nothing_is_left_of_a_step_that_takes_no_time(shifter: dict[str, object]) -> None:
    design = MultiplierDesign.model_validate({"shifter": shifter})
    assert (design.load_s, design.load_left) == (0.0, 0.0)


@pytest.mark.parametrize("kind", ["noems", "electro-optic", "depletion", "injection"])
def test_shifters_without_heaters_do_not_warm_each_other(kind: str) -> None:
    parts = {"shifter": {"kind": kind}, "heat": {"coupling": {"global_coupling": 1e-4}}}
    with pytest.raises(InputError, match=rf"^heat.coupling = .*shifters of kind {kind} are none"):
        MultiplierDesign.model_validate(parts)
    warm = MultiplierDesign.model_validate({**parts, "shifter": {"kind": "thermo-optic"}})
    assert warm.heat.coupling is not None
