"""Numbers of a chip that screens read: digits, ranges and codes, against those they come from."""

from __future__ import annotations

import math
from functools import cache

import torch

from mirage_core import TensorCore, load_machine
from mirage_core.engines.screening import BINS, SLOTS, Screening
from photonics.readout_words import LARGEST_RADIUS
from tests.machines import SMALL


@cache
def screening(modulus: int) -> Screening:
    core = TensorCore(load_machine("robust", SMALL))
    return Screening(core.compiled.arrays[modulus], 15)


def test_ranges_hold_every_streamed_mantissa() -> None:
    found = screening(33)
    assert found.arrays.digits.table is not None
    base, delta = found.arrays.digits.table
    step = torch.tensor(found.arrays.digits.step, dtype=torch.float64)
    nominal = -found.loss_db * math.log(10.0) / 20.0
    for x, bits in enumerate(found.bits):
        response = (base + torch.einsum("d,pvdq->pvq", bits.float(), delta)).double() * step
        over = response[..., 0] + response[..., 1] - 2.0 * nominal[x]
        tilt = response[..., 0] - response[..., 1]
        low, high, middle, reach = found.ranges.unbind(-1)
        assert bool(((over >= low - 1e-12) & (over <= high + 1e-12)).all())
        assert bool(((tilt - middle).abs() <= reach + 1e-12).all())


def test_words_of_the_screen_are_phases_and_tilts() -> None:
    found = screening(29)
    assert found.arrays.digits.table is not None
    base, delta = found.arrays.digits.table
    expected = torch.cat((base[..., None, 2], delta[..., 2]), -1)
    assert torch.equal(found.hot[..., : expected.shape[-1]], expected.int())
    assert not bool(found.hot[..., expected.shape[-1] : SLOTS].any())
    assert found.turn == found.arrays.digits.step[2] / (2.0 * math.pi)
    tilts = found.hot[..., SLOTS : SLOTS + 4].contiguous().view(torch.int16).double()
    step = found.arrays.digits.step
    wanted = delta[..., 0].double() * step[0] - delta[..., 1].double() * step[1]
    found_np = tilts[..., 1 : 1 + delta.shape[2]] * found.tilt_step
    assert float((found_np - wanted).abs().max()) <= 0.5 * found.tilt_step + 1e-12


def test_chains_lead_to_every_code() -> None:
    for modulus in (29, 32, 33):
        found = screening(modulus)
        codes = (found.bits << torch.arange(found.bits.shape[1])).sum(-1).tolist()
        reached, mantissas = {0}, []
        for code, digit, mantissa in found.chain.tolist():
            assert code & ~(1 << digit) in reached
            reached.add(code)
            if mantissa >= 0:
                assert codes[mantissa] == code
                mantissas.append(mantissa)
        # Some residues of 29 are those of two mantissas.
        assert sorted(mantissas) == list(range(len(codes)))


def test_quads_hold_every_code_behind_those_they_are_made_of() -> None:
    for modulus in (29, 32, 33):
        found = screening(modulus)
        codes = (found.bits << torch.arange(found.bits.shape[1])).sum(-1).tolist()
        built, mantissas = {0}, []
        for quad, digit, *whose in found.quads.tolist():
            assert (quad & ~(1 << (digit - 2))) in built
            built.add(quad)
            for place, mantissa in enumerate(whose):
                if mantissa >= 0:
                    assert codes[mantissa] == 4 * quad + place
                    mantissas.append(mantissa)
        assert sorted(mantissas) == list(range(len(codes)))


def test_tilts_of_whole_rows_and_what_they_are_rounded_by_have_eight_bits() -> None:
    for modulus in (29, 33):
        found = screening(modulus)
        length, slots = found.arrays.digits.shape[2], found.bits.shape[1] + 1
        row = float(found.ranges[..., 3].amax(1).view(-1, length).sum(-1).max())
        # Digits are rounded to a step, multipliers to sixteen.
        steps = row / found.tilt_step + 0.5 * length * (slots + 16)
        assert 0.97 * 16 * 127 < steps < 16 * 127


def test_limits_of_leading_bytes_are_those_of_the_radius() -> None:
    found = screening(32)
    half = math.pi / 32
    noise, displaced = found.class_bounds.unbind(-1)
    for k in range(BINS):
        radius = (math.sin(k / BINS * half) - displaced) / noise
        limit = found.class_limits[:, k].double()
        # The largest radius that a byte at the limit leaves open is the one allowed, or less.
        most = torch.sqrt(-2.0 * (limit / 256.0).clamp_min(1e-300).log())
        bounded = (limit > 0) & (limit < 255)
        assert bool((most[bounded] <= radius[bounded] + 1e-9).all())
        assert bool((radius[limit == 0] > LARGEST_RADIUS).all())
        assert bool((radius[radius <= 0] <= 0).all())
        assert bool((limit[radius <= 0] == 255).all())


def test_classes_bound_every_loss_of_theirs() -> None:
    found = screening(33)
    low, high = found._class_ends_db
    for steps in range(0, 16 * int(found.loss_steps.max()), 99_991):
        number = steps >> found.class_shift
        assert float(low[number]) <= steps * 2.0**-20 <= float(high[number])
