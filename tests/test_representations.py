"""What objects look like at a prompt: short, and what matters."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from circuits import (
    ArrayShape,
    LinkBudget,
    ModularArray,
    ModularDotProduct,
    Workload,
    compile_chip,
    error_budget,
    fabricate,
    ideal_design,
)
from devices import HeaterCoupling, Laser, RingSwitch, ThermalCrosstalk
from mirage_core import (
    BfpFormat,
    FormatCore,
    ModuliSet,
    Redundancy,
    ResidueErrors,
    TensorCore,
    load_machine,
    preset_names,
)
from mirage_core.core.ledger import Counts
from photonics.random import NoiseKey

CHIP = fabricate(ideal_design(), (5,), ArrayShape(1, 2, 3), seed=4)


def test_parts_show_what_differs_from_their_defaults() -> None:
    assert repr(Laser()) == "Laser()"
    assert repr(Laser(power_w=2e-3)) == "Laser(power_w=0.002)"
    assert repr(RingSwitch(drop_coupling_power=0.2)) == "RingSwitch(drop_coupling_power=0.2)"
    assert repr(Redundancy(policy="drop")) == "Redundancy(policy='drop')"
    assert eval(repr(Laser(power_w=2e-3, linewidth_hz=1.0))) == Laser(
        power_w=2e-3, linewidth_hz=1.0
    )


def test_what_would_take_too_long_is_left_out() -> None:
    design = load_machine("robust").design
    assert repr(design) == (
        "Design(clock_hz=250000000.0, laser=..., multiplier=..., receiver=..., drift=...)"
    )
    assert repr(HeaterCoupling(measured=torch.eye(20))) == (
        "HeaterCoupling(law=None, measured=...)"
    )


@pytest.mark.parametrize("name", preset_names())
def test_machines_show_name_and_key_numbers(name: str) -> None:
    machine = load_machine(name)
    assert len(repr(machine)) < 150
    for part in (machine.design, *vars(machine.design).values()):
        assert len(repr(part)) <= 160
        assert "\n" not in repr(part)
    assert str(machine) == repr(machine)
    assert repr(name) in repr(machine)
    assert str(machine.moduli) in repr(machine)


def test_what_a_core_did_is_short() -> None:
    core = TensorCore("isca2024-ideal", fidelity="integer", seed=3)
    assert repr(core) == "TensorCore('isca2024-ideal', fidelity='integer', seed=3)"
    assert repr(core.ledger) == "Ledger()"
    core.matmul(torch.ones(2, 3), torch.ones(3, 4))
    assert repr(core.ledger) == "Ledger(matmul: 1 products, 8 integers, 0 wrong)"
    assert repr(Counts(gemms=2, errors=Counter({33: 1}))) == "Counts(gemms=2, errors={33: 1})"
    injected = TensorCore(core.machine, fidelity="integer", errors=ResidueErrors(probability=0.5))
    assert "errors=ResidueErrors(probability=0.5)" in repr(injected)


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (ModuliSet((31, 32, 33)), "ModuliSet((31, 32, 33))"),
        (FormatCore("fp32"), "FormatCore(Fp32Format(), seed=0)"),
        (CHIP, "Chip(moduli=(5,), 1 x 2 x 3, seed=4, raw)"),
        (
            ModularDotProduct(5, 3),
            "ModularDotProduct(modulus=5, length=3, as designed, unit=0, row=0)",
        ),
        (
            CHIP.fabricated[5],
            "FabricatedArrays(statics=..., splitter_db=tensor(1, 2), hybrid=..., converters=None, "
            "heat=None)",
        ),
        (
            compile_chip(CHIP).arrays[5],
            "CompiledArrays(digits=..., receiver=..., wander=None, drive_noise=None)",
        ),
        (
            ThermalCrosstalk(torch.eye(20), 1.25e-3),
            "ThermalCrosstalk(matrix=tensor(20, 20), p_pi_w=0.00125)",
        ),
        (
            BfpFormat().quantize(torch.ones(2, 20)),
            "BfpBlocks(mantissa=tensor(2, 2, 16), exponent=tensor(2, 2), size=20)",
        ),
        (ModularArray.of(CHIP, 5), "ModularArray(modulus=5, unit=0, rows=2, length=3)"),
    ],
)
def test_circuits_are_one_line(thing: object, shown: str) -> None:
    assert repr(thing) == shown


def test_nothing_shows_every_number() -> None:
    on_chip = ModularDotProduct(5, 3, chip=CHIP)
    assert repr(CHIP) in repr(on_chip)
    assert len(repr(NoiseKey.from_seed(0))) < 25
    assert len(repr(LinkBudget(load_machine("robust").design, 29, 16))) < 60
    work = Workload(torch.zeros(5, 3).long(), torch.zeros(1, 2, 3).long(), torch.zeros(1).long())
    assert repr(work) == "Workload(streamed=tensor(5, 3), drives=tensor(1, 2, 3), unit=tensor(1,))"
    budget = LinkBudget(load_machine("robust").design, 29, 16)
    for result in (budget.worst(), budget.power(), budget.timing(), error_budget(CHIP, 5, work)):
        assert len(repr(result)) < 250
