"""Engines: dot products of all groups, one engine for each fidelity.

An engine is imported when it is asked for, so that one that reads a compiled chip runs without the
code of chips.
"""

from typing import TYPE_CHECKING

from photonics.lazy import lazy_names

if TYPE_CHECKING:
    from mirage_core.engines.base import DotBlock, Engine, Operands
    from mirage_core.engines.compact import CompactEngine
    from mirage_core.engines.field import FieldEngine
    from mirage_core.engines.injected import InjectedEngine
    from mirage_core.engines.integer import IntegerEngine

__all__ = [
    "CompactEngine",
    "DotBlock",
    "Engine",
    "FieldEngine",
    "InjectedEngine",
    "IntegerEngine",
    "Operands",
]

__getattr__ = lazy_names(
    __name__,
    {
        "base": ("DotBlock", "Engine", "Operands"),
        "compact": ("CompactEngine",),
        "field": ("FieldEngine",),
        "injected": ("InjectedEngine",),
        "integer": ("IntegerEngine",),
    },
)


def __dir__() -> list[str]:
    return __all__
