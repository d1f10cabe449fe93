"""Ring switches: spectra of both states, phase and delay; drive in time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.switches.ring import RingSwitch
from devices.switches.switch import Switch
from devices.switches.switch_drive import SwitchDrive
from photonics.optics import power_w
from photonics.settling import one_pole_corner_hz, one_pole_settling_time_s
from photonics.units import power_to_db
from studies.device_reports.curves import (
    LIGHT_M,
    DeviceReport,
    Mark,
    Number,
    Panel,
    decibel,
    span,
    unwrapped,
)


def ring_switch(part: RingSwitch) -> DeviceReport:
    """Spectra of both states, phase, delay and bias."""
    part.check(LIGHT_M)
    figures = part.figures(LIGHT_M)
    on, off = part.coupled(LIGHT_M), part.detuned(LIGHT_M)
    width_m = part.linewidth_m(LIGHT_M)
    slope = part.drop_slope_rad_per_m(0.0, LIGHT_M)
    off_slope = part.through_slope_rad_per_m(part.detuning_m, LIGHT_M)
    return DeviceReport(
        numbers=[
            Number("fsr_m", part.fsr_m(LIGHT_M), "free spectral range λ²/(n_g L)"),
            Number("linewidth_m", width_m, "full width at half maximum"),
            Number("finesse_ratio", part.fsr_m(LIGHT_M) / width_m, "range over width"),
            Number("quality_ratio", LIGHT_M / width_m, "wavelength over width"),
            Number("bandwidth_hz", figures.bandwidth_hz, "of the drop resonance"),
            Number("coupled_drop_loss_db", figures.drop_loss_db, "on resonance"),
            Number("coupled_through_leak_db", power_to_db(abs(on.through) ** 2), "on resonance"),
            Number("detuned_through_loss_db", figures.through_loss_db, "biased"),
            Number("detuned_drop_leak_db", power_to_db(abs(off.drop) ** 2), "biased"),
            Number("extinction_db", figures.extinction_db, "drop port, coupled over detuned"),
            Number("coupled_delay_s", part.group_delay_s(0.0, LIGHT_M, coupled=True), "drop port"),
            Number("field_lifetime_s", part.lifetime_s(LIGHT_M), "1/(π Δf)"),
            Number("coupled_slope_rad_per_m", slope, "drop phase per shift; 1e9 is 1 mrad/pm"),
            Number("detuned_slope_rad_per_m", off_slope, "through phase per shift"),
            Number("detuned_bias_v", part.bias_v(LIGHT_M), "that reaches the detuned state"),
            *switch_price(part),
        ],
        panels=[
            spectrum(part, detuned=False),
            spectrum(part, detuned=True),
            phase(part),
            delay(part),
            bias(part),
        ],
    )


def switch_price(part: Switch) -> list[Number]:
    """Power, energy and area of a switch."""
    power_w = [part.hold_power_w(coupled=coupled) for coupled in (True, False)]
    energy_j = part.change_energy_j(LIGHT_M)
    return [
        Number("coupled_hold_power_w", power_w[0], "unbiased, its trimmer's mean"),
        Number("straight_hold_power_w", power_w[1], "biased, its trimmer's mean"),
        Number("change_energy_j", energy_j, "heat of a change of state"),
        Number("area_m2", part.area_m2, "with its trimmer"),
    ]


def _window_m(part: RingSwitch) -> Tensor:
    """Detunings around a resonance: some widths and the detuned state, at most one range."""
    width_m = part.linewidth_m(LIGHT_M)
    half_m = min(max(8.0 * width_m, 1.6 * part.detuning_m), part.fsr_m(LIGHT_M) / 2.0)
    return span(-half_m, half_m, 1201)


def spectrum(part: RingSwitch, *, detuned: bool) -> Panel:
    """Through and drop power against the wavelength of the light, in one of the two states."""
    light_m = _window_m(part)
    shift_m, bias = (part.detuning_m, 1.0) if detuned else (0.0, 0.0)
    through, drop = part.transfer(shift_m - light_m, LIGHT_M, bias)
    return Panel(
        "Detuned (biased)" if detuned else "Coupled (no bias)",
        "light, from the unbiased resonance / nm",
        "output over input / dB",
        light_m * 1e9,
        {"through": decibel(power_w(through)), "drop": decibel(power_w(drop))},
        [Mark("x", 0.0, "working light")],
    )


def phase(part: RingSwitch) -> Panel:
    """Phase of both ports against the detuning of the ring."""
    detuning_m = _window_m(part)
    through, drop = part.transfer(detuning_m, LIGHT_M)
    # The constant half turn of the drop port (d < 0 on resonance) is left out.
    return Panel(
        "Phase",
        "detuning of the ring / nm",
        "phase / rad",
        detuning_m * 1e9,
        {"through": unwrapped(through.angle()), "drop, less π": (-drop).angle()},
        [Mark("x", part.detuning_m * 1e9, "detuned state")],
    )


def delay(part: RingSwitch) -> Panel:
    """Group delay of both ports against the detuning of the ring."""
    detuning_m = _window_m(part)

    def delays_s(coupled: bool) -> Tensor:
        found = [part.group_delay_s(float(d), LIGHT_M, coupled=coupled) for d in detuning_m]
        return torch.tensor(found, dtype=torch.float64)

    through, drop = delays_s(False), delays_s(True)
    # Where the through port is dark its phase jumps, and its delay means nothing.
    lit = power_w(part.transfer(detuning_m, LIGHT_M)[0]) > 0.1
    return Panel(
        "Group delay",
        "detuning of the ring / nm",
        "delay / ps",
        detuning_m * 1e9,
        {"through (above -10 dB)": torch.where(lit, through, math.nan) * 1e12, "drop": drop * 1e12},
        [Mark("x", part.detuning_m * 1e9, "detuned state")],
    )


def bias(part: RingSwitch) -> Panel:
    """Loss and leak of the biased state against the bias."""
    share = span(0.0, 2.0, 401)
    bias_v = share * part.bias_v(LIGHT_M)
    states = [part.at(x * part.detuning_m, LIGHT_M, x) for x in share.tolist()]
    through, drop = torch.tensor(states, dtype=torch.complex128).T
    return Panel(
        "Switching",
        "bias / V",
        "output over input / dB",
        bias_v,
        {"through": decibel(power_w(through)), "drop": decibel(power_w(drop))},
        [Mark("x", part.bias_v(LIGHT_M), "detuned state")],
    )


def switch_drive(part: SwitchDrive) -> DeviceReport:
    """A ring of the default kind that is biased for one symbol and let go again."""
    ring, constant_s = RingSwitch(), part.time_constant_s
    symbol_s = 10.0 * (constant_s + ring.lifetime_s(LIGHT_M))
    step_s = ring.time_step_s()
    time_s = step_s * torch.arange(-20, int(2.0 * symbol_s / step_s), dtype=torch.float64)
    bias = part.bias(torch.tensor([0, 1, 0]), symbol_s, time_s + 0.8 * symbol_s)
    light = torch.ones(len(time_s), dtype=torch.complex128)
    fields = ring.transient(LIGHT_M, bias, torch.zeros(1, 1, dtype=torch.float64), light)
    settling_s = one_pole_settling_time_s(constant_s, 0.01)
    numbers = [Number("settling_time_s", settling_s, "of the bias to 1 %")]
    if constant_s > 0.0:
        numbers.append(Number("corner_hz", one_pole_corner_hz(constant_s), "3 dB"))
    shares = {"bias": bias, "through": power_w(fields.straight), "drop": power_w(fields.coupled)}
    return DeviceReport(
        numbers=numbers,
        panels=[
            Panel(
                "Switching in time, ring of the default kind",
                "time / ps",
                "share of the bias, of the power",
                time_s * 1e12,
                shares,
                [Mark("x", 0.2 * symbol_s * 1e12, "bit set")],
            )
        ],
    )
