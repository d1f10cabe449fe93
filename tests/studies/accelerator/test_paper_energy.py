"""Sums by component, by hand."""

from __future__ import annotations

from studies.accelerator.paper_energy import BITS, dot_product_j, laser_j, multiplier_loss_db
from tests.close import close


def test_a_dot_product_by_hand() -> None:
    # Amplifiers 57 fJ x 16, one integer 0.48 pJ, a 32nd of 1.32 pJ, sums 0.109 pJ.
    bare = 0.912e-12 + 0.48e-12 + 1.32e-12 / 32 + 0.014 * 19.95 / 2.56e12
    assert dot_product_j(BITS, 0) == close(bare)
    # A converter of 6 bits takes 0.958 pJ, those of 5 bits 0.501 / 0.604 of that.
    adc = 0.9583e-12 * (1 + 2 * 0.501024 / 0.604096)
    assert dot_product_j(BITS, 1) - bare == close(adc, rel=1e-3)


def test_light_for_longer_rows() -> None:
    assert laser_j(5, 16) == close(0.144 * 19.95 / 2.56e12)
    assert multiplier_loss_db(5) == close(0.92 + 6 * 0.2)
    assert laser_j(5, 26) / laser_j(5, 16) == close(10 ** (10 * 2.12 / 10), rel=1e-6)
