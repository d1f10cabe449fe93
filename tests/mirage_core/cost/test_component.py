"""Prices of components, and those that users put in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirage_core.cost.component import Component, own_components
from mirage_core.cost.work import Work
from photonics.errors import InputError
from tests.close import close

ADC = Component(action="dots", energy_j=2e-12, power_w=3.0, low=0.5, high=2.0, source="here")


def test_energy_is_paid_for_actions_and_for_time() -> None:
    work = Work(dots=5.0, symbols=7.0)
    assert ADC.energy_of(work, 2.0) == close(10e-12 + 6.0)
    by_symbol = ADC.changed({"action": "symbols", "power_w": 0.0})
    assert by_symbol.energy_of(work, 2.0) == close(14e-12)


def test_a_price_has_a_source_and_bounds() -> None:
    with pytest.raises(InputError, match="source"):
        Component(energy_j=1e-12)
    with pytest.raises(InputError, match="greater than or equal to 0"):
        Component(energy_j=-1e-12, source="here")
    with pytest.raises(InputError, match="low"):
        Component(energy_j=1e-12, low=1.5, source="here")


def test_users_have_prices_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[ADC]\nenergy_j = 1e-12\nsource = "data sheet"\n')
    found = own_components(file, {"ADC": ADC, "DAC": ADC})
    assert found["DAC"] is ADC
    own = found["ADC"]
    assert (own.energy_j, own.power_w, own.status, own.source) == (
        1e-12,
        3.0,
        "yours",
        "data sheet",
    )
    assert (own.low, own.high) == (1.0, 1.0)
    file.write_text("[ADC]\nenergy_j = 1e-12\n")
    unnamed = own_components(file, {"ADC": ADC})["ADC"]
    assert unnamed.source == "own energy_j of mine.toml, which names no source"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[ADCs]\nenergy_j = 1\n", "component = 'ADCs': must be one of the basis physics: ADC"),
        (
            "[DRAM]\nenergy_j = 1\n",
            "component = 'DRAM': must be one of the basis physics: ADC; give --dram too",
        ),
        ("[ADC]\nenergy = 1\n", "ADC.energy = 1: no such field"),
        ("[ADC]\nenergy_j = -1\n", "ADC.energy_j = -1"),
        ("ADC = 3\n", "ADC = 3: must be a table"),
        ("[ADC\n", "mine.toml:1: not TOML"),
    ],
)
def test_a_file_that_cannot_be_is_refused_in_one_line(
    text: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(InputError) as stop:
        own_components(file, {"ADC": ADC})
    assert message in str(stop.value)
    assert "\n" not in str(stop.value)
    with pytest.raises(InputError, match=r"--components.*must be an existing file"):
        own_components(tmp_path / "none.toml", {"ADC": ADC})
