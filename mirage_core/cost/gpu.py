"""A contemporary GPU from its data sheet, by a roofline of one product after another.

Each product moves its tensors once, images of convolutions as they are stored.  No bound of a whole
network: kernels that are fused, or weights that stay on the chip, move less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mirage_core.tracing.product import Product
from photonics.representation import one_line


@dataclass(frozen=True)
class Gpu:
    """Limits of a GPU as its data sheet gives them.

    Attributes:
        name: of the product.
        macs_per_s: multiply-accumulates, dense.
        bytes_per_s: of its memory.
        power_w: that it is built for.
        area_mm2: of its die.
        value_bytes: of an operand.
    """

    name: str
    macs_per_s: float
    bytes_per_s: float
    power_w: float
    area_mm2: float
    value_bytes: int

    __repr__ = one_line

    def time_s(self, product: Product) -> float:
        """Time of a product: its arithmetic or its memory, whichever takes longer."""
        moved = self.value_bytes * sum(product.stored)
        return max(product.macs / self.macs_per_s, moved / self.bytes_per_s)

    def total_s(self, products: Sequence[Product]) -> float:
        """Time of products one after the other."""
        return sum(self.time_s(product) for product in products)

    def energy_j(self, products: Sequence[Product]) -> float:
        """Energy at the power that it is built for."""
        return self.power_w * self.total_s(products)


H100 = Gpu("H100 SXM, bfloat16", 494.7e12, 3.35e12, 700.0, 814.0, 2)
"""NVIDIA H100 SXM5: 989.4 TFLOPS dense in bfloat16, 3.35 TB/s, 700 W, 814 mm² in 4 nm.

Source: NVIDIA H100 Tensor Core GPU data sheet and architecture white paper (2022).
"""
