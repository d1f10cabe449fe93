"""A change of kind drops what was set of the former kind, and says what."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirage_core import load_machine
from tests.commands import typed

RING = "drops detuning_m of kind ring"
HEATER = "drops p_pi_w, length_m, insertion_loss_db, time_constant_s of kind thermo-optic"


def notices(preset: str, *overrides: str) -> list[str]:
    found: list[str] = []
    load_machine(preset, overrides, notice=found.append)
    return found


def test_overrides_tell_what_they_drop() -> None:
    mzi = "multiplier.switch.kind=mzi"
    assert notices("robust", mzi) == [f"{mzi} {RING}"]
    noems = "multiplier.shifter.kind=noems"
    cold = "multiplier.heat.coupling=none"
    both = sorted(notices("thermo-optic", noems, mzi, cold))
    assert both[0] == f"{noems} {HEATER}"
    assert both[1] == f"{mzi} drops detuning_m, trimmer.power_w_per_m of kind ring"
    # Values of the new kind are not dropped, whether the former one has such or not.
    given = "multiplier.shifter.length_m=1e-3"
    assert notices("thermo-optic", noems, given, cold) == [
        f"{noems} {HEATER.replace('length_m, ', '')}"
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["multiplier.switch.detuning_m=1e-9"],
        # The kind that there is, and a kind in place of one of which nothing was set.
        ["multiplier.switch.kind=ring"],
        ["multiplier.shifter.kind=electro-optic"],
    ],
)
def test_what_drops_nothing_says_nothing(overrides: list[str]) -> None:
    assert notices("robust", *overrides) == []
    # A preset that takes another kind than what it extends is no news to its user.
    assert notices("thermo-optic") == []


def test_a_file_tells_what_it_drops_of_what_it_extends(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "robust"\n[multiplier.switch]\nkind = "mzi"\n')
    assert notices(str(file)) == [f"multiplier.switch.kind=mzi {RING}"]
    sources = load_machine(file).sources
    assert sources["multiplier.switch.kind"] == f"{file}; {RING}"
    assert not any("detuning" in name for name in sources)


def test_a_machine_keeps_what_was_dropped_as_the_source_of_the_kind() -> None:
    changed = load_machine("robust").changed({"multiplier.switch.kind": "mzi"})
    assert changed.sources["multiplier.switch.kind"] == f"changed; {RING}"
    # It is in what is saved, and no other value is.
    assert type(changed).model_validate(changed.model_dump(mode="json")) == changed


def test_the_command_line_says_it_on_standard_error() -> None:
    result = typed("show", "preset", "robust", "--set", "multiplier.switch.kind=mzi")
    assert result.exit_code == 0
    assert result.stderr == f"mirage: multiplier.switch.kind=mzi {RING}\n"
    assert "mirage: " not in result.stdout
