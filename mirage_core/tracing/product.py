"""One matrix product of a network, as a machine for products sees it.

Legend of shapes: M row of the first operand, K contracted axis, N column of the second operand.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from photonics.representation import one_line

Computation = Literal["forward", "dx", "dw"]
COMPUTATIONS: tuple[Computation, ...] = ("forward", "dx", "dw")
"""The three products of a layer: its output, the gradient of its input, that of its weight."""


@dataclass(frozen=True)
class Sliding:
    """How the kernel of a convolution slides over an image, axis by axis.

    Attributes:
        images: how many.
        size: pixels of the image.
        kernel: pixels of the kernel.
        stride: pixels from one position to the next.
        padding: pixels added at either end.
        dilation: pixels from one tap of the kernel to the next.
        transposed: whether the image is what comes out, and every position what goes in.
    """

    images: int
    size: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    transposed: bool = False

    __repr__ = one_line

    @property
    def positions(self) -> tuple[int, ...]:
        """Positions of the kernel along each axis."""
        axes = zip(self.size, self.kernel, self.stride, self.padding, self.dilation, strict=True)
        return tuple(
            (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
            for size, kernel, stride, padding, dilation in axes
        )

    @property
    def vectors(self) -> int:
        """Positions of the kernel in all images."""
        return self.images * prod(self.positions)

    @property
    def padded_on_one_side(self) -> Sliding:
        """The same with padding along the first axis alone."""
        return replace(self, padding=(self.padding[0], *(0 for _ in self.padding[1:])))


@dataclass(frozen=True)
class Product:
    """``O[M, N] = A[M, K] B[K, N]``, ``count`` times with other numbers.

    The first operand A is the weight of a forward product, its transpose for dx, and the gradient
    of the output for dw; a product without a weight keeps the order in which it is written.

    Attributes:
        layer: name of the layer in its network.
        computation: which of its three products.
        m: rows of A.
        k: contracted axis.
        n: columns of B.
        count: independent products of this shape: groups of a convolution, heads and samples of
            attention.
        operator: what computed it, as torch names it.
        sliding: of a convolution, what ``n`` (forward and dx) or ``k`` (dw) counts.
    """

    layer: str
    computation: Computation
    m: int
    k: int
    n: int
    count: int = 1
    operator: str = ""
    sliding: Sliding | None = None

    __repr__ = one_line

    @property
    def macs(self) -> int:
        """Multiply-accumulates, without padding to the size of any array."""
        return self.count * self.m * self.k * self.n

    @property
    def values(self) -> tuple[int, int, int]:
        """Numbers in A, B and O."""
        return (
            self.count * self.m * self.k,
            self.count * self.k * self.n,
            self.count * self.m * self.n,
        )

    @property
    def stored(self) -> tuple[int, int, int]:
        """Numbers in the tensors that A, B and O are read from or written to.

        A convolution unfolds its image: every pixel stands in an operand (or, for dx, in O) once
        for each tap of the kernel that meets it, and is stored once.
        """
        if self.sliding is None:
            return self.values
        transposed = self.sliding.transposed
        image, taps = {
            "forward": (2, self.m) if transposed else (1, self.k),
            "dx": (1, self.k) if transposed else (2, self.m),
            "dw": (0, self.m) if transposed else (1, self.n),
        }[self.computation]
        pixels = self.sliding.images * prod(self.sliding.size)
        stored = self.count * taps // prod(self.sliding.kernel) * pixels
        first, second, output = (
            min(stored, numbers) if place == image else numbers
            for place, numbers in enumerate(self.values)
        )
        return first, second, output

    @property
    def turned(self) -> Product:
        """The same product with its operands exchanged: ``O^T = B^T A^T``."""
        return replace(self, m=self.n, n=self.m)

    def of(self, computation: Computation) -> Product:
        """Another product of the layer whose forward product this is."""
        m, k, n = {
            "forward": (self.m, self.k, self.n),
            "dx": (self.k, self.m, self.n),
            "dw": (self.m, self.n, self.k),
        }[computation]
        return replace(self, computation=computation, m=m, k=k, n=n)

    @property
    def padded_on_one_side(self) -> Product:
        """The same with convolutions padded along the first axis alone; others as they are."""
        if self.sliding is None or self.sliding.transposed:
            return self
        sliding = self.sliding.padded_on_one_side
        if self.computation == "dw":
            return replace(self, k=sliding.vectors, sliding=sliding)
        return replace(self, n=sliding.vectors, sliding=sliding)
