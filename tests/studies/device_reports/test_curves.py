"""The curves of every device are those of its closed form, at points computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.dac import Dac
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from devices.heat.trimmer import Trimmer
from devices.light.laser import EdgeCoupler, Laser
from devices.light.power_limits import PowerLimits
from devices.parameters.part import Part
from devices.passive.coupler import Coupler, Splitter
from devices.passive.mzi import Mzi
from devices.passive.splitter import SplitterTree
from devices.passive.waveguide import Bend, Waveguide
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.ring import RingSpread, RingSwitch
from studies.device_reports.catalogue import device_report
from studies.device_reports.curves import Matrix, Panel, decibel, span, unwrapped

CHARGE_C = 1.602176634e-19


def panel(part: Part, title: str) -> Panel:
    (found,) = [p for p in device_report(part).panels if p.title.startswith(title)]
    assert isinstance(found, Panel)
    return found


def at(found: Panel, label: str, x: float) -> float:
    """Value of a curve; straight between its points, on the scales of the axes."""
    points, values = found.x.numpy(), found.curves[label].numpy()
    if found.x_log:
        points, x = np.log(points), math.log(x)
    if not found.y_log:
        return float(np.interp(x, points, values))
    return float(np.exp(np.interp(x, points, np.log(values))))


def number(part: Part, name: str) -> float:
    (found,) = [n.value for n in device_report(part).numbers if n.name == name]
    return found


# 1 - k² = r²; r² a = ρ: drop (k²)² a / (1 - ρ)², through r² (1 - a)² / (1 - ρ)².
RING = RingSwitch(coupling_power=0.1, loss_db_per_m=300.0, detuning_m=1e-9)
AMPLITUDE = 10 ** (-300.0 * 2 * math.pi * 10e-6 / 20)


def test_ring_spectra() -> None:
    kept = 0.9 * AMPLITUDE
    drop_db = 10 * math.log10(0.01 * AMPLITUDE / (1 - kept) ** 2)
    through_db = 10 * math.log10(0.9 * (1 - AMPLITUDE) ** 2 / (1 - kept) ** 2)
    coupled, detuned = panel(RING, "Coupled"), panel(RING, "Detuned")
    assert at(coupled, "drop", 0.0) == pytest.approx(drop_db)
    assert at(coupled, "through", 0.0) == pytest.approx(through_db)
    # The bias moves the resonance to longer wavelengths: 1 nm above the working light.
    assert float(detuned.x[detuned.curves["drop"].argmax()]) == pytest.approx(1.0, abs=0.01)
    # Physics note 1.6: 0.108 dB and -16.3 dB of leak at 1 nm; symmetric about the resonance.
    assert at(detuned, "through", 0.0) == pytest.approx(-0.108, abs=5e-4)
    assert at(detuned, "drop", 0.0) == pytest.approx(-16.3, abs=0.05)
    assert at(coupled, "drop", -1.0) == pytest.approx(at(detuned, "drop", 0.0), rel=1e-3)


def test_ring_phase_and_delay() -> None:
    # The same table: -145.3 mrad at 1 nm, field lifetime 8.18 ps, FSR 9.104 nm.
    assert at(panel(RING, "Phase"), "through", 1.0) == pytest.approx(-0.1453, rel=2e-3)
    assert at(panel(RING, "Group delay"), "drop", 0.0) == pytest.approx(8.18, rel=5e-3)
    assert number(RING, "fsr_m") == pytest.approx(9.104e-9, rel=1e-3)
    bias_v = number(RING, "detuned_bias_v")
    assert at(panel(RING, "Switching"), "drop", bias_v) == pytest.approx(-16.3, abs=0.05)


def test_spread_of_rings() -> None:
    # Physics note 0.6: 6.4 mrad per pm at k² = 0.1.
    found = panel(RingSpread(), "Phase of coupled rings")
    assert at(found, "ring of the default kind", 10.0) == pytest.approx(64.0, rel=0.01)


def test_interferometer() -> None:
    part = Mzi(
        first_cross_power=0.52,
        second_cross_power=0.51,
        coupler_loss_db=0.0,
        upper_loss_db=0.0,
        lower_loss_db=0.0,
    )
    found = panel(part, "Transfer")
    assert float(found.curves["bar"].min()) == pytest.approx(
        20 * math.log10(math.sqrt(0.52 * 0.51) - math.sqrt(0.48 * 0.49)), abs=1e-6
    )
    assert at(panel(part, "Share"), "lost", 0.3) == pytest.approx(0.0, abs=1e-12)
    balanced = part.model_copy(update={"first_cross_power": 0.5, "second_cross_power": 0.5})
    assert at(panel(balanced, "Share"), "bar", 0.25) == pytest.approx(math.sin(math.pi / 8) ** 2)
    assert at(panel(balanced, "Share"), "cross", 0.25) == pytest.approx(math.cos(math.pi / 8) ** 2)
    assert at(panel(balanced, "Transfer"), "cross", 0.5) == pytest.approx(-3.0103, abs=1e-4)


def test_coupler_and_splitters() -> None:
    # In quadrature all light leaves by one port.
    found = panel(Coupler(excess_loss_db=0.3), "Two equal inputs")
    assert at(found, "output 0", 0.5) == pytest.approx(10**-0.03)
    assert at(found, "output 1", 0.5) == pytest.approx(0.0, abs=1e-12)
    back = panel(Splitter(excess_loss_db=0.28), "Two of them")
    assert at(back, "output", 0.0) == pytest.approx(-0.56)
    tree = panel(SplitterTree(fan_out=32, stage_loss_db=0.28), "Worst output")
    expected = 10 * math.log10(32) + 5 * 0.28
    assert at(tree, "worst output", 32) == pytest.approx(expected)
    assert at(panel(SplitterTree(fan_out=32), "Loss to every"), "as designed", 7) == (
        pytest.approx(expected)
    )


def test_guides() -> None:
    guide = Waveguide(length_m=1e-3, loss_db_per_m=360.0)
    assert at(panel(guide, "Phase of warming"), "phase", 1.0) == pytest.approx(0.754, abs=5e-4)
    assert at(panel(guide, "Propagation loss"), "loss", 1.0) == pytest.approx(0.36)
    group = panel(guide, "Group index")
    assert at(group, "group index", 1550.0) == pytest.approx(4.2)
    # D = (1/c) dn_g/dλ.
    slope = (at(group, "group index", 1551.0) - at(group, "group index", 1549.0)) / 2e-9
    assert slope == pytest.approx(299792458 * 4.4e-4, rel=1e-4)
    bends = panel(Bend(loss_db=0.01), "Light left")
    assert at(bends, "power", 100) == pytest.approx(10**-0.1, rel=1e-5)
    chip = panel(EdgeCoupler(loss_db=3.0), "Light on the chip")
    assert at(chip, "behind the coupler", 2.0) == pytest.approx(2.0 * 10**-0.3)


def test_laser() -> None:
    part = Laser(rin_db_per_hz=-150.0, linewidth_hz=1e6, power_w=1e-3)
    phase = panel(part, "Phase noise")
    assert at(phase, "any bandwidth, 2πΔντ", 14.01) == pytest.approx(2 * math.pi * 14.01e-6)
    # Physics note 1.1: 4.913 mrad within 10 GHz at 14.01 ps.
    assert at(phase, "within 10 GHz", 14.01) == pytest.approx(4.913e-3**2, rel=2e-3)
    assert at(panel(part, "Intensity"), "RIN · B", 10.0) == pytest.approx(1e-5)
    # 2hν/P of 1 mW at 1550 nm: 2.563e-16 per Hz.
    density = panel(part, "Density")
    assert at(density, "shot noise, 2hν/P", 1.0) == pytest.approx(-155.91, abs=0.01)


@pytest.mark.parametrize(
    ("part", "drive", "phase_in_pi"),
    [
        (ThermoOpticShifter(p_pi_w=25e-3, resistance_ohm=500.0, v_max_v=5.0), 2.5, 0.5),
        (ElectroOpticShifter(v_pi_l_vm=2.5e-2, length_m=1e-2), -1.25, -0.5),
        # x (1 - x)² = (4/27) (V/V_PI)² has x = 1/3 at V_PI and x = 0.1 at V/V_PI = 0.739510.
        (
            NoemsShifter(v_pi_l_vm=2e-5, length_m=2e-5, v_max_v=0.73951, pull_in_v=1.0),
            0.73951,
            0.73951,
        ),
    ],
)
def test_shifter_phase(part: Part, drive: float, phase_in_pi: float) -> None:
    assert at(panel(part, "Phase"), "phase", drive) == pytest.approx(phase_in_pi, rel=1e-4)


def test_plate_shifter_between() -> None:
    part = NoemsShifter(v_pi_l_vm=2e-5, length_m=2e-5, v_max_v=0.73951, pull_in_v=1.0)
    x = 0.02
    drive = math.sqrt(27 / 4 * x) * (1 - x)
    assert at(panel(part, "Phase"), "phase", drive) == pytest.approx(0.73951 * 0.2, rel=1e-3)


def test_shifter_settling_and_loss() -> None:
    heater = ThermoOpticShifter(time_constant_s=1e-6, loss_db_per_pi=0.1, insertion_loss_db=0.2)
    settling = panel(heater, "Settling")
    assert settling.x_label == "time / µs"
    assert at(settling, "up", 1.0) == pytest.approx(1 - math.exp(-1), rel=1e-3)
    assert at(settling, "down", 2.0) == pytest.approx(math.exp(-2), rel=1e-3)
    half_wave_v = number(heater, "half_wave_drive_v")
    assert at(panel(heater, "Loss"), "loss", half_wave_v) == pytest.approx(0.3, rel=1e-3)


def test_carrier_shifters() -> None:
    # A junction widens as √(V_bi + V); its loss falls with the phase in proportion.
    junction = DepletionShifter()
    found, loss = panel(junction, "Phase"), panel(junction, "Loss")
    phases = [at(found, "phase", v) for v in (1.0, 2.0, 4.0)]
    losses = [at(loss, "loss", v) for v in (0.0, 1.0, 2.0, 4.0)]
    fallen = [losses[0] - value for value in losses[1:]]
    for phase, fall in zip(phases, fallen, strict=True):
        assert fall / phase == pytest.approx(fallen[-1] / phases[-1], rel=1e-6)
    # Soref and Bennett at n = I τ / (q V) for both carriers; the axis is in mA.
    diode = InjectionShifter(overlap=1.0, length_m=300e-6, loss_db_per_m=0.0)
    pairs = 3e-3 * 1e-9 / (CHARGE_C * 500e-9 * 220e-9 * 300e-6) * 1e-6
    index = 8.8e-22 * pairs + 8.5e-18 * pairs**0.8
    expected = -2 * index * 300e-6 / 1550e-9
    assert at(panel(diode, "Phase"), "phase", 3.0) == pytest.approx(expected, rel=1e-4)
    absorbed_db = (8.5e-18 + 6.0e-18) * pairs * 100 * 300e-6 * 10 / math.log(10)
    assert at(panel(diode, "Loss"), "loss", 3.0) == pytest.approx(absorbed_db, rel=1e-4)


def test_linear_shifter_and_table() -> None:
    part = PhaseShifter(v_pi_l_vm=2e-5, v_max_v=1.0, loss_db_per_m=1600.0)
    assert at(panel(part, "Phase of a mill"), "1 mm", 0.5) == pytest.approx(25.0)
    assert at(panel(part, "Length"), "length", 31.0) == pytest.approx(0.62)
    assert at(panel(part, "Loss"), "loss", 31.0) == pytest.approx(0.992)
    curve = panel(DriveCurve(drive=(0.0, 1.0, 2.0), response=(0.0, 2.0, 4.0)), "Response")
    assert at(curve, "curve", 1.5) == pytest.approx(3.0)
    assert curve.points == ((0.0, 1.0, 2.0), (0.0, 2.0, 4.0))


def test_thermal_crosstalk() -> None:
    law = ExponentialCoupling(nearest_coupling=0.01, nearest_distance_m=50e-6, decay_length_m=50e-6)
    decay = panel(law, "Decay")
    assert at(decay, "through the chip", 100.0) == pytest.approx(0.01 / math.e, rel=1e-3)
    both = panel(HeaterCoupling(law=law, global_coupling=0.002), "Decay")
    assert at(both, "with the whole die", 50.0) == pytest.approx(0.012, rel=1e-3)
    # Physics note 1.4: 0.0062 at 50 µm and 0.00156 at 100 µm.
    sink = panel(HeatSinkCoupling(height_m=3e-6, width_m=2e-6), "Decay")
    assert at(sink, "through the chip", 100.0) == pytest.approx(0.00156, rel=6e-3)
    (matrix,) = [p for p in device_report(law).panels if isinstance(p, Matrix)]
    assert float(matrix.values[3, 3]) == 0.0
    assert float(matrix.values[3, 5]) == pytest.approx(math.log10(0.01 / math.e))


def test_residual_of_compensation() -> None:
    apart = ExponentialCoupling(nearest_coupling=0.0)
    found = panel(apart, "Left by")
    # Without coupling one per cent of efficiency is one per cent of π; the rest vanishes.
    assert at(found, "efficiencies known to that", 1.0) == pytest.approx(10 * math.pi)
    assert list(found.curves) == ["efficiencies known to that"]
    assert list(found.marks) == []


def test_noise_behind_a_pair() -> None:
    diode = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9)
    found = panel(diode, "Noise")
    # 1 mW on both diodes together: 2q(1 mA + 2 I_d).
    shot = math.sqrt(2 * CHARGE_C * (1e-3 + 40e-9)) * 1e12
    assert at(found, "shot", 1.0) == pytest.approx(shot)
    assert at(found, "amplifier", 1.0) == pytest.approx(15.0)
    pair = panel(BalancedPair(cmrr_db=-20.0), "Noise")
    # κ R P √RIN = 0.1 · 1.1 mA · 10^-7.5.
    assert at(pair, "RIN leak", 1.0) == pytest.approx(0.1 * 1.1e-3 * 10**-7.5 * 1e12)
    parts = [at(pair, name, 1.0) ** 2 for name in ("shot", "amplifier", "RIN leak")]
    assert at(pair, "total", 1.0) ** 2 == pytest.approx(sum(parts))
    # 18.20 pA/√Hz of 50 ohm.
    ohm = panel(TransimpedanceAmplifier(feedback_ohm=50.0), "Noise")
    assert at(ohm, "amplifier", 1.0) == pytest.approx(18.20, rel=1e-3)


def test_receiver_curves() -> None:
    diode = Photodiode(responsivity_a_per_w=1.0, dark_current_a=20e-9, bandwidth_hz=30e9)
    assert at(panel(diode, "Current"), "with the dark current", 1e-3) == pytest.approx(1.02)
    assert at(panel(diode, "Frequency"), "1 pole", 30.0) == pytest.approx(-3.0103, rel=1e-3)
    assert at(panel(BalancedPair(cmrr_db=-20.0), "Offset"), "offset", 1.0) == pytest.approx(100.0)
    part = TransimpedanceAmplifier(bandwidth_hz=7e9)
    # Physics note 1.10: 12.5 mrad at 10 GS/s behind 7 GHz.
    interference = panel(part, "Interference")
    assert at(interference, "equal amplitudes", 10.0) == pytest.approx(12.5e-3, rel=0.01)
    step = panel(part, "Step")
    assert at(step, "output", 1e12 / (2 * math.pi * 7e9)) == pytest.approx(0.63212, rel=1e-3)
    two = panel(TransimpedanceAmplifier(bandwidth_hz=7e9, poles=2), "Frequency")
    assert at(two, "2 poles", 70.0) == pytest.approx(-40.0, rel=1e-3)


def test_variable_gain() -> None:
    part = VariableGain(min_gain_db=0.0, max_gain_db=37.0, step_db=0.5, time_constant_s=20e-12)
    assert at(panel(part, "Gain"), "gain", 39.0) == 37.0
    assert at(panel(part, "Gain"), "gain", -2.0) == 0.0
    assert at(panel(part, "Steps"), "gain", 1.75) == 1.5
    settling = panel(part, "Settling")
    assert at(settling, "missing", 100.0) == pytest.approx(math.exp(-5), rel=1e-2)


def test_adc() -> None:
    part = Adc(bits=6, inl_rms_lsb=0.3, jitter_s=100e-15)
    stairs = panel(part, "Staircase")
    assert torch.equal(stairs.curves["ideal"], stairs.x.floor())
    error = panel(part, "Error").curves
    assert float(error["ideal"].abs().max()) <= 0.5
    assert float(error["with its nonlinearity (seed 0)"].abs().max()) > 0.5
    inl = panel(part, "Integral").curves["INL"]
    assert float(inl.square().mean().sqrt()) == pytest.approx(0.3)
    assert len(inl) == 63
    # Physics note 1.10: 50.06 dB for 100 fs at 5 GHz; 37.88 dB for six ideal bits.
    sine = panel(part, "Full-scale")
    assert at(sine, "jitter alone", 5.0) == pytest.approx(50.06, abs=0.01)
    assert at(sine, "ideal quantiser", 5.0) == pytest.approx(6.0206 * 6 + 1.7609, abs=1e-3)
    noise = 10**-5.006 + 10 ** (-number(part, "snr_db") / 10)
    assert at(sine, "all", 5.0) == pytest.approx(-10 * math.log10(noise), abs=0.01)


def test_small_adc_clips_within_the_picture() -> None:
    stairs = panel(Adc(bits=2), "Staircase")
    assert (float(stairs.curves["ideal"].min()), float(stairs.curves["ideal"].max())) == (-2, 1)


def test_a_converter_without_errors_has_no_empty_panel() -> None:
    def titles(part: Part) -> list[str]:
        return [p.title.split(" (")[0] for p in device_report(part).panels]

    inl, sine = "Integral nonlinearity", "Full-scale sine"
    bare = {"inl_rms_lsb": 0.0, "input_noise_lsb": 0.0, "jitter_s": 0.0}
    assert titles(Adc(**bare)) == ["Staircase", "Error"]
    assert titles(Adc(**bare | {"inl_rms_lsb": 0.2})) == ["Staircase", "Error", inl, sine]
    for fault in ({"input_noise_lsb": 0.2}, {"jitter_s": 1e-13}):
        assert titles(Adc(**bare | fault)) == ["Staircase", "Error", sine]
    assert "Deviation" not in titles(Dac(inl_rms_lsb=0.0, gain_error=0.0))
    for fault in ({"inl_rms_lsb": 0.2}, {"gain_error": 0.01}):
        assert "Deviation" in titles(Dac(**{"inl_rms_lsb": 0.0, "gain_error": 0.0} | fault))


def test_dac() -> None:
    part = Dac(bits=6, full_scale_v=1.08, gain_error=0.01, hold_capacitance_f=50e-15)
    stairs = panel(part, "Staircase")
    assert at(stairs, "ideal", 7) == pytest.approx(7 * 1080 / 32)
    assert at(stairs, "with its errors (seed 0)", 7) == pytest.approx(1.01 * 7 * 1080 / 32)
    assert at(panel(part, "Deviation"), "gain and INL", -32) == pytest.approx(-0.32)
    # Physics note 1.11: kT/C of 50 fF is 288 µV.
    assert at(panel(part, "Noise"), "√(kT/C)", 50.0) == pytest.approx(287.8, rel=1e-3)


def test_trimmer() -> None:
    part = Trimmer(range_rad=2 * math.pi, bits=6, power_w_per_rad=10e-3)
    lsb_mrad = 1e3 * 2 * math.pi / 63
    residual = panel(part, "What is left").curves["residual"].abs().max()
    assert float(residual) == pytest.approx(lsb_mrad / 2, rel=0.02)
    assert at(panel(part, "Steps"), "set", 1.6 * lsb_mrad) == pytest.approx(2 * lsb_mrad)
    assert at(panel(part, "Setting"), "set", 2.5) == pytest.approx(0.5, abs=1.1 / 63)
    assert at(panel(part, "Power"), "power", 1.0) == pytest.approx(10 * math.pi)
    assert [mark.value for mark in panel(part, "Setting").marks] == pytest.approx([2.0])


def test_power_limits() -> None:
    # Without absorption of two photons and without heat the Kerr phase alone is left.
    pure = PowerLimits(two_photon_m_per_w=0.0, absorbed_fraction=0.0)
    found = panel(pure, "Guide of 1 cm: phase")
    assert list(found.curves) == ["Kerr"]
    neper = 360.0 * math.log(10) / 10
    reach_m = (1 - math.exp(-neper * 1e-2)) / neper
    expected = 2 * math.pi / 1550e-9 * 4.5e-18 * 10e-3 / 1e-13 * reach_m
    assert at(found, "Kerr", 10.0) == pytest.approx(expected, rel=1e-3)
    # Each curve meets its budget where its limit is marked.
    part = PowerLimits()
    for title, label in (
        ("Guide of 1 cm: loss", "excess loss"),
        ("Coupled ring: phase", "phase"),
        ("Coupled ring: shift", "full build-up"),
    ):
        found = panel(part, title)
        budget, limit = (mark.value for mark in found.marks)
        assert at(found, label, limit) == pytest.approx(budget, rel=0.01)


def test_tools() -> None:
    assert span(-1.0, 1.0, 5).tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert decibel(torch.tensor([1.0, 0.5, 0.0])).tolist() == pytest.approx([0.0, -3.0103, -90.0])
    phase = span(0.0, 20.0, 101)
    wrapped = (phase + math.pi).remainder(2 * math.pi) - math.pi
    assert torch.allclose(unwrapped(wrapped), phase)
