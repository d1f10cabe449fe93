"""Compiled receivers against readings worked out by hand, diode by diode and place by place."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from circuits import ArrayShape, Design, compile_chip, fabricate, ideal_design
from circuits.chip.chip import Chip
from circuits.chip.compiling import _refuse_coarse
from circuits.chip.trims import Trims
from circuits.coding.phase_code import level_angle_rad
from circuits.design.circuit import MultiplierDesign
from circuits.design.receiver import HybridSpread, ReceiverDesign
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C

M, LENGTH = 31, 4
SPREAD = HybridSpread(
    splitter_imbalance_rms_db=0.5,
    coupler_imbalance_rms_db=0.5,
    quadrature_rms_rad=0.1,
    responsivity_rms=0.03,
)
KEY = NoiseKey.from_seed(8)


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
                seen_a.append(diode.responsivity_a_per_w * each * abs(field) ** 2)
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
