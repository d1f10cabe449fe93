"""Systolic arrays of the user's own, from a TOML file.

::

    [mine]
    energy_j = 0.3e-12      # of a multiply-accumulate; must be given
    area_mm2 = 5e-4         # of a multiplier; left out, there is no comparison at equal area
    clock_hz = 1e9
    rows = 64
    length = 64
"""

from __future__ import annotations

from pathlib import Path

from devices.parameters.base import Parameters, quantity
from devices.parameters.parts_file import FileError, located, parse_toml
from mirage_core.cost.published.hardware import FORMATS
from photonics.errors import InputError
from photonics.files import read_text
from studies.accelerator.quantities import number

OPTION = "--arrays"


class ArrayKind(Parameters):
    """A kind of systolic array: its multipliers, and how many are in one."""

    energy_j: float = quantity(
        ..., "energy of a multiply-accumulate", source="to be stated", gt=0, le=1
    )
    area_mm2: float | None = quantity(
        None, "area of a multiplier; none if not known", source="not given", gt=0, le=1e6
    )
    clock_hz: float = quantity(1e9, "multiplications per second", source="choice", gt=0, le=1e12)
    rows: int = quantity(
        32, "outputs that leave an array at a time", source="paper", ge=1, le=65536
    )
    length: int = quantity(16, "multipliers that add up to one", source="paper", ge=1, le=65536)

    @property
    def multipliers(self) -> int:
        """In one array."""
        return self.rows * self.length

    @property
    def text(self) -> str:
        """All of it in words, whoever said it."""
        area = "no area given: not compared at equal area"
        if self.area_mm2 is not None:
            area = f"{number(self.area_mm2)} mm² a multiplier"
        return (
            f"{self.rows} rows of {self.length} multipliers at {number(1e-9 * self.clock_hz)} GHz, "
            f"{number(1e12 * self.energy_j)} pJ a multiply-accumulate, {area}"
        )


PUBLISHED = {
    name: ArrayKind(energy_j=f.energy_j, area_mm2=f.area_mm2, clock_hz=f.clock_hz)
    for name, f in FORMATS.items()
}
"""The formats of Table II in arrays of 32 x 16."""


def array_kinds(path: Path | None) -> dict[str, ArrayKind]:
    """The paper's formats, and those of a file beside them.

    Raises:
        InputError: for a file that cannot be read, or an array that cannot be.
    """
    if path is None:
        return PUBLISHED
    _, text = read_text(path, OPTION)
    tables = parse_toml(text, path)
    found = dict(PUBLISHED)
    for name, table in tables.items():
        if not isinstance(table, dict):
            allowed = "must be a table of numbers"
            raise InputError(name, table, allowed, f"write [{name}] above them in {path.name}")
        try:
            found[name] = ArrayKind.model_validate(table)
        except InputError as error:
            field = f"{name}.{error.field}"
            problem = InputError(field, error.value, error.allowed, error.remedy)
            raise FileError(path, located([problem], text, path)) from None
    return found
