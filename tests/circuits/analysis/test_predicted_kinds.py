"""Every kind of shifter and of switch errs as often as is predicted, by what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from circuits.analysis.error_budget import error_budget
from devices.parameters.tree import kinds_of
from mirage_core import MachineConfig, load_machine
from tests.circuits.analysis.budget_helpers import TRIMMED, chip_of, errors_by_seed, workload
from tests.machines import together
from tests.parameter_machines import switch_rows

M, ERRORS = 33, 1500
_SHIFTER, _SWITCH = "multiplier.shifter.", "multiplier.switch."


class Case(NamedTuple):
    """A machine, in so much light, and what takes away the imperfections of its kind alone."""

    preset: str
    power_w: float
    kind: Mapping[str, Any]
    without: Mapping[str, Any]


def shifter(kind: str, **changes: Any) -> dict[str, Any]:
    return {f"{_SHIFTER}{name}": value for name, value in {"kind": kind, **changes}.items()}


def switch(kind: str, **changes: Any) -> dict[str, Any]:
    return {f"{_SWITCH}{name}": value for name, value in {"kind": kind, **changes}.items()}


_SMOOTH = {"multiplier.coherence_length_m": None, "multiplier.bypass_phase_rms_rad": 0.0}
# Drives in whole codes, which suit a curve the less the more it bends.
_CODES = {
    "multiplier.drive_inl_rms": 0.0,
    "multiplier.dac": {"bits": 13},
    "multiplier.rail_drive": "own",
    **_SMOOTH,
}
_SQUARE = shifter("noems", loss_db_per_m=300.0, pull_in_v=108.0)
_OWN = {"multiplier.drive": "per-digit", "multiplier.shifter_gain_rms": 0.0}
# A guide as long as none, which loses what carriers do not.
_PLAIN = shifter("linear", loss_db_per_m=5.0)
_FAR_RINGS = switch("ring", detuning_m=4.5e-9) | {
    f"{_SWITCH}trimmer.bits": 14,
    f"{_SWITCH}trimmer.reads": 1_000_000,
}
_MZI = switch("mzi", spread_turns=0.0) | {
    f"{_SWITCH}coupler.excess_loss_db": 0.01,
    f"{_SWITCH}arm.loss_db_per_m": 5.0,
}

SHIFTERS: dict[str, Case] = {
    # Sections of one drive that are not as long as they should be.
    "linear": Case(
        "robust",
        8e-3,
        shifter("linear") | {"multiplier.shifter_gain_rms": 8e-4},
        {"multiplier.shifter_gain_rms": 0.0},
    ),
    "electro-optic": Case(
        "robust",
        8e-3,
        shifter("electro-optic", loss_db_per_m=5.0, loss_db_per_pi=0.1) | _SMOOTH,
        {f"{_SHIFTER}loss_db_per_pi": 0.0},
    ),
    # Near pull-in the curve leaves the square of the voltage.
    "noems": Case("robust", 2e-2, shifter("noems", loss_db_per_m=300.0) | _CODES, _SQUARE),
    "curve from a file": Case(
        "robust",
        2e-2,
        shifter(
            "noems",
            loss_db_per_m=300.0,
            curve={"drive": (0.0, 0.3, 0.6, 1.2), "response": (0.0, 0.05, 0.15, 1.0)},
        )
        | _CODES,
        {f"{_SHIFTER}curve": None, **_SQUARE},
    ),
    # Heaters that nothing is set against.
    "thermo-optic": Case(
        "thermo-optic",
        6e-3,
        {
            "multiplier.heat.coupling.law.nearest_coupling": 1.5e-2,
            "multiplier.heat.compensated": False,
            "multiplier.heat.switch_share": 0.0,
        },
        {"multiplier.heat.compensated": True, "multiplier.heat.coupling_error_rms": 0.0},
    ),
    # Carriers absorb, and the more the more they turn.
    "depletion": Case(
        "robust",
        1.0,
        shifter(
            "depletion",
            loss_db_per_m=5.0,
            v_max_v=15.0,
            donors_per_cm3=2e17,
            acceptors_per_cm3=2e17,
        )
        | _OWN,
        _PLAIN,
    ),
    "injection": Case("robust", 2.0, shifter("injection", loss_db_per_m=5.0) | _OWN, _PLAIN),
}
SWITCHES: dict[str, Case] = {
    # Too near the resonance: light is lost, and leaks.
    "ring": Case("robust", 1e-2, switch("ring", detuning_m=1.1e-9), _FAR_RINGS),
    "mzi": Case(
        "robust",
        1e-3,
        _MZI | {f"{_SWITCH}coupler.imbalance_rms_db": 0.7},
        {f"{_SWITCH}coupler.imbalance_rms_db": 0.0},
    ),
    "measured": Case(
        "robust",
        2e-2,
        switch(
            "measured",
            measured_coupled=switch_rows(detuned=False),
            measured_detuned=switch_rows(detuned=True),
        ),
        _FAR_RINGS,
    ),
}
CASES = {**SHIFTERS, **SWITCHES}


def made(case: Case, *further: Mapping[str, Any]) -> MachineConfig:
    """Trimmed but for switches, whose kinds have fields of their own."""
    rings = "thermo-optic" in case.preset or f"{_SWITCH}kind" not in case.kind
    trimmed = [one for one in TRIMMED if rings or not one.startswith(_SWITCH)]
    machine = load_machine(case.preset, together(trimmed, ["moduli=[31, 32, 33]"]))
    for changes in ({"laser.power_w": case.power_w, **case.kind}, *further):
        machine = machine.changed(dict(changes))
    return machine


def test_every_kind_is_here() -> None:
    fields = type(made(CASES["mzi"]).design.multiplier).model_fields
    for part, cases in (("shifter", SHIFTERS), ("switch", SWITCHES)):
        machines = (made(case).design.multiplier for case in cases.values())
        own = [k for k in kinds_of(fields[part]) if not k.__module__.startswith("tests.")]
        assert {type(getattr(multiplier, part)) for multiplier in machines} == set(own)


@pytest.mark.parametrize("name", CASES)
def test_a_kind_errs_as_predicted_by_its_own_imperfections(name: str) -> None:
    """Readings of one light are independent: of 1500 errors the rms is 2.6 %, a quarter of 10 %."""
    case, work = CASES[name], workload()
    chip = chip_of(made(case), M)
    rate = error_budget(chip, M, work).symbol_error_rate
    better = error_budget(chip_of(made(case, case.without), M), M, work).symbol_error_rate
    assert better < 0.5 * rate
    readings = len(work.streamed) * work.drives[..., 0].numel()
    seeds = -(-int(1.2 * ERRORS) // int(readings * rate))
    count = sum(errors_by_seed(chip, work, M, seeds))
    assert count >= ERRORS
    assert 0.9 < count / (seeds * readings * rate) < 1.1
