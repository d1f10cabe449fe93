"""Show a device: tables in the terminal, a picture and, on request, JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from devices.library import part_names
from photonics.errors import InputError
from studies.device_reports.catalogue import (
    DEVICE_REPORTS,
    Shown,
    choose,
    device_name,
    device_report,
    summary,
)
from studies.device_reports.curves import DeviceReport, Matrix, Panel
from studies.device_reports.drawing import draw
from studies.device_reports.measurements import compare, load_measured
from studies.device_reports.sweep import parse_sweep
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.tables import console, print_table

_SAMPLES = 7


def show_all() -> list[dict[str, Any]]:
    """Print all devices with the parts of the library; returns the same."""
    rows = [
        {"device": device_name(kind), "what": summary(kind), "parts": part_names(kind)}
        for kind in DEVICE_REPORTS
    ]
    print_table(
        "Devices",
        ("device", "what it is", "parts of the library"),
        [(str(r["device"]), str(r["what"]), ", ".join(r["parts"]) or "-") for r in rows],
        text=("what it is", "parts of the library"),
    )
    return rows


def show(
    name: str,
    part: str | None,
    overrides: list[str],
    out: Path,
    measured: Sequence[str] = (),
    sweep: str | None = None,
) -> dict[str, Any]:
    """Print a device and write its picture to ``out``; returns everything shown.

    Args:
        name: of the device.
        part: of the library, or a TOML file.
        overrides: changes as ``field=value``.
        out: folder of the picture.
        measured: files of S-parameters of such a device, to be drawn beside it; for a ring that of
            the coupled state, then that of the detuned one.  Or a TOML file of a measured part.
        sweep: wavelengths of that comparison; none for those that were measured.

    Raises:
        InputError: for an unknown device or part, a bad value, or a folder that cannot be written.
    """
    shown = choose(name, part, overrides)
    title = f"{shown.device}: {shown.description}"
    if measured:
        light_m = None if sweep is None else parse_sweep(sweep)
        found = compare(shown.part, load_measured(type(shown.part), measured), light_m)
        title = f"{title} Measured: {', '.join(Path(file).name for file in measured)}"
    elif sweep is not None:
        raise InputError("--sweep", sweep, "goes with --measured", "name a file of S-parameters")
    else:
        found = device_report(shown.part)
    picture = make_output_folder(out) / f"{_file_stem(shown, part, measured)}.png"
    save(draw(found, title), picture)
    _print(shown, found)
    console().print(f"curves: {picture}")
    return as_json(shown, found, picture) | ({"measured": list(measured)} if measured else {})


def parameters(
    part: BaseModel, sources: Mapping[str, str], prefix: str = ""
) -> list[tuple[str, str, str, str]]:
    """Name, value, meaning and source of every parameter, nested ones with dotted names.

    Args:
        part: the part, or a part within a part.
        sources: of the parameters that do not have the value of the default, by dotted name; that
            of a whole holds for its members.
        prefix: dotted name of ``part``, with its dot.
    """
    rows = []
    for name, field in type(part).model_fields.items():
        dotted, value = prefix + name, getattr(part, name)
        extra = field.json_schema_extra
        default = str(extra.get("source", "")) if isinstance(extra, dict) else ""
        source = sources.get(dotted, sources.get(prefix.rstrip("."), default))
        rows.append((dotted, _text(value), field.description or "", source))
        if isinstance(value, BaseModel):
            rows += parameters(value, sources, f"{dotted}.")
    return rows


def as_json(shown: Shown, found: DeviceReport, picture: Path) -> dict[str, Any]:
    """Parameters, numbers and curves; what is not finite becomes null."""
    return {
        "device": shown.device,
        "description": shown.description,
        "parameters": shown.part.model_dump(mode="json"),
        "sources": {name: source for name, _, _, source in _rows(shown)},
        "numbers": {n.name: n.value if math.isfinite(n.value) else None for n in found.numbers},
        "panels": [_panel_json(panel) for panel in found.panels],
        "picture": str(picture),
    }


def _rows(shown: Shown) -> list[tuple[str, str, str, str]]:
    return parameters(shown.part, shown.sources)


def _panel_json(panel: Panel | Matrix) -> dict[str, Any]:
    if isinstance(panel, Matrix):
        return {"title": panel.title, panel.value_label: _finite(panel.values)}
    return {
        "title": panel.title,
        "x": {"label": panel.x_label, "values": _finite(panel.x)},
        "y": {
            "label": panel.y_label,
            "curves": {name: _finite(values) for name, values in panel.curves.items()},
        },
        "marks": [{"axis": m.axis, "value": m.value, "label": m.label} for m in panel.marks],
    }


def _finite(values: Tensor) -> Any:
    if values.ndim > 1:
        return [_finite(row) for row in values]
    return [v if math.isfinite(v) else None for v in values.tolist()]


def _print(shown: Shown, found: DeviceReport) -> None:
    print_table(
        f"{shown.device}: {shown.description}",
        ("parameter", "value", "meaning", "source"),
        _rows(shown),
        text=("meaning", "source"),
    )
    print_table(
        "Characteristic numbers",
        ("quantity", "value", "meaning"),
        [(n.name, _text(n.value, n.digits), n.meaning) for n in found.numbers],
        text=("meaning",),
    )
    for panel in found.panels:
        if isinstance(panel, Panel):
            _print_panel(panel)


def _print_panel(panel: Panel) -> None:
    """A few points of every curve."""
    picked = torch.linspace(0, len(panel.x) - 1, min(_SAMPLES, len(panel.x))).round().long()
    print_table(
        f"{panel.title} [{panel.y_label}]",
        (panel.x_label, *(_text(float(panel.x[i]), panel.x_digits) for i in picked)),
        [(name, *(_text(float(v[i])) for i in picked)) for name, v in panel.curves.items()],
    )


def _text(value: Any, digits: int = 4) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.{digits}g}"
    if isinstance(value, BaseModel):
        return type(value).__name__
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return f"{len(value)} by {len(value[0])} matrix"
        return ", ".join(_text(v) for v in value)
    return "-" if value is None else str(value)


def _file_stem(shown: Shown, part: str | None, measured: Sequence[str]) -> str:
    files = ([] if part is None else [part]) + list(measured)
    # A backslash parts folders on Windows alone, and means the same there as here.
    return "-".join([shown.device, *(PureWindowsPath(file).stem for file in files)])
