"""Train a network through light, with its FP32 twin beside it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

import torch

from mirage_core.core.ledger import Ledger
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.mixed_core import MixedCore
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import load_dataset
from mirage_core.training.divergence import DivergedError
from mirage_core.training.trainer import EpochRecord, Trainer
from photonics.errors import InputError
from studies.accelerator.run_bill import bill_json, bill_text, run_bill
from studies.report.checkpoint import restore_checkpoint, write_checkpoint
from studies.report.figures import constellations, learning_curves, save
from studies.report.files import alone_in, make_output_folder, versions, write_csv, write_json
from studies.report.progress import progress_bar, train_epochs
from studies.report.tables import console, print_table
from studies.training_plan import TrainingPlan, is_plan
from studies.training_setup import core_of, light_of, phases_of, setting_of, trainer_of
from studies.verification.sampling import LIT

CHECKPOINT, RECIPE = "checkpoint.pt", "recipe.toml"
RESULTS = (RECIPE, "config.json", "metrics.csv", "metrics.json", "weights.pt")
"""Files of a training in its folder, beside figures."""
CHECKPOINT_S = 30.0
"""Seconds between checkpoints within an epoch; there is one after each epoch, too."""


def run(
    plan: TrainingPlan,
    machine: MachineConfig,
    out: Path,
    resume: bool,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Train both twins, write everything into ``out``, print the result, return it.

    Args:
        plan: data, recipe, and what they run on.
        machine: the machine that trains.
        out: folder for the results.
        resume: go on from the checkpoint in ``out``.
        overwrite: begin afresh although there is one.

    Raises:
        DivergedError: when a training diverges; what is known by then is in ``out``.
        InputError: as one of several processes, which would all write to ``out``.
    """
    processes = os.environ.get("WORLD_SIZE", "1")
    if processes != "1":
        allowed = "must be 1: a command trains in one process"
        remedy = "take DistributedDataParallel in a program of your own"
        raise InputError("WORLD_SIZE", processes, allowed, remedy)
    core, trainers, setting = _prepared(plan, machine)
    make_output_folder(out)
    with alone_in(out):
        if resume:
            restore_checkpoint(out / CHECKPOINT, setting, trainers)
        elif not overwrite:
            _require_room(out)
        return _trained(plan, machine, out, core, trainers, setting)


def _require_room(out: Path) -> None:
    """Refuse a folder with a training, or with files of others that would be lost."""
    if (out / CHECKPOINT).exists():
        remedy = "add --resume or --overwrite, or name another"
        raise InputError("--out", str(out), "holds a training", remedy)
    there = [name for name in RESULTS if (out / name).exists()]
    if there and not is_plan(out / RECIPE):
        allowed = f"holds {there[0]}, which is of something else"
        raise InputError("--out", str(out), allowed, "name another, or add --overwrite")


def _trained(
    plan: TrainingPlan,
    machine: MachineConfig,
    out: Path,
    core: MatrixCore,
    trainers: dict[str, Trainer],
    setting: dict[str, Any],
) -> dict[str, Any]:
    """Train what is left, write and print the result, return it."""
    told = {"machine": machine.model_dump(mode="json"), "versions": versions()}
    write_json(out / "config.json", setting | told)
    plan.save(out / RECIPE)
    try:
        _train(trainers, setting, out)
    except DivergedError as error:
        write_json(out / "metrics.json", {"diverged": error.report, "epochs": _rows(trainers)})
        raise
    bill = run_bill(core.ledger, machine, list(trainers.values())[-1].step)
    result = {**_result(trainers, core, machine), "bill": bill_json(bill)}
    _write_results(out, trainers, result, light_of(core))
    _print_result(result, trainers)
    console().print(bill_text(bill), soft_wrap=True)
    if isinstance(core, MixedCore):
        console().print("products in number formats are not in it", soft_wrap=True)
    console().print(f"written to {out}")
    return result


def _prepared(
    plan: TrainingPlan, machine: MachineConfig
) -> tuple[MatrixCore, dict[str, Trainer], dict[str, Any]]:
    """Core, trainers by name, and all that a training depends on, as plain data."""
    data = load_dataset(plan.data)
    core = core_of(plan, machine, data)
    trainers = {
        "FP32": trainer_of(plan, data),
        f"{machine.name} ({plan.fidelity})": trainer_of(plan, data, core),
    }
    return core, trainers, setting_of(plan, machine, data)


