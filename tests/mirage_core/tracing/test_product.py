"""Shapes of products, by hand."""

from __future__ import annotations

import pytest

from mirage_core.tracing.product import Product, Sliding

# AlexNet's second convolution: 27 x 27 pixels, 5 x 5 taps, padded by 2, two images.
SLIDING = Sliding(2, (27, 27), (5, 5), (1, 1), (2, 2), (1, 1))
CONVOLUTION = Product("c", "forward", 192, 64 * 25, SLIDING.vectors, sliding=SLIDING)


def test_positions_are_those_of_a_kernel() -> None:
    assert SLIDING.positions == (27, 27)
    strided = Sliding(1, (224, 10), (7, 3), (2, 1), (3, 0), (1, 2))
    # floor((224 + 6 - 6 - 1) / 2) + 1 and 10 - 2 * 2.
    assert strided.positions == (112, 6)


def test_padding_on_one_side_shortens_the_other_axis() -> None:
    assert SLIDING.padded_on_one_side.positions == (27, 23)
    assert CONVOLUTION.padded_on_one_side.n == 2 * 27 * 23
    dw = CONVOLUTION.of("dw").padded_on_one_side
    assert (dw.m, dw.k, dw.n) == (192, 2 * 27 * 23, 1600)
    plain = Product("l", "forward", 2, 3, 4)
    assert plain.padded_on_one_side is plain


def test_the_three_products_of_a_layer_multiply_as_often() -> None:
    shapes = {c: (p.m, p.k, p.n) for c in ("forward", "dx", "dw") for p in [CONVOLUTION.of(c)]}
    assert shapes == {
        "forward": (192, 1600, 1458),
        "dx": (1600, 192, 1458),
        "dw": (192, 1458, 1600),
    }
    assert {CONVOLUTION.of(c).macs for c in shapes} == {192 * 1600 * 1458}


def test_exchanged_operands_and_numbers() -> None:
    product = Product("l", "forward", 2, 3, 5, count=7)
    assert (product.turned.m, product.turned.n) == (5, 2)
    assert product.macs == product.turned.macs == 7 * 30
    assert product.values == (42, 105, 70)
    with pytest.raises(AttributeError):
        product.m = 3  # type: ignore[misc]
