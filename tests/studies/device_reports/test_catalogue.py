"""Every kind of part has a name and a report, and a part is chosen by words."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import devices
from devices.parameters.part import Part
from studies.device_reports.catalogue import (
    DEVICE_REPORTS,
    choose,
    device_name,
    kind_of,
)
from studies.show.devices import parameters

KINDS = list(DEVICE_REPORTS)


def test_every_part_of_the_package_is_a_device() -> None:
    modules = [
        importlib.import_module(m.name) for m in pkgutil.walk_packages(devices.__path__, "devices.")
    ]
    parts = {
        one
        for module in modules
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Part) and one is not Part
        if not inspect.isabstract(one)
    }
    assert parts == set(KINDS)


def test_parts_within_parts() -> None:
    shown = choose("heater-coupling", "warm-package", ["law.decay_length_m=1e-4"])
    rows = {row[0]: row for row in parameters(shown.part, shown.sources)}
    assert rows["law"][1] == "ExponentialCoupling"
    assert rows["law.decay_length_m"][1:4:2] == ("0.0001", "set by --set")
    assert rows["law.nearest_coupling"][3] == "unsourced: assumed, that of deep trenches"
    sink = choose("heater-coupling", None, ["law.width_m=3e-6"])
    assert type(sink.part.law).__name__ == "HeatSinkCoupling"  # type: ignore[attr-defined]


def test_a_resistor_replaces_the_noise_of_the_default_amplifier() -> None:
    part = choose("transimpedance-amplifier", None, ["feedback_ohm=50"]).part
    assert part.noise_a_per_rthz is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["ring-switch", "ring_switch", "RingSwitch"])
def test_names(name: str) -> None:
    assert device_name(kind_of(name)) == "ring-switch"
