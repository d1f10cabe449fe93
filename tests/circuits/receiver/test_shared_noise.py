"""Noise that all rows of a symbol share."""

from __future__ import annotations

import cmath
import math

import pytest
import torch

from circuits import ArrayShape, ModularArray, ModularDotProduct, fabricate
from circuits.design.circuit import Design
from circuits.design.multiplier import MultiplierDesign
from circuits.receiver.by_design import laser_noise, rail_delays_s
from circuits.receiver.shared_noise import LaserNoise
from circuits.units.array import ArrayNoise
from devices.light.laser import Laser
from mirage_core import load_machine
from photonics.random import NoiseKey
from photonics.readout_words import ReadoutStreams
from studies.verification.moments import line_variance_rad2
from tests.circuits.designs import SILENT
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

KEY = NoiseKey.from_seed(5)


def test_rows_share_the_laser_and_nothing_else() -> None:
    changes = ["bfp.group_size=1", "laser.rin_db_per_hz=-130", "laser.power_w=1e-4"]
    band = ["receiver.tia.bandwidth_hz=1e9"]
    quiet = ["receiver.tia.noise_a_per_rthz=1e-12", "receiver.photodiode.dark_current_a=0"]
    settled = ["receiver.memory=settled", "receiver.rail_mismatch_s=0", "receiver.adc_extra_bits=8"]
    machine = load_machine("isca2024-ideal", [*changes, *band, *quiet, *settled])
    array = ModularArray.of(fabricate(machine.design, (31,), ArrayShape(1, 2, 1), seed=0), 31)
    x, w = torch.zeros(200_000, 1, dtype=torch.int64), torch.zeros(2, 1, dtype=torch.int64)
    receivers = array.receivers(2)
    noise = ArrayNoise(ReadoutStreams.of(KEY), 0, torch.arange(len(x)), KEY, 0)
    in_phase = array.ratios(x, w, noise)[..., 0].T
    # At phase 0 the intensity noise lies in I, of all rows alike.
    gain, bits = receivers.gain, receivers.gain.code.digits(x[:1])
    amplitude_a = float(gain.amplitude_a(gain.rail_loss_db(bits)))
    relative = in_phase * float(gain.full_scale_a(bits)) / amplitude_a
    light_hz = math.pi / 2 / (1 / 1e9 + 1 / 30e9)
    shared = 1e-13 * light_hz
    white_a2 = 2 * 1.602176634e-19 * amplitude_a * light_hz + 1e-24 * math.pi / 2 * 1e9
    assert_variance(relative[0] - relative[1], 2 * white_a2 / amplitude_a**2)
    assert_variance(relative[0] + relative[1], 4 * shared + 2 * white_a2 / amplitude_a**2)


def test_the_laser_fluctuates_by_what_it_says() -> None:
    power, phase = LaserNoise(0.02, (0.03,)).draw(ReadoutStreams.of(KEY), torch.arange(20_000))
    assert_mean(power, 1.0, 0.02)
    assert_variance(power, 0.02**2)
    assert_mean(phase, 0.0, 1.0)
    assert_variance(phase, 1.0)
    assert_uncorrelated(power, phase)


def test_phase_noise_is_that_of_a_linewidth_and_a_delay() -> None:
    """Frequency noise Δν/π of a line, one-sided, turns rails τ apart by 2πτ times itself."""
    laser = Design().laser.model_copy(update={"linewidth_hz": 2e6})
    receiver = Design().receiver.model_copy(update={"rail_mismatch_s": 0.3e-12})
    noise = laser_noise(Design(laser=laser, receiver=receiver), 31, 16)
    bandwidth_hz = receiver.noise_bandwidth_hz
    variance_rad2 = (2.0 * math.pi * 0.3e-12) ** 2 * 2e6 / math.pi * bandwidth_hz
    # sin²(πfτ), of at most y = πBτ = 0.01, is y² but for a third of y² of it.
    # Two rails delay the digits alike: one number for whatever is streamed.
    assert noise.phase_rms_rad == pytest.approx([math.sqrt(variance_rad2)], rel=1e-4)
    any_digits = torch.tensor([[0.0] * 80, [1.0] * 80])
    assert noise.phase_rms_of(any_digits).tolist() == [*noise.phase_rms_rad] * 2
    # A symbol by itself has no axis of symbols.
    assert noise.phase_rms_of(any_digits[0]).shape == ()


