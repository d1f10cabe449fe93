"""The tensor core and the networks that run on it: group, exponent, integer, gradient, layer."""

from mirage_core.arithmetic.bfp import BfpBlocks, BfpFormat
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.format_core import FormatCore
from mirage_core.learning.convert import convert, report, revert
from mirage_core.machine import MachineConfig, load_machine, preset_names
from mirage_core.tensor_core import TensorCore

__all__ = [
    "BfpBlocks",
    "BfpFormat",
    "FormatCore",
    "MachineConfig",
    "ModuliSet",
    "TensorCore",
    "convert",
    "load_machine",
    "preset_names",
    "report",
    "revert",
]
