"""Light and its noise: watt, radian, hertz, decibel.  Pure functions, and the noise source.

::

    from photonics import NoiseKey, db_to_power

    db_to_power(-3.0)                        # 0.501
    NoiseKey.from_seed(0).normal(0, 4)       # four standard normals, the same for ever

Rooms, one file each, with more in them than is exported here:

* ``units``: constants of nature and decibels
* ``optics``: fields through couplers, splitters and interferometers
* ``rings``, ``ring_fit``, ``ring_transients``: add-drop rings at rest, from figures, in time
* ``dispersion``, ``carriers``, ``nonlinear``, ``thermal``: what changes the index, and by how much
* ``noise``, ``statistics``: variances of noise; what it does to a decided phase
* ``converters``, ``filters``, ``settling``: converters, bandwidth, and time to settle
* ``random``, ``philox``, ``importance``: the only source of random numbers; rare events
* ``errors``, ``checks``: how a bad value is refused
"""

from typing import TYPE_CHECKING

from photonics.lazy import lazy_names
from photonics.version import __version__ as __version__

if TYPE_CHECKING:
    from photonics.carriers import (
        carrier_absorption_per_m,
        carrier_index_change,
        depletion_width_m,
        junction_potential_v,
    )
    from photonics.converters import effective_bits, jitter_snr_db, sine_snr_db, walden_energy_j
    from photonics.dispersion import group_delay_s, propagation_phase_rad, thermal_phase_rad_per_k
    from photonics.errors import InputError
    from photonics.filters import LowPass
    from photonics.noise import (
        interferometer_phase_variance,
        relative_intensity_variance,
        shot_variance_a2,
        thermal_density_a2_per_hz,
    )
    from photonics.nonlinear import (
        carrier_density_per_m3,
        effective_length_m,
        kerr_index,
        two_photon_loss_per_m,
    )
    from photonics.optics import coupler_matrix, mzi_matrix, phasor, power_w, splitter_fields
    from photonics.random import NoiseKey
    from photonics.ring_fit import RingFigures, RingParameters, fit_symmetric_ring, ring_figures
    from photonics.rings import RingCavity, field_lifetime_s, finesse, ring_add_drop
    from photonics.settling import one_pole_corner_hz, one_pole_settling_time_s
    from photonics.statistics import phase_density, required_gamma, symbol_error_rate
    from photonics.thermal import exponential_coupling, heat_sink_coupling, temperature_rise_k
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

__all__ = [
    "BOLTZMANN_J_PER_K",
    "ELEMENTARY_CHARGE_C",
    "PLANCK_J_S",
    "ROOM_TEMPERATURE_K",
    "SPEED_OF_LIGHT_M_PER_S",
    "InputError",
    "LowPass",
    "NoiseKey",
    "RingCavity",
    "RingFigures",
    "RingParameters",
    "carrier_absorption_per_m",
    "carrier_density_per_m3",
    "carrier_index_change",
    "coupler_matrix",
    "db_to_power",
    "depletion_width_m",
    "effective_bits",
    "effective_length_m",
    "exponential_coupling",
    "field_lifetime_s",
    "finesse",
    "fit_symmetric_ring",
    "group_delay_s",
    "heat_sink_coupling",
    "interferometer_phase_variance",
    "jitter_snr_db",
    "junction_potential_v",
    "kerr_index",
    "loss_to_amplitude",
    "loss_to_power",
    "mzi_matrix",
    "one_pole_corner_hz",
    "one_pole_settling_time_s",
    "phase_density",
    "phasor",
    "power_to_db",
    "power_w",
    "propagation_phase_rad",
    "relative_intensity_variance",
    "required_gamma",
    "ring_add_drop",
    "ring_figures",
    "shot_variance_a2",
    "sine_snr_db",
    "splitter_fields",
    "symbol_error_rate",
    "temperature_rise_k",
    "thermal_density_a2_per_hz",
    "thermal_phase_rad_per_k",
    "two_photon_loss_per_m",
    "walden_energy_j",
    "watt_to_dbm",
]

__getattr__ = lazy_names(
    __name__,
    {
        "carriers": (
            "carrier_absorption_per_m",
            "carrier_index_change",
            "depletion_width_m",
            "junction_potential_v",
        ),
        "converters": ("effective_bits", "jitter_snr_db", "sine_snr_db", "walden_energy_j"),
        "dispersion": ("group_delay_s", "propagation_phase_rad", "thermal_phase_rad_per_k"),
        "errors": ("InputError",),
        "filters": ("LowPass",),
        "noise": (
            "interferometer_phase_variance",
            "relative_intensity_variance",
            "shot_variance_a2",
            "thermal_density_a2_per_hz",
        ),
        "nonlinear": (
            "carrier_density_per_m3",
            "effective_length_m",
            "kerr_index",
            "two_photon_loss_per_m",
        ),
        "optics": ("coupler_matrix", "mzi_matrix", "phasor", "power_w", "splitter_fields"),
        "random": ("NoiseKey",),
        "ring_fit": ("RingFigures", "RingParameters", "fit_symmetric_ring", "ring_figures"),
        "rings": ("RingCavity", "field_lifetime_s", "finesse", "ring_add_drop"),
        "settling": ("one_pole_corner_hz", "one_pole_settling_time_s"),
        "statistics": ("phase_density", "required_gamma", "symbol_error_rate"),
        "thermal": ("exponential_coupling", "heat_sink_coupling", "temperature_rise_k"),
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
    },
)


def __dir__() -> list[str]:
    return __all__
