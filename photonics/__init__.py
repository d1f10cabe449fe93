"""Light and its noise: watt, radian, hertz, decibel.  Pure functions, and the noise source.

::

    from photonics import NoiseKey, db_to_power

    db_to_power(-3.0)                        # 0.501
    NoiseKey.from_seed(0).normal(0, 4)       # four standard normals, the same for ever

Rooms, one file each; all but the last three lines are exported here:

* ``units``: constants of nature and decibels
* ``optics``: fields through couplers, splitters and interferometers
* ``switching``: rings and interferometers as switches, in either state
* ``measured_transfer``: what was measured of a device, between its wavelengths
* ``rings``, ``ring_fit``, ``ring_transients``: add-drop rings at rest, from figures, in time
* ``dispersion``, ``carriers``, ``nonlinear``, ``thermal``: what changes the index, and by how much
* ``noise``, ``statistics``: variances of noise; what it does to a decided phase
* ``converters``, ``filters``, ``settling``: converters, bandwidth, and time to settle
* ``random``, ``importance``: the only source of random numbers; rare events
* ``wander``: what moves about its mean, with a correlation time
* ``errors``: how a bad value is refused
* ``philox``, ``readout_words``, ``checks``, ``version``: random words, checks of values
* ``copies``, ``shapes``, ``representation``, ``lazy``: devices, shapes, and how things look
* ``documents``, ``files``, ``sealed_file``: files that are read whole or refused
"""

from typing import TYPE_CHECKING

from photonics.lazy import lazy_names
from photonics.version import __version__ as __version__

if TYPE_CHECKING:
    from photonics.carriers import (
        ELECTRON_ABSORPTION_CM2,
        ELECTRON_INDEX_CM3,
        HOLE_ABSORPTION_CM2,
        HOLE_INDEX_CM3,
        HOLE_INDEX_EXPONENT,
        SILICON_INTRINSIC_PER_CM3,
        SILICON_PERMITTIVITY_F_PER_M,
        absorption_to_db_per_m,
        carrier_absorption_per_m,
        carrier_index_change,
        depletion_width_m,
        forward_voltage_v,
        index_phase_rad,
        junction_potential_v,
        modulated_loss_db,
        pairs_for_index_change,
        shifted_field,
    )
    from photonics.converters import (
        QUANTISATION_VARIANCE_LSB2,
        GainSteps,
        capacitor_noise_variance_v2,
        code_moments,
        drive_phase_rms_rad,
        effective_bits,
        enob_of_excess,
        excess_variance_lsb2,
        jitter_snr_db,
        sine_snr_db,
        static_curve_lsb,
        static_curves_lsb,
        walden_energy_j,
    )
    from photonics.dispersion import (
        group_delay_s,
        index_curvature_per_m2,
        index_slope_per_m,
        propagation_phase_rad,
        thermal_phase_rad_per_k,
    )
    from photonics.errors import InputError
    from photonics.filters import LowPass
    from photonics.importance import Estimate, PushedNoise, edge_push, pushed_noise
    from photonics.measured_transfer import MeasuredTransfer
    from photonics.noise import (
        interferometer_phase_variance,
        relative_intensity_variance,
        shot_floor_per_hz,
        shot_variance_a2,
        thermal_density_a2_per_hz,
    )
    from photonics.nonlinear import (
        BISTABLE_DRIVE,
        carrier_density_per_m3,
        decibel_to_neper_per_m,
        effective_length_m,
        guide_output_w,
        kerr_index,
        line_thermal_resistance_km_per_w,
        resonance_shifts,
        two_photon_loss_per_m,
    )
    from photonics.optics import (
        PASSIVE_SLACK,
        coupler_matrix,
        mzi_matrix,
        phasor,
        power_w,
        splitter_fields,
    )
    from photonics.random import (
        NoiseKey,
        bits_at,
        require_key,
        seed_number,
        uniform_at,
    )
    from photonics.ring_fit import RingFigures, RingParameters, fit_symmetric_ring, ring_figures
    from photonics.ring_transients import RingFields, cascade_remaining, switched_ring
    from photonics.rings import (
        RingCavity,
        build_up,
        drop_phase_slope,
        field_lifetime_s,
        finesse,
        ring_add_drop,
        through_phase_slope,
        wavelength_to_frequency_width,
    )
    from photonics.settling import (
        approach,
        one_pole_corner_hz,
        one_pole_remaining,
        one_pole_settling_time_s,
        one_pole_time_constant_s,
        resonant_remaining,
        resonant_settling_time_s,
    )
    from photonics.statistics import (
        amplitude_snr,
        phase_density,
        phase_tail,
        required_gamma,
        symbol_error_rate,
    )
    from photonics.switching import (
        MeasuredNumbers,
        MziNumbers,
        RingNumbers,
        SwitchFields,
        SwitchNumbers,
        moved,
    )
    from photonics.thermal import (
        SILICON_INDEX_PER_K,
        crosstalk_sum_variance_rad2,
        exponential_coupling,
        global_coupling,
        heat_sink_coupling,
        known_residual_variance_rad2,
        resistor_power_w,
        resistor_voltage_v,
        temperature_rise_k,
    )
    from photonics.units import (
        BOLTZMANN_J_PER_K,
        ELEMENTARY_CHARGE_C,
        PLANCK_J_S,
        ROOM_TEMPERATURE_K,
        SPEED_OF_LIGHT_M_PER_S,
        db_to_power,
        loss_to_amplitude,
        loss_to_power,
        power_to_db,
        watt_to_dbm,
    )
    from photonics.wander import step_variance, wandering

