"""A machine's chip on the command line: shown, saved, loaded."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from circuits import bring_up, load_chip
from mirage_core import TensorCore, load_machine
from photonics.errors import InputError
from tests.commands import invoke, setting
from tests.figures import is_picture
from tests.machines import FEW_ROWS

SET = setting(FEW_ROWS)


def test_a_chip_is_shown_and_saved_ready_for_use(tmp_path: Path) -> None:
    file, data = tmp_path / "new" / "own.chip", tmp_path / "data" / "own.json"
    printed = invoke(
        "show", "chip", "robust", *SET, "--save", str(file), "--json", str(data),
        "--out", str(tmp_path / "figures"),
    )  # fmt: skip
    for text in ("phase of a digit", "as the controller expects", "trimmers", "set back by pilots"):
        assert text in printed
    found = json.loads(data.read_text())
    rates = found["predicted_error_rates"]
    for modulus in ("29", "32", "33"):
        assert rates["as fabricated"][modulus] > 0.9
        assert rates["calibrated"][modulus] < 1e-3
        arrays = found["moduli"][modulus]
        assert arrays["after"]["digit_rad"] < 2e-3 < arrays["before"]["digit_rad"]
    for modulus in (29, 32, 33):
        assert is_picture(tmp_path / f"figures/chip_{modulus}.png")
    machine = load_machine("robust", FEW_ROWS)
    own = bring_up(machine.design, machine.moduli, machine.array_shape, machine.chip_seed)
    assert (load_chip(file).trims[33].digit_rad == own.trims[33].digit_rad).all()
    again = invoke("show", "chip", "robust", *SET, "--load", str(file))
    assert "as loaded" in again


@pytest.mark.slow  # 6 s
def test_readings_that_no_trim_explains_are_told_of() -> None:
    """Rings so unlike that they leak more than the design allows for."""
    plain = invoke("show", "chip", "robust", *SET)
    assert "readings scatter" not in plain
    unlike = "multiplier.switch.trimmer.bits=4"
    asked = ("--set", unlike, "--set", "calibration.accept=any")
    leaky = invoke("show", "chip", "robust", *SET, *asked)
    assert re.search(r"readings scatter \d\S* times more than the design expects: leaks", leaky)


def test_a_machine_without_calibration_says_so() -> None:
    printed = invoke("show", "chip", "isca2024-ideal", *SET)
    assert "calibration.policy=none" in printed
    assert "as fabricated" in printed


def test_a_chip_of_another_machine_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.chip"
    invoke("show", "chip", "robust", *SET, "--save", str(file))
    with pytest.raises(InputError, match="no array for moduli"):
        TensorCore(load_machine("isca2024", FEW_ROWS), chip=load_chip(file))


@pytest.mark.slow  # 7 s
def test_the_error_budget_is_drawn(tmp_path: Path) -> None:
    printed = invoke("show", "budget", "robust", *SET, "--out", str(tmp_path))
    assert "dominant: " in printed
    for modulus in (29, 32, 33):
        assert is_picture(tmp_path / f"budget_{modulus}.png")
