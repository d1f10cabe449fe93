"""Everything that a machine's budget says: light, time, power, phase errors, trimmers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from circuits.analysis.unmodelled import unmodelled
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import load_dataset
from mirage_core.training.streamed import streamed_in_training
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.tables import console
from studies.show.error_budget import (
    error_budgets,
    error_budgets_json,
    print_error_budgets,
    waterfall,
)
from studies.show.link import link_json, link_rows, print_link
from studies.show.time_domain import print_settling, settling_json, settling_rows
from studies.show.trimmers import trimmer_text, trimmers_json
from studies.show.unmodelled import print_unmodelled
from studies.show.wander import print_wander


def show(
    machine: MachineConfig, data_name: str, out: Path | None = None, time_domain: bool = False
) -> dict[str, Any]:
    """Print the budgets of a machine for what a network streams that learns a data set.

    Args:
        machine: any.
        data_name: the data set.
        out: folder for a picture of the error budget of every modulus.
        time_domain: also send symbols through chains in time, beside what the budget says.
    """
    if out is not None:
        make_output_folder(out)
    data = load_dataset(data_name)
    streamed = streamed_in_training(machine, data)
    rows = link_rows(machine, streamed)
    print_link(machine, rows, streamed, data)
    budgets = error_budgets(machine, streamed["forward"])
    print_error_budgets(machine, budgets)
    chip = TensorCore(machine).chip
    console().print(f"{trimmer_text(chip)}\n")
    wander = print_wander(chip)
    left_out = unmodelled(machine.design, budgets[0].modulus, machine.bfp.group_size)
    print_unmodelled(budgets[0].modulus, left_out)
    if out is not None:
        for found in budgets:
            save(waterfall(machine.name, found), out / f"budget_{found.modulus}.png")
        console().print(f"figures in {out}")
    result = {**link_json(machine, rows, streamed), "errors": error_budgets_json(budgets)}
    result |= trimmers_json(chip) | wander
    result["unmodelled"] = [vars(each) for each in left_out]
    if time_domain:
        settling = settling_rows(machine)
        print_settling(settling)
        result["time_domain"] = settling_json(settling)
    return result
