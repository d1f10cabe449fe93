"""Converters: staircases, nonlinearity, noise."""

from __future__ import annotations

import torch
from torch import Tensor

from devices.electronics.adc import Adc
from devices.electronics.dac import Dac
from photonics.converters import (
    QUANTISATION_VARIANCE_LSB2,
    capacitor_noise_variance_v2,
    jitter_snr_db,
    sine_snr_db,
    static_curve_lsb,
)
from photonics.random import NoiseKey
from studies.device_reports.curves import DeviceReport, Mark, Number, Panel, decades, span

_SEED = 0
_SHOWN_CODES = 8
_PER_STEP = 40


def _key() -> NoiseKey:
    return NoiseKey.from_seed(_SEED)


def adc(part: Adc) -> DeviceReport:
    """Staircase, error, nonlinearity, and signal to noise against frequency."""
    noise_v = float(part.noise_variance().sqrt()) * part.full_scale_v
    return DeviceReport(
        numbers=[
            Number("lsb_v", part.lsb * part.full_scale_v, "one step"),
            Number("enob_bits", part.enob, "slow full-scale sine"),
            Number("snr_db", sine_snr_db(part.enob), "of that sine, distortion included"),
            Number("input_noise_v", noise_v, "rms, without the quantiser"),
            Number("energy_j", part.energy_j, "of one conversion"),
        ],
        panels=_panels_of_adc(part),
    )


def _panels_of_adc(part: Adc) -> list[Panel]:
    """Only what shows something: an ideal converter has a flat INL and the textbook's noise."""
    panels = [staircase(part), error(part)]
    if part.inl_rms_lsb > 0.0:
        panels.append(nonlinearity(part))
    if part.inl_rms_lsb > 0.0 or part.input_noise_lsb > 0.0 or part.jitter_s > 0.0:
        panels.append(snr(part))
    return panels


def _inputs(part: Adc) -> Tensor:
    """Inputs around zero, in steps of the converter: a few codes, or all of a small one."""
    codes = min(_SHOWN_CODES, part.half_range + 1)
    return span(-codes, codes, 2 * codes * _PER_STEP + 1) + 0.5 / _PER_STEP


def _codes(part: Adc, steps: Tensor) -> dict[str, Tensor]:
    """Codes of inputs given in steps: of an ideal converter, and of the one of seed 0."""
    ideal = part.changed({"inl_rms_lsb": 0.0})
    curves = {"ideal": ideal.code(steps * part.lsb)}
    if part.inl_rms_lsb > 0.0:
        curves["with its nonlinearity (seed 0)"] = part.code(
            steps * part.lsb, part.transitions(_key())
        )
    return curves


def staircase(part: Adc) -> Panel:
    """Codes against the input, around zero."""
    steps = _inputs(part)
    return Panel("Staircase", "input / LSB", "code", steps, _codes(part, steps), whole="y")


def error(part: Adc) -> Panel:
    """Middle of the code's cell less the input, around zero."""
    steps = _inputs(part)
    curves = {
        name: part.middle(code) / part.lsb - steps for name, code in _codes(part, steps).items()
    }
    return Panel("Error", "input / LSB", "error / LSB", steps, curves)


def nonlinearity(part: Adc) -> Panel:
    """Deviation of every transition of one converter."""
    count = 2 * part.half_range - 1
    ideal = torch.arange(1 - part.half_range, part.half_range, dtype=torch.float64)
    return Panel(
        "Integral nonlinearity (seed 0)",
        "transition",
        "deviation / LSB",
        ideal,
        {"INL": static_curve_lsb(_key(), count, part.inl_rms_lsb)},
    )


