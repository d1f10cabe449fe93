"""Compiled receivers against readings worked out by hand, diode by diode and place by place."""

from __future__ import annotations

import cmath
import math
from typing import Any

import pytest
import torch

from circuits import ArrayShape, Design, compile_chip, fabricate, ideal_design
from circuits.chip.chip import Chip
from circuits.chip.compiling import _refuse_coarse, digit_tables
from circuits.chip.trims import Trims
from circuits.coding.phase_code import drive_level, level_angle_rad
from circuits.design.circuit import MultiplierDesign
from circuits.design.heat_layout import HeatLayout
from circuits.design.receiver import HybridDesign, ReceiverDesign
from circuits.optics.digit import DigitStatics
from circuits.units.array import ModularArray
from circuits.units.dot_product import chain_fields
from devices.electronics.dac import Dac
from devices.passive.coupler import Splitter
from devices.shifters.shifter import Shifter
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C
from tests.circuits.designs import HEAT, HYBRID_DB, SHIFTERS, SWITCHES

M, LENGTH = 31, 4
SPREAD = HybridDesign(
    splitter={"imbalance_rms_db": 0.5},
    coupler={"imbalance_rms_db": 0.5},
    quadrature_rms_rad=0.1,
    responsivity_rms=0.03,
)
KEY = NoiseKey.from_seed(8)
CODED = {"dac": Dac(bits=9, full_scale_v=3.0, inl_rms_lsb=0.5, gain_error=1e-3)}


def trimmed(rails: str) -> Chip:
    """A chip of flawed receivers, each with settings of its own."""
    design = Design(
        multiplier=MultiplierDesign(rails=rails),  # type: ignore[arg-type]
        receiver=ReceiverDesign(hybrid=SPREAD, gain="per-symbol", adc_inl_rms_lsb=0.2),
    )
    chip = fabricate(design, (M,), ArrayShape(2, 3, LENGTH), seed=2)
    none = chip.untrimmed(M)
    gain = 1.0 + 0.1 * KEY.fold("gain").normal(0, none.gain.numel()).view_as(none.gain)
    offset = 0.05 * KEY.fold("offset").normal(0, none.offset.numel()).view_as(none.offset)
    turn = KEY.fold("turn").normal(0, none.quadrature_rad.numel()).view_as(none.quadrature_rad)
    trims: Trims = none.changed(gain=gain, offset=offset, quadrature_rad=0.05 * turn)
    return chip.with_trims({M: trims})


