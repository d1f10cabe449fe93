"""Components of a machine with their price: energy of an action, power, area, range and source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from devices.parameters.base import Parameters, quantity
from devices.parameters.parts_file import parse_toml
from mirage_core.cost.work import Action, Work
from photonics.errors import InputError
from photonics.files import read_text

Status = Literal["printed", "published", "derived", "assumed", "yours"]
"""Where a number comes from: a total that the paper prints and gives no inputs for, a publication,
worked out from the design, an assumption, or the user's own."""


class Component(Parameters):
    """A kind of part of a machine, all of them together.

    Energy is paid for each action, power all the time.
    """

    action: Action = quantity("dots", "what its energy is paid for", source="choice")
    energy_j: float = quantity(0.0, "energy of an action", source="choice", ge=0, le=1)
    power_w: float = quantity(
        0.0, "power drawn all the time, of all", source="choice", ge=0, le=1e9
    )
    area_mm2: float = quantity(0.0, "area of all", source="choice", ge=0, le=1e9)
    low: float = quantity(1.0, "energy and power may be less by this", source="choice", gt=0, le=1)
    high: float = quantity(1.0, "or more by this", source="choice", ge=1, le=1e6)
    node: str = quantity("", "process that the numbers hold for", source="choice")
    status: Status = quantity("assumed", "where the numbers come from", source="choice")
    source: str = quantity("", "publication, derivation or assumption", source="choice")

    @model_validator(mode="after")
    def _has_a_source(self) -> Self:
        if not self.source:
            raise InputError("source", "", "must be told", "name a publication, or assumption: ...")
        return self

    def energy_of(self, work: Work, time_s: float) -> float:
        """Energy in J that some work takes within a time."""
        return float(getattr(work, self.action)) * self.energy_j + self.power_w * time_s


Components = Mapping[str, Component]


def own_components(path: Path, components: Components) -> dict[str, Component]:
    """Components with what a TOML file changes of them.

    ::

        [ADC]
        energy_j = 1.2e-12
        source = "data sheet"

    Values that are changed are the user's own: without a range unless the file gives one, and
    without the source of what they take the place of.

    Args:
        path: of the file; a table for each component.
        components: of the basis ``physics``, to be changed.

    Raises:
        InputError: for a file that cannot be read, a component that there is not, or a value that
            cannot be.
    """
    _, text = read_text(path, "--components")
    tables = parse_toml(text, path)
    changed = dict(components)
    for name, table in tables.items():
        if name not in components:
            allowed = f"must be one of the basis physics: {', '.join(components)}"
            remedy = "give --dram too" if name == "DRAM" else f"rename it in {path.name}"
            raise InputError("component", name, allowed, remedy)
        if not isinstance(table, dict):
            allowed = "must be a table of numbers"
            raise InputError(name, table, allowed, f"write [{name}] above them in {path.name}")
        source = f"own {', '.join(table)} of {path.name}, which names no source"
        given = {"status": "yours", "low": 1.0, "high": 1.0, "source": source, **table}
        try:
            changed[name] = components[name].changed(given)
        except InputError as error:
            field = f"{name}.{error.field}"
            raise InputError(field, error.value, error.allowed, error.remedy) from None
    return changed
