"""No dead parameter: every field of every kind of part, moved, moves what is stated of it.

A part that may stand in several places is moved in each of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from types import NoneType
from typing import get_args

import pytest
from pydantic import BaseModel

from circuits.design.circuit import Design
from devices.parameters.tree import fields_of, kinds_of, value_at, values_of
from photonics.errors import InputError
from tests.parameter_machines import MACHINES
from tests.parameter_moves import MOVES, Move
from tests.parameter_moves_elsewhere import ELSEWHERE
from tests.parameter_observables import IN_BOTH, IN_BUDGETS, Seen

# Least change of I or Q, over the full scale, or of a residue that counts: FP32 resolves 1e-7.
_CHANGED = 1e-5


PACKAGES = ("photonics", "devices", "circuits", "mirage_core")


def every_parameter(kind: type[BaseModel], outer: str = "") -> Iterator[tuple[str, str]]:
    """Place and ``Class.field`` of every value, and of every part that may be left out."""
    for name, field in fields_of(kind).items():
        # Tests, and examples of the documents, enter kinds of their own.
        kinds = [k for k in kinds_of(field) if k.__module__.partition(".")[0] in PACKAGES]
        if not kinds or NoneType in get_args(field.annotation):
            yield outer, f"{kind.__name__}.{name}"
        for inner in kinds:
            yield from every_parameter(inner, f"{outer}.{name}".strip("."))


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


def first_place(parameter: str) -> str:
    """Dotted name of the part in which a parameter is moved first; empty for the design."""
    move = MOVES[parameter]
    name = place(MACHINES[move.machine].changed(move.given), parameter)
    return name.rpartition(".")[0]


EVERY = [("", parameter, move) for parameter, move in MOVES.items()] + [
    (where, parameter, move)
    for where, moves in ELSEWHERE.items()
    for parameter, move in moves.items()
]


def test_every_parameter_of_every_kind_is_stated_in_every_place() -> None:
    stated = [(where or first_place(parameter), parameter) for where, parameter, _ in EVERY]
    there = set(every_parameter(Design))
    assert len(stated) == len(set(stated))
    unsaid, gone = sorted(there - set(stated)), sorted(set(stated) - there)
    assert unsaid == [], "say in tests/parameter_moves.py, or _elsewhere.py, what each moves"
    assert gone == [], "take these out of them"


def test_the_few_that_move_no_reading_say_why() -> None:
    """Fields of the light and of the electronics do, most of all."""
    aside = [name for _, name, move in EVERY if move.why_not]
    assert len(aside) < 0.4 * len(EVERY)
    assert all(move.why_not for _, _, move in EVERY if move.seen == "refused")


@pytest.mark.parametrize(
    ("where", "parameter", "move"),
    [
        # Where a part stands elsewhere is looked at more rarely.
        pytest.param(
            *each,
            id=f"{each[0]} {each[1]}".strip(),
            marks=[pytest.mark.slow] if each[0] else [],  # 30 s
        )
        for each in sorted(EVERY, key=lambda each: each[2].machine)
    ],
)
def test_a_parameter_moves_what_is_stated(where: str, parameter: str, move: Move) -> None:
    before = seen(move.machine, tuple(move.given.items()))
    part = value_at(before.design, where) if where else before.design
    found = place(part, parameter)
    assert found, f"{move.machine} has no {parameter}"
    name = f"{where}.{found}".strip(".")
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
