"""Every contribution to the error budget, and the settings that take it to its limit alone.

A switch changes one physical parameter, or the few that belong together.  What must move with it is
listed: what is a multiple of the same part (a stage's noise is a multiple of its amplifier's, a
converter's errors are multiples of its step), what only exists with it (jitter shows only in what
has not settled), and what stands against an amplitude that it changes.  The leak interferes at the
phases that the paths of a chip have, so it moves with whatever turns those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from circuits.analysis import optical_errors as optical
from circuits.analysis import receiver_errors as receiver
from circuits.design.multiplier import MultiplierDesign

SPLITTER = "rail splitter"
DRIVE_NOISE = "drive noise"


@dataclass(frozen=True)
class Impairment:
    """How a contribution is switched off, and how it is made smaller.

    Attributes:
        overrides: changes of a machine at which it vanishes.
        moves: contributions that change with it.
        remedy: parameters that make it smaller without going to the limit.
    """

    overrides: tuple[str, ...]
    moves: tuple[str, ...]
    remedy: str


_WHITE = (receiver.SHOT, receiver.AMPLIFIER, receiver.STAGE, receiver.DARK)
_CONVERTER = (receiver.STEPS, receiver.CONVERTER_NOISE, receiver.CONVERTER_INL)
# All that stands against the amplitude of the light.
_AMPLITUDE = (
    *_WHITE,
    *_CONVERTER,
    receiver.CLIPPING,
    receiver.INTENSITY,
    receiver.MEMORY,
    receiver.JITTER,
    receiver.HYBRID,
)
_HEAT_OFF = ("multiplier.heat.compensated=true", "multiplier.heat.coupling_error_rms=0")

_IMPAIRMENTS: dict[str, Impairment] = {
    # Quantum noise of the light: it goes with the band alone, and with it all other noise.
    receiver.SHOT: Impairment(
        ("receiver.tia.bandwidth_hz=1e-6", "receiver.memory=settled"),
        (
            *_WHITE[1:],
            receiver.INTENSITY,
            receiver.LINEWIDTH,
            receiver.MEMORY,
            receiver.JITTER,
        ),
        "laser.power_w, receiver.tia.bandwidth_hz",
    ),
    receiver.AMPLIFIER: Impairment(
        ("receiver.tia.noise_a_per_rthz=0",),
        (receiver.STAGE,),
        "receiver.tia.noise_a_per_rthz, laser.power_w",
    ),
    receiver.STAGE: Impairment(
        ("receiver.stage.noise_figure_db=0",), (), "receiver.stage.noise_figure_db"
    ),
    receiver.DARK: Impairment(
        ("receiver.photodiode.dark_current_a=0",), (), "receiver.photodiode.dark_current_a"
    ),
    receiver.STEPS: Impairment(
        ("receiver.adc_extra_bits=12",),
        _CONVERTER[1:],
        "receiver.adc_extra_bits, receiver.gain",
    ),
    receiver.CONVERTER_NOISE: Impairment(
        ("receiver.adc_noise_lsb=0",), (), "receiver.adc_noise_lsb, receiver.adc_extra_bits"
    ),
    receiver.CONVERTER_INL: Impairment(
        ("receiver.adc_inl_rms_lsb=0",), (), "receiver.adc_inl_rms_lsb, receiver.adc_extra_bits"
    ),
    receiver.CLIPPING: Impairment(
        ("receiver.full_scale_ratio=1.25",), _CONVERTER, "receiver.full_scale_ratio, receiver.stage"
    ),
    receiver.INTENSITY: Impairment(
        ("laser.rin_db_per_hz=-400",), (), "laser.rin_db_per_hz, receiver.hybrid"
    ),
    receiver.LINEWIDTH: Impairment(
        ("laser.linewidth_hz=0",),
        (),
        "laser.linewidth_hz, receiver.rail_mismatch_s, receiver.reference_delay_s",
    ),
    receiver.JITTER: Impairment(
        ("receiver.clock_jitter_s=0",), (), "receiver.clock_jitter_s, receiver.tia.bandwidth_hz"
    ),
    receiver.MEMORY: Impairment(
        ("receiver.memory=settled",),
        (receiver.JITTER,),
        "receiver.tia.bandwidth_hz, clock_hz",
    ),
    receiver.HYBRID: Impairment(
        (
            "receiver.hybrid.splitter.imbalance_rms_db=0",
            "receiver.hybrid.coupler.imbalance_rms_db=0",
            "receiver.hybrid.quadrature_rms_rad=0",
            "receiver.hybrid.responsivity_rms=0",
            "receiver.hybrid.pair=none",
            "receiver.hybrid.splitter.imbalance_db=0",
            "receiver.hybrid.coupler.cross_power=0.5",
            "receiver.hybrid.coupler.phase_error_rad=0",
        ),
        (receiver.INTENSITY,),
        "receiver.hybrid, calibration.reads",
    ),
    optical.STATIC: Impairment(
        (
            "multiplier.coherence_length_m=none",
            "multiplier.index_rms=0",
            "multiplier.bypass_phase_rms_rad=0",
        ),
        (optical.LEAK, *optical.DRIFTS, *_AMPLITUDE),
        "calibration.reads, multiplier.coherence_length_m, multiplier.switch",
    ),
    # Rings that do not leak have no width: nothing may detune them.
    optical.LEAK: Impairment(
        ("multiplier.heat.switch_share=0",),
        (
            optical.STATIC,
            optical.HEAT_ON_SWITCHES,
            *optical.DRIFTS,
            *_AMPLITUDE,
            receiver.LINEWIDTH,
        ),
        "multiplier.bypass_phase_rad",
    ),
    optical.GAIN: Impairment(
        ("multiplier.drive_gain_rms=0",),
        (optical.LEAK, *optical.DRIFTS),
        "calibration.reads, multiplier.drive_gain_rms, multiplier.drive",
    ),
    optical.SHIFTER_GAIN: Impairment(
        ("multiplier.shifter_gain_rms=0",),
        (optical.LEAK, *optical.DRIFTS),
        "multiplier.shifter_gain_rms, multiplier.drive",
    ),
    optical.INL: Impairment(
        ("multiplier.drive_inl_rms=0",),
        (optical.LEAK, *optical.DRIFTS),
        "multiplier.drive_inl_rms, multiplier.dac.inl_rms_lsb, multiplier.drive",
    ),
    optical.CODES: Impairment(
        ("multiplier.dac=none",),
        (optical.INL, DRIVE_NOISE, optical.LEAK, *optical.DRIFTS),
        "multiplier.dac.bits, multiplier.dac.full_scale_v",
    ),
    DRIVE_NOISE: Impairment(
        ("multiplier.dac=none",),
        (optical.CODES, optical.INL, optical.LEAK, *optical.DRIFTS),
        "multiplier.dac.noise_v, multiplier.dac.hold_capacitance_f, multiplier.drive",
    ),
    optical.HEAT_IN_ROW: Impairment(
        _HEAT_OFF,
        (
            optical.HEAT_BETWEEN_ROWS,
            optical.HEAT_ON_SWITCHES,
            optical.LEAK,
            *optical.DRIFTS,
            *_AMPLITUDE,
        ),
        "multiplier.heat.coupling_error_rms, multiplier.heat.digit_pitch_m, "
        "multiplier.heat.coupling",
    ),
    optical.HEAT_BETWEEN_ROWS: Impairment(
        ("multiplier.heat.reach_rows=0",),
        (
            optical.HEAT_IN_ROW,
            optical.HEAT_ON_SWITCHES,
            optical.LEAK,
            *optical.DRIFTS,
            *_AMPLITUDE,
        ),
        "multiplier.heat.row_pitch_m, multiplier.heat.coupling_error_rms, multiplier.heat.coupling",
    ),
    # Detuned rings lose light, and turn what is left of it.
    optical.HEAT_ON_SWITCHES: Impairment(
        ("multiplier.heat.switch_share=0",),
        (optical.LEAK, *optical.DRIFTS, *_AMPLITUDE),
        "multiplier.heat.switch_share, multiplier.heat.switch_distance_m, multiplier.heat.coupling",
    ),
    optical.DRIFT_COMMON: Impairment(
        ("drift.common_rms_k=0",), (optical.DRIFT_RAILS,), "drift.common_rms_k, calibration"
    ),
    optical.DRIFT_RAILS: Impairment(("drift.rail_rms_k=0",), (), "drift.pilots, drift.rail_rms_k"),
    optical.SELF_HEATING: Impairment(
        ("drift.heat_data=calibration",),
        (optical.DRIFT_RAILS,),
        "laser.power_w, power_limits.absorbed_fraction, drift.pilots",
    ),
    SPLITTER: Impairment(
        ("rail_splitter.imbalance_rms_db=0",),
        (optical.SELF_HEATING, *_AMPLITUDE),
        "rail_splitter.imbalance_rms_db",
    ),
}


def impairments(multiplier: MultiplierDesign) -> dict[str, Impairment]:
    """Every contribution of machines with such multipliers.

    Switches that are not where they should be turn the phase too, and trimming sees only the sum.
    Heat has no settings where there are no heaters.
    """
    limits = multiplier.switch.limits
    trimmed, leak = (
        tuple(f"multiplier.switch.{setting}" for setting in settings)
        for settings in (limits.trimmed, limits.leak)
    )
    found = dict(_IMPAIRMENTS)
    static, leaking = found[optical.STATIC], found[optical.LEAK]
    found[optical.STATIC] = replace(static, overrides=static.overrides + trimmed)
    # Where long switches hold the digits apart, other switches hold them elsewhere.
    apart = multiplier.laid_out.digit_pitch_m > multiplier.heat.digit_pitch_m
    found[optical.LEAK] = replace(
        leaking,
        overrides=leak + leaking.overrides,
        moves=leaking.moves + ((optical.HEAT_IN_ROW, optical.HEAT_BETWEEN_ROWS) if apart else ()),
        remedy=f"{limits.remedy}, {leaking.remedy}",
    )
    if multiplier.heat.coupling is None:
        found = {name: replace(one, overrides=_cold(one.overrides)) for name, one in found.items()}
    return found


def _cold(overrides: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in overrides if not one.startswith("multiplier.heat."))
