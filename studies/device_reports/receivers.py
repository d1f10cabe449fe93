"""Receivers: diodes, balanced pairs, amplifiers, variable gain.

A noise density belongs to a whole receiver; the parts that are not shown are the default ones.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.light.laser import Laser
from studies.device_reports.curves import DeviceReport, Mark, Number, Panel, decades, decibel, span

_POWER_W = (1e-7, 1e-1)
_PER_HZ = 1.0


def densities(
    power_w: Tensor,
    diode: Photodiode,
    pair: BalancedPair,
    amplifier: TransimpedanceAmplifier,
    laser: Laser,
) -> dict[str, Tensor]:
    """Densities in A²/Hz at the input of the amplifier behind a balanced pair.

    Args:
        power_w: light on both diodes together, evenly split, any shape.
        diode: of the pair.
        pair: its rejection.
        amplifier: behind it.
        laser: its intensity noise.
    """
    shot = 2.0 * diode.shot_variance_a2(power_w / 2.0, _PER_HZ)
    thermal = torch.full_like(power_w, amplifier.noise_variance_a2(_PER_HZ))
    total_a = diode.current_a(power_w)
    leak = pair.intensity_variance_a2(total_a, laser.rin_db_per_hz, _PER_HZ)
    return {"shot": shot, "amplifier": thermal, "RIN leak": leak, "total": shot + thermal + leak}


def noise(
    diode: Photodiode | None = None,
    pair: BalancedPair | None = None,
    amplifier: TransimpedanceAmplifier | None = None,
) -> Panel:
    """Noise densities against the light on a pair."""
    power_w = decades(*_POWER_W)
    found = densities(
        power_w,
        diode or Photodiode(),
        pair or BalancedPair(),
        amplifier or TransimpedanceAmplifier(),
        Laser(),
    )
    return Panel(
        "Noise behind a balanced pair",
        "light on both diodes / mW",
        "density / (pA/√Hz)",
        power_w * 1e3,
        {name: density.sqrt() * 1e12 for name, density in found.items() if bool(density.any())},
        x_log=True,
        y_log=True,
        dashed=["shot", "amplifier", "RIN leak"],
    )


def response(bandwidth_hz: float, poles: int) -> Panel:
    """Butterworth response of one or two poles."""
    frequency_hz = decades(bandwidth_hz / 100.0, bandwidth_hz * 30.0)
    passed = 1.0 / (1.0 + (frequency_hz / bandwidth_hz) ** (2 * poles))
    return Panel(
        "Frequency response",
        "frequency / GHz",
        "response / dB",
        frequency_hz * 1e-9,
        {f"{poles} pole" + "s" * (poles > 1): decibel(passed)},
        [Mark("x", bandwidth_hz * 1e-9, "3 dB bandwidth")],
        x_log=True,
    )


def photodiode(part: Photodiode) -> DeviceReport:
    """Noise against light, and the response."""
    light_at_dark = part.dark_current_a / part.responsivity_a_per_w
    return DeviceReport(
        numbers=[
            Number("quantum_efficiency_fraction", part.quantum_efficiency, "electrons per photon"),
            Number("noise_bandwidth_hz", part.noise_bandwidth_hz, "(π/2) f of the one pole"),
            Number("dark_equivalent_w", light_at_dark, "light that makes the dark current"),
        ],
        panels=[current(part), noise(diode=part), response(part.bandwidth_hz, 1)],
    )


def current(part: Photodiode) -> Panel:
    """Current against light."""
    power_w = decades(*_POWER_W)
    return Panel(
        "Current",
        "light / mW",
        "current / µA",
        power_w * 1e3,
        {
            "photocurrent": part.current_a(power_w) * 1e6,
            "with the dark current": (part.current_a(power_w) + part.dark_current_a) * 1e6,
        },
        x_log=True,
        y_log=True,
        dashed=["with the dark current"],
    )


def balanced_pair(part: BalancedPair) -> DeviceReport:
    """Offset and leak of common-mode light."""
    total_a = decades(1e-7, 1e-1)
    return DeviceReport(
        numbers=[
            Number("imbalance_ratio", part.imbalance, "difference over sum, one input lit"),
            Number("offset_a", float(part.offset_a(torch.tensor(1e-3))), "for 1 mA in both diodes"),
        ],
        panels=[
            Panel(
                "Offset to calibrate",
                "current of both diodes / mA",
                "offset / µA",
                total_a * 1e3,
                {"offset": part.offset_a(total_a) * 1e6},
                x_log=True,
                y_log=True,
            ),
            noise(pair=part),
        ],
    )


def amplifier(part: TransimpedanceAmplifier) -> DeviceReport:
    """Noise, response and interference between symbols."""
    density = math.sqrt(part.noise_variance_a2(_PER_HZ))
    rms_a = math.sqrt(part.noise_variance_a2(part.noise_bandwidth_hz))
    return DeviceReport(
        numbers=[
            Number("noise_density_a_per_rthz", density, "at the input"),
            Number("noise_bandwidth_hz", part.noise_bandwidth_hz, "of the same poles"),
            Number("noise_rms_a", rms_a, "within that bandwidth"),
            Number("noise_rms_v", rms_a * part.transimpedance_ohm, "at the output"),
            Number("interference_rad", part.worst_phase_error_rad(1e-10), "symbols of 100 ps"),
        ],
        panels=[
            noise(amplifier=part),
            response(part.bandwidth_hz, part.poles),
            interference(part),
            step(part),
        ],
    )


def interference(part: TransimpedanceAmplifier) -> Panel:
    """Largest phase error by earlier symbols against the symbol rate."""
    rate_hz = decades(part.bandwidth_hz / 20.0, part.bandwidth_hz * 4.0)
    found = [part.worst_phase_error_rad(1.0 / float(r)) for r in rate_hz]
    error = torch.tensor(found, dtype=torch.float64)
    return Panel(
        "Interference between symbols",
        "symbol rate / GHz",
        "worst phase error / rad",
        rate_hz * 1e-9,
        {"equal amplitudes": torch.where(error > 1e-9, error, math.nan)},
        [Mark("y", math.pi / 33.0, "half a level of 33")],
        x_log=True,
        y_log=True,
    )


def step(part: TransimpedanceAmplifier) -> Panel:
    """Answer to a step of current."""
    time_s = span(0.0, 1.5 / part.bandwidth_hz)
    missing = [part.response.step_error(float(t)) for t in time_s]
    return Panel(
        "Step response",
        "time / ps",
        "output over its end",
        time_s * 1e12,
        {"output": 1.0 - torch.tensor(missing, dtype=torch.float64)},
    )


def variable_gain(part: VariableGain) -> DeviceReport:
    """Gain against what is wanted, and how a step of gain settles."""
    wanted_db = span(part.min_gain_db - 3.0, part.max_gain_db + 3.0, 2001)
    setting = part.setting(wanted_db)
    quietest = torch.tensor([part.min_gain_db, part.max_gain_db], dtype=torch.float64)
    ratio = part.factor(quietest)
    return DeviceReport(
        numbers=[
            Number("least_factor_ratio", float(ratio[0]), "voltage ratio of the smallest gain"),
            Number("greatest_factor_ratio", float(ratio[1]), "voltage ratio of the largest gain"),
            Number("added_noise_fraction", part.added_variance_a2(1.0), "of the amplifier's power"),
        ],
        panels=[
            Panel(
                "Gain",
                "wanted gain / dB",
                "gain / dB",
                wanted_db,
                {"gain": setting.gain_db, "wanted": wanted_db},
                [
                    Mark("x", part.min_gain_db, "range"),
                    Mark("x", part.max_gain_db, ""),
                ],
                dashed=["wanted"],
            ),
            gain_steps(part),
            gain_settling(part),
        ],
    )


def gain_steps(part: VariableGain) -> Panel:
    """Gain close to its smallest, where single steps show."""
    reach_db = 8.0 * part.step_db or 1.0
    wanted_db = span(part.min_gain_db, min(part.min_gain_db + reach_db, part.max_gain_db), 801)
    return Panel(
        "Steps, rounded down",
        "wanted gain / dB",
        "gain / dB",
        wanted_db,
        {"gain": part.setting(wanted_db).gain_db, "wanted": wanted_db},
        dashed=["wanted"],
    )


def gain_settling(part: VariableGain) -> Panel:
    """Voltage ratio after a symbol against the symbol time, for a gain that was doubled before."""
    symbol_s = decades(1e-12, 1e-8)
    gains = torch.tensor([0.0, 20.0 * math.log10(2.0)], dtype=torch.float64)
    left = [float(2.0 - part.settled_factor(gains, float(s))[-1]) for s in symbol_s]
    missing = torch.tensor(left, dtype=torch.float64)
    return Panel(
        "Settling of a doubled gain",
        "symbol time / ps",
        "missing part of the step",
        symbol_s * 1e12,
        {"missing": torch.where(missing > 1e-12, missing, math.nan)},
        x_log=True,
        y_log=True,
    )