def snr(part: Adc) -> Panel:
    """Signal to noise of a full-scale sine against its frequency."""
    frequency_hz = decades(1e7, 1e11, 20)
    fixed = (
        QUANTISATION_VARIANCE_LSB2 + part.input_noise_lsb**2 + part.inl_rms_lsb**2
    ) * part.lsb**2
    slope_rms = 2.0 * torch.pi * frequency_hz / 2.0**0.5
    jitter = (slope_rms * part.jitter_s).square()
    return Panel(
        "Full-scale sine",
        "frequency / GHz",
        "signal to noise / dB",
        frequency_hz * 1e-9,
        {
            "all": 10.0 * (0.5 / (fixed + jitter)).log10(),
            "ideal quantiser": torch.full_like(frequency_hz, sine_snr_db(part.bits)),
            **_jitter_alone(part, frequency_hz),
        },
        x_log=True,
        dashed=["ideal quantiser", "jitter alone"],
    )


def _jitter_alone(part: Adc, frequency_hz: Tensor) -> dict[str, Tensor]:
    if part.jitter_s == 0.0:
        return {}
    found = [jitter_snr_db(float(f), part.jitter_s) for f in frequency_hz]
    return {"jitter alone": torch.tensor(found, dtype=torch.float64)}


def dac(part: Dac) -> DeviceReport:
    """Staircase, nonlinearity and the noise of the holding capacitor."""
    span_v = 2.0 * part.full_scale_v
    levels = 2 * part.half_range
    noise_v = part.noise_variance_v2**0.5
    return DeviceReport(
        numbers=[
            Number("lsb_v", part.lsb_v, "one step"),
            Number("noise_rms_v", noise_v, "redrawn at every update"),
            Number("noise_rms_lsb", part.error_rms_levels(levels, span_v), "the same, in steps"),
            Number("energy_j", part.energy_j, "of one conversion"),
        ],
        panels=_panels_of_dac(part),
    )


def _panels_of_dac(part: Dac) -> list[Panel]:
    """The deviation only where there is any."""
    deviates = part.inl_rms_lsb > 0.0 or part.gain_error != 0.0
    return [levels_of_dac(part), *([deviations(part)] if deviates else []), hold_noise(part)]


def levels_of_dac(part: Dac) -> Panel:
    """Output against code, around zero."""
    reach = min(_SHOWN_CODES, part.half_range)
    code = torch.arange(-reach, reach, dtype=torch.int64)
    ideal = part.changed({"inl_rms_lsb": 0.0, "gain_error": 0.0})
    curves = {"ideal": ideal.voltage_v(code) * 1e3}
    if part.inl_rms_lsb > 0.0 or part.gain_error != 0.0:
        curves["with its errors (seed 0)"] = part.voltage_v(code, part.inl_lsb(_key())) * 1e3
    return Panel("Staircase", "code", "output / mV", code.double(), curves, steps=True, whole="x")


def deviations(part: Dac) -> Panel:
    """Deviation of every level from the ideal scale."""
    top = part.half_range
    code = torch.arange(-top, top, dtype=torch.int64)
    inl = part.inl_lsb(_key())
    whole = (1.0 + part.gain_error) * inl + part.gain_error * code
    return Panel(
        "Deviation (seed 0)",
        "code",
        "deviation / LSB",
        code.double(),
        {"gain and INL": whole, "INL": inl},
        dashed=["INL"],
    )


def hold_noise(part: Dac) -> Panel:
    """Output noise against the capacitor that would hold the output."""
    capacitance_f = decades(1e-15, 1e-10, 20)
    held = [capacitor_noise_variance_v2(float(c), part.temperature_k) for c in capacitance_f]
    variance = torch.tensor(held, dtype=torch.float64) + part.noise_v**2
    marks = [Mark("y", part.lsb_v * 1e6, "one step")]
    if part.hold_capacitance_f is not None:
        marks.append(Mark("x", part.hold_capacitance_f * 1e15, "its capacitor"))
    return Panel(
        "Noise of a holding capacitor",
        "capacitance / fF",
        "rms noise / µV",
        capacitance_f * 1e15,
        {"√(kT/C)": variance.sqrt() * 1e6},
        marks,
        x_log=True,
        y_log=True,
    )
