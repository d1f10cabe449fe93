"""Converters of I and Q: uneven steps, noise, and the table of decisions."""

from __future__ import annotations

import torch

from circuits import ArrayShape, ModularDotProduct, RowPosition, fabricate
from circuits.receiver.by_design import converter
from photonics.random import NoiseKey
from tests.circuits.designs import with_receiver
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

KEY = NoiseKey.from_seed(0)


def test_uneven_converters_change_their_codes_where_they_were_made_to() -> None:
    design = with_receiver(adc_inl_rms_lsb=0.5)
    chip = fabricate(design, (31,), ArrayShape(2, 2, 4), 0)
    converters = chip.fabricated[31].converters
    assert converters is not None
    assert converters.transitions.shape == (2, 2, 2, 31)
    receiver, adc = converter(design, 31), design.receiver.adc(31)
    ratio = torch.linspace(-1.2, 1.2, 5001, dtype=torch.float64)
    own = converters.at(1, 0)
    found = receiver.codes(ratio, ratio.flip(0), own.transitions)
    for codes, seen, transitions in zip(
        found, (ratio, ratio.flip(0)), own.transitions, strict=True
    ):
        assert torch.equal(codes, adc.code(seen, transitions))
    assert not torch.equal(found[0], found[1].flip(0))
    linear = receiver.codes(ratio, ratio)[0]
    assert torch.equal(linear, (ratio * 16).floor().clamp(-16, 15))


def test_converter_noise_is_that_of_its_steps_and_of_each_quadrature_alone() -> None:
    design = with_receiver(adc_noise_lsb=0.5)
    noise = converter(design, 31).noise(KEY, 0, torch.Size((40_000,)))
    for quadrature in noise.unbind(-1):
        assert_mean(quadrature, 0.0, 0.5 / 16)
        assert_variance(quadrature, (0.5 / 16) ** 2)
    assert_uncorrelated(*noise.unbind(-1))


def test_codes_and_decisions_of_a_row_belong_together() -> None:
    design = with_receiver(adc_inl_rms_lsb=0.5, adc_noise_lsb=0.3, gain="per-symbol")
    design = design.model_copy(update={"laser": design.laser.model_copy(update={"power_w": 10.0})})
    chip = fabricate(design, (31,), ArrayShape(1, 2, 4), 0)
    mdpu = ModularDotProduct(31, 4, chip=chip, position=RowPosition(0, 1))
    x, w = ((KEY.fold(n).uniform(0, 400) * 31).long().reshape(100, 4) for n in "xw")
    codes, read = mdpu.codes(x, w, KEY), mdpu.read(x, w, KEY)
    plain = converter(design, 31)
    middle = (codes.double() + 0.5) / 16
    assert torch.equal(read, plain.decide(middle[:, 0], middle[:, 1]))
