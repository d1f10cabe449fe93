"""Rings that heat themselves: by hand for short chains, and what other data do to a chip."""

from __future__ import annotations

import pytest
import torch

from circuits import ArrayShape, Design, ModularDotProduct, drifted, fabricate
from circuits.analysis import optical_errors as optical
from circuits.analysis.error_budget import error_budget
from circuits.analysis.workload import Workload
from circuits.chip.chip import Chip
from circuits.chip.self_heat import circulating, mean_bits, self_heating_m
from circuits.coding.digit_code import DigitCode
from circuits.control.procedure import calibrate
from circuits.design.calibration import Drift
from circuits.design.multiplier import MultiplierDesign
from circuits.optics.digit import DigitOptics
from circuits.units.dot_product import RowPosition
from devices.switches.ring import RingSwitch
from mirage_core import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.circuits.designs import GOOD_MZI, SHAPE
from tests.constants import WAVELENGTH_M

RING = RingSwitch(detuning_m=0.8e-9)


@pytest.mark.parametrize("polarity", ["zero-coupled", "one-coupled"])
def test_light_in_rings_by_hand(polarity: str) -> None:
    """Two multipliers of two digits, all four light paths of each written out."""
    design = MultiplierDesign(switch=RING, polarity=polarity)  # type: ignore[arg-type]
    optics = DigitOptics.of(design, 4, WAVELENGTH_M)
    ones = torch.tensor([0.3, 0.9], dtype=torch.float64)
    found = circulating(optics, 2, ones)
    on, off = RING.coupled(WAVELENGTH_M), RING.detuned(WAVELENGTH_M)
    dropped, passed = abs(on.drop) ** 2, abs(off.through) ** 2
    # A ring holds light in proportion to what it drops.
    idle = abs(off.drop) ** 2 / dropped
    bends = 10 ** (-2 * 0.01 / 10)
    power = 1.0
    for j in range(2):
        for d in range(2):
            shifter = float(optics.shifter_amplitude[d]) ** 2
            p_one = float(ones[d])
            if polarity == "zero-coupled":
                coupled, p_on, straight = bends, 1.0 - p_one, shifter
            else:
                coupled, p_on, straight = shifter, p_one, 1.0
            first = power * (p_on + (1 - p_on) * idle)
            second = power * (p_on * dropped * coupled + (1 - p_on) * passed * straight * idle)
            assert found[j, d].tolist() == pytest.approx([first, second], rel=1e-12)
            power *= p_on * dropped**2 * coupled + (1 - p_on) * passed**2 * straight


def test_means_of_data() -> None:
    code = DigitCode(33, "unsigned")
    assert mean_bits(code, "calibration").tolist() == [0.5] * 6
    # Of 0 to 32, sixteen are odd, and one has its sixth bit.
    uniform = mean_bits(code, "uniform")
    assert uniform[0] == pytest.approx(16 / 33)
    assert uniform[5] == pytest.approx(1 / 33)
    assert torch.equal(mean_bits(code, "sparse"), 0.1 * uniform)


def heated(design: Design, data: str) -> Chip:
    drift = design.drift.changed({"heat_data": data})
    return fabricate(design.model_copy(update={"drift": drift}), (31,), SHAPE, 0)


def test_shifts_follow_the_light_of_each_rail() -> None:
    design = Design(multiplier=MultiplierDesign(switch=RING))
    chip = heated(design, "sparse")
    found_m = self_heating_m(chip, 31)
    assert found_m.shape == (2, 3, 4, 5, 2, 2)
    optics = DigitOptics.of(design.multiplier, 31, WAVELENGTH_M)
    relative = circulating(optics, 4, mean_bits(optics.code, "sparse")) - circulating(
        optics, 4, mean_bits(optics.code, "calibration")
    )
    # The power of a rail by its splitter, times what a watt shifts the first coupled ring by.
    ratio = 10 ** (chip.fabricated[31].splitter_db / 10)
    total_w = sum(design.rail_powers_w(31))
    cavity = RING.cavity(WAVELENGTH_M)
    assert cavity is not None
    power_w = 1e-6
    per_w = design.power_limits.ring(power_w, cavity, WAVELENGTH_M).shift_m / power_w
    for rail, share in ((0, ratio / (1 + ratio)), (1, 1 / (1 + ratio))):
        expected = per_w * total_w * share[..., None, None, None] * relative
        torch.testing.assert_close(found_m[..., rail, :], expected, rtol=1e-4, atol=0)
    assert not bool(self_heating_m(heated(design, "calibration"), 31).any())
    single = Design(multiplier=MultiplierDesign(switch=RING, rails="single"))
    assert not bool(self_heating_m(heated(single, "sparse"), 31)[..., 1, :].any())


def test_switches_without_a_resonance_refuse_data_that_cannot_act() -> None:
    with pytest.raises(InputError, match=r"drift\.heat_data = 'sparse': .*rings"):
        Design(multiplier=MultiplierDesign(switch=GOOD_MZI), drift=Drift(heat_data="sparse"))


def test_a_chip_calibrated_with_one_and_run_with_another_shows_it() -> None:
    """In the phase of its fields as the slopes of its rings say, in its budget, and in errors."""
    small = ["bfp.group_size=16", "array.units=1", "array.rows=8", "moduli=[31, 32, 33]"]
    still = ["drift.common_rms_k=0", "drift.rail_rms_k=0", "drift.heat_data=sparse"]
    design = load_machine("robust", [*small, *still]).design
    shape = ArrayShape(units=1, rows=8, length=16)
    calibrated = calibrate(fabricate(design, (33,), shape, 3))
    chip = drifted(calibrated)
    uniform = NoiseKey.from_seed(1).uniform(0, 216 * 16).view(-1, 16)
    numbers = (uniform * 33).long()
    kept = torch.arange(208 * 16).view(208, 16) % 10 == 0
    streamed, drives = numbers[:208] * kept, numbers[208:]
    work = Workload(streamed, drives[None], torch.zeros(1, dtype=torch.int64))
    before, after = (error_budget(one, 33, work) for one in (calibrated, chip))
    own = after.contribution(optical.SELF_HEATING)
    assert before.contribution(optical.SELF_HEATING).rms_rad == 0.0
    # Rails that are not fed alike do not take back each other's heat.
    assert own.rms_rad > 5e-3
    assert after.symbol_error_rate > 1e3 * before.symbol_error_rate
    # Row by row, by the fields: what all digits of a symbol turn.
    place = RowPosition(0, 2)
    cold, warm = (ModularDotProduct(33, 16, chip=c, position=place) for c in (calibrated, chip))
    x, w = streamed[0], drives[2]
    turned_rad = (warm.fields(x, w) / cold.fields(x, w)).angle()
    shift_m = chip.drifts[33].self_heating_m[0, 2]
    switch = design.multiplier.switch
    on, off = (switch.slope_rad(WAVELENGTH_M, coupled=coupled) for coupled in (True, False))
    bits = DigitCode(33, design.multiplier.encoding).digits(x)[..., None, None]
    couples = bits == 1 if design.multiplier.polarity == "one-coupled" else bits == 0
    rails_rad = (torch.where(couples, on, off) * shift_m).sum((0, 1, 3))
    # An arc tangent is less than its argument by a third of its cube, and some light leaks.
    assert turned_rad.tolist() == pytest.approx(rails_rad.tolist(), rel=0.05)
    assert float(rails_rad.abs().min()) > 0.05
