"""Formulas of one line, by a second way to the same number."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from circuits.analysis.link import LinkBudget
from circuits.analysis.timing import allowed_phase_rad
from circuits.chip.compiling import _refuse_coarse, coefficients
from circuits.coding.phase_code import level_angle_rad
from circuits.design.circuit import Design, MultiplierDesign, ReceiverDesign
from circuits.design.heat_layout import HeatLayout
from circuits.optics.digit import DigitOptics, DigitStatics, section_m
from circuits.optics.heat import ArrayHeat
from circuits.optics.hybrid import Hybrid, HybridSpread
from circuits.optics.tile_heat import ThermalShift
from circuits.receiver.by_design import diodes, gain_control, receiver_by_design
from circuits.receiver.diodes import Diodes
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling
from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.units import ELEMENTARY_CHARGE_C

KEY = NoiseKey.from_seed(17)
# No noise but that of the light.
SILENT = ReceiverDesign(
    photodiode=Photodiode(dark_current_a=0.0), tia=TransimpedanceAmplifier(noise_a_per_rthz=0.0)
)
DESIGN = Design(receiver=SILENT)
RAILS_W = 3e-3, 0.5e-3


def shot_a2(seen_w: torch.Tensor) -> torch.Tensor:
    """Variance of I and of Q, (..., 2), when diodes (..., 4) of nominal responsivity see this."""
    current_a = SILENT.photodiode.responsivity_a_per_w * (seen_w[..., 0::2] + seen_w[..., 1::2])
    return 2.0 * ELEMENTARY_CHARGE_C * current_a * SILENT.noise_bandwidth_hz


def rails(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log amplitudes of both rails, and the phase between them."""
    draw = KEY.fold("rails").uniform(0, 3 * count).view(3, count)
    return -draw[0], -2.0 * draw[1], 6.0 * draw[2]


@pytest.mark.parametrize("flawed", [False, True])
def test_compact_shot_noise_is_that_of_four_diodes_in_unequal_light(flawed: bool) -> None:
    count, intensity = 20, 1.1
    spread = HybridSpread(
        splitter_imbalance_rms_db=0.4,
        coupler_imbalance_rms_db=0.6,
        quadrature_rms_rad=0.1,
        responsivity_rms=0.05,
    )
    drawn = Hybrid.fabricate(spread, (1, count), KEY.fold("hybrid"))
    hybrid = drawn if flawed else Hybrid.fabricate(HybridSpread(), (1, count), KEY)
    plus, minus, phase = rails(count)
    signal = math.sqrt(RAILS_W[0]) * torch.polar(plus.exp(), phase)
    reference = math.sqrt(RAILS_W[1]) * torch.polar(minus.exp(), torch.zeros_like(phase))
    powers_w = intensity * hybrid.fields(signal, reference)[0].abs().square()
    expected = shot_a2(powers_w * hybrid.responsivity[0])

    receiver = replace(receiver_by_design(DESIGN, 31, 16), rail_powers_w=RAILS_W)
    if flawed:
        difference, total = coefficients(hybrid)
        receiver = replace(receiver, difference=difference, total=total)
    one = torch.full((1, 1, count), intensity, dtype=torch.float64)
    light = (x.clone().view(1, 1, count) for x in (plus, minus, phase))
    found = torch.stack(receiver.detect(*light, one).rms_a, dim=-1).square()[0, 0]
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0.0)


def behind(responsivity: torch.Tensor) -> Diodes:
    """Diodes of given responsivities, over the nominal one."""
    return diodes(DESIGN, replace(Hybrid.ideal(), responsivity=responsivity))


