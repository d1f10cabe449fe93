"""Residue errors that come anew with every reading, and those that stay.

The same product is read twice with noise that is independent; chip, data and placement are the
same.  Let a share f of the readouts be wrong whatever the noise, and every other one with the same
probability p.  Of one reading a share a is wrong, and of both readings a share b::

    a = f + (1 - f) p          b = f + (1 - f) p²

so that ``1 - a = (1 - f)(1 - p)`` and ``1 - 2a + b = (1 - f)(1 - p)²``, hence::

    f = 1 - (1 - a)² / (1 - 2a + b) = (b - a²) / (1 - 2a + b)

Without persistent errors b is a² but for chance, and f is zero: coincidences are not counted.
Where p is not the same for all, f holds its variance too: readouts that err at every second
reading, since a static error takes them to the edge of a cell, count by half.  Nothing but noise is
drawn anew: what wanders or drifts stays where it is.

Legend of shapes: G group, n streamed vector, m stationary row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mirage_core.engines import Engine, Operands
from photonics.random import NoiseKey


@dataclass(frozen=True)
class Repeats:
    """Readouts of one modulus, each read twice.

    Attributes:
        readouts: how many, N.
        wrong: readings that were wrong, of 2 N.
        twice: readouts that were wrong both times.
    """

    readouts: int = 0
    wrong: int = 0
    twice: int = 0

    def __add__(self, other: Repeats) -> Repeats:
        return Repeats(
            self.readouts + other.readouts, self.wrong + other.wrong, self.twice + other.twice
        )

    @property
    def errors(self) -> float:
        """Wrong readouts of one reading, N a."""
        return self.wrong / 2

    @property
    def persistent(self) -> float:
        """Those of them that are wrong whatever the noise, N f; not below zero."""
        if not self.twice:
            return 0.0
        a, b = self.errors / self.readouts, self.twice / self.readouts
        # Where a reading is all wrong, both are, or nothing can be told apart.
        left = 1.0 - 2.0 * a + b
        share = (b - a * a) / left if left > 0.0 else 1.0
        return self.readouts * max(share, 0.0)

    @property
    def random(self) -> float:
        """The other errors of one reading, N (a - f)."""
        return self.errors - self.persistent


def read_twice(
    engine: Engine, operands: Operands, key: NoiseKey, moduli: Sequence[int]
) -> list[Repeats]:
    """Read a product twice, and count what is wrong by modulus.

    Args:
        engine: believes whatever it reads, so that an integer tells what each residue was.
        operands: of the product.
        key: noise of the first reading; that of the second is made from it.
        moduli: all moduli that are read.
    """
    found = [Repeats()] * len(moduli)
    again = engine.blocks(operands, key.fold("again"))
    for first, second in zip(engine.blocks(operands, key), again, strict=True):
        exact = operands.exact_dots(first.vectors, first.rows).double()
        off = [_off(block.dots, exact) for block in (first, second)]
        for place, modulus in enumerate(moduli):
            one, other = (torch.remainder(by, modulus) != 0 for by in off)
            wrong = int(one.sum()) + int(other.sum())
            found[place] += Repeats(one.numel(), wrong, int((one & other).sum()))
    return found


def _off(dots: Tensor, exact: Tensor) -> Tensor:
    """By how much integers (G, n, m) are off; int64, since moduli divide it."""
    return (dots.double() - exact).long()
