"""The bill of a run in words."""

from __future__ import annotations

import torch

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.loading import load_machine
from studies.accelerator.run_bill import bill_json, bill_text, run_bill
from tests.close import close


def test_a_bill_names_its_parts() -> None:
    machine = load_machine("robust", ["array.units=1", "array.rows=4"])
    core = TensorCore(machine, fidelity="integer")
    core.matmul(torch.ones(8, 16), torch.ones(16, 3))
    bill = run_bill(core.ledger, machine, steps=1)
    text = bill_text(bill)
    for part in ("the machine itself:", "re-reads", "calibration", "pilots", "switch trimmers"):
        assert part in text
    plain = bill_json(bill)
    # Two tiles of 5 ns and three symbols of 4 ns.
    load_s = machine.design.multiplier.load_s
    assert plain["products"]["time_s"] == close(2 * (load_s + 3 * 4e-9))
    total = plain["total"]["energy_j"]["value"]
    parts = (plain[name]["energy_j"]["value"] for name in ("products", "calibration", "pilots"))
    assert total == close(sum(parts))
