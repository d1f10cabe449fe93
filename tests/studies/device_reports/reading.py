"""Curves and numbers of a report, read off at a point."""

from __future__ import annotations

import math

import numpy as np

from devices.parameters.part import Part
from studies.device_reports.catalogue import device_report
from studies.device_reports.curves import Panel


def panel(part: Part, title: str) -> Panel:
    (found,) = [p for p in device_report(part).panels if p.title.startswith(title)]
    assert isinstance(found, Panel)
    return found


def at(found: Panel, label: str, x: float) -> float:
    """Value of a curve; straight between its points, on the scales of the axes."""
    points, values = found.x.numpy(), found.curves[label].numpy()
    if found.x_log:
        points, x = np.log(points), math.log(x)
    if not found.y_log:
        return float(np.interp(x, points, values))
    return float(np.exp(np.interp(x, points, np.log(values))))


def number(part: Part, name: str) -> float:
    (found,) = [n.value for n in device_report(part).numbers if n.name == name]
    return found