def test_field_shot_noise_counts_the_responsivity_of_every_diode() -> None:
    powers_w = 1e-3 * (1.0 + KEY.fold("powers").uniform(0, 80).view(20, 4))
    responsivity = 0.8 + 0.4 * KEY.fold("diodes").uniform(0, 80).view(20, 4)
    # The same normals twice: what differs is the light that the diodes see.
    found = behind(responsivity).noise_a(powers_w, KEY)
    torch.testing.assert_close(
        found, behind(torch.ones(20, 4)).noise_a(powers_w * responsivity, KEY), rtol=1e-12, atol=0
    )
    # One diode of each pair alone in the light: a normal times the root of its variance.
    alone = torch.tensor([1.0, 0.0, 1.0, 0.0]).double() * powers_w
    unit_w = torch.tensor([1.0, 0.0, 1.0, 0.0]).double().expand(20, 4)
    ratio = behind(responsivity).noise_a(alone, KEY) / behind(torch.ones(20, 4)).noise_a(
        unit_w, KEY
    )
    expected = (alone * responsivity)[:, 0::2].sqrt()
    torch.testing.assert_close(ratio, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_smallest_amplitude_is_that_of_the_lossiest_integer(polarity: str) -> None:
    design = Design(multiplier=MultiplierDesign(polarity=polarity))  # type: ignore[arg-type]
    gain, length = gain_control(design, 31, 16), 16
    rows = torch.arange(31)[:, None].expand(-1, length)
    each_a = gain.amplitude_a(gain.rail_loss_db(gain.code.digits(rows)))
    assert gain.smallest_amplitude_a == pytest.approx(float(each_a.min()), rel=1e-12)
    assert gain.largest_amplitude_a == pytest.approx(float(each_a.max()), rel=1e-12)
    assert gain.smallest_amplitude_a < 0.9 * float(each_a.mean())


def test_heat_adds_to_the_phase_of_a_neighbour() -> None:
    # Heaters at the stated coupling κ: the phase φ of one turns the next by κ φ.
    coupling, phase_rad = 0.02, 1.3
    layout = HeatLayout(
        coupling=HeaterCoupling(law=ExponentialCoupling(nearest_coupling=coupling)),
        compensated=False,
        ring_share=0.0,
    )
    heat = ArrayHeat.fabricate(layout, None, (1, 1, 12), KEY)
    assert heat is not None
    asked = torch.zeros(1, 2, 6, 2, dtype=torch.float64)
    asked[0, 0, 2, 0] = phase_rad
    thermal_shift = heat.thermal_shift(asked, 0)
    added = thermal_shift.shifter_rad[0, 0, 3, 0]
    assert float(added) == pytest.approx(coupling * phase_rad, rel=1e-9)

    design = MultiplierDesign(drive="per-digit")
    optics = DigitOptics.of(design, 33, 1550e-9)
    cold = DigitStatics.none(optics.code)
    level = torch.zeros(1, dtype=torch.int64)
    warm = cold.with_heat(ThermalShift(thermal_shift.shifter_rad[0, 0], None))
    # What warms the shifter delays light as its own drive does.
    turn = optics.paths(level, warm).shifter / optics.paths(level, cold).shifter
    assert float(turn[0, 3, 0].angle()) == pytest.approx(float(added), rel=1e-6)


def test_the_guide_of_a_row_is_as_long_as_all_its_shifters() -> None:
    design, length = Design(), 16
    multiplier, wavelength_m = design.multiplier, design.laser.wavelength_m
    row_m = sum(sum(section_m(multiplier, 31)) for _ in range(length))
    loss_db_per_m = multiplier.shifter.loss_db_per_m
    expected = design.power_limits.guide_limits(row_m, loss_db_per_m, wavelength_m).loss_w
    found_w, shorter_w = (LinkBudget(design, 31, n).power().guide_limit_w for n in (length, 4))
    assert found_w == pytest.approx(expected, rel=1e-9)
    assert found_w < 0.7 * shorter_w


def test_a_settled_symbol_has_a_quarter_of_half_a_cell_left() -> None:
    assert allowed_phase_rad(31) == pytest.approx(math.pi / 31 / 4, rel=1e-12)


def test_sums_that_round_a_fiftieth_of_half_a_cell_are_refused() -> None:
    entries, modulus = 96, 33
    limit = 0.02 * level_angle_rad(modulus) / 2 / math.sqrt(2 * entries / 12)
    _refuse_coarse(0.999 * limit, entries, modulus)
    with pytest.raises(InputError, match="exact sums would round"):
        _refuse_coarse(1.001 * limit, entries, modulus)
