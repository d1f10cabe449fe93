"""What screens need of stationary operands that come again, kept within a bound.

Legend of shapes: S item of a stack, G group, M stationary row, J multiplier.
"""

from __future__ import annotations

import ctypes
import threading

import torch
from torch import Tensor

from mirage_core.native.library import LANES, KeptStruct

# Of all that is kept; a tile of rows of 16 takes 13 KB.
_MOST_BYTES = 1 << 26
# Operands that are remembered, so that they are known when they come again.
_MOST_KNOWN = 16


def tile_bytes(length: int, digits: int) -> int:
    """Memory of a tile of one modulus: its bounds, and words of multipliers and digits."""
    return ctypes.sizeof(KeptStruct) + length * (1 + digits) * LANES * 4


class KeptTiles:
    """Memory that kernels fill for stationary operands, and read when the same ones come again.

    Args:
        most_bytes: of all that is kept.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        # Last used first.
        self._known: list[tuple[Tensor, Tensor | None]] = []
        # Threads that multiply on one core look for their operands one after another.
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return sum(_bytes(*each) for each in self._known)

    def of(self, mantissa: Tensor, size: int) -> Tensor | None:
        """Memory for stationary mantissas, int8 (S, G, M, J), which must not be changed later.

        Args:
            mantissa: of this product.
            size: bytes that its tiles take.

        Returns:
            None where they are met for the first time, or are too large to keep.
        """
        if size + mantissa.nbytes > self.most_bytes:
            return None
        with self._lock:
            return self._found(mantissa, size)

    def _found(self, mantissa: Tensor, size: int) -> Tensor | None:
        found: tuple[Tensor, Tensor | None] = mantissa, None
        for number, (known, room) in enumerate(self._known):
            if torch.equal(known, mantissa):
                kept = torch.zeros(size, dtype=torch.uint8) if room is None else room
                found = known, kept
                del self._known[number]
                break
        self._known.insert(0, found)
        while len(self._known) > _MOST_KNOWN or self.bytes > self.most_bytes:
            self._known.pop()
        return found[1]


def _bytes(mantissa: Tensor, room: Tensor | None) -> int:
    return mantissa.nbytes + (0 if room is None else room.nbytes)
