"""Parameters of parts that stand in several places, moved in the places that are not the first.

Values are those of :data:`tests.parameter_moves.MOVES` where none is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.parameter_machines import coupler_rows, splitter_rows
from tests.parameter_moves import (
    BY_BIAS,
    BY_CIRCUIT,
    BY_COST,
    BY_DARK,
    BY_REFUSAL,
    BY_TIME,
    BY_TOLERANCE,
    MOVES,
    UNEVEN,
    Move,
)

BY_ENDS = "an arm stands at either end of its drive, and what lies between is bounded alone"


def _as(
    name: str, machine: str, seen: str, least: float = 0.0, why_not: str = "", **changes: Any
) -> tuple[str, Move]:
    """The move of a parameter in another place."""
    plain: dict[str, Any] = {"given": {}, "along": {}, "why_not": why_not}
    move = replace(MOVES[name], machine=machine, seen=seen, least=least, **{**plain, **changes})
    return name, move


# By the dotted name of the place.
ELSEWHERE: dict[str, dict[str, Move]] = {
    "receiver.hybrid.splitter": dict(
        [
            _as("Splitter.excess_loss_db", "plain", "noise +", 0.08),
            _as("Splitter.imbalance_db", "plain", "noise +", 0.04),
            _as("Splitter.imbalance_rms_db", "plain", "noise +", 0.01),
            _as("Splitter.phase_error_rad", "plain", "refused", why_not=BY_REFUSAL),
            _as(
                "MeasuredSplitter.delay_sign",
                "measured hybrid",
                "refused",
                why_not=BY_REFUSAL,
                given={"receiver.hybrid.splitter.measured": splitter_rows(0.7, 500e-15)},
            ),
            _as(
                "MeasuredSplitter.gain_tolerance_db",
                "measured hybrid",
                "refused",
                why_not=BY_TOLERANCE,
            ),
            _as(
                "MeasuredSplitter.reciprocity_tolerance",
                "measured hybrid",
                "refused",
                why_not=BY_TOLERANCE,
            ),
            _as(
                "MeasuredSplitter.largest_error", "measured hybrid", "refused", why_not=BY_TOLERANCE
            ),
            _as("MeasuredSplitter.measured", "measured hybrid", "noise +", 0.04),
            _as(
                "MeasuredSplitter.input_port",
                "measured hybrid",
                "refused",
                why_not=BY_DARK,
                along={"receiver.hybrid.splitter.output_ports": (1, 3)},
            ),
            _as("MeasuredSplitter.output_ports", "measured hybrid", "flaw ±", 0.008),
            _as("MeasuredSplitter.wavelength_m", "measured hybrid", "refused", why_not=BY_REFUSAL),
            _as("MeasuredSplitter.imbalance_rms_db", "measured hybrid", "noise +", 0.01),
        ]
    ),
    "receiver.hybrid.coupler": dict(
        [
            _as(
                "MeasuredCoupler.gain_tolerance_db",
                "measured hybrid",
                "refused",
                why_not=BY_TOLERANCE,
                given={"receiver.hybrid.coupler.measured": coupler_rows(0.48)},
            ),
            _as(
                "MeasuredCoupler.reciprocity_tolerance",
                "measured hybrid",
                "refused",
                why_not=BY_TOLERANCE,
            ),
            _as(
                "MeasuredCoupler.largest_error", "measured hybrid", "refused", why_not=BY_TOLERANCE
            ),
            _as("Coupler.cross_power", "plain", "noise +", 0.01),
            _as("Coupler.excess_loss_db", "plain", "noise -", 0.02),
            _as(
                "Coupler.phase_error_rad",
                "plain",
                "noise +",
                0.06,
                to=0.2,
                along={"receiver.hybrid.coupler.excess_loss_db": 0.8},
            ),
            _as("Coupler.imbalance_rms_db", "plain", "noise +", 0.009),
            _as("MeasuredCoupler.delay_sign", "measured hybrid", "noise ±", 0.0001),
            _as("MeasuredCoupler.measured", "measured hybrid", "noise -", 0.04),
            _as("MeasuredCoupler.input_ports", "measured hybrid", "flaw ±", 0.005),
            _as("MeasuredCoupler.output_ports", "measured hybrid", "flaw ±", 0.005),
            _as("MeasuredCoupler.wavelength_m", "measured hybrid", "refused", why_not=BY_REFUSAL),
            _as("MeasuredCoupler.imbalance_rms_db", "measured hybrid", "noise +", 0.008),
        ]
    ),
    "multiplier.switch.arm": dict(
        [
            _as("DepletionShifter.kind", "depletion arm", "light +", 1, to="linear"),
            _as(
                "DepletionShifter.length_m",
                "depletion arm",
                "arm's own phase +",
                1,
                why_not=BY_CIRCUIT,
            ),
            _as("DepletionShifter.v_max_v", "depletion arm", "light -", 0.4),
            _as("DepletionShifter.donors_per_cm3", "depletion arm", "light -", 0.5),
            _as("DepletionShifter.acceptors_per_cm3", "depletion arm", "light -", 0.5),
            _as("DepletionShifter.core_width_m", "depletion arm", "light -", 0.5),
            _as("DepletionShifter.overlap", "depletion arm", "light -", 0.04),
            _as("DepletionShifter.loss_db_per_m", "depletion arm", "light -", 0.5),
            _as("DepletionShifter.bandwidth_hz", "depletion arm", "clock -", 0.1, why_not=BY_TIME),
            _as("DepletionShifter.wavelength_m", "depletion arm", "refused", why_not=BY_REFUSAL),
            _as(
                "ElectroOpticShifter.kind",
                "interferometer",
                "light -",
                0.003,
                to="linear",
                given={"clock_hz": 1e7},
            ),
            _as("ElectroOpticShifter.v_pi_l_vm", "interferometer", "light -", 0.02),
            _as("ElectroOpticShifter.v_max_v", "interferometer", "light -", 0.03),
            _as("ElectroOpticShifter.loss_db_per_m", "interferometer", "light -", 0.1),
            _as("ElectroOpticShifter.loss_db_per_pi", "interferometer", "light -", 0.06),
            _as(
                "ElectroOpticShifter.length_m",
                "interferometer",
                "arm's own phase +",
                0.5,
                why_not=BY_CIRCUIT,
            ),
            _as(
                "ElectroOpticShifter.bandwidth_hz",
                "interferometer",
                "clock -",
                0.08,
                why_not=BY_TIME,
            ),
            _as(
                "ElectroOpticShifter.thermo_optic_per_k",
                "interferometer",
                "flaw ±",
                1,
                given=UNEVEN,
            ),
            _as("PhaseShifter.kind", "linear arm", "light -", 0.1, to="electro-optic"),
            _as("PhaseShifter.v_pi_l_vm", "linear arm", "light -", 0.2),
            _as("PhaseShifter.v_max_v", "linear arm", "light -", 0.02),
            _as("PhaseShifter.loss_db_per_m", "linear arm", "light -", 0.2),
            _as(
                "PhaseShifter.length_m", "linear arm", "arm's own phase +", 0.4, why_not=BY_CIRCUIT
            ),
            _as("PhaseShifter.load_s", "linear arm", "clock -", 0.2, why_not=BY_TIME),
            _as("NoemsShifter.kind", "beams arm", "light -", 0.01, to="linear"),
            _as("NoemsShifter.v_pi_l_vm", "beams arm", "light -", 0.008),
            _as("NoemsShifter.v_max_v", "beams arm", "light -", 0.009),
            _as("NoemsShifter.loss_db_per_m", "beams arm", "light -", 0.03),
            _as("NoemsShifter.loss_db_per_pi", "beams arm", "light -", 0.03),
            _as("NoemsShifter.length_m", "beams arm", "arm's own phase +", 0.4, why_not=BY_CIRCUIT),
            _as("NoemsShifter.pull_in_v", "beams arm", "refused", why_not=BY_ENDS, to=1.0),
            _as(
                "NoemsShifter.curve",
                "beams arm",
                "refused",
                why_not=BY_ENDS,
                to={"drive": (0.0, 1.0), "response": (0.0, 1.0)},
            ),
            _as("NoemsShifter.resonance_hz", "beams arm", "clock -", 0.2, why_not=BY_TIME),
            _as("NoemsShifter.quality", "beams arm", "clock -", 0.4, why_not=BY_TIME),
            _as("ThermoOpticShifter.kind", "heated arm", "light +", 0.007, to="linear"),
            _as("ThermoOpticShifter.p_pi_w", "heated arm", "bias -", 0.05, why_not=BY_BIAS),
            _as("ThermoOpticShifter.resistance_ohm", "heated arm", "bias -", 0.04, why_not=BY_BIAS),
            _as("ThermoOpticShifter.v_max_v", "heated arm", "refused", why_not=BY_REFUSAL),
            _as("ThermoOpticShifter.length_m", "heated arm", "flaw ±", 0.2, given=UNEVEN),
            _as("ThermoOpticShifter.insertion_loss_db", "heated arm", "light -", 0.3),
            _as("ThermoOpticShifter.loss_db_per_pi", "heated arm", "light -", 0.1),
            _as(
                "ThermoOpticShifter.time_constant_s", "heated arm", "clock -", 0.4, why_not=BY_TIME
            ),
            _as("ThermoOpticShifter.thermo_optic_per_k", "heated arm", "flaw ±", 0.1, given=UNEVEN),
            _as("ThermoOpticShifter.wavelength_m", "heated arm", "refused", why_not=BY_REFUSAL),
            _as(
                "DepletionShifter.width_m", "depletion arm", "switch's area -", 0.3, why_not=BY_COST
            ),
            _as(
                "ElectroOpticShifter.width_m",
                "interferometer",
                "switch's area -",
                0.3,
                why_not=BY_COST,
            ),
            _as("PhaseShifter.width_m", "linear arm", "switch's area -", 0.2, why_not=BY_COST),
            _as("NoemsShifter.width_m", "beams arm", "switch's area -", 0.2, why_not=BY_COST),
            _as(
                "ThermoOpticShifter.width_m", "heated arm", "switch's area -", 0.3, why_not=BY_COST
            ),
            _as(
                "DepletionShifter.core_height_m",
                "depletion arm",
                "switch's energy +",
                0.2,
                why_not=BY_COST,
            ),
            _as(
                "ElectroOpticShifter.capacitance_f_per_m",
                "interferometer",
                "switch's energy +",
                0.5,
                why_not=BY_COST,
            ),
            _as(
                "NoemsShifter.capacitance_f_per_m",
                "beams arm",
                "switch's energy +",
                1,
                why_not=BY_COST,
            ),
        ]
    ),
    "multiplier.shifter": dict(
        [
            _as("InjectionShifter.kind", "injection shifter", "light +", 0.2, to="linear"),
            _as("InjectionShifter.length_m", "injection shifter", "light +", 0.007),
            _as("InjectionShifter.current_max_a", "injection shifter", "light -", 0.007),
            _as("InjectionShifter.carrier_lifetime_s", "injection shifter", "light +", 0.005),
            _as("InjectionShifter.core_width_m", "injection shifter", "light +", 0.003),
            _as("InjectionShifter.core_height_m", "injection shifter", "light +", 0.004),
            _as("InjectionShifter.overlap", "injection shifter", "light -", 0.003),
            _as("InjectionShifter.loss_db_per_m", "injection shifter", "light -", 0.03),
            _as(
                "InjectionShifter.wavelength_m", "injection shifter", "refused", why_not=BY_REFUSAL
            ),
            _as(
                "InjectionShifter.width_m",
                "injection shifter",
                "shifter's area -",
                0.3,
                why_not=BY_COST,
            ),
        ]
    ),
    "multiplier.switch.arm.curve": dict(
        [
            _as(
                "DriveCurve.drive",
                "beams arm by curve",
                "refused",
                why_not=BY_ENDS,
                to=(0.0, 0.6, 1.0),
            ),
            _as(
                "DriveCurve.response",
                "beams arm by curve",
                "refused",
                why_not=BY_ENDS,
                to=(0.0, 1.1, 1.0),
            ),
        ]
    ),
    "multiplier.switch.arm_trimmer": dict(
        [
            _as("Trimmer.range_rad", "interferometer", "flaw ±", 1),
            _as("Trimmer.bits", "interferometer", "flaw ±", 1),
            _as(
                "Trimmer.neighbour_coupling",
                "interferometer",
                "flaw ±",
                0.2,
                given={"multiplier.switch.arm_trimmer.bits": 7},
            ),
            _as(
                "Trimmer.power_w_per_rad", "interferometer", "switch's draw +", 0.5, why_not=BY_COST
            ),
            _as("Trimmer.settling_s", "interferometer", "refused", why_not=BY_REFUSAL),
            _as("Trimmer.area_m2", "interferometer", "switch's area +", 0.006, why_not=BY_COST),
        ]
    ),
    "multiplier.heat.switch_coupling": dict(
        [
            _as("HeaterCoupling.law", "heat of rings", "refused", why_not=BY_REFUSAL, to=None),
            _as(
                "HeaterCoupling.global_coupling",
                "heat of rings",
                "flaw ±",
                0.001,
                given={"multiplier.rails": "single", "multiplier.rail_drive": "shared"},
            ),
            _as("HeaterCoupling.measured", "heat of rings", "refused", why_not=BY_REFUSAL),
            _as("HeaterCoupling.stencil", "heat of rings", "refused", why_not=BY_REFUSAL),
        ]
    ),
    "multiplier.heat.switch_coupling.law": dict(
        [
            _as("ExponentialCoupling.nearest_coupling", "heat of rings", "flaw ±", 0.05),
            _as("ExponentialCoupling.nearest_distance_m", "heat of rings", "flaw ±", 0.04),
            _as("ExponentialCoupling.decay_length_m", "heat of rings", "flaw ±", 0.02),
            _as("HeatSinkCoupling.height_m", "heat of rings above a sink", "flaw ±", 0.05),
            _as("HeatSinkCoupling.width_m", "heat of rings above a sink", "flaw ±", 0.06),
        ]
    ),
}
