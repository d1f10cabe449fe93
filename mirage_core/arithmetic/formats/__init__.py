"""Baseline number formats: what Mirage's is compared with, one file each."""

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.formats.analog import AnalogFormat
from mirage_core.arithmetic.formats.base import NumberFormat
from mirage_core.arithmetic.formats.bfloat16 import Bfloat16Format
from mirage_core.arithmetic.formats.block import BlockFormat, FastFormat
from mirage_core.arithmetic.formats.fp32 import Fp32Format
from mirage_core.arithmetic.formats.hfp8 import Hfp8Format
from mirage_core.arithmetic.formats.integer import IntegerFormat
from mirage_core.arithmetic.formats.logarithmic import LnsFormat
from mirage_core.arithmetic.formats.microscaling import MxFormat

BASELINES: dict[str, NumberFormat] = {
    "fp32": Fp32Format(),
    "bfloat16": Bfloat16Format(),
    "hfp8": Hfp8Format(),
    "int8": IntegerFormat(bits=8),
    "int8-channel": IntegerFormat(bits=8, scale="channel"),
    "int12": IntegerFormat(bits=12),
    "int12-channel": IntegerFormat(bits=12, scale="channel"),
    "mxfp8": MxFormat(),
    "mxfp4": MxFormat(values="e2m1", gradients="e2m1"),
    "fast": FastFormat(),
    "lns": LnsFormat(),
    "mirage": BlockFormat(),
    "analog": AnalogFormat(),
}
"""Formats by name, each with the parameters of the work it is taken from."""

__all__ = [
    "BASELINES",
    "AnalogFormat",
    "Bfloat16Format",
    "BfpFormat",
    "BlockFormat",
    "FastFormat",
    "Fp32Format",
    "Hfp8Format",
    "IntegerFormat",
    "LnsFormat",
    "MxFormat",
    "NumberFormat",
]
