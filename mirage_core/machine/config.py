"""One frozen object that describes a machine, its presets, and how to change them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from circuits.chip.chip import ArrayShape
from circuits.design.circuit import Design
from circuits.optics.digit import DigitOptics
from circuits.optics.heat import ArrayHeat
from circuits.optics.ring_heat import RingHeat
from circuits.receiver.gain import require_light
from circuits.receiver.memory import SymbolMemory
from devices.light.laser import MOST_POWER_W, PAPER
from devices.parameters.part import Part, quantity
from devices.parameters.parts_file import (
    FileError,
    apply_override,
    first_problem,
    nearest,
    parse_toml,
    validation_lines,
)
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from photonics.errors import InputError


class ArrayConfig(Part):
    """Size and clock of the modular arrays; there is one array of each modulus in a unit."""

    units: int = quantity(8, "number of RNS arrays", source=f"{PAPER}, Sec. VI", ge=1, le=4096)
    rows: int = quantity(32, "dot products in an array", source=f"{PAPER}, Sec. VI", ge=1, le=4096)
    clock_hz: float = quantity(
        10e9, "symbols per second", source=f"{PAPER}, Sec. V-B", gt=0, le=1e12
    )


class MachineConfig(Design):
    """A machine: a circuit design with an array, a set of moduli and a number format.

    Refused if the dot products of one group do not fit the range of the moduli, if the redundancy
    cannot do what it is asked for, if the receiver samples when it should not, or if no light
    reaches it.
    """

    name: str = Field(default="custom", description="name of the preset")
    description: str = Field(default="", description="what the preset stands for")
    moduli: tuple[int, ...] = Field(default=(31, 32, 33), description="pairwise coprime moduli")
    redundancy: Redundancy = UNPROTECTED
    bfp: BfpFormat = BfpFormat()
    array: ArrayConfig = ArrayConfig()
    chip_seed: int = Field(
        default=0, description="which chip of the design was fabricated", ge=0, lt=2**63
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self.moduli_set.check_range(self.bfp)
        self.redundancy.check(self.moduli_set, self.bfp.max_dot)
        moduli = self.all_moduli.moduli
        for modulus, power_w in self.modulus_power_w.items():
            if modulus not in moduli:
                raise InputError("modulus_power_w", modulus, f"must be one of {moduli}")
            if not power_w > 0:
                raise InputError(f"modulus_power_w.{modulus}", power_w, "must be above 0")
            if power_w > MOST_POWER_W:
                raise InputError(
                    f"modulus_power_w.{modulus}", power_w, f"must be at most {MOST_POWER_W:g}"
                )
        SymbolMemory.of(self)
        for modulus in moduli:
            require_light(self, modulus, self.bfp.group_size)
            optics = DigitOptics.of(self.multiplier, modulus, self.laser.wavelength_m)
            ArrayHeat.as_designed(self.multiplier.heat, RingHeat.of(optics))
        return self

    @property
    def moduli_set(self) -> ModuliSet:
        """The moduli that hold the range of the machine's integers."""
        return ModuliSet(self.moduli)

    @property
    def all_moduli(self) -> ModuliSet:
        """All moduli for which there is an array: those, then the redundant ones."""
        return self.redundancy.all_moduli(self.moduli_set)

    @property
    def symbol_s(self) -> float:
        """Time of a symbol."""
        return 1.0 / self.array.clock_hz

    @property
    def array_shape(self) -> ArrayShape:
        """Units, rows, and multipliers in a row."""
        return ArrayShape(self.array.units, self.array.rows, self.bfp.group_size)

    def __repr__(self) -> str:
        """Name and key numbers; :meth:`model_dump` gives every parameter."""
        units, rows, length = self.array.units, self.array.rows, self.bfp.group_size
        return (
            f"MachineConfig({self.name!r}, moduli={self.all_moduli.moduli}, "
            f"array={units} x {rows} x {length}, mantissa_bits={self.bfp.mantissa_bits}, "
            f"redundancy={self.redundancy.policy!r})"
        )

    __str__ = __repr__


def preset_names() -> list[str]:
    """Names of the presets that come with the package."""
    files = resources.files("mirage_core.machine.presets").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def load_machine(source: str | Path, overrides: Sequence[str] = ()) -> MachineConfig:
    """Load a preset by name, or a machine from a TOML or JSON file.

    Args:
        source: name of a preset, or a path that ends in ``.toml`` or ``.json``.
        overrides: changes as ``dotted.name=value``, the value in TOML notation, for example
            ``receiver.tia.noise_a_per_rthz=10e-12``.  A name that is alone in its place needs no
            quotes.

    Raises:
        InputError: for an unknown preset, an unreadable file, an unknown or impossible value.
    """
    text, data = _read(source)
    changed = copy.deepcopy(data)
    for override in overrides:
        apply_override(changed, override)
    try:
        return MachineConfig.model_validate(changed)
    except ValidationError as error:
        if _is_file(source):
            _require_valid_file(data, text, source)
        raise first_problem(error, MachineConfig) from None


def _is_file(source: str | Path) -> bool:
    return str(source).endswith((".toml", ".json"))


def _require_valid_file(data: Mapping[str, Any], text: str, path: str | Path) -> None:
    """Refuse what is wrong in a file by itself, before any change, with the lines of the file."""
    try:
        MachineConfig.model_validate(data)
    except ValidationError as error:
        # Only TOML keys can be found again; of a JSON file the name must do.
        located = text if str(path).endswith(".toml") else ""
        lines = validation_lines(error, located, path, model=MachineConfig)
        raise FileError(path, lines) from None


def _read(source: str | Path) -> tuple[str, dict[str, Any]]:
    """Text and content of a preset or a file."""
    name = str(source)
    if _is_file(source):
        try:
            text = Path(name).read_text(encoding="utf-8")
            data = json.loads(text) if name.endswith(".json") else parse_toml(text, name)
        except FileError:
            raise
        except (OSError, ValueError) as error:
            raise InputError("preset", name, f"cannot be read: {error}") from None
        if not isinstance(data, dict):
            raise InputError("preset", name, "must hold an object with the parameters")
        return text, data
    if name not in preset_names():
        hint = nearest(name, preset_names()) or "or give the path of a .toml file"
        raise InputError("preset", name, f"must be one of {', '.join(preset_names())}", hint)
    text = (resources.files("mirage_core.machine.presets") / f"{name}.toml").read_text(
        encoding="utf-8"
    )
    return text, {"name": name, **parse_toml(text, name)}