@pytest.mark.parametrize("rails", ["dual", "single"])
def test_receivers_read_as_four_diodes_and_their_trims_do(rails: str) -> None:
    chip = trimmed(rails)
    receiver, trims = compile_chip(chip).arrays[M].receiver, chip.trims[M]
    made, diode = chip.fabricated[M].hybrid, chip.design.receiver.photodiode
    bandwidth_hz = chip.design.receiver.noise_bandwidth_hz
    x = torch.tensor([[3, 0, 30, 7]])
    bits = receiver.gain.code.digits(x)
    setting = receiver.setting(bits)
    full_scale_a = float(receiver.gain.full_scale_a(bits))
    common_mode = receiver.gain.common_mode(bits)[0].tolist()
    plus_np, minus_np, phase_rad, intensity = -0.7, -0.4, 2.1, 1.2
    first_w, second_w = chip.design.rail_powers_w(M)
    signal = math.sqrt(intensity * first_w) * cmath.rect(math.exp(plus_np), phase_rad)
    reference = math.sqrt(intensity * second_w) * math.exp(minus_np)
    light = (torch.tensor(v, dtype=torch.float64) for v in (plus_np, minus_np, phase_rad))
    detected = receiver.detect(*light, torch.tensor(intensity, dtype=torch.float64))
    found = receiver.scaled(detected.current_a, setting)
    for unit in range(2):
        for row in range(3):
            turned = cmath.exp(1j * float(trims.quadrature_rad[unit, row]))
            seen_a = []
            for k in range(4):
                to_s, to_r = made.transfer[unit, row, k].tolist()
                # The trimmer sits before the reference's half of the second coupler.
                field = to_s * signal + to_r * reference * (turned if k >= 2 else 1.0)
                each = float(made.responsivity[unit, row, k])
                arriving_w = abs(field) ** 2 * 10 ** (-HYBRID_DB / 10)
                seen_a.append(diode.responsivity_a_per_w * each * arriving_w)
            for q in range(2):
                difference_a = seen_a[2 * q] - seen_a[2 * q + 1]
                offset = sum(
                    o * c
                    for o, c in zip(trims.offset[unit, row, q].tolist(), common_mode, strict=True)
                )
                expected = float(trims.gain[unit, row, q]) * difference_a / full_scale_a - offset
                assert float(found[q][unit, row]) == pytest.approx(expected, rel=1e-10, abs=1e-12)
                light_a = seen_a[2 * q] + seen_a[2 * q + 1] + 2.0 * diode.dark_current_a
                white_a2 = 2.0 * ELEMENTARY_CHARGE_C * light_a * bandwidth_hz
                tia = chip.design.receiver.tia
                white_a2 += tia.noise_a_per_rthz**2 * tia.noise_bandwidth_hz
                rms_a = float(detected.rms_a[q][unit, row])
                assert rms_a == pytest.approx(math.sqrt(white_a2), rel=1e-9)


def test_hybrids_that_lose_alike_and_have_no_flaw_need_no_coefficients() -> None:
    """One factor of the light says it all: as fast as without loss, and as the diodes have it."""
    x, w = torch.tensor([[3, 0, 30, 7]]), torch.tensor([[1, 2, 3, 4]])
    arrays = []
    for loss_db in (0.0, 3.0):
        design = Design().changed(
            {
                "receiver.hybrid.splitter.excess_loss_db": loss_db,
                "receiver.hybrid.coupler.excess_loss_db": 0.0,
                # Rings are found by the light there is.
                "multiplier.switch.trimmer.spread_rms_m": 0.0,
            }
        )
        chip = fabricate(design, (M,), ArrayShape(1, 1, LENGTH), seed=2)
        assert compile_chip(chip).arrays[M].receiver.difference is None
        arrays.append(ModularArray.of(chip, M).held())
    kept_w, left_w = (a.diodes(1).powers_w(a.fields(x, w)) for a in arrays)
    torch.testing.assert_close(left_w, kept_w * 10**-0.3, rtol=1e-12, atol=0)
    # The gain follows what the design loses.
    kept, left = (a.ratios(x, w) for a in arrays)
    torch.testing.assert_close(left, kept, rtol=1e-12, atol=0)


def test_every_place_keeps_its_own_transitions() -> None:
    chip = trimmed("dual")
    receiver, converters = compile_chip(chip).arrays[M].receiver, chip.fabricated[M].converters
    assert converters is not None
    for unit in range(2):
        for row in range(3):
            own = receiver.at(unit, row)
            for q, edges in enumerate(converters.transitions[unit, row]):
                # A hair below an edge and on it: the code changes there, and nowhere else.
                ratio = torch.stack((edges - 1e-9, edges))
                pair = (
                    (ratio, torch.zeros_like(ratio)) if q == 0 else (torch.zeros_like(ratio), ratio)
                )
                codes = own.codes(*pair)[q]
                assert (codes[1] - codes[0] == 1.0).all()


