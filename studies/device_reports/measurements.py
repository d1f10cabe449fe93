"""Measured devices over wavelength, alone and beside their models.

What is compared does not depend on what a measurement cannot know: powers, and phases of one output
against another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from devices.library import is_file
from devices.library import part as part_of
from devices.parameters.measurement import Measurement
from devices.parameters.part import Part
from devices.parameters.transfer_file import read_transfer, rows_of
from devices.passive.coupler import Coupler, Splitter
from devices.passive.measured import MeasuredCoupler, MeasuredSplitter
from devices.switches.measured import MeasuredSwitch
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from photonics.errors import InputError
from photonics.optics import phasor, power_w
from photonics.units import power_to_db
from studies.device_reports.curves import LIGHT_M, DeviceReport, Number, Panel, decibel, unwrapped

_LIGHT = "light / nm"
_WHERE = "wavelength where that is"
# A picometre of a wavelength.
_LIGHT_DIGITS = 7
_STATES = ["measured_coupled", "measured_detuned"]
_MEASURED_KINDS: Mapping[type[Part], tuple[type[Measurement], Sequence[str]]] = {
    Coupler: (MeasuredCoupler, ["measured"]),
    Splitter: (MeasuredSplitter, ["measured"]),
    RingSwitch: (MeasuredSwitch, _STATES),
    MziSwitch: (MeasuredSwitch, _STATES),
}


class Compared(NamedTuple):
    """Fields that are compared over wavelength, in one panel.

    Attributes:
        title: of the panel.
        phase: whether by their phase, in rad, or by their power, in dB.
        fields: complex128 (N,) each, by the name of the curve.
    """

    title: str
    phase: bool
    fields: Mapping[str, Tensor]


def load_measured(kind: type[Part], files: Sequence[str]) -> Measurement:
    """The measured device that stands beside a kind of model.

    Args:
        kind: of the model.
        files: of S-parameters, one for each state; or one TOML file of the measured part.

    Raises:
        InputError: for a kind that none stands beside, or files that are too many, too few or not
            valid.
    """
    if kind not in _MEASURED_KINDS:
        allowed = "stands beside a coupler, splitter, mzi-switch or ring-switch"
        raise InputError("--measured", ", ".join(files), allowed)
    measured, fields = _MEASURED_KINDS[kind]
    if len(files) == 1 and is_file(files[0]):
        return part_of(files[0], measured)
    if len(files) != len(fields):
        states = " and ".join(field.removeprefix("measured_") for field in fields)
        each = "one file" if len(fields) == 1 else f"{len(fields)} files, {states}"
        allowed = f"must be {each}, or one TOML file of the measured part"
        raise InputError("--measured", ", ".join(files), allowed)
    found = [read_transfer(Path(file)) for file in files]
    values: dict[str, Any] = dict(zip(fields, map(rows_of, found), strict=True))
    if "wavelength_m" in measured.model_fields:
        # Nothing is asked of the working wavelength here, but it has to be one that was measured.
        light_m = found[0].wavelength_m
        values["wavelength_m"] = float(light_m[int((light_m - LIGHT_M).abs().argmin())])
    return measured.model_validate(values)


def measured_device(part: Measurement) -> DeviceReport:
    """Powers and phases at the wavelengths that were measured."""
    light_m = measured_light_m(part)
    numbers = [
        Number("wavelengths_count", len(light_m), "measured"),
        Number("first_wavelength_m", float(light_m[0]), "measured", digits=_LIGHT_DIGITS),
        Number("last_wavelength_m", float(light_m[-1]), "measured", digits=_LIGHT_DIGITS),
    ]
    for name, measured in part.transfers.items():
        of = "" if name == "measured" else f"{name.removeprefix('measured_')}_"
        gain_db = power_to_db(float(measured.gain.max()) ** 2)
        numbers += [
            Number(f"{of}gain_db", gain_db, "most that goes out of what goes in"),
            Number(f"{of}delay_s", measured.delay_s, "common to all ports"),
        ]
    panels = [_panel(each, None, light_m) for each in _measured(part, light_m)]
    return DeviceReport(numbers, panels)


def measured_light_m(part: Measurement) -> Tensor:
    """Wavelengths of the first file that lie within all files, float64 (N,)."""
    all_m = [measured.wavelength_m for measured in part.transfers.values()]
    low, high = max(float(one[0]) for one in all_m), min(float(one[-1]) for one in all_m)
    light_m = all_m[0][(all_m[0] >= low) & (all_m[0] <= high)]
    if len(light_m) < 2:
        names = ", ".join(part.transfers)
        allowed = "must have two wavelengths or more in common"
        raise InputError(names, f"{low:.7g} to {high:.7g} m", allowed, "measure over one range")
    return light_m


def compare(part: Part, measured: Measurement, light_m: Tensor | None = None) -> DeviceReport:
    """A model and a measurement over wavelength, and where they differ most.

    Args:
        part: the model: a coupler, a splitter, or a switch by interferometer or ring.
        measured: what :func:`load_measured` gives for it.
        light_m: wavelengths, (N,); none for those that were measured.

    Raises:
        InputError: for wavelengths that the measurement does not reach or tell.
    """
    light_m = measured_light_m(measured) if light_m is None else light_m
    found = _measured(measured, light_m)
    model, numbers = _MODELS[type(part)](part, measured, light_m)
    numbers = [*numbers, *_largest_amplitude(model, found, light_m)]
    panels = []
    for ours, theirs in zip(model, found, strict=True):
        panels.append(_panel(theirs, ours, light_m))
        for name in theirs.fields:
            numbers += _largest(name, ours, theirs, light_m)
    return DeviceReport(numbers, panels)


def _largest_amplitude(
    model: Sequence[Compared], measured: Sequence[Compared], light_m: Tensor
) -> list[Number]:
    """Largest difference of the amplitude of any output: nulls do not count for more than light."""
    apart = torch.stack(
        [
            (theirs.fields[name].abs() - ours.fields[name].abs()).abs()
            for ours, theirs in zip(model, measured, strict=True)
            for name in theirs.fields
            if not theirs.phase
        ]
    ).amax(dim=0)
    at = int(apart.argmax())
    return [
        Number("largest_difference_ratio", float(apart[at]), "of any amplitude, over the input's"),
        Number("largest_difference_at_m", float(light_m[at]), _WHERE, digits=_LIGHT_DIGITS),
    ]


def _largest(name: str, model: Compared, measured: Compared, light_m: Tensor) -> list[Number]:
    """Largest difference of one curve, and the wavelength at which it is."""
    ours, theirs = model.fields[name], measured.fields[name]
    if measured.phase:
        apart, unit = (theirs * ours.conj()).angle().abs(), "rad"
    else:
        apart, unit = (_level_db(theirs) - _level_db(ours)).abs(), "db"
    at = int(apart.argmax())
    stem = "largest_" + name.replace(" ", "_") + "_difference"
    return [
        Number(f"{stem}_{unit}", float(apart[at]), "measurement against model"),
        Number(f"{stem}_at_m", float(light_m[at]), _WHERE, digits=_LIGHT_DIGITS),
    ]


def _panel(measured: Compared, model: Compared | None, light_m: Tensor) -> Panel:
    shown = _unwrapped_rad if measured.phase else _level_db
    curves = {name: shown(field) for name, field in measured.fields.items()}
    same: dict[str, str] = {}
    if model is not None:
        same = {f"{name}, model": f"{name}, measured" for name in measured.fields}
        curves = {f"{name}, measured": values for name, values in curves.items()}
        for name, field in model.fields.items():
            ours = _level_db(field)
            if measured.phase:
                # Within half a turn of what was measured.
                apart_rad = (measured.fields[name] * field.conj()).angle()
                ours = curves[f"{name}, measured"] - apart_rad
            curves[f"{name}, model"] = ours
    return Panel(
        measured.title,
        _LIGHT,
        "phase / rad" if measured.phase else "output over input / dB",
        light_m * 1e9,
        curves,
        dashed=list(same),
        same_colour=same,
        x_digits=_LIGHT_DIGITS,
    )


def _level_db(field: Tensor) -> Tensor:
    return decibel(power_w(field))


def _unwrapped_rad(field: Tensor) -> Tensor:
    return unwrapped(field.angle())


def _measured(part: Measurement, light_m: Tensor) -> list[Compared]:
    if isinstance(part, MeasuredCoupler):
        return _coupler(part.matrix_at(light_m))
    if isinstance(part, MeasuredSplitter):
        return _splitter(part.fields_at(light_m))
    assert isinstance(part, MeasuredSwitch)
    coupled, detuned = (part.transfer(light_m, detuned=state) for state in (False, True))
    return _switch(coupled, detuned)


def _coupler(matrix: Tensor) -> list[Compared]:
    """Of light that enters input 0; matrices (N, 2, 2)."""
    bar, cross = matrix[:, 0, 0], matrix[:, 1, 0]
    return [
        Compared("Outputs, light into input 0", False, {"bar": bar, "cross": cross}),
        Compared("Cross output against bar", True, {"cross against bar": cross * bar.conj()}),
    ]


def _splitter(fields: Tensor) -> list[Compared]:
    """Of both outputs, (N, 2)."""
    first, second = fields.unbind(dim=-1)
    return [
        Compared("Outputs", False, {"output 0": first, "output 1": second}),
        Compared("Output 0 against output 1", True, {"output 0 against 1": first * second.conj()}),
    ]


def _switch(coupled: tuple[Tensor, Tensor], detuned: tuple[Tensor, Tensor]) -> list[Compared]:
    """Through and drop fields, (N,) each, of both states."""
    through, drop = coupled
    passed, leaked = detuned
    switched = drop * passed.conj()
    # Leads to the two ports differ by what nobody knows; the mean is taken out.
    switched = switched * phasor(-switched.sum().angle())
    return [
        Compared("Coupled", False, {"coupled through": through, "coupled drop": drop}),
        Compared("Detuned", False, {"detuned through": passed, "detuned drop": leaked}),
        Compared("Drop, coupled, against through, detuned", True, {"switched phase": switched}),
    ]


def _coupler_model(
    part: Coupler, measured: MeasuredCoupler, light_m: Tensor
) -> tuple[list[Compared], list[Number]]:
    return _coupler(part.matrix().expand(len(light_m), 2, 2)), []


def _splitter_model(
    part: Splitter, measured: MeasuredSplitter, light_m: Tensor
) -> tuple[list[Compared], list[Number]]:
    return _splitter(part.fields().expand(len(light_m), 2)), []


def _mzi_model(
    part: MziSwitch, measured: MeasuredSwitch, light_m: Tensor
) -> tuple[list[Compared], list[Number]]:
    """As designed: alike at all wavelengths."""
    working_m = float(light_m[len(light_m) // 2])
    coupled, detuned = (
        tuple(field.expand(len(light_m)) for field in part.state(working_m, coupled=state))
        for state in (True, False)
    )
    return _switch((coupled[0], coupled[1]), (detuned[0], detuned[1])), []


def _switch_model(
    part: RingSwitch, measured: MeasuredSwitch, light_m: Tensor
) -> tuple[list[Compared], list[Number]]:
    """With its resonance where the measured ring drops most."""
    resonance_m = _resonance_m(light_m, power_w(measured.transfer(light_m, detuned=False)[1]))
    from_resonance_m = light_m - resonance_m
    coupled = part.transfer(-from_resonance_m, resonance_m)
    detuned = part.transfer(part.detuning_m - from_resonance_m, resonance_m, 1.0)
    where = "of the model: where the measured ring drops most"
    number = Number("resonance_m", resonance_m, where, digits=_LIGHT_DIGITS)
    return _switch(coupled, detuned), [number]


def _resonance_m(light_m: Tensor, drop: Tensor) -> float:
    """Top of a resonance from the powers around it: there one over the power is a parabola."""
    top = int(drop.argmax())
    if not 0 < top < len(drop) - 1 or not float(drop[top - 1 : top + 2].min()) > 0.0:
        return float(light_m[top])
    before, middle, after = (float(x) for x in 1.0 / drop[top - 1 : top + 2])
    back_m, on_m = (float(x) for x in light_m[top - 1 : top + 2].diff())
    falls, rises = (before - middle) / back_m, (after - middle) / on_m
    # Both are zero where it is flat.
    bend = falls + rises
    return float(light_m[top]) + (0.5 * (falls * on_m - rises * back_m) / bend if bend else 0.0)


_MODELS: Mapping[type[Part], Any] = {
    Coupler: _coupler_model,
    MziSwitch: _mzi_model,
    Splitter: _splitter_model,
    RingSwitch: _switch_model,
}
