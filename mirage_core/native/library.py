"""The library of kernels: where it is, whether it can run here, and its structures.

It is built with the package where there is a compiler, and is no module of Python: plain C, loaded
by ctypes.  Without it everything is computed by torch, to the same decisions.
"""

from __future__ import annotations

import ctypes
import os
import warnings
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_double,
    c_float,
    c_int16,
    c_int32,
    c_int64,
    c_uint16,
    c_void_p,
)
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_LAYOUT = 9
_SETTING = "MIRAGE_NATIVE"
# What a processor can run, by the bit that says so; the best last.
_SETS = {"baseline": 0, "avx2": 1, "avx512": 2}


LANES = 32
"""Rows worked on together."""
DEPTH = 65
"""Symbols that a reading may be made of."""
LONGEST = 256
"""Multipliers in a row, at most."""
TAPS = 1024
"""Neighbours of heaters, at most."""
MODULI = 8
"""Moduli of a product, at most."""


def _fields(kind: Any, *names: str) -> list[tuple[str, Any]]:
    return [(name, kind) for name in names]


class TapsStruct(Structure):
    """``Taps`` of ``kernel.h``."""

    _fields_ = (
        *_fields(c_int64, "count", "by_place"),
        *_fields(c_void_p, "place", "weight", "weights"),
    )


class HeatStruct(Structure):
    """``Heat`` of ``kernel.h``."""

    _fields_ = (
        *_fields(TapsStruct, "seen", "turning", "moving"),
        *_fields(c_int64, "terms", "down", "along"),
        ("slope", c_double),
        *_fields(c_void_p, "asked", "slopes", "curves", "share"),
    )


class ArraysStruct(Structure):
    """``Arrays`` of ``kernel.h``."""

    _fields_ = (
        *_fields(c_int64, "modulus", "units", "rows", "length", "digits", "mantissas", "least"),
        *_fields(c_void_p, "hot", "amplitude", "input", "masks", "picks", "code", "chain", "quads"),
        *_fields(c_int64, "chain_count", "quad_count", "phases_still"),
        *_fields(c_void_p, "loss_ones", "loss", "class_limit", "class_most", "class_bound"),
        *_fields(c_int64, "classes", "class_shift"),
        ("step", c_double * 4),
        ("turn", c_double),
        ("powers", c_double * 2),
        *_fields(c_double, "responsivity", "shot", "still", "intensity_rms"),
        ("phase_rms", c_void_p),
        ("phase_rms_count", c_int64),
        *_fields(c_double, "converter_noise", "half_range"),
        ("gain_mode", c_int64),
        *_fields(c_double, "full_scale_ratio", "largest_a"),
        ("dual", c_int64),
        *_fields(c_void_p, "line", "bounds", "decided", "edges", "transitions", "coarse"),
        *_fields(c_double, "tilt_step", "finer", "half_units", "cosine", "most_displaced"),
        *_fields(c_double, "light_limit"),
        *_fields(c_double, "amplitude_limit", "rounding_units", "radius"),
        *_fields(c_int64, "screens", "depth"),
        ("taps", c_double * DEPTH),
        ("slopes", c_double * DEPTH),
        *_fields(c_double, "jitter_s", "near"),
        ("heat", POINTER(HeatStruct)),
    )


class WanderStruct(Structure):
    """``Wander`` of ``kernel.h``."""

    _fields_ = (
        ("moves", c_int64),
        *_fields(c_void_p, "row_rad", "digit_taken", "amount", "base_rad", "digit_rad"),
    )


class ReadingStruct(Structure):
    """``Reading`` of ``kernel.h``."""

    _fields_ = (*_fields(c_void_p, "arrays", "wander", "turned", "class_of", "full_scale", "key"),)


REFERENCE = CFUNCTYPE(c_int64, c_int64, c_int64, c_int64, c_int64, c_int64)
"""``Reference`` of ``kernel.h``."""


class KeptStruct(Structure):
    """``Kept`` of ``kernel.h``."""

    _fields_ = (
        *_fields(c_int64, "done", "still"),
        ("start", c_int16 * LANES),
        *((name, c_uint16 * LANES) for name in ("reach", "factor", "by_tilt")),
        ("spare", c_float * LANES),
        ("unused", c_int64 * 6),
    )


class ProductStruct(Structure):
    """``Product`` of ``kernel.h``."""

    _fields_ = (
        *_fields(c_int64, "items", "groups", "stationary", "streamed", "length"),
        *_fields(c_int64, "row_offset", "part"),
        *_fields(c_void_p, "w", "x", "offsets"),
        ("moduli", c_int64),
        ("readings", POINTER(ReadingStruct)),
        ("kept", c_void_p),
        ("kept_size", c_int64),
        *_fields(c_int64, "policy", "re_reads", "limit", "ways"),
        ("way", c_void_p),
        ("reference", REFERENCE),
        ("integers", c_void_p),
    )


