"""No dead parameter: every field of every kind of part, moved, moves what is stated of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from types import NoneType
from typing import get_args

import pytest
from pydantic import BaseModel

from circuits.design.circuit import Design
from devices.parameters.tree import fields_of, kinds_of, values_of
from photonics.errors import InputError
from tests.parameter_machines import MACHINES
from tests.parameter_moves import MOVES, Move
from tests.parameter_observables import IN_BOTH, IN_BUDGETS, Seen

# Least change of I or Q, over the full scale, or of a residue that counts: FP32 resolves 1e-7.
_CHANGED = 1e-5


def every_parameter(kind: type[BaseModel]) -> Iterator[str]:
    """``Class.field`` of every value, and of every part that may be left out."""
    for name, field in fields_of(kind).items():
        kinds = [k for k in kinds_of(field) if not k.__module__.startswith("tests.")]
        if not kinds or NoneType in get_args(field.annotation):
            yield f"{kind.__name__}.{name}"
        for inner in kinds:
            yield from every_parameter(inner)


def place(part: BaseModel, parameter: str, prefix: str = "") -> str:
    """Dotted name of the first value that is of a parameter; empty for none."""
    for name, value in values_of(part).items():
        if f"{type(part).__name__}.{name}" == parameter:
            return prefix + name
        inner = place(value, parameter, f"{prefix}{name}.") if isinstance(value, BaseModel) else ""
        if inner:
            return inner
    return ""


@lru_cache(maxsize=4)
def seen(machine: str, given: tuple[tuple[str, object], ...]) -> Seen:
    return Seen(MACHINES[machine].changed(dict(given)))


def test_every_parameter_of_every_kind_is_stated() -> None:
    assert set(MOVES) == set(every_parameter(Design))


def test_the_few_that_move_no_reading_say_why() -> None:
    """Fields of the light and of the electronics do, most of all."""
    aside = [name for name, move in MOVES.items() if move.why_not]
    assert len(aside) < 0.4 * len(MOVES)
    assert all(move.why_not for move in MOVES.values() if move.seen == "refused")


@pytest.mark.parametrize("parameter", sorted(MOVES, key=lambda name: MOVES[name].machine))
def test_a_parameter_moves_what_is_stated(parameter: str) -> None:
    move = MOVES[parameter]
    before = seen(move.machine, tuple(move.given.items()))
    name = place(before.design, parameter)
    assert name, f"{move.machine} has no {parameter}"
    changes = {name: move.to, **move.along}
    if move.seen == "refused":
        assert before.chip
        with pytest.raises(InputError):
            assert Seen(before.design.changed(changes)).chip
        return
    after = Seen(before.design.changed(changes))
    for change in relative_changes(move, before, after):
        assert change >= move.least > 0.0
    for one, other in ((before.field, after.field), (before.compact, after.compact)):
        moved = float((one - other).abs().max()) > _CHANGED
        assert moved is not bool(move.why_not)


def relative_changes(move: Move, before: Seen, after: Seen) -> Iterator[float]:
    """Changes in the stated direction; of both models for what is seen in both."""
    what, _, sign = move.seen.rpartition(" ")
    ways = IN_BOTH[what] if what in IN_BOTH else (IN_BUDGETS[what],)
    for way in ways:
        change = way(after) / way(before) - 1.0
        yield abs(change) if sign == "±" else change if sign == "+" else -change
