"""What pydantic finds wrong, in our own words: field, value, what is allowed, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from devices.parameters.tree import every_name, fields_of, kinds_of
from photonics.errors import InputError

# More places of one name than this are no help.
_MOST_PLACES = 3
# Likeness from which a name that stands elsewhere is taken to be meant.
_MISSPELT = 0.85

WHOLE = "must be a whole number"
_TABLE = "must be a table of values by name"
_LIST = "must be a list, such as [29, 32, 33]"
# What pydantic says in the words of Python, by its name of the problem.
_WORDS = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": _TABLE,
    "float_parsing": "must be a valid number",
    "int_from_float": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": "must be a smaller whole number",
    "int_type": WHOLE,
    "list_type": _LIST,
    "string_type": "must be a text",
    "tuple_type": _LIST,
}


def problems(error: ValidationError, kind: type[BaseModel] | None) -> list[InputError]:
    """All that is wrong, what is missing last: a misspelt name is missing too.

    Args:
        error: what pydantic found.
        kind: class that was validated, from which names are suggested for a misspelt one.
    """
    found = [dict(details) for details in error.errors(include_url=False)]
    found.sort(key=lambda details: details["type"] == "missing")
    return [_problem(details, kind) for details in found]


def _problem(details: dict[str, Any], kind: type[BaseModel] | None) -> InputError:
    place: list[str | int] = [step for step in details["loc"] if step != "[key]"]
    if kind is not None and place and place[0] == getattr(kind, "inlined", None):
        place = place[1:]
    place = _without_classes(place, kind)
    # What is wrong with the whole goes by the name of its class.
    field = dotted(place) or getattr(kind, "__name__", "")
    outer = f"{field}." if place else ""
    cause = details.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        # An entry of a list, "[2]", is joined without a dot.
        inner = f"{outer}{cause.field}".strip(".").replace(".[", "[")
        return InputError(inner, cause.value, cause.allowed, cause.remedy)
    if details["type"] == "extra_forbidden":
        return _unknown(place, details["input"], kind)
    if details["type"] == "missing":
        return InputError(field, None, "must be given")
    if details["type"] == "model_type":
        known = _known(kind, [str(step) for step in place])
        return InputError(
            field,
            details["input"],
            "is a part" if place else _TABLE,
            f"set {outer}{known[0]} and others" if known else "",
        )
    allowed = _WORDS.get(details["type"]) or _plain(details["msg"])
    choices = details.get("ctx", {}).get("expected", "")
    near = nearest(str(details["input"]), re.findall(r"'([^']*)'", str(choices)))
    return InputError(field, details["input"], allowed, near)


def _unknown(place: Sequence[str | int], value: Any, kind: type[BaseModel] | None) -> InputError:
    """A name that there is not, and what may have been meant."""
    names = [str(step) for step in place]
    known = _known(kind, names[:-1])
    # Of a table that there is not, the first value that it gives tells what was meant.
    inner = value
    while isinstance(inner, Mapping) and inner:
        name, inner = next(iter(inner.items()))
        names.append(str(name))
    asked, outer = ".".join(names), ".".join(names[:-1])
    every = every_name(kind) if kind is not None else []
    if asked in every:
        remedy = "write it as a table within a table"
    elif any(_last(name) == names[-1] for name in every):
        remedy = _places(every, names[-1], outer)
    elif len(names) > len(place):
        remedy = nearest(asked, every) or suggestion(str(place[-1]), known)
    else:
        # Perhaps misspelt and misplaced at once.
        near = get_close_matches(names[-1], [_last(name) for name in every], 1, _MISSPELT)
        elsewhere = _places(every, near[0], outer) if near else ""
        remedy = nearest(names[-1], known) or elsewhere or suggestion(names[-1], known)
    return InputError(asked, inner, "no such field", remedy)


def _without_classes(place: Sequence[str | int], kind: type[BaseModel] | None) -> list[str | int]:
    """A place without the class that pydantic tells of where there are several."""
    kinds, found = [kind] if kind else [], list[str | int]()
    for step in place:
        if found and step in [each.__name__ for each in kinds]:
            continue
        found.append(step)
        fields = [f for k in kinds if (f := fields_of(k).get(str(step))) is not None]
        kinds = [inner for field in fields for inner in kinds_of(field)]
    return found


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _places(names: Sequence[str], last: str, outer: str) -> str:
    """A question after the places that a name has, those within the same part first."""
    places = [name for name in names if _last(name) == last]
    nearby = [name for name in places if name.startswith(f"{outer}.")]
    return f"did you mean {' or '.join((nearby or places)[:_MOST_PLACES])}?"


def _known(kind: type[BaseModel] | None, place: Sequence[str]) -> list[str]:
    """Names of the fields of what stands at a place within a part; none where there is none."""
    kinds = [kind] if kind else []
    for name in place:
        fields = [f for k in kinds if (f := fields_of(k).get(name)) is not None]
        kinds = [inner for field in fields for inner in kinds_of(field)]
    return list(dict.fromkeys(name for k in kinds for name in fields_of(k)))


def dotted(place: Sequence[str | int]) -> str:
    """A place within a document as our own messages write it: ``curve.drive[2]``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "".join(steps).removeprefix(".")


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")


def suggestion(name: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown name; empty where nothing is known."""
    return nearest(name, known) or ("known: " + ", ".join(sorted(known)) if known else "")


def nearest(name: str, known: Sequence[str]) -> str:
    """A question after the name that may have been meant; empty where none is near."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else ""
