"""One frozen object that describes a machine, every value with its source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from circuits.coding.array_shape import ArrayShape
from circuits.design.circuit import Design
from circuits.optics.digit import DigitOptics
from circuits.optics.heat import ArrayHeat
from circuits.optics.measured_heat import require_fit
from circuits.optics.switch_heat import SwitchHeat
from circuits.receiver.by_design import require_light, symbol_memory
from devices.light.laser import MOST_POWER_W, PAPER
from devices.parameters.base import Parameters, quantity
from devices.parameters.seed import Seed
from devices.parameters.tree import Leaf, flat, leaves, values_of
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.machine.named_parts import with_changes
from mirage_core.machine.sources import lasting, require_no_sources
from photonics.errors import InputError

# What a machine says about itself, which is no parameter.
ABOUT = ("name", "description", "sources")


class ArrayConfig(Parameters):
    """Size of the modular arrays; there is one array of each modulus in a unit."""

    units: int = quantity(8, "number of RNS arrays", source=f"{PAPER}, Sec. VI", ge=1, le=4096)
    rows: int = quantity(32, "dot products in an array", source=f"{PAPER}, Sec. VI", ge=1, le=4096)


class MachineConfig(Parameters):
    """A machine: a circuit design with an array, a set of moduli and a number format.

    In Python the design is a part of its own, ``machine.design.laser.power_w``.  In files, dumps
    and dotted names its fields stand beside those of the machine, ``laser.power_w``.  Machines are
    equal if all but the sources of their values is.

    Refused if the dot products of one group do not fit the range of the moduli, if the redundancy
    cannot do what it is asked for, if the feed has fewer outputs than an array has rows, if the
    receiver samples when it should not, or if no light reaches it.
    """

    inlined = "design"

    name: str = Field(default="custom", description="name of the preset")
    description: str = Field(default="", description="what the preset stands for")
    design: Design = Design()
    moduli: tuple[int, ...] = quantity(
        (31, 32, 33), "pairwise coprime moduli", source=f"{PAPER}, Sec. VI"
    )
    redundancy: Redundancy = UNPROTECTED
    bfp: BfpFormat = BfpFormat()
    array: ArrayConfig = ArrayConfig()
    chip_seed: Seed = quantity(0, "which chip of the design was fabricated", source="choice")
    sources: dict[str, str] = Field(
        default={}, description="where values come from that were set, by dotted name", repr=False
    )

    @model_serializer(mode="wrap")
    def _flat(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """The fields of the design beside those of the machine."""
        dumped: dict[str, Any] = serialize(self)
        design, sources = dumped.pop("design", {}), dumped.pop("sources", None)
        flat = {**dumped, **design}
        return flat if sources is None else {**flat, "sources": sources}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        design = self.design
        self.moduli_set.check_range(self.bfp)
        self.redundancy.check(self.moduli_set, self.bfp.max_dot)
        moduli = self.all_moduli.moduli
        for modulus, power_w in design.modulus_power_w.items():
            if modulus not in moduli:
                raise InputError("modulus_power_w", modulus, f"must be one of {moduli}")
            if not power_w > 0:
                raise InputError(f"modulus_power_w.{modulus}", power_w, "must be above 0")
            if power_w > MOST_POWER_W:
                raise InputError(
                    f"modulus_power_w.{modulus}", power_w, f"must be at most {MOST_POWER_W:g}"
                )
        if design.feed.fan_out < self.array.rows:
            least = f"must be at least {self.array.rows}, the rows of an array"
            raise InputError("feed.fan_out", design.feed.fan_out, least, "set it with array.rows")
        symbol_memory(design)
        for modulus in moduli:
            require_light(design, modulus, self.bfp.group_size)
            optics = DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m)
            require_fit(optics, self.bfp.group_size)
            multiplier, rings = design.multiplier, SwitchHeat.of(optics)
            ArrayHeat.as_designed(multiplier.laid_out, rings, multiplier.multiplied_rails)
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MachineConfig):
            return NotImplemented
        names = [name for name in type(self).model_fields if name != "sources"]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def changed(self, changes: Mapping[str, Any], *, source: str = "changed") -> Self:
        """A machine with some values changed and all others as they are.

        Args:
            changes: by dotted name, ``{"laser.power_w": 1e-3}``; see :meth:`Parameters.changed`.
                ``{"multiplier.switch.part": "cheng-2019"}`` puts a part of the library in place.
            source: where the new values come from.

        Raises:
            InputError: for an unknown name, a value that cannot be, or two values of one name.
        """
        require_no_sources(changes)
        values, sources, _ = with_changes(
            type(self), values_of(self), self.sources, changes, source
        )
        machine = type(self).model_validate({**values, "sources": lasting(sources, values)})
        machine.require_effect(changes)
        return machine

    def require_effect(self, changes: Mapping[str, Any]) -> None:
        """Refuse light that was set for none of the moduli, so that no sweep of it is flat.

        Args:
            changes: that were made, by dotted name or in tables.

        Raises:
            InputError: where every modulus has a power of its own, and none of these was set too.
        """
        made, own = dict(flat(changes)), set(self.design.modulus_power_w)
        if "laser.power_w" not in made or own < set(self.all_moduli.moduli):
            return
        if not any(name.startswith("modulus_power_w") for name in made):
            allowed = "moves nothing, for every modulus has a power of its own"
            remedy = "set modulus_power_w=none beside it, or modulus_power_w.M of a modulus M"
            raise InputError("laser.power_w", made["laser.power_w"], allowed, remedy)

    def parameters(self) -> list[Leaf]:
        """Every value of the machine, with its default, its meaning and its own source."""
        return [
            leaf._replace(source=self.sources.get(leaf.name, leaf.source))
            for leaf in leaves(self)
            if leaf.name not in ABOUT
        ]

    @property
    def moduli_set(self) -> ModuliSet:
        """The moduli that hold the range of the machine's integers."""
        return ModuliSet(self.moduli)

    @property
    def all_moduli(self) -> ModuliSet:
        """All moduli for which there is an array: those, then the redundant ones."""
        return self.redundancy.all_moduli(self.moduli_set)

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