def test_digits_turn_and_lose_as_designed_where_nothing_leaks_or_errs() -> None:
    """Tables hold no deviation then, and the loss that the design gives each digit."""
    ideal = ideal_design()
    design = ideal.changed({"multiplier.shifter.loss_db_per_m": 1600, "multiplier.bend.loss_db": 1})
    arrays = compile_chip(fabricate(design, (M,), ArrayShape(1, 1, LENGTH), 0)).arrays[M]
    x, w = torch.arange(M).repeat_interleave(M), torch.arange(M).repeat(M)
    streamed = torch.zeros(M * M, LENGTH, dtype=torch.int64)
    stationary = torch.zeros(M * M, 1, LENGTH, dtype=torch.int64)
    streamed[:, 0], stationary[:, 0, 0] = x, w
    place = torch.zeros(M * M, 1, dtype=torch.int64), torch.zeros(1, dtype=torch.int64)
    bits, _ = arrays.stream(streamed[:, None])
    plus, minus, deviation = arrays.digits.respond(bits, *arrays.load(stationary, *place))
    step_np, _, step_rad = arrays.digits.step
    # Each of 2 J D entries is rounded by half a step; rings that leak 1e-6 of the light, 1e-5.
    entries = 2 * LENGTH * 5
    assert float(deviation.abs().max()) < entries / 2 * step_rad + 1e-5
    loss_db = arrays.receiver.gain.rail_loss_db(arrays.receiver.gain.code.digits(streamed))
    assert float(loss_db.max() - loss_db.min()) > 1.0
    for rail in (plus, minus):
        found_np = -rail[:, 0, 0].double()
        expected_np = math.log(10.0) / 20.0 * loss_db
        assert float((found_np - expected_np).abs().max()) < entries / 2 * step_np + 1e-5


def test_sums_that_round_a_fiftieth_of_half_a_cell_are_refused() -> None:
    entries, modulus = 96, 33
    limit = 0.02 * level_angle_rad(modulus) / 2 / math.sqrt(2 * entries / 12)
    _refuse_coarse(0.999 * limit, entries, modulus)
    with pytest.raises(InputError, match="exact sums would round"):
        _refuse_coarse(1.001 * limit, entries, modulus)


OFF_RINGS = RingSwitch(trimmer=RingTrimmer(bits=7))


def flawed(heat: HeatLayout, shifter: Shifter = SHIFTERS[0], **changes: Any) -> Chip:
    """Arrays whose units, rows and multipliers are of different numbers, and all flawed."""
    multiplier = MultiplierDesign(
        heat=heat,
        shifter=shifter,
        coherence_length_m=0.0664,
        index_rms=0.0,
        drive_gain_rms=2e-3,
        drive_inl_rms=0.0 if "dac" in changes else 0.03,
        shifter_gain_rms=2e-3,
        **{"switch": OFF_RINGS, **changes},
    )
    design = Design(multiplier=multiplier, rail_splitter=Splitter(imbalance_rms_db=0.5))
    chip = fabricate(design, (M,), ArrayShape(2, 3, LENGTH), seed=4)
    row_rad = KEY.fold("rows").normal(0, 6).view(2, 3)
    return chip.with_trims({M: chip.untrimmed(M).changed(row_rad=row_rad)})


def wrapped_rad(phase_rad: torch.Tensor) -> torch.Tensor:
    return torch.remainder(phase_rad + math.pi, 2 * math.pi) - math.pi


