"""What becomes of valid files: bytes, lines of text and trees of values, each changed a little."""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from photonics.documents import MOST_LEVELS

_MOST_EDITS = 4
# Limits of integers of all sizes, and what is just beyond.
_NUMBERS = sorted(
    {
        sign * ((1 << bits) + off)
        for bits in (0, 7, 8, 15, 16, 31, 32, 33, 62, 63, 64)
        for off in (-1, 0, 1)
        for sign in (1, -1)
    }
)
_DEEP = 3000
LITERALS = (
    *map(str, _NUMBERS),
    *("nan", "inf", "-inf", "NaN", "Infinity", "1e400", "-0.0", "1e-320", "1e308", "0.1", "1_0"),
    *("true", "null", "none", '""', "''", '"none"', '"\\u0000"', '"\\ud800"', '"../.."', "\0"),
    *("[]", "{}", "[[1], [2, 3]]", "[1, 'a']", "{a = 1}", '{"a": 1}', "1979-05-27", "07:32:00"),
    *("9" * 5000, "1" + "0" * 400, "0x" + "f" * 20, "١٢", "½", "\u202e", "é", "日本", "\ufeff"),
    "[" * _DEEP + "]" * _DEEP,
    "{a=" * _DEEP + "1" + "}" * _DEEP,
    '{"a":' * _DEEP + "1" + "}" * _DEEP,
    '"' + "x" * 50_000 + '"',
)
"""Values as text that a reader does not expect; some are valid TOML, JSON, csv, some nothing."""
VALUES: tuple[Any, ...] = (
    *_NUMBERS,
    *(None, True, False, "", "none", "\0", "x" * 50_000, "é\n\x1b[31m", [], {}, [[]], {"": 1}),
    *(math.nan, math.inf, -math.inf, -0.0, 1e308, 5e-324, 0.1, -1.5, 10**400, [1, "a"], {"a": {}}),
)


@st.composite
def changed_bytes(draw: DrawFn, valid: Sequence[bytes]) -> bytes:
    """A valid file with bytes flipped, cut, doubled, put in, or numbers written over them."""
    found = bytearray(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        # Heads are short, and decide.
        end = min(len(found), draw(st.sampled_from((16, 256, len(found)))))
        at = draw(st.integers(0, max(end - 1, 0)))
        span = draw(st.sampled_from((1, 2, 4, 8, 100)))
        kind = draw(st.sampled_from(("flip", "set", "cut", "end", "twice", "put", "number")))
        if kind == "flip" and found:
            found[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "set" and found:
            found[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del found[at : at + span]
        elif kind == "end":
            del found[at:]
        elif kind == "twice":
            found[at:at] = found[at : at + span]
        elif kind == "put":
            found[at:at] = draw(st.binary(min_size=1, max_size=16))
        elif kind == "number":
            size = draw(st.sampled_from((1, 2, 4, 8)))
            number = draw(st.sampled_from(_NUMBERS)) % (1 << 8 * size)
            order = "big" if draw(st.booleans()) else "little"
            found[at : at + size] = number.to_bytes(size, order)
    return bytes(found)


_WORD = re.compile(r"[^\s=,;:\[\]{}\"]+")


@st.composite
def changed_text(draw: DrawFn, valid: Sequence[str], literals: Sequence[str] = LITERALS) -> bytes:
    """A valid text, in UTF-8, with words and lines replaced, exchanged, left out or doubled."""
    text = draw(st.sampled_from(valid))
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        kind = draw(st.sampled_from(("word", "value", "swap", "drop", "twice", "lines", "end")))
        lines = text.splitlines(keepends=True) or [""]
        at, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        if kind in ("word", "value", "swap"):
            words = list(_WORD.finditer(lines[at]))
            if not words:
                continue
            word = words[-1] if kind == "value" else draw(st.sampled_from(words))
            new = draw(st.sampled_from(literals))
            others = _WORD.findall(lines[other])
            if kind == "swap" and others:
                new = draw(st.sampled_from(others))
            lines[at] = lines[at][: word.start()] + new + lines[at][word.end() :]
        elif kind == "drop":
            del lines[at]
        elif kind == "twice":
            lines.insert(other, lines[at])
        elif kind == "lines":
            lines[at], lines[other] = lines[other], lines[at]
        elif kind == "end":
            lines = ["".join(lines)[: draw(st.integers(0, len(text)))]]
        text = "".join(lines)
    written = text.encode("utf-8", "replace")
    return draw(changed_bytes([written])) if draw(st.integers(0, 9)) == 0 else written


@st.composite
def changed_tree(draw: DrawFn, valid: Any, values: Sequence[Any] = VALUES) -> Any:
    """Lists and tables within each other, with some of what is in them otherwise."""
    root = [copy.deepcopy(valid)]
    for _ in range(draw(st.integers(1, _MOST_EDITS))):
        places = _places(root)
        holder, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(("value", "drop", "name", "swap", "wrap", "deep", "number")))
        if kind == "value":
            holder[key] = copy.deepcopy(draw(st.sampled_from(values)))
        elif kind == "drop" and holder is not root:
            del holder[key]
        elif kind == "name" and isinstance(holder, dict):
            holder[draw(st.sampled_from(("", "x", "class", "\0", str(key) + "s")))] = holder.pop(
                key
            )
        elif kind == "swap":
            second, place = draw(st.sampled_from(places))
            holder[key] = copy.deepcopy(second[place])
        elif kind == "wrap":
            holder[key] = [holder[key]]
        elif kind == "deep":
            for _ in range(draw(st.sampled_from((10, MOST_LEVELS + 20)))):
                holder[key] = [holder[key]]
        elif kind == "number" and isinstance(holder[key], int | float):
            factor = draw(st.sampled_from((-1, 0, 2, 0.5, 1 << 40)))
            holder[key] = holder[key] * factor if abs(holder[key]) < 1e300 else factor
    return root[0]


def _places(root: list[Any]) -> list[tuple[Any, Any]]:
    """Every list or table, and each place in it; nothing that is too deep."""
    found: list[tuple[Any, Any]] = []
    below: list[Any] = [root]
    while below and len(found) < 1000:
        holder = below.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], list | dict):
                below.append(holder[key])
    return found


def as_json(tree: Any) -> str:
    """A tree in JSON, numbers that are none as Python writes them."""
    return json.dumps(tree)


def changed_files(valid: dict[str, bytes]) -> SearchStrategy[dict[str, bytes]]:
    """A folder of files of which one is changed, missing, empty, or another one's."""
    whole = list(valid.values())

    def with_change(name: str) -> SearchStrategy[dict[str, bytes]]:
        one = st.one_of(
            changed_bytes([valid[name]]),
            st.sampled_from([b"", *whole]),
            st.none(),
        )
        return one.map(lambda new: {n: b for n, b in {**valid, name: new}.items() if b is not None})

    return st.sampled_from(sorted(valid)).flatmap(with_change)
