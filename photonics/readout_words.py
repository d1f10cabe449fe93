r"""Random words of single readouts, laid out so that most of them need never be made in full.

A readout has a radius and an angle of noise.  Whether the radius can matter shows in its leading
eight bits already, so these come from a stream of their own, sixteen readouts to a block, and the
rest of the word only where it is asked for.  The generator is Philox4x32-10 (Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011), which the vector units of processors and
graphics cards know how to compute: half of the :class:`~photonics.random.NoiseKey` is its key, the
other half the upper half of its counter.

With u in (0, 1) of 64 bits, the leading eight first, the pair of normals is
``√(-2 ln u) (cos φ, sin φ)`` (Box and Muller); the radius ends at 9.5 standard deviations.

Legend of shapes: N vector, T tile, R row of an array, S single draws; ``...`` any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.shapes import broadcast

LARGEST_RADIUS = math.sqrt(2.0 * 65.0 * math.log(2.0))
"""Radius of the noise, in standard deviations, that no draw exceeds."""

_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_MASK = 0xFFFF_FFFF
_ROWS_PER_BLOCK = 4
_VECTORS_PER_BLOCK = 4
_AT_ONCE = 1 << 15

Words = tuple[Tensor, Tensor, Tensor, Tensor]


class StreamWords(NamedTuple):
    """Key of a stream as the generator takes it: two words of key, two of counter, int64 ().

    They lie on the CPU: torch takes single ones there for numbers, whatever device it computes on.
    """

    key: tuple[Tensor, Tensor]
    counter: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, key: NoiseKey, third: int = 0, fourth: int = 0) -> StreamWords:
        """The stream of a key; the upper half of its counter starts so much later."""
        first, second = key.words
        words = first & _MASK, first >> 32, second + third, (second >> 32) + fourth
        k0, k1, x2, x3 = (torch.tensor(word & _MASK, device="cpu") for word in words)
        return cls((k0, k1), (x2, x3))

    def blocks(self, first: Tensor, second: Tensor) -> Words:
        """The four words of the blocks of two numbers below 2^32, int64, all broadcast (...)."""
        shape = broadcast(first.shape, second.shape)
        given = first.expand(shape), second.expand(shape), *self.key, *self.counter
        if shape.numel() <= _AT_ONCE or first.device.type != "cpu":
            words = _rounds(*given)
        else:
            # As many at a time as the cache of a processor holds; one key for all stays one number.
            parts = zip(*(_split(x, shape) for x in given), strict=True)
            each = zip(*(_rounds(*part) for part in parts), strict=True)
            x0, x1, x2, x3 = (torch.cat(word) for word in each)
            words = x0, x1, x2, x3
        x0, x1, x2, x3 = (word.reshape(shape) for word in words)
        return x0, x1, x2, x3


def _split(x: Tensor, shape: torch.Size) -> Sequence[Tensor]:
    if x.ndim == 0:
        return [x] * -(-shape.numel() // _AT_ONCE)
    parts: Sequence[Tensor] = x.expand(shape).reshape(-1).split(_AT_ONCE)
    return parts


def _rounds(x0: Tensor, x1: Tensor, k0: Tensor, k1: Tensor, x2: Tensor, x3: Tensor) -> Words:
    for step in range(_ROUNDS):
        # Products wrap modulo 2^64 in int64, and halves are cut out only where they multiply.
        a, b = x0 * _MULTIPLIERS[0], x2 * _MULTIPLIERS[1]
        keys = (k0 + step * _KEY_STEPS[0], k1 + step * _KEY_STEPS[1])
        x0, x2 = (
            ((high >> 32) ^ low).bitwise_xor_(key).bitwise_and_(_MASK)
            for high, low, key in ((b, x1, keys[0]), (a, x3, keys[1]))
        )
        x1, x3 = b, a
    return x0, x1 & _MASK, x2, x3 & _MASK


class ReadoutStreams(NamedTuple):
    """The streams of all readouts of one modulus in one product.

    Keys are hashes, so that steps of the counter lead from none to another.
    """

    lead: StreamWords
    rest: StreamWords
    laser: StreamWords
    clock: StreamWords

    @classmethod
    def of(cls, key: NoiseKey, attempt: int = 0) -> ReadoutStreams:
        """Those of a key; readings again count their attempts."""
        lead, rest, laser, clock = (StreamWords.of(key, attempt, n) for n in range(4))
        return cls(lead, rest, laser, clock)


def row_quads(rows: int) -> int:
    """Blocks that the rows of an array take, four to each."""
    return -(-rows // _ROWS_PER_BLOCK)


def require_countable(vectors: int, tiles: int, rows: int) -> None:
    """Refuse products whose readouts the counters cannot tell apart.

    Raises:
        InputError: for 2^32 vectors or more, or as many rows of all tiles.
    """
    second = tiles * row_quads(rows) * _ROWS_PER_BLOCK
    for name, size in (("vectors", vectors), ("rows of all tiles", second)):
        if size > _MASK:
            raise InputError(name, size, f"at most {_MASK}", "split the product")


def leading_bytes(streams: ReadoutStreams, vector: Tensor, tile: Tensor, rows: int) -> Tensor:
    """Leading bytes of the readouts of tiles, uint8 (N, T, R).

    Block (n // 4, t·q + r // 4) of q = :func:`row_quads` blocks a tile holds four vectors, one in
    each word, and four rows, one in each byte of it, the lowest first.

    Args:
        streams: of the product.
        vector: consecutive numbers of vectors in the whole batch, (N,).
        tile: numbers of tiles, (T,).
        rows: R, of an array.
    """
    quads = row_quads(rows)
    first = int(vector[0]) // _VECTORS_PER_BLOCK
    last = int(vector[-1]) // _VECTORS_PER_BLOCK
    block = torch.arange(first, last + 1, device=vector.device)[:, None]
    quad = (tile[:, None] * quads + torch.arange(quads, device=vector.device)).flatten()
    each = torch.stack(streams.lead.blocks(block, quad), dim=1).flatten(0, 1)
    each = each[vector - first * _VECTORS_PER_BLOCK]
    shifts = 8 * torch.arange(_ROWS_PER_BLOCK, device=vector.device)
    found = ((each.unsqueeze(-1) >> shifts) & 0xFF).to(torch.uint8)
    by_tile: Tensor = found.unflatten(1, (len(tile), quads)).flatten(2)[..., :rows]
    return by_tile


def leading_bytes_at(
    streams: ReadoutStreams, vector: Tensor, tile: Tensor, row: Tensor, rows: int
) -> Tensor:
    """The bytes of :func:`leading_bytes` of single readouts, (S,) as all arguments but ``rows``."""
    block = streams.lead.blocks(
        vector // _VECTORS_PER_BLOCK, tile * row_quads(rows) + row // _ROWS_PER_BLOCK
    )
    words = torch.stack(block).gather(0, (vector % _VECTORS_PER_BLOCK)[None])[0]
    return (words >> (8 * (row % _ROWS_PER_BLOCK))) & 0xFF


def readout_normals(
    streams: ReadoutStreams, lead: Tensor, vector: Tensor, tile: Tensor, row: Tensor, rows: int
) -> tuple[Tensor, Tensor]:
    """Two standard normals of each readout, float64 (...), as all arguments broadcast.

    Args:
        streams: of the product.
        lead: leading bytes.
        vector: number of the vector in the whole batch.
        tile: number of the tile.
        row: row of the array.
        rows: of the array.
    """
    second = tile * (row_quads(rows) * _ROWS_PER_BLOCK) + row
    return _normals(lead, *streams.rest.blocks(vector, second)[:3])


def symbol_normals(stream: StreamWords, vector: Tensor, tile: Tensor) -> tuple[Tensor, Tensor]:
    """Two standard normals for each symbol of tiles, float64 (...), as all arguments broadcast."""
    first, second, third, _ = stream.blocks(vector, tile)
    return _normals(second & 0xFF, first, second, third)


def _normals(lead: Tensor, first: Tensor, second: Tensor, third: Tensor) -> tuple[Tensor, Tensor]:
    # The smallest part last: added up in this order u keeps all of its bits where it is small.
    low = (second >> 8).double() * 2.0**-64 + 2.0**-65
    chance = lead.double() * 2.0**-8 + (first.double() * 2.0**-40 + low)
    radius = chance.log().mul(-2.0).sqrt()
    angle = (third.double() + 0.5) * (2.0 * math.pi * 2.0**-32)
    return radius * angle.cos(), radius * angle.sin()
