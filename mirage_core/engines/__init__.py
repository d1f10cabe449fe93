"""One engine per fidelity: exact integers of dot products in, decided integers out."""

from mirage_core.engines.base import DotBlock, Engine, Operands
from mirage_core.engines.channel import ChannelEngine
from mirage_core.engines.compact import CompactEngine
from mirage_core.engines.field import FieldEngine
from mirage_core.engines.injected import InjectedEngine
from mirage_core.engines.integer import IntegerEngine

__all__ = [
    "ChannelEngine",
    "CompactEngine",
    "DotBlock",
    "Engine",
    "FieldEngine",
    "InjectedEngine",
    "IntegerEngine",
    "Operands",
]