def _train(trainers: dict[str, Trainer], setting: dict[str, Any], out: Path) -> None:
    """Train one after the other, with checkpoints and the log in ``out``."""
    last = monotonic()

    def keep() -> None:
        nonlocal last
        states = {name: t.state_dict() for name, t in trainers.items()}
        write_checkpoint(out / CHECKPOINT, {"setting": json.dumps(setting), "trainers": states})
        last = monotonic()

    def keep_now_and_then() -> None:
        if monotonic() - last >= CHECKPOINT_S:
            keep()

    with progress_bar() as bar:
        for name, trainer in trainers.items():
            for _ in train_epochs(trainer, bar, name, keep_now_and_then):
                keep()
                write_csv(out / "metrics.csv", _rows(trainers))


def _rows(trainers: dict[str, Trainer]) -> list[dict[str, Any]]:
    """A row for each epoch of each training; the score has the name that its task gives it."""

    def row(trainer: Trainer, record: EpochRecord) -> dict[str, Any]:
        values = asdict(record)
        values[f"test_{trainer.task.score_name}"] = values.pop("test_score")
        return values

    return [{"run": name, **row(t, r)} for name, t in trainers.items() for r in t.history]


def _result(
    trainers: dict[str, Trainer], core: MatrixCore, machine: MachineConfig
) -> dict[str, Any]:
    total = core.ledger.total
    return {
        "runs": {
            name: {
                f"test_{t.task.score_name}": t.history[-1].test_score,
                "train_loss": t.history[-1].train_loss,
                "seconds": sum(r.seconds for r in t.history),
            }
            for name, t in trainers.items()
        },
        "readouts": total.readouts.total(),
        "residue_error_rate": total.residue_error_rate,
        "residue_errors": dict(total.errors),
        "wrong_integers": total.wrong_integers,
        "integers": total.integers,
        "protection": machine.redundancy.policy,
        "re_reads": total.re_reads,
        "corrected": total.corrected,
        "detected": total.detected,
        "undetected": total.undetected,
        "dropped": total.dropped,
        "ledger": core.ledger.as_dict(),
        "phases": {bits: ledger.as_dict() for bits, ledger in phases_of(core).items()},
    }


def _write_results(
    out: Path, trainers: dict[str, Trainer], result: dict[str, Any], light: TensorCore
) -> None:
    rows = _rows(trainers)
    write_csv(out / "metrics.csv", rows)
    write_json(out / "metrics.json", {**result, "epochs": rows})
    optical = list(trainers.values())[-1]
    write_checkpoint(out / "weights.pt", optical.model.state_dict())
    if optical.epochs_done:
        histories = {name: t.history for name, t in trainers.items()}
        title = f"{optical.recipe.model} on {optical.data.name}, seed {optical.recipe.seed}"
        save(learning_curves(histories, title, optical.task), out / "learning_curves.png")
    if light.fidelity in LIT:
        with light.probe() as probe:
            sample = optical.data.test_x[:64].to(optical.device)
            optical.model.eval()
            with torch.no_grad(), light.step(0, training=False):
                optical.model(sample)
        # Forwards elsewhere, and in bits that are not the machine's, pass it by.
        if probe.samples:
            save(constellations({light.machine.name: probe}), out / "constellation.png")


def _print_result(result: dict[str, Any], trainers: dict[str, Trainer]) -> None:
    rows, task = [], list(trainers.values())[-1].task
    for i, (name, r) in enumerate(result["runs"].items()):
        light = i == len(result["runs"]) - 1
        rows.append(
            (
                name,
                task.shown(r[f"test_{task.score_name}"]),
                f"{result['residue_error_rate']:.2e}" if light else "-",
                f"{result['readouts']:,}" if light else "-",
                f"{r['seconds']:.1f}",
            )
        )
    heads = ("run", f"test {task.title}", "residue error rate", "readouts", "seconds")
    print_table("Result", heads, rows)
    if result["protection"] != "none":
        counts = ("re_reads", "corrected", "detected", "undetected", "dropped")
        console().print(
            f"protection {result['protection']}, of {result['integers']:,} integers: "
            + ", ".join(f"{result[c]:,} {c.replace('_', '-')}" for c in counts)
        )
    for bits, kinds in result["phases"].items():
        total = Ledger.from_dict(kinds).total
        console().print(
            f"with mantissas of {bits} bits: {total.integers:,} integers, "
            f"{total.wrong_integers:,} of them wrong, {total.macs:,} multiply-accumulates"
        )
