"""Physical constants and the only conversions between decibel and linear scales.

A decibel is always a ratio of powers; a field takes its square root.
"""

from __future__ import annotations

import math

from scipy import constants

ELEMENTARY_CHARGE_C: float = constants.elementary_charge
BOLTZMANN_J_PER_K: float = constants.Boltzmann
PLANCK_J_S: float = constants.Planck
SPEED_OF_LIGHT_M_PER_S: float = constants.speed_of_light
ROOM_TEMPERATURE_K: float = 300.0


def db_to_power(ratio_db: float) -> float:
    """Power ratio of a level in dB: 10^(x/10)."""
    return float(10.0 ** (ratio_db / 10.0))


def power_to_db(ratio: float) -> float:
    """Level in dB of a power ratio; minus infinity for zero."""
    return 10.0 * math.log10(ratio) if ratio > 0 else -math.inf


def loss_to_power(loss_db: float) -> float:
    """Fraction of the power that a loss of ``loss_db`` (positive) lets through."""
    return db_to_power(-loss_db)


def loss_to_amplitude(loss_db: float) -> float:
    """Fraction of the field amplitude that a loss of ``loss_db`` (positive) lets through."""
    return math.sqrt(db_to_power(-loss_db))


def watt_to_dbm(power_w: float) -> float:
    """Power in dBm."""
    return power_to_db(power_w / 1e-3)