__all__ = [
    "BISTABLE_DRIVE",
    "BOLTZMANN_J_PER_K",
    "ELECTRON_ABSORPTION_CM2",
    "ELECTRON_INDEX_CM3",
    "ELEMENTARY_CHARGE_C",
    "HOLE_ABSORPTION_CM2",
    "HOLE_INDEX_CM3",
    "HOLE_INDEX_EXPONENT",
    "PASSIVE_SLACK",
    "PLANCK_J_S",
    "QUANTISATION_VARIANCE_LSB2",
    "ROOM_TEMPERATURE_K",
    "SILICON_INDEX_PER_K",
    "SILICON_INTRINSIC_PER_CM3",
    "SILICON_PERMITTIVITY_F_PER_M",
    "SPEED_OF_LIGHT_M_PER_S",
    "Estimate",
    "GainSteps",
    "InputError",
    "LowPass",
    "MeasuredNumbers",
    "MeasuredTransfer",
    "MziNumbers",
    "NoiseKey",
    "PushedNoise",
    "RingCavity",
    "RingFields",
    "RingFigures",
    "RingNumbers",
    "RingParameters",
    "SwitchFields",
    "SwitchNumbers",
    "absorption_to_db_per_m",
    "amplitude_snr",
    "approach",
    "bits_at",
    "build_up",
    "capacitor_noise_variance_v2",
    "carrier_absorption_per_m",
    "carrier_density_per_m3",
    "carrier_index_change",
    "cascade_remaining",
    "code_moments",
    "coupler_matrix",
    "crosstalk_sum_variance_rad2",
    "db_to_power",
    "decibel_to_neper_per_m",
    "depletion_width_m",
    "drive_phase_rms_rad",
    "drop_phase_slope",
    "edge_push",
    "effective_bits",
    "effective_length_m",
    "enob_of_excess",
    "excess_variance_lsb2",
    "exponential_coupling",
    "field_lifetime_s",
    "finesse",
    "fit_symmetric_ring",
    "forward_voltage_v",
    "global_coupling",
    "group_delay_s",
    "guide_output_w",
    "heat_sink_coupling",
    "index_curvature_per_m2",
    "index_phase_rad",
    "index_slope_per_m",
    "interferometer_phase_variance",
    "jitter_snr_db",
    "junction_potential_v",
    "kerr_index",
    "known_residual_variance_rad2",
    "line_thermal_resistance_km_per_w",
    "loss_to_amplitude",
    "loss_to_power",
    "modulated_loss_db",
    "moved",
    "mzi_matrix",
    "one_pole_corner_hz",
    "one_pole_remaining",
    "one_pole_settling_time_s",
    "one_pole_time_constant_s",
    "pairs_for_index_change",
    "phase_density",
    "phase_tail",
    "phasor",
    "power_to_db",
    "power_w",
    "propagation_phase_rad",
    "pushed_noise",
    "relative_intensity_variance",
    "require_key",
    "required_gamma",
    "resistor_power_w",
    "resistor_voltage_v",
    "resonance_shifts",
    "resonant_remaining",
    "resonant_settling_time_s",
    "ring_add_drop",
    "ring_figures",
    "seed_number",
    "shifted_field",
    "shot_floor_per_hz",
    "shot_variance_a2",
    "sine_snr_db",
    "splitter_fields",
    "static_curve_lsb",
    "static_curves_lsb",
    "step_variance",
    "switched_ring",
    "symbol_error_rate",
    "temperature_rise_k",
    "thermal_density_a2_per_hz",
    "thermal_phase_rad_per_k",
    "through_phase_slope",
    "two_photon_loss_per_m",
    "uniform_at",
    "walden_energy_j",
    "wandering",
    "watt_to_dbm",
    "wavelength_to_frequency_width",
]

