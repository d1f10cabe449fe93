r"""Random words of single readouts, laid out so that most of them need never be made in full.

A readout has a radius and an angle of noise.  Whether the radius can matter shows in its leading
eight bits already, so these come from a stream of their own, sixteen readouts to a block, and the
rest of the word only where it is asked for.  The generator is Philox4x32-10 (Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011), which the vector units of processors and
graphics cards know how to compute: half of the :class:`~photonics.random.NoiseKey` is its key, the
other half the upper half of its counter.

With u in (0, 1) of 64 bits, the leading eight first, the pair of normals is
``√(-2 ln u) (cos φ, sin φ)`` (Box and Muller); the radius ends at 9.5 standard deviations.

Legend of shapes: N vector, G group, R row of an array, S single draws; ``...`` any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from photonics.errors import InputError
from photonics.random import NoiseKey

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
    """Keys of streams as the generator takes them: two words of key, two of counter, (...)."""

    key: tuple[Tensor, Tensor]
    counter: tuple[Tensor, Tensor]

    @classmethod
    def of(cls, keys: Sequence[NoiseKey], device: torch.device | None = None) -> StreamWords:
        """Those of some keys, int64 (S,)."""
        first, second = zip(*(k.words for k in keys), strict=True)
        halves = [[word & _MASK for word in first], [word >> 32 for word in first]]
        halves += [[word & _MASK for word in second], [word >> 32 for word in second]]
        low, high, third, fourth = (torch.tensor(half, device=device) for half in halves)
        return cls((low, high), (third, fourth))

    def at(self, index: Any) -> StreamWords:
        """Those of some streams, by an index of tensors."""
        low, high = (x[index] for x in self.key)
        third, fourth = (x[index] for x in self.counter)
        return StreamWords((low, high), (third, fourth))

    def blocks(self, first: Tensor, second: Tensor) -> Words:
        """The four words of the blocks of two numbers below 2^32, int64, all broadcast (...)."""
        shape = torch.broadcast_shapes(first.shape, second.shape, self.key[0].shape)
        given = first.expand(shape), second.expand(shape), *self.key, *self.counter
        if shape.numel() <= _AT_ONCE:
            words = _rounds(*given)
        else:
            # As many at a time as the cache holds; one key for all stays one number.
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
    """The streams of the readouts of some arrays: of leading bits, and of the rest."""

    lead: StreamWords
    rest: StreamWords

    @classmethod
    def of(cls, keys: Sequence[NoiseKey], device: torch.device | None = None) -> ReadoutStreams:
        """Those of the keys of arrays (S,)."""
        rest = [key.fold("rest") for key in keys]
        return cls(StreamWords.of(keys, device), StreamWords.of(rest, device))

    def at(self, index: Any) -> ReadoutStreams:
        """Those of some arrays, by an index of tensors."""
        return ReadoutStreams(self.lead.at(index), self.rest.at(index))


def row_quads(rows: int) -> int:
    """Blocks that the rows of an array take, four to each."""
    return -(-rows // _ROWS_PER_BLOCK)


def require_countable(vectors: int, groups: int, rows: int) -> None:
    """Refuse products whose readouts the counters cannot tell apart.

    Raises:
        InputError: for 2^32 vectors or more, or as many rows of all groups.
    """
    second = groups * row_quads(rows) * _ROWS_PER_BLOCK
    for name, size in (("vectors", vectors), ("groups", second)):
        if size > _MASK:
            raise InputError(name, size, f"at most {_MASK}", "split the product")


def leading_bytes(streams: ReadoutStreams, vector: Tensor, groups: int, rows: int) -> Tensor:
    """Leading bytes of the readouts of arrays, uint8 (..., N, G, R), as the streams (...).

    Block (n // 4, g·q + r // 4) of q = :func:`row_quads` blocks a group holds four vectors, one in
    each word, and four rows, one in each byte of it, the lowest first.

    Args:
        streams: of the arrays, (...).
        vector: consecutive numbers of vectors in the whole batch, (N,).
        groups: G.
        rows: R, of an array.
    """
    quads = row_quads(rows)
    first = int(vector[0]) // _VECTORS_PER_BLOCK
    last = int(vector[-1]) // _VECTORS_PER_BLOCK
    block = torch.arange(first, last + 1, device=vector.device)[:, None]
    quad = torch.arange(groups * quads, device=vector.device)
    words = streams.lead.at((..., None, None)).blocks(block, quad)
    each = torch.stack(words, dim=-2).flatten(-3, -2)
    each = each[..., vector - first * _VECTORS_PER_BLOCK, :]
    shifts = 8 * torch.arange(_ROWS_PER_BLOCK, device=vector.device)
    found = ((each.unsqueeze(-1) >> shifts) & 0xFF).to(torch.uint8)
    by_group: Tensor = found.unflatten(-2, (groups, quads)).flatten(-2)[..., :rows]
    return by_group


def leading_bytes_at(
    streams: ReadoutStreams, vector: Tensor, group: Tensor, row: Tensor, rows: int
) -> Tensor:
    """The bytes of :func:`leading_bytes` of single readouts, (S,) as all arguments but ``rows``."""
    block = streams.lead.blocks(
        vector // _VECTORS_PER_BLOCK, group * row_quads(rows) + row // _ROWS_PER_BLOCK
    )
    words = torch.stack(block).gather(0, (vector % _VECTORS_PER_BLOCK)[None])[0]
    return (words >> (8 * (row % _ROWS_PER_BLOCK))) & 0xFF


def readout_normals(
    streams: ReadoutStreams, lead: Tensor, vector: Tensor, group: Tensor, row: Tensor, rows: int
) -> tuple[Tensor, Tensor]:
    """Two standard normals of each readout, float64 (...), as all arguments broadcast.

    Args:
        streams: of the arrays.
        lead: leading bytes.
        vector: number of the vector in the whole batch.
        group: number of the group.
        row: row of the array.
        rows: of the array.
    """
    second = group * (row_quads(rows) * _ROWS_PER_BLOCK) + row
    return _normals(lead, *streams.rest.blocks(vector, second)[:3])


def symbol_normals(streams: StreamWords, vector: Tensor, group: Tensor) -> tuple[Tensor, Tensor]:
    """Two standard normals for each symbol of arrays, float64 (...), as all arguments broadcast."""
    first, second, third, _ = streams.blocks(vector, group)
    return _normals(second & 0xFF, first, second, third)


def _normals(lead: Tensor, first: Tensor, second: Tensor, third: Tensor) -> tuple[Tensor, Tensor]:
    # The smallest part last: added up in this order u keeps all of its bits where it is small.
    low = (second >> 8).double() * 2.0**-64 + 2.0**-65
    chance = lead.double() * 2.0**-8 + (first.double() * 2.0**-40 + low)
    radius = chance.log().mul(-2.0).sqrt()
    angle = (third.double() + 0.5) * (2.0 * math.pi * 2.0**-32)
    return radius * angle.cos(), radius * angle.sin()
