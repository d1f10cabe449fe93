"""The sums over digits equal the product of fields, and are the same for any order of summation."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import ArrayShape, Design, fabricate
from circuits.chip.chip import Chip
from circuits.chip.compiling import digit_tables
from circuits.chip.trims import Trims
from circuits.coding.phase_code import drive_level
from circuits.compiled.digit_tables import DigitTables
from circuits.design.circuit import MultiplierDesign
from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import digit_responses
from circuits.optics.response import line_response
from circuits.units.dot_product import chain_fields
from devices.passive.coupler import Splitter
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.random import NoiseKey
from tests.circuits.designs import HEAT


@pytest.mark.parametrize("modulus", [31, 32, 33])
@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize(
    ("drive", "encoding", "rails"),
    [
        ("shared", "unsigned", "dual"),
        ("per-digit", "unsigned", "dual"),
        ("shared", "twos-complement", "dual"),
        ("per-digit", "twos-complement", "single"),
        ("shared", "unsigned", "single"),
    ],
)
def test_log_response_equals_the_fields_digit_by_digit(
    modulus: int, polarity: str, drive: str, encoding: str, rails: str
) -> None:
    multiplier = MultiplierDesign(
        polarity=polarity,  # type: ignore[arg-type]
        drive=drive,  # type: ignore[arg-type]
        encoding=encoding,  # type: ignore[arg-type]
        rails=rails,  # type: ignore[arg-type]
        drive_inl_rms=3e-3,
        bypass_phase_rad=0.7,
        bypass_phase_rms_rad=2.0,
        coherence_length_m=0.0664,
        index_rms=0.0,
        drive_gain_rms=1e-4,
        shifter_gain_rms=2e-4,
    )
    design = Design(multiplier=multiplier)
    chip = fabricate(design, (modulus,), ArrayShape(1, 6, 16), seed=2)
    arrays = chip.arrays(modulus)
    generator = torch.Generator().manual_seed(0)
    w = torch.randint(-15, 16, (1, 6, 16), generator=generator)
    x = torch.randint(-15, 16, (1, 50, 16), generator=generator)
    level, bits = drive_level(w, modulus), multiplier.code(modulus).digits(x)

    planes = digit_tables(arrays)
    row = torch.arange(6)
    tables = planes.select(torch.zeros(1, 6, dtype=torch.int64), row, level)
    plus, minus, phase = planes.respond(bits.flatten(-2).float(), *tables)

    fields = chain_fields(
        arrays.optics, arrays.input_field[0], level[0], bits[0][:, None], arrays.statics.at(0)
    )
    ideal = 2 * math.pi / modulus * torch.remainder(torch.einsum("nj,mj->nm", x[0], w[0]), modulus)
    beat = fields[..., 0] * fields[..., 1].conj() * torch.polar(torch.ones_like(ideal), -ideal)
    # Each of at most 97 table entries is rounded by up to half a grid step.
    for found, expected, step in (
        (plus[0], fields[..., 0].abs().log(), planes.step[0]),
        (minus[0], fields[..., 1].abs().log(), planes.step[1]),
    ):
        assert float((found.double() - expected).abs().max()) < 97 * step / 2 + 1e-6
    wrapped = torch.remainder(phase[0].double() - beat.angle() + math.pi, 2 * math.pi) - math.pi
    assert float(wrapped.abs().max()) < 97 * planes.step[2] / 2 + 1e-6


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("encoding", ["unsigned", "twos-complement"])
@pytest.mark.parametrize("drive", ["shared", "per-digit"])
@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_the_sums_equal_the_product_of_fields_before_rounding(
    polarity: str, drive: str, encoding: str, rails: str, warm: bool
) -> None:
    """The identity itself, in FP64: flaws, detuned rings, heat and trims all at once."""
    modulus = 32
    multiplier = MultiplierDesign(
        polarity=polarity,  # type: ignore[arg-type]
        drive=drive,  # type: ignore[arg-type]
        encoding=encoding,  # type: ignore[arg-type]
        rails=rails,  # type: ignore[arg-type]
        heat=HEAT if warm else HeatLayout(),
        drive_inl_rms=0.1,
        bypass_phase_rad=0.7,
        bypass_phase_rms_rad=2.0,
        coherence_length_m=0.000166,
        index_rms=0.0,
        drive_gain_rms=0.02,
        shifter_gain_rms=0.02,
        switch=RingSwitch(trimmer=RingTrimmer(bits=7)),
    )
    chip = fabricate(
        Design(multiplier=multiplier, rail_splitter=Splitter(imbalance_rms_db=0.5)),
        (modulus,),
        ArrayShape(1, 3, 4),
        seed=4,
    )
    arrays = chip.with_trims({modulus: some_trims(chip, modulus)}).arrays(modulus)
    generator = torch.Generator().manual_seed(5)
    w = torch.randint(-15, 16, (3, 4), generator=generator)
    x = torch.randint(-15, 16, (40, 4), generator=generator)
    level, bits = drive_level(w, modulus), multiplier.code(modulus).digits(x)
    thermal_shift = arrays.thermal_shift(level, 0)
    statics = arrays.statics.at(0).with_heat(thermal_shift)

    zero, added = digit_responses(arrays.optics, level, statics)
    chosen = zero + bits[:, None, ..., None] * added
    found = line_response(arrays.input_field[0]) + chosen.sum((2, 3))

    fields = chain_fields(arrays.optics, arrays.input_field[0], level, bits[:, None], statics)
    beat = fields[..., 0] * fields[..., 1].conj()
    ideal_rad = 2 * math.pi / modulus * torch.remainder(x @ w.T, modulus).double()
    off_rad = found[..., 2] + ideal_rad - beat.angle()
    off_rad = torch.remainder(off_rad + math.pi, 2 * math.pi) - math.pi
    assert float(off_rad.abs().max()) < 1e-9
    assert float((found[..., :2] - fields.abs().log()).abs().max()) < 1e-9
    # All of it is there to be found: phases anywhere, light that leaks, heat where there is any.
    assert float(found[..., 2].std()) > 1.0
    assert float(found[..., 0].std()) > 1e-3
    assert (thermal_shift is not None) == warm
    if thermal_shift is not None:
        assert thermal_shift.switch_offset is not None
        assert float(thermal_shift.shifter_rad.abs().max()) > 1e-3
        assert float(thermal_shift.switch_offset.abs().max()) > 1e-12


def some_trims(chip: Chip, modulus: int) -> Trims:
    """Settings as if by chance, each well beyond the errors it is for."""
    key, statics = NoiseKey.from_seed(6), chip.fabricated[modulus].statics
    *places, length, digits, _ = statics.shifter_phase_rad.shape
    none = Trims.none((places[0], places[1]), length, digits, statics.drive_gain.shape[-1])

    def drawn(name: str, like: torch.Tensor, rms: float) -> torch.Tensor:
        return rms * key.fold(name).normal(0, like.numel()).reshape(like.shape)

    return none.changed(
        digit_rad=drawn("digits", none.digit_rad, 1.0).abs(),
        row_rad=drawn("rows", none.row_rad, 1.0).abs(),
        drive_gain=drawn("drives", none.drive_gain, 0.02),
    )


def test_deviations_too_wide_for_exact_sums_are_refused() -> None:
    from photonics.errors import InputError

    multiplier = MultiplierDesign(coherence_length_m=1.84e-05, index_rms=0.0)
    design = Design(multiplier=multiplier)
    digit_tables(fabricate(design, (31,), ArrayShape(1, 1, 16), seed=0).arrays(31))
    with pytest.raises(InputError, match="use field"):
        digit_tables(fabricate(design, (31,), ArrayShape(1, 1, 4096), seed=0).arrays(31))


def test_sums_are_exact_in_any_order_and_tiling() -> None:
    design = Design()
    chip = fabricate(design, (33,), ArrayShape(2, 8, 16), seed=0)
    planes = digit_tables(chip.arrays(33))
    generator = torch.Generator().manual_seed(1)
    level = torch.randint(-16, 17, (3, 8, 16), generator=generator)
    unit = torch.randint(0, 2, (3, 8), generator=generator)
    bits = torch.randint(0, 2, (3, 40, 96), generator=generator).float()
    base, delta = planes.select(unit, torch.arange(8), level)
    whole = planes.respond(bits, base, delta)
    parts = [planes.respond(bits[:, i : i + 7], base, delta) for i in range(0, 40, 7)]
    shuffled = torch.randperm(96, generator=generator)
    other = planes.respond(bits[..., shuffled], base, delta[:, :, shuffled])
    for q in range(3):
        assert torch.equal(whole[q], torch.cat([part[q] for part in parts], dim=1))
        assert torch.equal(whole[q], other[q])
        exact = base[q].double() + bits.double() @ delta[q].double()
        assert float(exact.abs().max()) < 2**24
        assert torch.equal(whole[q].double(), exact * planes.step[q])


def test_phases_are_added_on_the_grid() -> None:
    """Rows of other phases, whole steps of them, whatever else is in the tables."""
    step = 2.0**-10
    tables = DigitTables(
        modulus=5,
        shape=(1, 2, 2),
        digits=3,
        table=None,
        input_response=torch.zeros(2, 3),
        step=(1.0, 1.0, step),
        heat=None,
        warm=None,
    )
    base, delta = torch.ones(3, 1, 1, 2), torch.ones(3, 1, 6, 2)
    row_rad = step * torch.tensor([[3.4, -2.0]])
    place_rad = step * torch.tensor([[[1.4, 1.4], [0.6, 0.6]]])
    digit_rad = step * torch.arange(12.0).view(1, 2, 6)
    tables.turn((base, delta), row_rad, place_rad, digit_rad)
    # Every entry is rounded by itself.
    assert base[2].flatten().tolist() == [1.0 + 3.0 + 2.0, 1.0 - 2.0 + 2.0]
    assert delta[2, 0].T.flatten().tolist() == [1.0 + x for x in range(12)]
    assert torch.equal(base[:2], torch.ones(2, 1, 1, 2))
    assert torch.equal(delta[:2], torch.ones(2, 1, 6, 2))
