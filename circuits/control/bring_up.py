"""A machine's own chip: fabricated, calibrated, drifted since, and tracked by pilots."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from pydantic import BaseModel

from circuits.chip.cache import cached_chip, chip_name, keep_chip, own_kinds
from circuits.chip.chip import Chip, fabricate
from circuits.chip.drift import drifted
from circuits.coding.array_shape import ArrayShape
from circuits.control.pilots import tracked
from circuits.control.procedure import calibrate
from circuits.design.circuit import Design
from photonics.checks import instance_of, whole_numbers
from photonics.random import seed_number

# Runs and fidelities of one machine share a chip.
_KEPT = 8


def bring_up(design: Design, moduli: tuple[int, ...], shape: ArrayShape, seed: int) -> Chip:
    """The chip that a design runs on: the same seed gives the same chip.

    Its calibration follows ``design.calibration`` (none leaves it raw), its temperatures since
    then ``design.drift``.  Chips that were made before come from memory, or from a folder
    (:mod:`circuits.chip.cache`).

    Raises:
        InputError: as :func:`fabricate` and :func:`calibrate`.
    """
    instance_of("design", design, Design, "a machine has one: machine.design")
    instance_of("shape", shape, ArrayShape, "write ArrayShape(units, rows, length)")
    # How a chip wanders changes nothing of what it is at the start.
    start = design.model_copy(update={"drift": design.drift.at_start})
    numbers, seed = whole_numbers("moduli", moduli), seed_number("seed", seed)
    made = _bring_up(start.model_dump_json(), numbers, shape, seed, own_kinds(design))
    # What is kept is given to nobody.
    return replace(made, design=design).copied()


@lru_cache(maxsize=_KEPT)
def _bring_up(
    design: str,
    moduli: tuple[int, ...],
    shape: ArrayShape,
    seed: int,
    own: tuple[type[BaseModel], ...],
) -> Chip:
    """A chip, kept in memory; ``own`` are the classes of its parts that are somebody's own."""
    name = chip_name(design, moduli, shape, seed)
    wanted = Design.model_validate_json(design)
    found = None if own else cached_chip(name)
    if found is not None and _is_of(found, wanted, moduli, shape, seed):
        return found
    chip = fabricate(wanted, moduli, shape, seed)
    made = tracked(drifted(calibrate(chip)))
    # A raw chip is fabricated as soon as read.
    if made.trims and not own:
        keep_chip(name, made)
    return made


def _is_of(
    chip: Chip, design: Design, moduli: tuple[int, ...], shape: ArrayShape, seed: int
) -> bool:
    """Whether a chip from a cache is the one that its name promises."""
    found = (chip.design, chip.moduli, chip.shape, chip.seed)
    return found == (design, moduli, shape, seed)
