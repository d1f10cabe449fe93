"""The range condition: the true bound and that of the paper, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.moduli_range import RangeReport
from photonics.errors import InputError


def test_the_largest_dot_product_just_fits_or_just_does_not() -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=16)
    needed = 2 * 16 * 15**2 + 1
    assert RangeReport(needed, bfp).fits
    assert not RangeReport(needed - 1, bfp).fits


def test_the_condition_of_the_paper_counts_mantissas_that_never_occur() -> None:
    bfp = BfpFormat(mantissa_bits=4, group_size=16)
    assert RangeReport(16 << 9, bfp).meets_paper
    assert not RangeReport((16 << 9) - 1, bfp).meets_paper


@pytest.mark.parametrize("product", [0, -1, 1.5, "9", None, True])
def test_a_product_that_is_none_is_refused(product: Any) -> None:
    with pytest.raises(InputError, match="product"):
        RangeReport(product, BfpFormat())
