"""Whole dot product units against an independent network solver, part by part."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.design.multiplier import MultiplierDesign
from circuits.design.receiver import ReceiverDesign
from photonics.optics import phasor
from studies.verification.photontorch_oracle import check
from studies.verification.photontorch_oracle.parts import RowParts
from studies.verification.photontorch_oracle.row import (
    chained_row_powers,
    digit_transfers,
    whole_row_powers,
)
from tests.studies.verification.photontorch_oracle.rough import (
    AGREES,
    KEY,
    ROUGH_HYBRID,
    needs_photontorch,
    rough_chip,
)


@needs_photontorch
@pytest.mark.slow  # 57 s
@pytest.mark.parametrize("modulus", [31, 32, 33])
def test_hundreds_of_pairs_of_multipliers_agree_with_every_ring_in_the_netlist(modulus) -> None:
    chip = rough_chip(modulus, 2, rows=100)
    units = [check.random_unit(chip, modulus, KEY.fold(row), row) for row in range(100)]
    found_w = whole_row_powers(RowParts.join([unit.parts for unit in units]))
    ours_w = torch.stack([unit.powers_w for unit in units])
    assert float(((found_w - ours_w).abs().amax(-1) / ours_w.sum(-1)).max()) < AGREES


@needs_photontorch
@pytest.mark.parametrize(("modulus", "multipliers"), [(7, 1), (5, 2), (33, 1)])
@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_a_row_in_two_steps_is_the_row_as_a_whole(modulus, multipliers, polarity) -> None:
    chip = rough_chip(modulus, multipliers, polarity=polarity)
    unit = check.random_unit(chip, modulus, KEY.fold(modulus))
    whole, chained = whole_row_powers(unit.parts), chained_row_powers(unit.parts)
    torch.testing.assert_close(whole, chained, rtol=0, atol=1e-12 * float(whole.sum()))


@needs_photontorch
@pytest.mark.slow  # 5 s
def test_a_row_of_eight_multipliers_with_every_ring_in_one_netlist() -> None:
    # 2400 ports; the rings are those of the paper, so that light is left at the end.
    multiplier = MultiplierDesign(
        coherence_length_m=0.00184, index_rms=0.0, bypass_phase_rms_rad=1.0
    )
    design = Design(multiplier=multiplier, receiver=ReceiverDesign(hybrid=ROUGH_HYBRID))
    chip = fabricate(design, (31,), ArrayShape(1, 1, 8), seed=3)
    unit = check.random_unit(chip, 31, KEY)
    whole, chained = whole_row_powers(unit.parts), chained_row_powers(unit.parts)
    light_w = float(unit.powers_w.sum())
    assert light_w > 0.01 * design.row_power_w(31)
    torch.testing.assert_close(whole, chained, rtol=0, atol=1e-12 * light_w)
    torch.testing.assert_close(whole[0], unit.powers_w, rtol=0, atol=AGREES * light_w)


@needs_photontorch
def test_a_digit_is_its_two_paths_through_four_ring_ports() -> None:
    # t t' (straight path) + d d' (turned path), t and t' those of its two rings, out of place.
    chip = rough_chip(7, 2)
    parts = check.random_unit(chip, 7, KEY).parts
    digits = parts.digits
    r_in, r_drop = (1.0 - digits.couplings).sqrt().unbind(-1)
    around = 10.0 ** (-digits.switch_db / 20.0) * phasor(digits.switch_rad)
    half = 10.0 ** (-digits.switch_db / 40.0) * phasor(digits.switch_rad / 2.0)
    circulating = 1.0 - r_in * r_drop * around
    through = ((r_in - r_drop * around) / circulating).prod(-1)
    cross = (1.0 - r_in**2).sqrt() * (1.0 - r_drop**2).sqrt()
    drop = (-cross * half / circulating).prod(-1)
    straight = phasor(digits.straight_rad) * 10.0 ** (-digits.straight_db / 20.0)
    turned = phasor(digits.turned_rad) * 10.0 ** (-digits.turned_db / 20.0)
    ours = through * straight + drop * turned
    torch.testing.assert_close(digit_transfers(digits), ours, rtol=0, atol=1e-12)
    assert float(chip.fabricated[7].statics.switch_offset.abs().min()) > 0.0
