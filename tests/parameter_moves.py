"""Every parameter of a design: how it is moved, and what must move with it.

A parameter of the light or of the electronics moves powers, noise or phase errors in the reference
model and in the fast one.  One that does not has a reason beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests import measured_heaters
from tests.parameter_machines import coupler_rows, splitter_rows, switch_rows

BY_TIME = "models of readings are quasi-static: time counts in the timing budget alone"
BY_LIMIT = "says how much light the linear model bears, and no reading is beyond it"
BY_REFUSAL = "bounds what may be asked for, and changes nothing within"
BY_CIRCUIT = "a machine gives each digit the length that its phase takes"
BY_BIAS = "the bias is that which reaches the detuning, whatever the voltage"
BY_SCALE = "full scales are set in amperes, whatever the voltage behind the amplifier"
BY_DARK = "leads to a port without light, which is refused"
BY_COST = "a price alone: for the cost model"
BY_CALIBRATION = "a price of calibration alone"
BY_STEPS = "wanders from training step to training step, and these readings are of the first"
BY_TOLERANCE = "says which measurements are taken for good, and changes none"
UNEVEN = {"drift.rail_rms_k": 0.02}
# A reference arm that is not matched to the chain, so that its delay tells.
_LATE = {"multiplier.rails": "single", "receiver.reference_delay_s": 0.0, "laser.linewidth_hz": 1e7}


@dataclass(frozen=True)
class Move:
    """One parameter, moved.

    Attributes:
        machine: in which.
        to: the new value.
        seen: what moves, and "+", "-", or "±" where it hangs on the chip which way; "refused" that
            no such machine can be.
        least: relative change that it makes at least.
        why_not: why readings of both models stay as they are; empty where they must not.
        given: other settings of both machines, by dotted name.
        along: other parameters that have to move too.
    """

    machine: str
    to: Any
    seen: str
    least: float = 0.0
    why_not: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    along: dict[str, Any] = field(default_factory=dict)


MOVES: dict[str, Move] = {
    "Design.clock_hz": Move("fast", 7e9, "flaw -", 0.01),
    "Design.signal_share": Move("one rail", 0.3, "noise +", 0.04),
    "Design.modulus_power_w": Move("plain", {7: 3e-3}, "light +", 1),
    "Laser.power_w": Move("plain", 1.5e-3, "light +", 0.5),
    "Laser.wavelength_m": Move(
        "plain", 1.53e-6, "flaw ±", 0.01, along={"receiver.photodiode.wavelength_m": 1.53e-6}
    ),
    "Laser.rin_db_per_hz": Move("noisy laser", -117.0, "scatter +", 0.2),
    "Laser.linewidth_hz": Move("noisy laser", 4e6, "noise +", 0.04),
    "Laser.wall_plug_efficiency": Move("plain", 0.1, "laser's draw +", 0.5, BY_COST),
    "EdgeCoupler.loss_db": Move("plain", 3.2, "light -", 0.2),
    "SplitterTree.fan_out": Move("plain", 64, "light -", 0.03),
    "SplitterTree.stage_loss_db": Move("plain", 0.5, "light -", 0.1),
    "SplitterTree.imbalance_db": Move("plain", 0.1, "refused", why_not=BY_REFUSAL),
    "SplitterTree.imbalance_rms_db": Move("plain", 0.1, "refused", why_not=BY_REFUSAL),
    "SplitterTree.phase_rms_rad": Move("plain", 0.1, "refused", why_not=BY_REFUSAL),
    "Splitter.excess_loss_db": Move("plain", 1.0, "light -", 0.07),
    "Splitter.imbalance_db": Move("plain", 3.0, "noise +", 0.02),
    "Splitter.imbalance_rms_db": Move("plain", 3.0, "noise +", 0.03),
    "Splitter.phase_error_rad": Move("plain", 0.4, "flaw +", 1),
    "MeasuredSplitter.delay_sign": Move("measured splitter", "positive", "flaw ±", 0.3),
    "MeasuredSplitter.gain_tolerance_db": Move(
        "measured splitter", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredSplitter.reciprocity_tolerance": Move(
        "measured splitter", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredSplitter.largest_error": Move(
        "measured splitter", 1e-30, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredSplitter.measured": Move("measured splitter", splitter_rows(3.0), "noise +", 0.02),
    "MeasuredSplitter.input_port": Move(
        "measured splitter",
        2,
        "refused",
        why_not=BY_DARK,
        along={"rail_splitter.output_ports": (1, 3)},
    ),
    "MeasuredSplitter.output_ports": Move("measured splitter", (3, 2), "noise +", 0.001),
    "MeasuredSplitter.wavelength_m": Move(
        "measured splitter", 1.54e-6, "refused", why_not=BY_REFUSAL
    ),
    "MeasuredSplitter.imbalance_rms_db": Move("measured splitter", 3.0, "noise +", 0.02),
    "RingSwitch.kind": Move("plain", "mzi", "light -", 0.3),
    "RingSwitch.radius_m": Move("plain", 12e-6, "flaw ±", 0.1),
    "RingSwitch.coupling_power": Move("plain", 0.2, "flaw +", 1),
    "RingSwitch.drop_coupling_power": Move("plain", 0.2, "light -", 0.2),
    "RingSwitch.loss_db_per_m": Move("plain", 1000.0, "light -", 0.2),
    "RingSwitch.group_index": Move("plain", 4.6, "flaw ±", 0.06),
    "RingSwitch.detuning_m": Move("plain", 2e-9, "light ±", 0.05),
    "RingSwitch.detuning_loss_db_per_m": Move("plain", 1000.0, "light -", 0.008),
    "RingSwitch.v_pi_l_vm": Move("plain", 1e-3, "bias +", 0.3, BY_BIAS),
    "RingSwitch.driven_fraction": Move("plain", 0.5, "bias +", 0.5, BY_BIAS),
    "RingSwitch.max_bias_v": Move("plain", 1.0, "refused", why_not=BY_REFUSAL),
    "RingSwitch.drift_m_per_k": Move("drifted", 150e-12, "flaw ±", 0.1),
    "RingTrimmer.spread_rms_m": Move("plain", 3e-9, "light -", 0.05),
    "RingTrimmer.range_m": Move("plain", 2e-9, "light -", 0.05),
    "RingTrimmer.bits": Move("plain", 6, "flaw +", 1),
    "RingTrimmer.neighbour_coupling": Move("plain", 0.2, "light ±", 0.00005),
    "RingTrimmer.reads": Move("plain", 1, "flaw ±", 0.005),
    "RingTrimmer.power_w_per_m": Move("plain", 1e7, "rings' draw +", 0.4, BY_COST),
    "RingTrimmer.area_m2": Move("plain", 8e-10, "rings' area +", 0.4, BY_COST),
    "MeasuredSwitch.delay_sign": Move("measured switch", "positive", "flaw ±", 0.01),
    "MeasuredSwitch.gain_tolerance_db": Move(
        "measured switch", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredSwitch.reciprocity_tolerance": Move(
        "measured switch", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredSwitch.largest_error": Move("measured switch", 1e-30, "refused", why_not=BY_TOLERANCE),
    "MeasuredSwitch.kind": Move("measured switch", "ring", "flaw ±", 0.2),
    "MeasuredSwitch.measured_coupled": Move(
        "measured switch", switch_rows(detuned=False, coupling=0.3), "light +", 0.04
    ),
    "MeasuredSwitch.measured_detuned": Move(
        "measured switch", switch_rows(detuned=True, coupling=0.3), "light -", 0.2
    ),
    "MeasuredSwitch.input_port": Move(
        "measured switch",
        4,
        "light -",
        0.05,
        along={"multiplier.switch.through_port": 3, "multiplier.switch.drop_port": 2},
    ),
    "MeasuredSwitch.through_port": Move("measured switch", 4, "refused", why_not=BY_DARK),
    "MeasuredSwitch.drop_port": Move("measured switch", 4, "refused", why_not=BY_DARK),
    "MeasuredSwitch.spread_rms_m": Move("measured switch", 50e-12, "light -", 0.1),
    "MeasuredSwitch.drift_m_per_k": Move("measured switch", 300e-12, "flaw ±", 0.05),
    "MeasuredSwitch.bias_shift_m": Move("measured switch", 3e-9, "clock -", 0.01, BY_TIME),
    "MeasuredSwitch.length_m": Move("measured switch", 1e-3, "flaw ±", 0.1, given=UNEVEN),
    "MeasuredSwitch.group_index": Move("measured switch", 5.0, "noise +", 0.01, given=_LATE),
    "MziSwitch.kind": Move("interferometer", "ring", "light -", 0.1),
    "MziSwitch.coupler_m": Move("interferometer", 2e-3, "flaw ±", 0.7, given=UNEVEN),
    "MziSwitch.spread_turns": Move("interferometer", 0.0, "flaw ±", 0.001),
    "MziSwitch.arm_reads": Move("interferometer", 1, "flaw ±", 0.001),
    "MziSwitch.group_index": Move("interferometer", 3.0, "noise +", 0.07, given=_LATE),
    "Coupler.cross_power": Move("interferometer", 0.4, "light -", 0.1),
    "Coupler.excess_loss_db": Move("interferometer", 0.05, "light -", 0.09),
    "Coupler.phase_error_rad": Move(
        "interferometer",
        0.05,
        "flaw ±",
        0.07,
        given={"multiplier.switch.coupler.excess_loss_db": 0.3},
    ),
    "Coupler.imbalance_rms_db": Move("interferometer", 1.0, "light -", 0.03),
    "MeasuredCoupler.delay_sign": Move("measured coupler", "positive", "flaw ±", 0.0003),
    "MeasuredCoupler.gain_tolerance_db": Move(
        "measured coupler", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredCoupler.reciprocity_tolerance": Move(
        "measured coupler", 0.0, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredCoupler.largest_error": Move(
        "measured coupler", 1e-30, "refused", why_not=BY_TOLERANCE
    ),
    "MeasuredCoupler.measured": Move("measured coupler", coupler_rows(0.4), "light -", 0.1),
    "MeasuredCoupler.input_ports": Move("measured coupler", (2, 1), "light ±", 0.0007),
    "MeasuredCoupler.output_ports": Move("measured coupler", (4, 3), "light ±", 0.0007),
    "MeasuredCoupler.wavelength_m": Move(
        "measured coupler", 1.54e-6, "refused", why_not=BY_REFUSAL
    ),
    "MeasuredCoupler.imbalance_rms_db": Move("measured coupler", 1.0, "light -", 0.03),
    "DepletionShifter.kind": Move("depletion", "linear", "light +", 1),
    "DepletionShifter.length_m": Move("depletion", 2e-2, "own phase +", 1, BY_CIRCUIT),
    "DepletionShifter.v_max_v": Move("depletion", 3.5, "light -", 0.07),
    "DepletionShifter.donors_per_cm3": Move("depletion", 7e17, "light ±", 0.1),
    "DepletionShifter.acceptors_per_cm3": Move("depletion", 7e17, "light ±", 0.09),
    "DepletionShifter.core_width_m": Move("depletion", 600e-9, "light ±", 0.1),
    "DepletionShifter.overlap": Move("depletion", 0.7, "light ±", 0.03),
    "DepletionShifter.loss_db_per_m": Move("depletion", 300.0, "light -", 0.05),
    "DepletionShifter.bandwidth_hz": Move("depletion", 6e9, "load time +", 0.5, BY_TIME),
    "DepletionShifter.wavelength_m": Move("depletion", 1.54e-6, "refused", why_not=BY_REFUSAL),
    "InjectionShifter.kind": Move("injection", "electro-optic", "light ±", 0.3),
    "InjectionShifter.length_m": Move("injection", 500e-6, "light ±", 0.02),
    "InjectionShifter.current_max_a": Move("injection", 9e-3, "light ±", 0.02),
    "InjectionShifter.carrier_lifetime_s": Move("injection", 0.7e-9, "light ±", 0.01),
    "InjectionShifter.core_width_m": Move("injection", 600e-9, "light ±", 0.009),
    "InjectionShifter.core_height_m": Move("injection", 300e-9, "light ±", 0.01),
    "InjectionShifter.overlap": Move("injection", 0.8, "light ±", 0.0003),
    "InjectionShifter.loss_db_per_m": Move("injection", 800.0, "light -", 0.1),
    "InjectionShifter.wavelength_m": Move("injection", 1.54e-6, "refused", why_not=BY_REFUSAL),
    "ElectroOpticShifter.kind": Move("electro-optic", "linear", "light -", 0.001),
    "ElectroOpticShifter.v_pi_l_vm": Move("electro-optic", 5e-2, "light -", 0.007),
    "ElectroOpticShifter.length_m": Move("electro-optic", 2e-2, "own phase +", 0.5, BY_CIRCUIT),
    "ElectroOpticShifter.v_max_v": Move("electro-optic", 2.0, "light -", 0.01),
    "ElectroOpticShifter.loss_db_per_m": Move("electro-optic", 50.0, "light -", 0.06),
    "ElectroOpticShifter.loss_db_per_pi": Move("electro-optic", 0.1, "light -", 0.01),
    "ElectroOpticShifter.bandwidth_hz": Move("electro-optic", 20e9, "load time +", 0.5, BY_TIME),
    "PhaseShifter.kind": Move("plain", "noems", "flaw ±", 0.01),
    "PhaseShifter.v_pi_l_vm": Move("plain", 2e-4, "light -", 0.07),
    "PhaseShifter.length_m": Move("plain", 1e-3, "own phase +", 0.3, BY_CIRCUIT),
    "PhaseShifter.v_max_v": Move("plain", 0.5, "light -", 0.01),
    "PhaseShifter.loss_db_per_m": Move("plain", 16000.0, "light -", 0.07),
    "PhaseShifter.load_s": Move("plain", 10e-9, "load time +", 0.5, BY_TIME),
    "NoemsShifter.kind": Move("beams", "linear", "flaw ±", 0.02),
    "NoemsShifter.v_pi_l_vm": Move("beams", 4e-5, "light -", 0.003),
    "NoemsShifter.length_m": Move("beams", 1e-3, "own phase +", 0.3, BY_CIRCUIT),
    "NoemsShifter.v_max_v": Move("beams", 0.5, "light -", 0.002),
    "NoemsShifter.pull_in_v": Move("beams", 1.2, "flaw ±", 0.01),
    "NoemsShifter.loss_db_per_m": Move("beams", 1600.0, "light -", 0.01),
    "NoemsShifter.loss_db_per_pi": Move("beams", 0.1, "light -", 0.02),
    "NoemsShifter.resonance_hz": Move("beams", 110e6, "load time +", 0.5, BY_TIME),
    "NoemsShifter.quality": Move("beams", 5.0, "load time +", 1, BY_TIME),
    "NoemsShifter.curve": Move("beams by curve", None, "flaw ±", 0.001),
    "DriveCurve.drive": Move("beams by curve", (0.0, 0.8, 1.2), "flaw ±", 0.06),
    "DriveCurve.response": Move("beams by curve", (0.0, 0.4, 1.0), "flaw ±", 0.008),
    "ThermoOpticShifter.kind": Move("heaters", "linear", "light +", 0.06),
    "ThermoOpticShifter.p_pi_w": Move("heaters' converters", 20e-3, "flaw ±", 0.08),
    "ThermoOpticShifter.resistance_ohm": Move("heaters' converters", 500.0, "flaw ±", 0.07),
    "ThermoOpticShifter.v_max_v": Move("heaters", 1.0, "refused", why_not=BY_REFUSAL),
    "ThermoOpticShifter.length_m": Move("heaters", 300e-6, "flaw ±", 0.03, given=UNEVEN),
    "ThermoOpticShifter.insertion_loss_db": Move("heaters", 0.4, "light -", 0.04),
    "ThermoOpticShifter.loss_db_per_pi": Move("heaters", 0.5, "light -", 0.05),
    "ThermoOpticShifter.time_constant_s": Move("heaters", 5e-6, "load time +", 1, BY_TIME),
    "ThermoOpticShifter.thermo_optic_per_k": Move("heated", 1e-4, "flaw ±", 0.04),
    "ThermoOpticShifter.wavelength_m": Move("heaters", 1.54e-6, "refused", why_not=BY_REFUSAL),
    "SwitchDrive.time_constant_s": Move("plain", 20e-12, "clock -", 0.1, BY_TIME),
    "SwitchDrive.skewed": Move("plain", False, "clock -", 0.01, BY_TIME),
    "MultiplierDesign.load_tolerance": Move("electro-optic", 1e-4, "load time +", 0.4, BY_TIME),
    "MultiplierDesign.load_time_s": Move("electro-optic", 1e-9, "load time +", 0.4, BY_TIME),
    "MultiplierDesign.dac": Move("plain", {"bits": 6}, "flaw ±", 1e-05),
    "MultiplierDesign.polarity": Move("plain", "one-coupled", "light ±", 0.01),
    "MultiplierDesign.bypass_phase_rad": Move("plain", 1.57, "flaw ±", 0.3),
    "MultiplierDesign.bypass_phase_rms_rad": Move("plain", 1.0, "flaw ±", 0.2),
    "MultiplierDesign.coherence_length_m": Move("plain", 0.01, "flaw +", 0.5),
    "MultiplierDesign.index_rms": Move("plain", 0.01, "flaw +", 0.5),
    "MultiplierDesign.index_correlation_m": Move(
        "plain", 2e-4, "flaw ±", 0.1, given={"multiplier.index_rms": 0.01}
    ),
    "MultiplierDesign.drive": Move("plain", "per-digit", "light ±", 0.02),
    "MultiplierDesign.rail_drive": Move("beams", "own", "flaw ±", 0.01),
    "MultiplierDesign.encoding": Move("plain", "twos-complement", "light ±", 0.005),
    "MultiplierDesign.rails": Move("plain", "single", "light +", 0.1),
    "MultiplierDesign.drive_inl_rms": Move("plain", 0.1, "flaw +", 1),
    "MultiplierDesign.drive_gain_rms": Move("plain", 0.1, "flaw +", 1),
    "MultiplierDesign.shifter_gain_rms": Move("plain", 0.05, "flaw +", 0.6),
    "Dac.bits": Move("converters", 5, "flaw ±", 1e-05),
    "Dac.full_scale_v": Move("converters", 1.3, "flaw ±", 5e-06),
    "Dac.gain_error": Move("converters", 0.05, "flaw ±", 1),
    "Dac.inl_rms_lsb": Move("converters", 2.0, "flaw +", 1),
    "Dac.noise_v": Move("converters", 0.05, "noise +", 1),
    "Dac.hold_capacitance_f": Move("converters", 1e-17, "noise +", 1),
    "Dac.temperature_k": Move(
        "converters", 1000.0, "noise +", 0.3, given={"multiplier.dac.hold_capacitance_f": 1e-17}
    ),
    "Dac.walden_j_per_step": Move("converters", 2e-13, "drive energy +", 0.4, BY_COST),
    "ExponentialCoupling.nearest_coupling": Move("heated", 0.02, "flaw ±", 0.02),
    "ExponentialCoupling.nearest_distance_m": Move("heated", 80e-6, "flaw ±", 0.07),
    "ExponentialCoupling.decay_length_m": Move("heated", 80e-6, "flaw ±", 0.03),
    "HeatSinkCoupling.height_m": Move("heat sink", 5e-6, "flaw ±", 0.1),
    "HeatSinkCoupling.width_m": Move("heat sink", 4e-6, "flaw ±", 0.1),
    "HeaterCoupling.law": Move(
        "heat by stencil", {"nearest_coupling": 0.01}, "refused", why_not=BY_REFUSAL
    ),
    "HeaterCoupling.global_coupling": Move("heated", 1e-2, "flaw ±", 0.1),
    "HeaterCoupling.measured": Move(
        "heat of a row", measured_heaters.row(0.02, 6), "flaw ±", 0.005
    ),
    "HeaterCoupling.stencil": Move(
        "heat by stencil", measured_heaters.stencil(0.02), "flaw ±", 0.04
    ),
    "HeatLayout.coupling": Move(
        "heaters",
        {"law": {"nearest_coupling": 0.01}},
        "flaw ±",
        0.002,
        along={"multiplier.heat.switch_share": 0.01},
    ),
    "HeatLayout.switch_coupling": Move(
        "heated", {"law": {"nearest_coupling": 0.1}}, "flaw ±", 0.01
    ),
    "HeatLayout.digit_pitch_m": Move("heated", 80e-6, "flaw ±", 0.02),
    "HeatLayout.rail_pitch_m": Move("heated", 60e-6, "flaw ±", 0.07),
    "HeatLayout.row_pitch_m": Move("heated", 100e-6, "flaw ±", 0.2),
    "HeatLayout.switch_distance_m": Move("heated", 15e-6, "flaw ±", 0.02),
    "HeatLayout.switch_share": Move("heated", 0.05, "flaw ±", 0.1),
    "HeatLayout.reach_digits": Move("heated", 1, "flaw ±", 0.04),
    "HeatLayout.reach_rows": Move("heated", 0, "flaw ±", 0.03),
    "HeatLayout.compensated": Move("heated", True, "flaw ±", 0.2),
    "HeatLayout.coupling_error_rms": Move("known heat", 0.3, "flaw ±", 0.0005),
    "Bend.loss_db": Move("plain", 0.1, "light -", 0.06),
    "HybridDesign.quadrature_rms_rad": Move("plain", 0.2, "flaw ±", 0.1),
    "HybridDesign.responsivity_rms": Move("plain", 0.1, "flaw ±", 0.2),
    "HybridDesign.pair": Move("plain", {"cmrr_db": -15.0}, "flaw ±", 0.05),
    "BalancedPair.cmrr_db": Move(
        "plain", -15.0, "flaw ±", 0.05, given={"receiver.hybrid.pair.cmrr_db": -40.0}
    ),
    "Photodiode.responsivity_a_per_w": Move("plain", 0.55, "noise +", 0.4),
    "Photodiode.dark_current_a": Move("plain", 1e-4, "noise +", 0.04),
    "Photodiode.bandwidth_hz": Move("fast", 15e9, "flaw +", 0.009),
    "Photodiode.wavelength_m": Move("plain", 1.54e-6, "refused", why_not=BY_REFUSAL),
    "TransimpedanceAmplifier.noise_a_per_rthz": Move("plain", 30e-12, "noise +", 0.4),
    "TransimpedanceAmplifier.feedback_ohm": Move("resistor", 100.0, "noise +", 0.2),
    "TransimpedanceAmplifier.temperature_k": Move("resistor", 77.0, "noise -", 0.1),
    "TransimpedanceAmplifier.bandwidth_hz": Move("fast", 5e9, "flaw +", 0.04),
    "TransimpedanceAmplifier.poles": Move("plain", 2, "noise -", 0.06),
    "TransimpedanceAmplifier.transimpedance_ohm": Move("plain", 1e4, "full scale +", 0.5, BY_SCALE),
    "ReceiverDesign.rail_mismatch_s": Move("noisy laser", 4e-11, "noise +", 0.1),
    "ReceiverDesign.reference_delay_s": Move("one rail", 1e-9, "noise +", 1),
    "ReceiverDesign.adc_extra_bits": Move("dim", 0, "wrong +", 0.07),
    "ReceiverDesign.adc_inl_rms_lsb": Move("dim", 5.0, "wrong +", 0.5),
    "ReceiverDesign.adc_noise_lsb": Move("plain", 5.0, "noise +", 1),
    "ReceiverDesign.clock_jitter_s": Move("jittering", 1.9e-11, "noise +", 0.1),
    "ReceiverDesign.sampling_guard_s": Move(
        "jittering", 2e-11, "flaw -", 0.009, along={"receiver.clock_jitter_s": 0.0}
    ),
    "ReceiverDesign.full_scale_ratio": Move("plain", 2.5, "amplitude -", 0.2),
    "ReceiverDesign.gain": Move("plain", "per-symbol", "amplitude +", 0.03),
    "ReceiverDesign.stage": Move("staged", None, "noise -", 0.02),
    "ReceiverDesign.memory": Move("fast", "settled", "flaw -", 0.01),
    "VariableGain.min_gain_db": Move("staged", 6.0, "amplitude +", 0.4),
    "VariableGain.max_gain_db": Move("staged", 0.5, "amplitude -", 0.004),
    "VariableGain.step_db": Move("staged", 3.0, "amplitude -", 0.01),
    "VariableGain.noise_figure_db": Move("staged", 3.0, "noise +", 0.1),
    "VariableGain.time_constant_s": Move(
        "staged", 2e-9, "clock -", 0.4, BY_TIME, given={"receiver.full_scale_ratio": 1.0}
    ),
    "PowerLimits.two_photon_m_per_w": Move("plain", 2e-11, "power limit -", 0.2, BY_LIMIT),
    "PowerLimits.kerr_m2_per_w": Move("plain", 4.5e-17, "heat of a ring +", 0.07, BY_LIMIT),
    "PowerLimits.effective_area_m2": Move("plain", 2e-13, "power limit +", 0.3, BY_LIMIT),
    "PowerLimits.carrier_lifetime_s": Move("plain", 5e-9, "power limit -", 0.2, BY_LIMIT),
    "PowerLimits.absorbed_fraction": Move("plain", 1.0, "heat of a ring +", 0.4, BY_LIMIT),
    "PowerLimits.thermo_optic_per_k": Move("plain", 1e-3, "phase limit -", 0.4, BY_LIMIT),
    "PowerLimits.core_width_m": Move("plain", 1e-6, "heat of a ring -", 0.1, BY_LIMIT),
    "PowerLimits.sink_distance_m": Move("plain", 4e-6, "heat of a ring +", 0.1, BY_LIMIT),
    "PowerLimits.conductivity_w_per_mk": Move("plain", 2.8, "heat of a ring -", 0.2, BY_LIMIT),
    "PowerLimits.loss_budget_db": Move("plain", 0.2, "power limit +", 0.1, BY_LIMIT),
    "PowerLimits.phase_budget_rad": Move("plain", 32e-3, "phase limit +", 0.4, BY_LIMIT),
    "CalibrationPlan.policy": Move("calibrated", "none", "flaw +", 1),
    "CalibrationPlan.accept": Move(
        "calibrated",
        "good",
        "refused",
        why_not=BY_REFUSAL,
        given={"calibration.trimmer.range_rad": 3.0},
    ),
    "CalibrationPlan.reads": Move("calibrated", 800, "reading error -", 0.3),
    "CalibrationPlan.averages": Move("calibrated", 16, "reading error -", 0.1),
    "CalibrationPlan.max_gain_boost": Move(
        "calibrated", 1.0, "reading error +", 0.1, given={"receiver.adc_extra_bits": 0}
    ),
    "CalibrationPlan.drive_step": Move("calibrated", 0.05, "flaw +", 0.07),
    "CalibrationPlan.receiver_step": Move("calibrated", 0.02, "flaw ±", 0.001),
    "Trimmer.range_rad": Move("calibrated", 3.0, "trimmers' draw -", 0.4),
    "Trimmer.bits": Move("calibrated", 6, "reading error +", 1),
    "Trimmer.neighbour_coupling": Move("calibrated", 0.05, "trimmers' draw ±", 0.02),
    "Trimmer.power_w_per_rad": Move("calibrated", 16e-3, "trimmers' draw +", 0.5, BY_CALIBRATION),
    "Trimmer.settling_s": Move("calibrated", 2e-5, "calibration time +", 0.6, BY_CALIBRATION),
    "Trimmer.area_m2": Move("calibrated", 6e-9, "trimmers' area +", 0.4, BY_COST),
    "Drift.common_rms_k": Move("drifted", 0.5, "light -", 0.1),
    "Drift.rail_rms_k": Move("drifted", 0.05, "flaw +", 0.09),
    "Drift.heat_data": Move("drifted", "sparse", "flaw ±", 0.001),
    "Drift.pilot_period_steps": Move("wandering", 5, "wander +", 0.02, BY_STEPS),
    "Drift.step_s": Move("wandering", 5.0, "wander +", 0.02, BY_STEPS),
    "Drift.common_wander_rms_k": Move("wandering", 0.1, "wander +", 1e-7, BY_STEPS),
    "Drift.common_wander_s": Move("wandering", 1e3, "wander -", 1e-9, BY_STEPS),
    "Drift.rail_wander_rms_k": Move("wandering", 1e-2, "wander +", 0.02, BY_STEPS),
    "Drift.rail_wander_s": Move("wandering", 2.0, "wander +", 0.02, BY_STEPS),
    "Drift.laser_wander_rms_hz": Move("wandering", 1.1e9, "wander +", 1e-7, BY_STEPS),
    "Drift.laser_wander_s": Move("wandering", 10.0, "wander +", 1e-6, BY_STEPS),
    "Drift.pilots": Move("drifted", 64, "flaw ±", 0.1),
    "DepletionShifter.width_m": Move("depletion", 20e-6, "shifter's area -", 0.3, BY_COST),
    "InjectionShifter.width_m": Move("injection", 20e-6, "switch's area -", 0.3, BY_COST),
    "ElectroOpticShifter.width_m": Move("electro-optic", 20e-6, "shifter's area -", 0.3, BY_COST),
    "PhaseShifter.width_m": Move("plain", 20e-6, "shifter's area -", 0.3, BY_COST),
    "NoemsShifter.width_m": Move("beams", 20e-6, "shifter's area -", 0.3, BY_COST),
    "ThermoOpticShifter.width_m": Move("heaters", 20e-6, "shifter's area -", 0.3, BY_COST),
    "DepletionShifter.core_height_m": Move("depletion", 300e-9, "shifter's energy +", 0.2, BY_COST),
    "ElectroOpticShifter.capacitance_f_per_m": Move(
        "electro-optic", 3e-10, "shifter's energy +", 0.5, BY_COST
    ),
    "NoemsShifter.capacitance_f_per_m": Move("beams", 3e-10, "shifter's energy +", 1, BY_COST),
    "ElectroOpticShifter.thermo_optic_per_k": Move(
        "electro-optic", 1e-4, "flaw ±", 0.4, given=UNEVEN
    ),
    "RingSwitch.capacitance_f": Move("plain", 2e-13, "switch's energy +", 0.5, BY_COST),
    "MziSwitch.gradient_share": Move("interferometer", 0.5, "flaw ±", 0.2, given=UNEVEN),
}
