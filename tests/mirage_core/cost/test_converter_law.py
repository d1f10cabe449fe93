"""The law of converters against those that are cited."""

from __future__ import annotations

import pytest

from devices import Adc, part
from mirage_core.cost.converter_law import BUILT_OVER_LAW, SPREAD, adc_energy_j, adc_law_j
from photonics.errors import InputError
from tests.close import close


def test_cited_converters_lie_within_its_spread() -> None:
    ratios = []
    for name in ("xu-2016", "ramkaj-2018", "kaist-2022"):
        adc = part(name)
        assert isinstance(adc, Adc)
        assert 1.0 / SPREAD < adc.energy_j / adc_energy_j(adc.enob) < SPREAD
        ratios.append(adc.energy_j / adc_law_j(adc.enob))
    geometric = (ratios[0] * ratios[1] * ratios[2]) ** (1 / 3)
    assert close(geometric, rel=0.02) == BUILT_OVER_LAW


def test_its_two_terms() -> None:
    assert adc_law_j(2) == close(0.2e-12, rel=1e-4)
    assert adc_energy_j(2) == close(0.7e-12, rel=1e-4)
    # Far up a bit costs four times as much.
    assert adc_law_j(21) / adc_law_j(20) == close(4.0, rel=1e-5)
    with pytest.raises(InputError, match="bits = 0"):
        adc_law_j(0)
