"""Guides: edge coupler, straight guide, bend."""

from __future__ import annotations

import torch

from devices.light.laser import EdgeCoupler, Laser
from devices.passive.waveguide import Bend, Waveguide
from photonics.dispersion import index_slope_per_m
from photonics.units import loss_to_power
from studies.device_reports.curves import DeviceReport, Mark, Number, Panel, span

_REACH_M = 50e-9


def waveguide(part: Waveguide) -> DeviceReport:
    """Dispersion, loss and the phase of warming."""
    light_m = part.reference_m
    slope = index_slope_per_m(part.effective_index, part.group_index, light_m)
    thermal = part.thermal_phase_rad_per_k(light_m)
    return DeviceReport(
        numbers=[
            Number("loss_db", part.loss_db, "of the whole guide"),
            Number("phase_rad", float(part.phase_rad(light_m)), "of the whole guide, unreduced"),
            Number("delay_s", part.delay_s(light_m), "group delay n_g L / c"),
            Number("index_slope_per_m", slope, "dn/dλ, from n_g = n - λ dn/dλ"),
            Number("thermal_phase_rad_per_k", thermal, "of the whole guide"),
        ],
        panels=[
            dispersion(part, group=False),
            dispersion(part, group=True),
            loss(part),
            heat(part),
        ],
    )


def dispersion(part: Waveguide, *, group: bool) -> Panel:
    """Effective or group index against wavelength."""
    wavelength_m = span(part.reference_m - _REACH_M, part.reference_m + _REACH_M, 101)
    index = part.group_index_at if group else part.index
    name = "group index" if group else "effective index"
    return Panel(
        name.capitalize(),
        "wavelength / nm",
        name,
        wavelength_m * 1e9,
        {name: torch.tensor([index(float(w)) for w in wavelength_m], dtype=torch.float64)},
        [Mark("x", part.reference_m * 1e9, "reference")],
    )


def loss(part: Waveguide) -> Panel:
    """Loss against length."""
    length_m = span(0.0, max(2.0 * part.length_m, 1e-3), 101)
    return Panel(
        "Propagation loss",
        "length / mm",
        "loss / dB",
        length_m * 1e3,
        {"loss": part.loss_db_per_m * length_m},
        [Mark("x", part.length_m * 1e3, "this guide")],
    )


def heat(part: Waveguide) -> Panel:
    """Phase against warming."""
    warming_k = span(0.0, 10.0, 101)
    phase = part.phase_rad(part.reference_m, warming_k) - part.phase_rad(part.reference_m)
    return Panel("Phase of warming", "warming / K", "phase / rad", warming_k, {"phase": phase})


def bend(part: Bend) -> DeviceReport:
    """Light left after many bends."""
    count = span(0.0, 200.0, 201)
    left = torch.tensor([loss_to_power(part.loss_db * float(n)) for n in count])
    return DeviceReport(
        numbers=[
            Number("transmission_fraction", loss_to_power(part.loss_db), "of the power"),
        ],
        panels=[
            Panel(
                "Light left after bends",
                "180 degree bends in series",
                "power left",
                count,
                {"power": left.to(torch.float64)},
            )
        ],
    )


def edge_coupler(part: EdgeCoupler) -> DeviceReport:
    """Light that reaches the chip."""
    power_w = span(0.0, 10.0 * Laser().power_w, 101)
    return DeviceReport(
        numbers=[Number("transmission_fraction", part.transmission, "of the power")],
        panels=[
            Panel(
                "Light on the chip",
                "laser power / mW",
                "power on the chip / mW",
                power_w * 1e3,
                {"behind the coupler": part.transmission * power_w * 1e3, "no loss": power_w * 1e3},
                dashed=["no loss"],
            )
        ],
    )