@pytest.mark.parametrize(
    ("heat", "shifter"),
    [
        *(pytest.param(HeatLayout(), s, id=f"{s.kind}-cold") for s in SHIFTERS),
        *(pytest.param(HEAT, s, id=f"{s.kind}-warm") for s in SHIFTERS if s.heats),
    ],
)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rail_drive": "own"},
        {"encoding": "twos-complement"},
        {"rails": "single"},
        CODED,
        *({"switch": switch} for switch in SWITCHES[1:]),
        {"switch": SWITCHES[1], "polarity": "one-coupled"},
    ],
)
def test_tables_give_every_place_the_light_of_its_fields(
    heat: HeatLayout, shifter: Shifter, changes: dict[str, Any]
) -> None:
    arrays = flawed(heat, shifter, **changes).arrays(M)
    generator = torch.Generator().manual_seed(0)
    w = torch.randint(-15, 16, (2, 3, LENGTH), generator=generator)
    x = torch.randint(-15, 16, (2, 20, LENGTH), generator=generator)
    level, bits, unit = drive_level(w, M), arrays.optics.code.digits(x), torch.arange(2)

    tables = digit_tables(arrays)
    loaded = tables.select(unit[:, None].expand(2, 3), torch.arange(3), level)
    plus, minus, phase = tables.respond(bits.flatten(-2).float(), *loaded)

    statics = arrays.statics.with_heat(arrays.thermal_shift(level, unit))
    fields = chain_fields(
        arrays.optics,
        arrays.input_field[:, None],
        level[:, None],
        bits[:, :, None],
        statics_of_symbols(statics),
    )
    ideal_rad = level_angle_rad(M) * torch.einsum("unj,urj->unr", x, w).double()
    turned_rad = (fields[..., 0] * fields[..., 1].conj()).angle() - ideal_rad
    # Each of 2 J D entries and that of the row are rounded by half a step; FP32 adds its own.
    entries = 2 * LENGTH * 5 + 1
    for found, rail, step in ((plus, 0, tables.step[0]), (minus, 1, tables.step[1])):
        off_np = found.double() - fields[..., rail].abs().log()
        assert float(off_np.abs().max()) < entries / 2 * step + 1e-6
    off_rad = wrapped_rad(phase.double() - turned_rad)
    assert float(off_rad.abs().max()) < entries / 2 * tables.step[2] + 1e-6
    # No place is like another.
    assert float(phase[:, 0].flatten().sort().values.diff().min()) > 1e-4


def statics_of_symbols(statics: DigitStatics) -> DigitStatics:
    """Statics (U, R, J, ...) of all symbols, (U, 1, R, J, ...)."""
    return DigitStatics(*(x.unsqueeze(1) for x in vars(statics).values()))


def test_the_grid_has_room_for_what_lies_before_the_digits() -> None:
    """A turned row of digits that do not err: all of the phase is that of its entry."""
    chip = fabricate(ideal_design(), (M,), ArrayShape(1, 1, LENGTH), 0)
    turned = chip.untrimmed(M).changed(row_rad=torch.full((1, 1), 3.0, dtype=torch.float64))
    tables = digit_tables(chip.with_trims({M: turned}).arrays(M))
    assert float(tables.input_response[0, 2]) * tables.step[2] == pytest.approx(
        3.0, abs=tables.step[2]
    )
    assert float(tables.input_response.abs().max()) < 2**24


def test_the_grid_has_room_for_heat() -> None:
    """Of tiles at full drive, over digits that do not err without it."""
    multiplier = ideal_design().multiplier.model_copy(update={"heat": HEAT})
    design = ideal_design().model_copy(update={"multiplier": multiplier})
    tables = digit_tables(fabricate(design, (M,), ArrayShape(1, 8, LENGTH), 0).arrays(M))
    level = torch.full((1, 8, LENGTH), M // 2)
    base, delta = tables.select(torch.zeros(1, 8, dtype=torch.int64), torch.arange(8), level)
    reach = base.abs().squeeze(2) + delta.abs().sum(2)
    assert float(reach.max()) < 2**24
    # On the finest grid they would not fit.
    assert float(reach[2].max()) * tables.step[2] > 2**24 * 2.0**-30


def test_the_grid_has_room_for_what_wanders() -> None:
    chip = fabricate(ideal_design(), (M,), ArrayShape(1, 1, LENGTH), 0)
    still, wandering = (digit_tables(chip.arrays(M), rad) for rad in (0.0, 50.0))
    assert still.step[2] * 2.0**24 < 50.0
    # All phases may be rounded up by half a step.
    assert wandering.step[2] * 2.0**24 >= 2.0 * 50.0
    assert wandering.step[:2] == still.step[:2]
