"""The only source of noise numbers: counter-based, keyed, and the same for any order of work.

A :class:`NoiseKey` names a stream by what it is for (seed, then a path of folds such as
"training step 7, layer fc1, forward, receiver of modulus 31").  A draw is a pure function of
the key and of an index, so it does not depend on tiling, threads, batch splits or on what else
was drawn before.  The generator is Philox4x64-10 (Salmon et al., "Parallel random numbers: as
easy as 1, 2, 3", SC 2011): block ``b`` of a stream holds the four words ``4b ... 4b+3``.

The key is hashed *before* it meets a counter.  Combining a raw seed with a counter instead
makes neighbouring seeds share streams in another order, which no single run can reveal.
"""

from __future__ import annotations

import hashlib
import math
import operator
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from photonics.checks import instance_of, shown, whole_number
from photonics.errors import InputError
from photonics.philox import philox_blocks, signed

Words = NDArray[np.uint64]

_KEY_BYTES = 16
_WORDS_PER_BLOCK = 4
_MASK64 = 0xFFFF_FFFF_FFFF_FFFF

MOST_SEED = _MASK64
"""What 64 bits hold without a sign; torch takes no more."""


@dataclass(frozen=True, repr=False)
class NoiseKey:
    """A 128-bit name of a random stream.

    ``NoiseKey.from_seed(seed).fold("forward").fold(3)`` is a stream of its own, unrelated to
    that of any other seed or path.
    """

    digest: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.digest, bytes) or len(self.digest) != _KEY_BYTES:
            allowed = f"must be {_KEY_BYTES} bytes"
            raise InputError("digest", shown(self.digest), allowed, "use NoiseKey.from_seed(0)")

    def __repr__(self) -> str:
        return f"NoiseKey({self.digest.hex()[:8]}...)"

    @classmethod
    def from_seed(cls, seed: int) -> NoiseKey:
        """Hash a seed into a key.

        Raises:
            InputError: as :func:`seed_number`.
        """
        return cls(_hash(b"mirage", seed_number("seed", seed)))

    def fold(self, *names: int | str) -> NoiseKey:
        """The key of a sub-stream; order and type of the names matter."""
        digest = self.digest
        for name in names:
            digest = _hash(digest, name)
        return NoiseKey(digest)

    @property
    def words(self) -> tuple[int, int]:
        """The key as the two 64-bit words that Philox takes."""
        return int.from_bytes(self.digest[:8], "little"), int.from_bytes(self.digest[8:], "little")

    @property
    def halves(self) -> tuple[int, int, int, int]:
        """The same as four 32-bit words, the low half of each first."""
        first, second, third, fourth = struct.unpack("<4I", self.digest)
        return first, second, third, fourth

    def bits(self, start: int, count: int) -> Words:
        """Words ``start ... start+count-1`` of the stream, uint64 of shape (count,).

        Raises:
            InputError: for a start or a count that is no integer, or a negative count.
        """
        start, count = whole_number("start", start), whole_number("count", count, least=0)
        block, skip = divmod(start, _WORDS_PER_BLOCK)
        # numpy steps the counter before it makes a block, hence the minus one.
        before = (block - 1) % (1 << 256)
        counter = np.array([(before >> (64 * i)) & _MASK64 for i in range(4)], dtype=np.uint64)
        philox = np.random.Philox(key=np.array(self.words, dtype=np.uint64), counter=counter)
        return philox.random_raw(skip + count)[skip:]

    def normal_pairs(
        self, start: int, count: int, dtype: torch.dtype = torch.float32
    ) -> tuple[Tensor, Tensor]:
        """Two independent standard normals for each index, each of shape (count,), on the CPU.

        One 64-bit word makes both by Box and Muller's method: the high half sets the radius, the
        low half the angle.  The radius ends at 6.8 standard deviations.
        """
        return _normal_pairs(self.bits(start, count), dtype)

    def normal(self, start: int, count: int) -> Tensor:
        """One standard normal for each index, float64 of shape (count,), on the CPU."""
        radius, angle = _polar(self.bits(start, count), torch.float64)
        return radius * angle.cos()

    def uniform(self, start: int, count: int, device: torch.device | None = None) -> Tensor:
        """Uniform numbers in (0, 1), float64 of shape (count,): the same bits on every device.

        Args:
            start: index of the first.
            count: how many.
            device: where they are drawn, and stay; by default the CPU.
        """
        if device is None or device.type == "cpu":
            return _uniform(torch.from_numpy(self.bits(start, count).view(np.int64)))
        first, skip = divmod(start, _WORDS_PER_BLOCK)
        last = -(-(start + count) // _WORDS_PER_BLOCK)
        block = torch.arange(first, last, device=device)
        k0, k1 = (torch.tensor(signed(word), device="cpu") for word in self.words)
        return _uniform(philox_blocks(block, (k0, k1)).flatten()[skip : skip + count])


def seed_number(field: str, value: object) -> int:
    """A seed as Python's own integer, from 0 to :data:`MOST_SEED`.

    Raises:
        InputError: for anything else.
    """
    try:
        return whole_number(field, value, least=0, most=MOST_SEED)
    except InputError:
        allowed = "must be a whole number from 0 to 2^64 - 1"
        raise InputError(field, shown(value), allowed) from None


def require_key(key: object) -> NoiseKey:
    """A key, as an argument that names the random numbers of what is done.

    Raises:
        InputError: for anything else, a seed among them.
    """
    return instance_of("key", key, NoiseKey, "make one by NoiseKey.from_seed(0)")


def bits_at(keys: Sequence[NoiseKey], stream: Tensor, index: Tensor) -> Tensor:
    """Words of several streams at any indices, those of :meth:`NoiseKey.bits` one by one.

    Args:
        keys: the streams.
        stream: which of them each word is taken from, (n,).
        index: which word of it, (n,).

    Returns:
        int64 (n,), whose 64 bits are the words, on the device of ``index``.
    """
    words = torch.tensor([[*map(signed, key.words)] for key in keys], device=index.device)
    k0, k1 = words[stream].unbind(1)
    drawn = philox_blocks(index // _WORDS_PER_BLOCK, (k0, k1))
    return drawn.gather(1, (index % _WORDS_PER_BLOCK)[:, None]).squeeze(1)


def uniform_at(keys: Sequence[NoiseKey], stream: Tensor, index: Tensor) -> Tensor:
    """Numbers of :meth:`NoiseKey.uniform`, at the places of :func:`bits_at`."""
    return _uniform(bits_at(keys, stream, index))


def _normal_pairs(words: Words, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    radius, angle = _polar(words, dtype)
    return radius * angle.cos(), radius * angle.sin()


def _polar(words: Words, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Radius and angle of a pair of normals for each word, (n,)."""
    real = np.float32 if dtype == torch.float32 else np.float64
    halves = words.view(np.uint32).reshape(len(words), 2).T.astype(real)
    angle, radius = torch.from_numpy(halves)
    scale = 2.0**-32
    radius = radius.add_(0.5).mul_(scale).log_().mul_(-2.0).sqrt_()
    return radius, angle.add_(0.5).mul_(2.0 * math.pi * scale)


def _uniform(words: Tensor) -> Tensor:
    # A shift keeps the sign: 53 bits are cut out of what it leaves.
    high = ((words >> 11) & ((1 << 53) - 1)).double()
    return (high + 0.5) * 2.0**-53


def _hash(prefix: bytes, name: int | str) -> bytes:
    if isinstance(name, str):
        coded = b"s" + name.encode()
    else:
        try:
            name = operator.index(name)
        except TypeError:
            raise InputError("key", shown(name), "folds by integers and names") from None
        length = (name.bit_length() + 8) // 8
        coded = b"i" + name.to_bytes(length, "little", signed=True)
    return hashlib.blake2b(coded, key=prefix, digest_size=_KEY_BYTES).digest()
