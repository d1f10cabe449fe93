"""Converters: staircases, nonlinearity and noise."""

from __future__ import annotations

import math

import pytest
import torch

from devices.electronics.adc import Adc
from devices.electronics.dac import Dac
from devices.parameters.part import Part
from studies.device_reports.catalogue import device_report
from tests.studies.device_reports.reading import at, number, panel


def test_adc() -> None:
    part = Adc(bits=6, inl_rms_lsb=0.3, jitter_s=100e-15)
    stairs = panel(part, "Staircase")
    assert torch.equal(stairs.curves["ideal"], stairs.x.floor())
    error = panel(part, "Error").curves
    assert float(error["ideal"].abs().max()) <= 0.5
    assert float(error["with its nonlinearity (seed 0)"].abs().max()) > 0.5
    inl = panel(part, "Integral").curves["INL"]
    assert float(inl.square().mean().sqrt()) == pytest.approx(0.3)
    assert len(inl) == 63
    # 50.06 dB for 100 fs at 5 GHz; 37.88 dB for six ideal bits.
    sine = panel(part, "Full-scale")
    assert at(sine, "jitter alone", 5.0) == pytest.approx(50.06, abs=0.01)
    assert at(sine, "ideal quantiser", 5.0) == pytest.approx(6.0206 * 6 + 1.7609, abs=1e-3)
    noise = 10**-5.006 + 10 ** (-number(part, "snr_db") / 10)
    assert at(sine, "all", 5.0) == pytest.approx(-10 * math.log10(noise), abs=0.01)


def test_small_adc_clips_within_the_picture() -> None:
    stairs = panel(Adc(bits=2), "Staircase")
    assert (float(stairs.curves["ideal"].min()), float(stairs.curves["ideal"].max())) == (-2, 1)


def test_a_converter_without_errors_has_no_empty_panel() -> None:
    def titles(part: Part) -> list[str]:
        return [p.title.split(" (")[0] for p in device_report(part).panels]

    inl, sine = "Integral nonlinearity", "Full-scale sine"
    bare = {"inl_rms_lsb": 0.0, "input_noise_lsb": 0.0, "jitter_s": 0.0}
    assert titles(Adc(**bare)) == ["Staircase", "Error"]
    assert titles(Adc(**bare | {"inl_rms_lsb": 0.2})) == ["Staircase", "Error", inl, sine]
    for fault in ({"input_noise_lsb": 0.2}, {"jitter_s": 1e-13}):
        assert titles(Adc(**bare | fault)) == ["Staircase", "Error", sine]
    assert "Deviation" not in titles(Dac(inl_rms_lsb=0.0, gain_error=0.0))
    for fault in ({"inl_rms_lsb": 0.2}, {"gain_error": 0.01}):
        assert "Deviation" in titles(Dac(**{"inl_rms_lsb": 0.0, "gain_error": 0.0} | fault))


def test_dac() -> None:
    part = Dac(bits=6, full_scale_v=1.08, gain_error=0.01, hold_capacitance_f=50e-15)
    stairs = panel(part, "Staircase")
    assert at(stairs, "ideal", 7) == pytest.approx(7 * 1080 / 32)
    assert at(stairs, "with its errors (seed 0)", 7) == pytest.approx(1.01 * 7 * 1080 / 32)
    assert at(panel(part, "Deviation"), "gain and INL", -32) == pytest.approx(-0.32)
    # kT/C of 50 fF is 288 µV.
    assert at(panel(part, "Noise"), "√(kT/C)", 50.0) == pytest.approx(287.8, rel=1e-3)
