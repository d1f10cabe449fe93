"""What a controller sees of a chip, and how well it knows what it sees."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from circuits import (
    ArrayShape,
    Design,
    ModularDotProduct,
    RowPosition,
    fabricate,
)
from circuits.chip.trims import Trims
from circuits.coding.phase_code import drive_level
from circuits.control.interface import ControllerInterface, ProbeSequence
from circuits.design.receiver import ReceiverDesign
from circuits.receiver.by_design import rail_delays_s
from circuits.units.dot_product import chain_fields
from devices.electronics.dac import Dac
from devices.light.laser import Laser
from devices.shifters.shifter import Shifter
from photonics.random import NoiseKey
from tests.circuits.control.calibration_designs import flawed_design
from tests.circuits.designs import SHIFTERS, ideal_but
from tests.tolerance import assert_uncorrelated, assert_variance


def probes(interface: ControllerInterface) -> ProbeSequence:
    """A few, all with one load."""
    numbers = (31 * NoiseKey.from_seed(1).uniform(0, 24)).long().view(6, 4)
    some = torch.zeros(6, dtype=torch.float64)
    level = torch.tensor([[3, -7, 15, 1]])
    load = torch.zeros(6, dtype=torch.int64)
    return ProbeSequence(interface.gain.code.digits(numbers), level, load, some, some + 1.0)


@pytest.mark.parametrize("averages", [1, 16])
def test_phase_noise_of_the_laser_is_averaged_like_any_other(averages: int) -> None:
    plain = Design()
    plan = plain.calibration.model_copy(update={"averages": averages})
    known, rms2 = [], []
    for linewidth_hz in (0.0, 1e6):
        laser = plain.laser.model_copy(update={"linewidth_hz": linewidth_hz})
        receiver = plain.receiver.model_copy(update={"rail_mismatch_s": 1e-11})
        design = plain.model_copy(
            update={"laser": laser, "calibration": plan, "receiver": receiver}
        )
        rms2.append(laser.phase_variance_rad2(1e-11, receiver.noise_bandwidth_hz))
        key = NoiseKey.from_seed(0)
        interface = ControllerInterface(
            fabricate(design, (31,), ArrayShape(1, 2, 4), seed=0), 31, key
        )
        known.append(interface.known(probes(interface)).variance_rad2)
    assert rms2[1] > 0.0
    torch.testing.assert_close(
        known[1] - known[0], torch.full_like(known[0], rms2[1] / averages), rtol=1e-6, atol=1e-15
    )


def test_phase_noise_on_a_single_rail_is_that_of_each_probe() -> None:
    single = Design().multiplier.model_copy(update={"rails": "single"})
    known = []
    for linewidth_hz in (0.0, 1e8):
        laser = Design().laser.model_copy(update={"linewidth_hz": linewidth_hz, "power_w": 1e3})
        design = Design(laser=laser, multiplier=single)
        chip = fabricate(design, (31,), ArrayShape(1, 2, 4), seed=0)
        interface = ControllerInterface(chip, 31, NoiseKey.from_seed(0))
        some = probes(interface)
        known.append(interface.known(some).variance_rad2)
    delays_s = rail_delays_s(design, 31, 4)
    expected = [
        laser.phase_variance_rad2(delays_s[n], design.receiver.noise_bandwidth_hz)
        for n in some.bits.sum((1, 2)).tolist()
    ]
    assert max(expected) > 2.0 * min(expected)
    assert (known[1] - known[0]).tolist() == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("averages", [1, 100])
def test_readings_scatter_by_the_delay_of_their_probe(averages: int) -> None:
    plan = Design().calibration.model_copy(update={"averages": averages})
    design = Design(
        laser=Laser(power_w=1e3, linewidth_hz=1e8, rin_db_per_hz=-400.0),
        multiplier=Design().multiplier.model_copy(update={"rails": "single"}),
        receiver=ReceiverDesign(adc_extra_bits=12),
        calibration=plan,
    )
    chip = fabricate(design, (31,), ArrayShape(1, 1, 4), seed=0)
    interface = ControllerInterface(chip, 31, NoiseKey.from_seed(0))
    for integer in (0, 15):
        count = 4000
        still = torch.zeros(count, dtype=torch.float64)
        bits = interface.gain.code.digits(torch.full((count, 4), integer))
        many = ProbeSequence(bits, torch.zeros(1, 4).long(), still.long(), still, still + 1.0)
        found = interface.read(Trims.none((1, 1), 4, 5, 1, shares=2), many)[:, 0]
        phase_rad = torch.view_as_complex(found.contiguous()).angle()
        assert_variance(phase_rad, float(interface.known(many).variance_rad2[0]))


def test_the_bench_reads_what_the_field_says() -> None:
    design = flawed_design(math.inf, extra_bits=14, plan={"policy": "none"})
    chip = fabricate(design, (33,), ArrayShape(2, 2, 4), seed=2)
    interface = ControllerInterface(chip, 33, NoiseKey.from_seed(0))
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randint(0, 33, (2, 6, 4), generator=generator)
    level = drive_level(w, 33)
    still = torch.zeros(6, dtype=torch.float64)
    probes = ProbeSequence(
        interface.gain.code.digits(x), level, torch.arange(6), still, still + 1.0
    )
    found = interface.read(Trims.none((2, 2), 4, 6, 1), probes).view(6, 2, 2, 2)
    for unit in range(2):
        for row in range(2):
            mdpu = ModularDotProduct(33, 4, chip=chip, position=RowPosition(unit, row))
            # Converters of 20 bits, and hybrids in FP32.
            assert torch.allclose(found[:, unit, row], mdpu.ratios(x, w), atol=3e-6)
    assert interface.reads == interface.loads == 6


@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("shifter", SHIFTERS, ids=lambda s: s.kind)
def test_the_amplitude_of_a_probe_follows_the_loss_of_its_drives(
    shifter: Shifter, rails: str
) -> None:
    """Against the fields of a chip without a flaw, whose rings leak nothing."""
    chip = fabricate(ideal_but(shifter=shifter, rails=rails), (31,), ArrayShape(1, 1, 3), seed=0)
    interface = ControllerInterface(chip, 31, NoiseKey.from_seed(0))
    level = torch.tensor([[15, -15, 3], [0, 7, -2]])
    bits = interface.gain.code.digits(torch.tensor([[30, 17, 5], [0, 31, 12], [30, 30, 30]]))
    some = ProbeSequence(
        bits, level, torch.tensor([0, 0, 1]), torch.zeros(3).double(), torch.ones(3).double()
    )
    arrays = chip.arrays(31)
    fields = chain_fields(
        arrays.optics,
        arrays.input_field[0, 0],
        level[some.load],
        bits,
        arrays.statics.at(0, 0),
    )
    rails_w = chip.design.rail_powers_w(31)
    beat_w = (fields[:, 0] * fields[:, 1]).abs() * math.sqrt(rails_w[0] * rails_w[1])
    expected = interface.receiver.responsivity_a_per_w * beat_w / interface.gain.full_scale_a(bits)
    assert torch.allclose(interface.known(some).amplitude, expected, rtol=1e-4)


def test_a_controller_sees_the_noise_of_the_drives_load_by_load() -> None:
    """Probes of one load alike, further loads anew: by σ of a drive times what is streamed."""
    noise_v = 1e-3
    dac = Dac(bits=10, full_scale_v=1.1, noise_v=noise_v)
    chip = fabricate(ideal_but(dac=dac), (31,), ArrayShape(8, 32, 4), seed=0)
    interface = ControllerInterface(chip, 31, NoiseKey.from_seed(4))
    sent = torch.tensor([[30, 7, 0, 12]]).expand(6, -1)
    load = torch.tensor([0, 0, 0, 1, 1, 1])
    none = torch.zeros(6, dtype=torch.float64)
    level = torch.tensor([[3, -7, 15, 1], [0, 0, 0, 0]])
    given = ProbeSequence(interface.gain.code.digits(sent), level, load, none, none + 1.0)
    # A level is a whole number of steps.
    step_v = math.floor(1.08 / 15 / dac.lsb_v) * dac.lsb_v
    rms_rad = 2 * math.pi / 31 * noise_v / step_v * math.sqrt(30**2 + 7**2 + 12**2)
    expected = rms_rad**2
    found = []
    for _ in range(2):
        in_phase, quadrature = interface.read(chip.untrimmed(31), given).unbind(-1)
        off = torch.atan2(quadrature, in_phase) - interface.ideal_rad(given)[:, None]
        off = torch.remainder(off + math.pi, 2 * math.pi) - math.pi
        # To a step of the converters.
        assert float((off[0] - off[1]).abs().max()) < 0.1 * rms_rad
        found += [off[0], off[3]]
    for off in found:
        assert_variance(off, expected)
    for one, other in itertools.combinations(found, 2):
        assert_uncorrelated(one, other)
    # It knows how large it is.
    silent = fabricate(ideal_but(dac=dac.changed({"noise_v": 0.0})), (31,), chip.shape, seed=0)
    without = ControllerInterface(silent, 31, NoiseKey.from_seed(4)).known(given).variance_rad2
    more = interface.known(given).variance_rad2 - without
    torch.testing.assert_close(more, torch.full_like(more, expected), rtol=1e-9, atol=0)


def test_a_load_of_a_dot_product_is_noisy_for_all_that_streams_by() -> None:
    noise_v = 1e-3
    dac = Dac(bits=10, full_scale_v=1.1, noise_v=noise_v)
    mdpu = ModularDotProduct(31, 4, ideal_but(dac=dac))
    x = torch.tensor([30, 7, 0, 12]).expand(2, 3000, 4)
    w = torch.randint(0, 31, (3000, 4), generator=torch.Generator().manual_seed(1))
    first, second = (mdpu.currents(part, w, NoiseKey.from_seed(1)) for part in (x[0], x[1]))
    torch.testing.assert_close(first, second, rtol=1e-9, atol=0)
    ideal = 2 * math.pi / 31 * (x[0] * w).sum(-1)
    off = torch.atan2(first[:, 1], first[:, 0]) - ideal
    off = torch.remainder(off + math.pi, 2 * math.pi) - math.pi
    step_v = math.floor(1.08 / 15 / dac.lsb_v) * dac.lsb_v
    rms_rad = 2 * math.pi / 31 * noise_v / step_v * math.sqrt(30**2 + 7**2 + 12**2)
    assert_variance(off, rms_rad**2)