__getattr__ = lazy_names(
    __name__,
    {
        "carriers": (
            "ELECTRON_ABSORPTION_CM2",
            "ELECTRON_INDEX_CM3",
            "HOLE_ABSORPTION_CM2",
            "HOLE_INDEX_CM3",
            "HOLE_INDEX_EXPONENT",
            "SILICON_INTRINSIC_PER_CM3",
            "SILICON_PERMITTIVITY_F_PER_M",
            "absorption_to_db_per_m",
            "carrier_absorption_per_m",
            "carrier_index_change",
            "depletion_width_m",
            "forward_voltage_v",
            "index_phase_rad",
            "junction_potential_v",
            "modulated_loss_db",
            "pairs_for_index_change",
            "shifted_field",
        ),
        "converters": (
            "QUANTISATION_VARIANCE_LSB2",
            "GainSteps",
            "capacitor_noise_variance_v2",
            "code_moments",
            "drive_phase_rms_rad",
            "effective_bits",
            "enob_of_excess",
            "excess_variance_lsb2",
            "jitter_snr_db",
            "sine_snr_db",
            "static_curve_lsb",
            "static_curves_lsb",
            "static_curves_lsb",
            "walden_energy_j",
        ),
        "dispersion": (
            "group_delay_s",
            "index_curvature_per_m2",
            "index_slope_per_m",
            "propagation_phase_rad",
            "thermal_phase_rad_per_k",
        ),
        "errors": ("InputError",),
        "filters": ("LowPass",),
        "importance": ("Estimate", "PushedNoise", "edge_push", "pushed_noise"),
        "measured_transfer": ("MeasuredTransfer",),
        "noise": (
            "interferometer_phase_variance",
            "relative_intensity_variance",
            "shot_floor_per_hz",
            "shot_variance_a2",
            "thermal_density_a2_per_hz",
        ),
        "nonlinear": (
            "BISTABLE_DRIVE",
            "carrier_density_per_m3",
            "decibel_to_neper_per_m",
            "effective_length_m",
            "guide_output_w",
            "kerr_index",
            "line_thermal_resistance_km_per_w",
            "resonance_shifts",
            "two_photon_loss_per_m",
        ),
        "optics": (
            "PASSIVE_SLACK",
            "coupler_matrix",
            "mzi_matrix",
            "phasor",
            "power_w",
            "splitter_fields",
        ),
        "random": (
            "NoiseKey",
            "bits_at",
            "require_key",
            "seed_number",
            "uniform_at",
        ),
        "ring_fit": ("RingFigures", "RingParameters", "fit_symmetric_ring", "ring_figures"),
        "ring_transients": ("RingFields", "cascade_remaining", "switched_ring"),
        "rings": (
            "RingCavity",
            "build_up",
            "drop_phase_slope",
            "field_lifetime_s",
            "finesse",
            "ring_add_drop",
            "through_phase_slope",
            "wavelength_to_frequency_width",
        ),
        "settling": (
            "approach",
            "one_pole_corner_hz",
            "one_pole_remaining",
            "one_pole_settling_time_s",
            "one_pole_time_constant_s",
            "resonant_remaining",
            "resonant_settling_time_s",
        ),
        "statistics": (
            "amplitude_snr",
            "phase_density",
            "phase_tail",
            "required_gamma",
            "symbol_error_rate",
        ),
        "switching": (
            "MeasuredNumbers",
            "MziNumbers",
            "RingNumbers",
            "SwitchFields",
            "SwitchNumbers",
            "moved",
        ),
        "thermal": (
            "SILICON_INDEX_PER_K",
            "crosstalk_sum_variance_rad2",
            "exponential_coupling",
            "global_coupling",
            "heat_sink_coupling",
            "known_residual_variance_rad2",
            "resistor_power_w",
            "resistor_voltage_v",
            "temperature_rise_k",
        ),
        "units": (
            "BOLTZMANN_J_PER_K",
            "ELEMENTARY_CHARGE_C",
            "PLANCK_J_S",
            "ROOM_TEMPERATURE_K",
            "SPEED_OF_LIGHT_M_PER_S",
            "db_to_power",
            "loss_to_amplitude",
            "loss_to_power",
            "power_to_db",
            "watt_to_dbm",
        ),
        "wander": ("step_variance", "wandering"),
    },
)


def __dir__() -> list[str]:
    return __all__
