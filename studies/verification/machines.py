"""The machines that are put to the test, and what constants of nature say of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from scipy import constants

from circuits.analysis.link import LinkBudget
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.statistics import required_gamma

# Rows of an ideal machine may be short: nothing is lost along them.
SHORT_ROW = 4

_RECEIVER_HZ = 10e9
ONE_POLE_HZ = 2.0 / math.pi * _RECEIVER_HZ
"""Pole of a receiver whose noise bandwidth is 10 GHz."""


def noise_free(machine: MachineConfig) -> MachineConfig:
    """A machine without any noise, settled, of vanishing bandwidth, and otherwise as it is."""
    return machine.changed(
        {
            "laser.rin_db_per_hz": -400.0,
            "laser.linewidth_hz": 0.0,
            "receiver.photodiode.dark_current_a": 0.0,
            "receiver.tia.noise_a_per_rthz": 0.0,
            "receiver.tia.feedback_ohm": None,
            "receiver.tia.bandwidth_hz": 1e-6,
            "receiver.memory": "settled",
            "receiver.adc_noise_lsb": 0.0,
            "receiver.clock_jitter_s": 0.0,
        },
    )


def of_preset(preset: str, like: MachineConfig, changes: Mapping[str, Any]) -> MachineConfig:
    """A preset of one unit with the moduli and the mantissas of a machine, changed.

    Redundant moduli count as plain ones, so that every array is tested and no reading is mended.
    """
    overrides = {
        "array.units": 1,
        "moduli": list(like.all_moduli.moduli),
        "redundancy.policy": "none",
        "bfp.mantissa_bits": like.bfp.mantissa_bits,
        # Flaws are put in on purpose.
        "calibration.accept": "any",
        **changes,
    }
    return load_machine(preset, overrides)


def wide_ideal(like: MachineConfig, changes: Mapping[str, Any]) -> MachineConfig:
    """The ideal machine with short rows, and converters so fine that quantisation is nothing."""
    wide = {"receiver.adc_extra_bits": 8, "bfp.group_size": SHORT_ROW}
    return of_preset("isca2024-ideal", like, {**wide, **changes})


def powered(machine: MachineConfig, error_rate: float) -> MachineConfig:
    """A machine with the light that each modulus needs for an error rate at its mean loss."""
    length = machine.bfp.group_size
    powers_w = {}
    for modulus in machine.all_moduli.moduli:
        budget = LinkBudget(machine.design, modulus, length)
        loss_db = length * float(budget.gain.residue_loss_db().mean())
        powers_w[modulus] = float(f"{budget.closing_power_w(error_rate, loss_db):.3g}")
    return machine.changed({"modulus_power_w": powers_w})


def amplitude_a(machine: MachineConfig) -> float:
    """Amplitude of the I/Q phasor of an ideal machine: two rails with half of the light each."""
    return (
        machine.design.receiver.photodiode.responsivity_a_per_w * machine.design.laser.power_w / 2.0
    )


def amplifier_band_hz(machine: MachineConfig) -> float:
    """Noise bandwidth of one pole: π/2 times its frequency."""
    return math.pi / 2.0 * machine.design.receiver.tia.bandwidth_hz


def light_band_hz(machine: MachineConfig) -> float:
    """Noise bandwidth of two poles in series, the diodes' and the amplifier's."""
    return series_band_hz(
        machine.design.receiver.photodiode.bandwidth_hz, machine.design.receiver.tia.bandwidth_hz
    )


def series_band_hz(first_hz: float, second_hz: float) -> float:
    """Noise bandwidth of two poles in series: π/2 over the sum of their reciprocals."""
    return math.pi / 2.0 * first_hz * second_hz / (first_hz + second_hz)


def white_variance_a2(machine: MachineConfig) -> float:
    """Variance of each quadrature of an ideal machine from shot, dark and amplifier noise.

    Each balanced pair sees half of the light of both rails, a mean current of A, on two diodes.
    """
    mean_a = amplitude_a(machine) + 2.0 * machine.design.receiver.photodiode.dark_current_a
    shot: float = 2.0 * constants.elementary_charge * mean_a
    amplifier = (machine.design.receiver.tia.noise_a_per_rthz or 0.0) ** 2
    variance_a2: float = shot * light_band_hz(machine) + amplifier * amplifier_band_hz(machine)
    return variance_a2


def gamma(machine: MachineConfig) -> float:
    """A² / (2σ²) of an ideal machine."""
    return amplitude_a(machine) ** 2 / (2.0 * white_variance_a2(machine))


def noisy(like: MachineConfig, source: str, error_rate: float, modulus: int) -> MachineConfig:
    """The ideal machine with one white source of noise, set for an error rate of a modulus.

    Args:
        like: machine whose moduli and mantissas it takes.
        source: ``amplifier`` or ``shot``.
        error_rate: of a symbol.
        modulus: at which it holds.
    """
    wanted = required_gamma(error_rate, modulus)
    if source == "amplifier":
        ideal = wide_ideal(like, {})
        density = amplitude_a(ideal) / math.sqrt(2.0 * wanted * amplifier_band_hz(ideal))
        return wide_ideal(like, {"receiver.tia.noise_a_per_rthz": density})
    pole = {"receiver.tia.bandwidth_hz": ONE_POLE_HZ}
    ideal = wide_ideal(like, pole)
    current_a = 4.0 * constants.elementary_charge * light_band_hz(ideal) * wanted
    power_w = 2.0 * current_a / ideal.design.receiver.photodiode.responsivity_a_per_w
    return wide_ideal(like, {"laser.power_w": power_w, **pole})
