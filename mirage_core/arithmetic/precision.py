"""Precision that moves: bits of a mantissa by layer, and by how far a training has come.

Early steps of a training bear fewer bits than late ones (Fu et al., "FracTrain", arXiv 2012.13113,
who lower the bits of whole numbers; here it is those of the mantissas of a block format).  Moduli,
group size and rounding stay: they are the chip's.
"""

from __future__ import annotations

import fnmatch
import math
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from devices.parameters.base import Parameters, quantity
from photonics.checks import whole_number
from photonics.errors import InputError

_MOST_BITS = 10
# Starts are decimal fractions: what is off by less than this is a whole step.
_WHOLE = 1e-9


class Phase(Parameters):
    """From when on how many bits are used."""

    start: float = quantity(0.0, "when it begins, in the unit of its schedule", source="choice")
    bits: int = quantity(4, "of a mantissa's magnitude", source="choice", ge=1, le=_MOST_BITS)


class Precision(Parameters):
    """Mantissa bits of every product: those of its layer, or else of the phase it falls into.

    In a file::

        unit = "fraction"
        phases = [{start = 0.0, bits = 3}, {start = 0.5, bits = 4}]
        layers = {"0" = 4}

    Phases are refused unless the first starts at zero and each later one after the one before it.

    Example:
        >>> moving = Precision(unit="epoch", phases=[{"bits": 3}, {"start": 2, "bits": 4}])
        >>> in_steps = moving.in_steps(epochs=4, steps_per_epoch=10)
        >>> [in_steps.bits_at("fc", step) for step in (0, 19, 20)]
        [3, 3, 4]
    """

    unit: Literal["step", "epoch", "fraction"] = quantity(
        "step",
        "of starts: training steps, passes over the data, or parts of it all",
        source="choice",
    )
    phases: tuple[Phase, ...] = Field(
        default=(Phase(),), description="bits from some moment on, in order"
    )
    layers: dict[str, int] = Field(
        default={}, description="bits of layers by pattern of their names; the first match counts"
    )

    @model_validator(mode="before")
    @classmethod
    def _same_chip(cls, given: Any) -> Any:
        for name in ("moduli", "group_size") if isinstance(given, dict) else ():
            if name in given:
                allowed = "is fabricated, and cannot move while a training runs"
                raise InputError(name, given[name], allowed, _ANOTHER)
        return given

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        starts = [phase.start for phase in self.phases]
        if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
            raise InputError("phases", starts, "must start at 0, and each after the one before it")
        if self.unit == "fraction" and starts[-1] >= 1:
            raise InputError("phases", starts, "must start below 1, the end of the training")
        for pattern, bits in self.layers.items():
            whole_number(f"layers.{pattern}", bits, least=1, most=_MOST_BITS)
        return self

    @property
    def every_bits(self) -> tuple[int, ...]:
        """The bits that may come into use, rising."""
        return tuple(sorted({*self.layers.values(), *(phase.bits for phase in self.phases)}))

    def in_steps(self, *, epochs: int, steps_per_epoch: int) -> Self:
        """The same with starts in training steps: each phase begins with the first step past it."""
        epochs = whole_number("epochs", epochs, least=1)
        each = whole_number("steps_per_epoch", steps_per_epoch, least=1)
        steps = {"step": 1, "epoch": each, "fraction": epochs * each}[self.unit]
        phases = [
            {"start": math.ceil(phase.start * steps - _WHOLE), "bits": phase.bits}
            for phase in self.phases
        ]
        return self.changed({"unit": "step", "phases": phases})

    def bits_at(self, layer: str, moment: float) -> int:
        """Bits of the products of a layer at a moment in the schedule's unit."""
        for pattern, bits in self.layers.items():
            if fnmatch.fnmatchcase(layer, pattern):
                return bits
        begun = [phase.bits for phase in self.phases if phase.start <= moment]
        return begun[-1] if begun else self.phases[0].bits


_ANOTHER = "name or fabricate another machine, and price it as such"