class ChangedStruct(Structure):
    """``Changed`` of ``kernel.h``."""

    _fields_ = (*_fields(c_int32, "group", "vector", "row", "integer"),)


class ResultStruct(Structure):
    """``Result`` of ``kernel.h``."""

    _fields_ = (
        ("changed", c_void_p),
        *_fields(c_int64, "count", "room", "evaluated", "handed_back", "wrong", "corrected"),
        *_fields(c_int64, "detected", "undetected", "re_reads", "symbols"),
        ("errors", c_int64 * MODULI),
    )


_STRUCTURES = (
    HeatStruct,
    ArraysStruct,
    WanderStruct,
    ReadingStruct,
    KeptStruct,
    ProductStruct,
    ChangedStruct,
    ResultStruct,
)


def pointer(tensor: Tensor | None) -> int | None:
    """Address of a tensor's numbers; the tensor must outlive its use."""
    if tensor is None:
        return None
    assert tensor.is_contiguous(), "kernels read contiguous numbers"
    return tensor.data_ptr()


@dataclass(frozen=True)
class Library:
    """Loaded kernels.

    Attributes:
        library: what ctypes loaded.
        instructions: the instruction set whose kernels are called.
    """

    library: ctypes.CDLL
    instructions: str

    def release(self, memory: int | None) -> None:
        """Give memory back that a kernel took."""
        self.library.mirage_release(c_void_p(memory))

    def call(self, name: str, *arguments: int | Tensor | Structure | None) -> int:
        """Call a kernel; Python's other threads go on meanwhile."""
        given = [n if type(n) is int else _address(n) for n in arguments]
        kernel = self._kernels.get(name)
        if kernel is None:
            kernel = self._kernels[name] = self._found(name, len(given))
        return int(kernel(*given))

    @cached_property
    def _kernels(self) -> dict[str, Any]:
        return {}

    def _found(self, name: str, arguments: int) -> Any:
        kernel = getattr(self.library, f"mirage_{name}_{self.instructions}")
        # Addresses are as wide as the numbers, and passed alike.
        kernel.restype, kernel.argtypes = c_int64, [c_int64] * arguments
        return kernel


def _address(value: Tensor | Structure | int | None) -> int:
    """Of what kernels read or write: none is 0; an integer is one already."""
    if isinstance(value, Tensor):
        return pointer(value) or 0
    if isinstance(value, Structure):
        return ctypes.addressof(value)
    return value or 0


def build_path() -> Path | None:
    """Where the library lies, if it was built."""
    found = sorted(Path(__file__).parent.glob("_kernels*"))
    return next((path for path in found if path.suffix in {".so", ".dylib", ".pyd", ".dll"}), None)


@cache
def library() -> Library | None:
    """The kernels for this processor; none where torch computes everything.

    The variable ``MIRAGE_NATIVE`` asks for an instruction set, or for ``off``.
    """
    return load(os.environ.get(_SETTING, ""))


def load(asked: str) -> Library | None:
    """The kernels of an instruction set, the best one for none; none for ``off``."""
    if asked == "off":
        return None
    path = build_path()
    if path is None:
        return _refused("were not built (that takes a C compiler when the package is installed)")
    try:
        loaded = ctypes.CDLL(str(path))
        functions = loaded.mirage_layout, loaded.mirage_structures, loaded.mirage_supported
    except (OSError, AttributeError) as error:
        return _refused(f"cannot be loaded ({error})")
    for function in functions:
        function.restype = c_int64
    sizes = [ctypes.sizeof(kind) for kind in _STRUCTURES]
    built = [int(loaded.mirage_structures(c_int64(n))) for n in range(len(sizes))]
    if loaded.mirage_layout() != _LAYOUT or built != sizes:
        return _refused("are of another version")
    supported = int(loaded.mirage_supported())
    able = [name for name, bit in _SETS.items() if not bit or supported & bit]
    if asked and asked not in able:
        return _refused(f"cannot use {asked}: it is one of {', '.join(able)} here")
    return Library(loaded, asked or able[-1])


def _refused(why: str) -> Library | None:
    warnings.warn(
        f"the native kernels {why}: torch computes instead, to the same results, 20 times slower",
        RuntimeWarning,
        stacklevel=3,
    )
    return None


def threads() -> int:
    """Threads that kernels may use: as many as torch."""
    return torch.get_num_threads()
