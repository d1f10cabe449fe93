"""Every device that can be shown: its name, what it is, its parts and what draws it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.dac import Dac
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from devices.heat.trimmer import Trimmer
from devices.library import load_entry, part_names
from devices.light.laser import EdgeCoupler, Laser
from devices.light.power_limits import PowerLimits
from devices.parameters.overrides import parse_overrides
from devices.parameters.part import Part
from devices.parameters.problems import nearest
from devices.parameters.tree import join, layers, values_of
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from devices.passive.splitter import SplitterTree
from devices.passive.waveguide import Bend, Waveguide
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.measured import MeasuredSwitch
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from devices.switches.switch_drive import SwitchDrive
from photonics.errors import InputError
from studies.device_reports import (
    converters,
    guides,
    heaters,
    interferometers,
    lasers,
    limits,
    measurements,
    receivers,
    rings,
    shifters,
    trimmers,
)
from studies.device_reports.curves import DeviceReport

DEVICE_REPORTS: Mapping[type[Part], Callable[[Any], DeviceReport]] = {
    Laser: lasers.laser,
    EdgeCoupler: guides.edge_coupler,
    Waveguide: guides.waveguide,
    Bend: guides.bend,
    Coupler: interferometers.coupler,
    Splitter: interferometers.splitter,
    SplitterTree: interferometers.splitter_tree,
    MziSwitch: interferometers.mzi_switch,
    MeasuredCoupler: measurements.measured_device,
    MeasuredSplitter: measurements.measured_device,
    PhaseShifter: shifters.shifter,
    NoemsShifter: shifters.shifter,
    ThermoOpticShifter: shifters.shifter,
    DepletionShifter: shifters.shifter,
    InjectionShifter: shifters.shifter,
    ElectroOpticShifter: shifters.shifter,
    DriveCurve: shifters.drive_curve,
    ExponentialCoupling: heaters.law,
    HeatSinkCoupling: heaters.law,
    HeaterCoupling: heaters.heater_coupling,
    Trimmer: trimmers.trimmer,
    RingTrimmer: trimmers.ring_trimmer,
    RingSwitch: rings.ring_switch,
    MeasuredSwitch: measurements.measured_device,
    SwitchDrive: rings.switch_drive,
    PowerLimits: limits.power_limits,
    Photodiode: receivers.photodiode,
    BalancedPair: receivers.balanced_pair,
    TransimpedanceAmplifier: receivers.amplifier,
    VariableGain: receivers.variable_gain,
    Adc: converters.adc,
    Dac: converters.dac,
}


@dataclass(frozen=True)
class Shown:
    """A part as it is to be shown.

    Attributes:
        device: name of its kind.
        part: the part.
        description: what it is.
        sources: where its stated parameters come from; the others keep the source of the default.
    """

    device: str
    part: Part
    description: str
    sources: Mapping[str, str]


def device_name(kind: type[Part]) -> str:
    """``RingSwitch`` -> ``ring-switch``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def device_names() -> list[str]:
    """Names of all devices, in the order of the light."""
    return [device_name(kind) for kind in DEVICE_REPORTS]


def summary(kind: type[Part]) -> str:
    """First line of what is said about a kind of part."""
    return (kind.__doc__ or "").strip().partition("\n")[0]


def kind_of(name: str) -> type[Part]:
    """The kind of part of a name; underscores and capitals do not matter.

    Raises:
        InputError: for an unknown name.
    """
    wanted = name.replace("_", "-").lower()
    for kind in DEVICE_REPORTS:
        if wanted in (device_name(kind), kind.__name__.lower()):
            return kind
    remedy = nearest(wanted, device_names()) or "`mirage show devices` lists them"
    raise InputError("device", name, "no such device", remedy)


def choose(name: str, part: str | None, overrides: Sequence[str]) -> Shown:
    """The part that a command line asks for.

    Args:
        name: of the device.
        part: name of a part of the library, or a TOML file; none for the default part, or the
            first of the library where a kind has no default.
        overrides: changes as ``field=value``.

    Raises:
        InputError: for an unknown device or part, or a value that is not allowed.
    """
    kind = kind_of(name)
    needs_part = any(field.is_required() for field in kind.model_fields.values())
    if part is None and needs_part and not overrides:
        part = next(iter(part_names(kind)), None)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    description = summary(kind)
    if part is not None:
        stated = load_entry(part, kind)
        values = values_of(stated.part)
        sources.update(stated.sources)
        label = stated.name or part
        description = f"{label}: {stated.description}" if stated.description else label
    changes = parse_overrides(overrides, "--set")
    for layer in layers(kind, changes):
        values = join(kind, values, layer)
    sources |= dict.fromkeys(changes, "set by --set")
    return Shown(device_name(kind), kind.model_validate(values), description, sources)


def device_report(part: Part) -> DeviceReport:
    """Characteristic numbers and curves of a part."""
    return DEVICE_REPORTS[type(part)](part)
