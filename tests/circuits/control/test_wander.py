"""Derivatives of rows by all that wanders, against chips compiled anew, delays and pilots."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from circuits import ArrayShape, Chip, fabricate, tracked
from circuits.chip.arrays import ThermalDrift
from circuits.chip.drift import at_temperatures, guide_rad_per_k, rails_rad_per_k
from circuits.compiled.row_wander import RowWander, moves_of
from circuits.control.wander import per_unit, row_wanders
from circuits.optics.chain_delay import ChainDelay
from circuits.optics.digit import DigitStatics, digit_responses
from devices.heat.trimmer import wrapped_rad
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.thermal import SILICON_INDEX_PER_K
from photonics.units import SPEED_OF_LIGHT_M_PER_S
from tests.circuits.control.test_pilots import UNFLAWED
from tests.machines import together

SHAPE = ArrayShape(units=2, rows=3, length=8)
LINES = SHAPE.units * SHAPE.rows
WANDER = (
    "drift.step_s=1",
    "drift.common_wander_rms_k=1e-2",
    "drift.rail_wander_rms_k=1e-3",
    "drift.laser_wander_rms_hz=1e9",
)
M = 33
# What a quantity may move by: a hundredth of a kelvin, a thousandth, a gigahertz.
AMOUNT = (1e-2, 1e-3, 1e9)


def chip_of(*overrides: str, modulus: int = M, shape: ArrayShape = SHAPE) -> Chip:
    design = load_machine("robust", together(WANDER, overrides)).design
    return fabricate(design, (modulus,), shape, 3)


def wander_of(chip: Chip) -> RowWander:
    return row_wanders(chip)[chip.moduli[0]]


def moved(chip: Chip, quantity: int, amount: float) -> ThermalDrift:
    """The chip after a quantity has moved, temperatures by the physics of drift."""
    modulus = chip.moduli[0]
    still = torch.zeros(SHAPE.units, SHAPE.rows, dtype=torch.float64)
    if quantity < 2:
        common_k, rail_k = (still + amount * (quantity == q) for q in (0, 1))
        return at_temperatures(chip, modulus, common_k, rail_k)
    # Light of a higher frequency is shorter: resonances lie as much further to the red.
    wavelength_m = chip.design.laser.wavelength_m
    red_m = wavelength_m - 1.0 / (1.0 / wavelength_m + amount / SPEED_OF_LIGHT_M_PER_S)
    late_s = chip.design.receiver.rail_mismatch_s
    drift = at_temperatures(chip, modulus, still, still)
    turned_rad = still + 2.0 * math.pi * late_s * amount
    return replace(drift, switch_offset=drift.switch_offset + red_m, rail_rad=turned_rad)


class Readings(NamedTuple):
    """Digits (N, J, D) and drives (L, J), and what multipliers at drives (L, J) turn them by."""

    bits: Tensor
    level: Tensor

    @classmethod
    def draw(cls, modulus: int, digits: int) -> Readings:
        key, count = NoiseKey.from_seed(8), LINES * SHAPE.length
        level = (key.fold("w").uniform(0, count) * modulus).long() - modulus // 2
        chance = key.fold("x").uniform(0, 200 * SHAPE.length * digits)
        return cls(
            (chance < 0.5).double().view(200, SHAPE.length, digits),
            level.view(LINES, SHAPE.length),
        )

    def phase_rad(self, chip: Chip) -> Tensor:
        """Phase deviation of every reading, (N, L), on no grid."""
        arrays = chip.arrays(chip.moduli[0])
        statics = DigitStatics(*(x.flatten(0, 1) for x in vars(arrays.statics).values()))
        zero, added = (x[..., 2] for x in digit_responses(arrays.optics, self.level, statics))
        field = arrays.input_field.flatten(0, 1)
        in_front = (field[..., 0] * field[..., 1].conj()).angle()
        return in_front + zero.sum((1, 2)) + torch.einsum("njd,ljd->nl", self.bits, added)

    def foretold_rad(self, rows: RowWander, quantity: int, amount: float, order: int) -> Tensor:
        """What the first orders of derivatives give, (N, L)."""
        moves = amount * rows.switch_offset[quantity]
        times = moves_of(moves[None])[:, 0]
        if order == 1:
            times[2:] = 0.0
        base, added = (
            torch.einsum("k,kp...->p...", times, x.double()).unflatten(0, (LINES, -1))
            for x in (rows.base_rad, rows.digit_rad)
        )
        index = (self.level + rows.modulus // 2)[..., None]
        base = base.gather(2, index).sum((1, 2))
        digits = added.shape[-1]
        added = added.gather(2, index[..., None].expand(-1, -1, -1, digits)).squeeze(2)
        guides = amount * float(rows.rail_rad[quantity])
        return guides + base + torch.einsum("njd,ljd->nl", self.bits, added)


def error_rad(chip: Chip, quantity: int, amount: float, order: int = 2) -> tuple[float, float]:
    """Rms error of derivatives against the chip compiled anew, and rms of what there is."""
    readings = Readings.draw(chip.moduli[0], chip.design.multiplier.code(chip.moduli[0]).count)
    there = replace(chip, drifts={chip.moduli[0]: moved(chip, quantity, amount)})
    found = wrapped_rad(readings.phase_rad(there) - readings.phase_rad(chip))
    foretold = readings.foretold_rad(wander_of(chip), quantity, amount, order)
    return tuple(float(x.square().mean().sqrt()) for x in (found - foretold, found))


def half_width_m(chip: Chip) -> float:
    """Half of the linewidth of the rings, beyond which derivatives tell nothing."""
    ring = chip.design.multiplier.switch
    assert isinstance(ring, RingSwitch)
    return ring.linewidth_m(chip.design.laser.wavelength_m) / 2.0


@pytest.mark.parametrize("quantity", [0, 1, 2])
@pytest.mark.parametrize("overrides", [(), ("multiplier.polarity=zero-coupled",)])
def test_derivatives_foretell_a_chip_compiled_anew(
    overrides: tuple[str, ...], quantity: int
) -> None:
    """A ring is a Lorentzian: every order is less than the last by the move over half its width.

    So what two orders leave is less than what one leaves by twice that, and numbers in FP32 add
    their rounding, relative to all they foretell.
    """
    chip, amount = chip_of(*overrides), AMOUNT[quantity]
    one, found = error_rad(chip, quantity, amount, order=1)
    two, _ = error_rad(chip, quantity, amount)
    move_m = float(wander_of(chip).switch_offset[quantity].abs().max()) * amount
    rounding = 1e-4 * found
    assert two < 2.0 * move_m / half_width_m(chip) * one + rounding
    # A hundredth of a kelvin, a thousandth, a gigahertz: all told to half a percent.
    assert two < 5e-3 * found
    assert found > 1e-3


def test_one_order_is_not_enough_for_light_that_wanders() -> None:
    one, found = error_rad(chip_of(), 2, AMOUNT[2], order=1)
    assert one > 0.2 * found


@pytest.mark.parametrize("rails", ["dual", "single"])
def test_light_of_another_frequency_is_turned_by_its_delay(rails: str) -> None:
    """2π τ δν, τ the delay of guides and rings of the rail with multipliers over the other."""
    chip = chip_of(f"multiplier.rails={rails}", "multiplier.switch.coupling_power=0.3")
    rows, design, length = wander_of(chip), chip.design, SHAPE.length
    chain = ChainDelay(design, M, length)
    ring = float(rows.switch_offset[2, 0])
    for coupled in (True, False):
        delay_s = design.multiplier.switch.delay_s(design.laser.wavelength_m, coupled=coupled)
        slope = design.multiplier.switch.slope_rad(design.laser.wavelength_m, coupled=coupled)
        assert slope * ring == pytest.approx(2.0 * math.pi * delay_s, rel=1e-4)
    if rails == "dual":
        late_s = design.receiver.rail_mismatch_s
        assert float(rows.rail_rad[2]) == pytest.approx(2.0 * math.pi * late_s, rel=1e-12)
        return
    # Rows of 0 and every digit of 1, on the mean over drives and rows; leaks delay light a little.
    late_s = chain.by_ones - chain.uniform.mean_s + design.receiver.rail_mismatch_s
    base, digit = (x[:2].double().sum(0).mean() for x in (rows.base_rad, rows.digit_rad))
    none, each = float(rows.rail_rad[2]) + ring * float(base) * length, ring * float(digit)
    digit_s = 2.0 * math.pi * float(late_s[1] - late_s[0])
    assert none == pytest.approx(2.0 * math.pi * float(late_s[0]), rel=0.05)
    assert each == pytest.approx(digit_s, rel=0.05)


@pytest.mark.parametrize(
    ("rails", "overrides"),
    [("dual", ()), ("single", ()), ("single", ("receiver.reference_delay_s=3e-10",))],
)
def test_a_warmer_die_is_light_of_another_frequency(rails: str, overrides: tuple[str, ...]) -> None:
    """All guides of one index: a kelvin slows light by (dn/dT)/n_g, as does a higher frequency.

    So whatever the laser's drift turns little, for the delay of its arms, a warm die does, too.
    """
    light_m, index = 1550e-9, 4.2
    ring_m_per_k = light_m * SILICON_INDEX_PER_K / index
    chip = chip_of(
        f"multiplier.rails={rails}",
        f"multiplier.switch.drift_m_per_k={ring_m_per_k!r}",
        "receiver.rail_mismatch_s=0",
        *overrides,
    )
    offset, rail_rad = per_unit(chip.design, M, SHAPE.length)
    hz_per_k = SPEED_OF_LIGHT_M_PER_S / light_m * SILICON_INDEX_PER_K / index
    torch.testing.assert_close(offset[0], offset[2] * hz_per_k)
    torch.testing.assert_close(rail_rad[0], rail_rad[2] * hz_per_k)
    assert bool(rail_rad[0] != 0.0) == (rails == "single")


@pytest.mark.parametrize("rails", ["dual", "single"])
def test_a_rail_that_is_warm_alone_turns_as_its_own_guides(rails: str) -> None:
    """Half a kelvin more on the mean and one between the rails, and the other stays as it is."""
    design = chip_of(f"multiplier.rails={rails}").design
    both_per_k, apart_per_k = rails_rad_per_k(design, M, SHAPE.length)
    alone = guide_rad_per_k(design, M, SHAPE.length)
    assert 0.5 * both_per_k + apart_per_k == pytest.approx(alone)


def test_switches_told_by_a_phase_do_not_move_with_the_light() -> None:
    design = load_machine("robust").design
    mzi = design.multiplier.model_copy(update={"switch": MziSwitch()})
    offset, rail_rad = per_unit(design.model_copy(update={"multiplier": mzi}), M, 4)
    assert offset[2].tolist() == [0.0, 0.0]
    assert offset[0, 0] == MziSwitch().offset_per_k(design.laser.wavelength_m)
    assert float(rail_rad[2]) > 0.0


def test_a_kelvin_is_that_of_drift() -> None:
    chip = chip_of()
    offset, rail_rad = per_unit(chip.design, M, SHAPE.length)
    for quantity in (0, 1):
        drift = moved(chip, quantity, 1.0)
        torch.testing.assert_close(drift.switch_offset[0, 0], offset[quantity])
        torch.testing.assert_close(drift.rail_rad[0, 0], rail_rad[quantity])


def test_pilots_see_what_tracking_takes_back() -> None:
    """Rows cooled by a known amount: what is tracked departs as far as the covariance says.

    Rows are all alike, and so is what their leaks add: one draw of the covariance.  The amount is
    such that no trimmer must go below zero, which is a turn away and on no step.
    """
    rail_k, shape = -5e-3, ArrayShape(1, 40, 16)
    pilots = ("drift.pilots=512", "drift.pilot_period_steps=3")
    chip = chip_of(*UNFLAWED, *pilots, modulus=31, shape=shape)
    still = torch.zeros(1, 40, dtype=torch.float64)
    cooled = replace(chip, drifts={31: at_temperatures(chip, 31, still, still + rail_k)})
    drift, rows = tracked(cooled).drifts[31], wander_of(chip)
    assert rows.pilots is not None
    moves = moves_of(rail_k * rows.switch_offset[1][None])
    seen_rad = (moves[..., None] * rows.pilots.seen_rad).sum(0)
    covariance = rows.pilots.noise_rad @ rows.pilots.noise_rad.T
    for found, foretold, variance in (
        (drift.tracked_rad, seen_rad[:, 0] + rail_k * rows.rail_rad[1], covariance[0, 0]),
        (drift.tracked_digit_rad.mean((2, 3)), seen_rad[:, 1], covariance[1, 1]),
    ):
        rms = math.sqrt(float(variance))
        assert float(foretold.abs().min()) > 10.0 * rms
        assert float((found.flatten() - foretold).square().mean().sqrt()) < 5.0 * rms


def test_a_chip_that_stands_still_has_none() -> None:
    design = load_machine("robust", ["drift.step_s=2", "drift.pilot_period_steps=5"]).design
    assert row_wanders(fabricate(design, (M,), SHAPE, 0)) == {}
    assert row_wanders(chip_of())[M].pilots is None
    tracking = wander_of(chip_of("drift.pilot_period_steps=5", "drift.step_s=2"))
    assert tracking.period_steps == 5
    # Correlation times in steps of two seconds.
    assert tracking.correlation_steps == (5.0, 5.0, 30.0)


def test_pilots_see_rows_and_digits_that_all_turn_alike() -> None:
    """What all digits of a row do alike, a fit of both gives as it is."""
    chip = chip_of(*UNFLAWED, "multiplier.polarity=zero-coupled", "drift.pilot_period_steps=5")
    rows = wander_of(chip)
    assert rows.pilots is not None
    for rail in (0, 1):
        base, digit = (x[rail].double().mean(1) for x in (rows.base_rad, rows.digit_rad))
        row_rad = base.view(LINES, -1).sum(1)
        seen_rad, digit_rad = rows.pilots.seen_rad[rail], digit.mean()
        torch.testing.assert_close(seen_rad[:, 0], row_rad, rtol=0.02, atol=0.0)
        torch.testing.assert_close(seen_rad[:, 1], digit_rad.expand(LINES), rtol=0.02, atol=0.0)


def test_wander_that_dims_the_light_is_refused() -> None:
    """A gigahertz is 8 pm, a tenth of half a linewidth, and costs half its square at each ring."""
    half_m = half_width_m(chip_of())
    switches = 2 * 8 * 6 / 2
    away_m = math.sqrt(2.0) * 3e9 * 1.55e-6**2 / SPEED_OF_LIGHT_M_PER_S
    # Field of a ring on resonance: 1 / √(1 + (δ/Γ)²).
    nepers = switches * 0.5 * math.log1p((away_m / half_m) ** 2)
    assert nepers > 0.4
    wide = chip_of("drift.laser_wander_rms_hz=3e9")
    with pytest.raises(InputError, match=r"^drift\.laser_wander_rms_hz = .* by \d\.\d+ Np") as told:
        row_wanders(wide)
    found = float(str(told.value).split(" by ")[1].split()[0])
    # The detuned rings change too, a little, and leaks.
    assert found == pytest.approx(nepers, rel=0.15)