def ring_delays_s() -> tuple[float, float]:
    """Group delay of a ring of the default kind, coupled and detuned, by the phase of its fields.

    Dropped: √a e^(-iθ/2) / (1 - r² a e^(-iθ)).  Passed: (r - r a e^(-iθ)) / (1 - r² a e^(-iθ)).
    """
    length_m, index, wavelength_m = 2.0 * math.pi * 10e-6, 4.2, 1.55e-6
    r, a = math.sqrt(0.9), 10.0 ** (-339.1 * length_m / 20.0)
    shift = 2.0 * math.pi * 1e-9 * index * length_m / wavelength_m**2

    def dropped(turn: float) -> complex:
        return cmath.exp(-0.5j * turn) / (1.0 - r * r * a * cmath.exp(-1j * turn))

    def passed(turn: float) -> complex:
        back = a * cmath.exp(-1j * turn)
        return (r - r * back) / (1.0 - r * r * back)

    step, trip_s = 1e-5, index * length_m / 299792458.0
    coupled, detuned = (
        -cmath.phase(field(turn + step) / field(turn - step)) / (2.0 * step) * trip_s
        for field, turn in ((dropped, 0.0), (passed, shift))
    )
    return coupled, detuned


# 0 and 16 modulo 31: no ones, and one of each multiplier; 30 has four, 15 the others.
STREAMED = torch.tensor([[0] * 4, [16, 0, 16, 0], [15] * 4])
# A quiet machine: of its noise only the laser's is left.
LASER = Laser(power_w=1e3, rin_db_per_hz=-400.0, linewidth_hz=1e7)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
@pytest.mark.parametrize("reference_delay_s", [None, 0.0, 200e-12])
def test_a_single_rail_is_late_by_its_rings(polarity: str, reference_delay_s: float | None) -> None:
    multiplier = MultiplierDesign(rails="single", polarity=polarity)  # type: ignore[arg-type]
    receiver = SILENT.model_copy(update={"reference_delay_s": reference_delay_s})
    design = Design(laser=LASER, multiplier=multiplier, receiver=receiver)
    coupled, detuned = ring_delays_s()
    zero, one = (coupled, detuned) if polarity == "zero-coupled" else (detuned, coupled)
    # Sections for 31 units that turn a rail by 15 levels to either side, and rings of 20 µm.
    unit_m = 2e-5 * (2.0 * math.pi / 31 * 15) / (math.pi * 1.08)
    guide_s = 4.2 * (31 * unit_m + 5 * 4 * 10e-6) / 299792458.0
    # 31 residues have 75 ones.
    ones = torch.tensor([0.0, 2.0, 16.0, 4.0 * 75 / 31])
    late_s = 4 * guide_s + 2.0 * (20 * zero + ones * (one - zero))
    line_s = float(late_s[3]) if reference_delay_s is None else reference_delay_s
    band_hz = receiver.noise_bandwidth_hz
    expected = [
        line_variance_rad2(1e7, abs(float(x) - line_s + 0.1e-12), band_hz) for x in late_s[:3]
    ]
    mdpu = ModularDotProduct(31, 4, design)
    count = 20_000
    for x, variance in zip(STREAMED, expected, strict=True):
        run, still = x.expand(count, -1), torch.tensor([3, 1, 4, 1])
        lit, dark = (torch.view_as_complex(mdpu.ratios(run, still, k)) for k in (KEY, None))
        # What all other noise leaves is below a thousandth of it.
        assert_variance((lit / dark).angle(), variance)


def test_the_reference_is_matched_to_the_mean_of_uniform_data() -> None:
    design = Design(multiplier=MultiplierDesign(rails="single"))
    every = torch.cartesian_prod(torch.arange(31), torch.arange(31))
    ones = design.multiplier.code(31).digits(every).sum((-2, -1))
    late_s = torch.tensor(rail_delays_s(design, 31, 2), dtype=torch.float64)
    assert float(late_s[ones].mean()) == pytest.approx(0.1e-12, rel=1e-6, abs=0.0)
    assert rail_delays_s(Design(), 31, 2) == [0.1e-12]
