"""Train a network through light, with its FP32 twin beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from circuits import load_chip
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import load_dataset
from mirage_core.training.trainer import Recipe, Trainer
from photonics.errors import InputError
from photonics.files import existing
from studies.accelerator.run_bill import bill_json, bill_text, run_bill
from studies.report.checkpoint import restore_checkpoint, write_checkpoint
from studies.report.figures import constellations, learning_curves, save
from studies.report.files import make_output_folder, versions, write_csv, write_json
from studies.report.progress import progress_bar, train_epochs
from studies.report.tables import console, print_table
from studies.verification.sampling import LIT


def run(
    machine: MachineConfig,
    fidelity: str,
    data_name: str,
    recipe: Recipe,
    out: Path,
    resume: bool,
    overwrite: bool = False,
    chip: Path | None = None,
) -> dict[str, Any]:
    """Train both twins, write everything into ``out``, print the result, return it.

    Args:
        machine: the machine that trains.
        fidelity: of the optical twin.
        data_name: name of the data set.
        recipe: network, optimiser, seed.
        out: folder for the results.
        resume: go on from the checkpoint in ``out``.
        overwrite: begin afresh although there is one.
        chip: file of the chip to train on; the machine's own by default.
    """
    data = load_dataset(data_name)
    given = None if chip is None else load_chip(chip)
    core = TensorCore(machine, fidelity=fidelity, seed=recipe.seed, chip=given)
    trainers = {
        "FP32": Trainer(recipe, data),
        f"{machine.name} ({fidelity})": Trainer(recipe, data, core),
    }
    setting = {
        # Machines are the same wherever their values come from.
        "machine": machine.model_dump(mode="json", exclude={"sources"}),
        "fidelity": fidelity,
        "data": data_name,
        "recipe": recipe.model_dump(),
        "chip": None if chip is None else sha256(existing(chip).read_bytes()).hexdigest(),
    }
    make_output_folder(out)
    checkpoint = out / "checkpoint.pt"
    if resume:
        restore_checkpoint(checkpoint, setting, trainers)
    elif checkpoint.exists() and not overwrite:
        raise InputError(
            "--out", str(out), "holds a training", "add --resume or --overwrite, or name another"
        )
    told = {"machine": machine.model_dump(mode="json"), "versions": versions()}
    write_json(out / "config.json", setting | told)
    with progress_bar() as bar:
        for name, trainer in trainers.items():
            for _ in train_epochs(trainer, bar, name):
                states = {n: t.state_dict() for n, t in trainers.items()}
                write_checkpoint(checkpoint, {"setting": json.dumps(setting), "trainers": states})
    bill = run_bill(core.ledger, machine, list(trainers.values())[-1].step)
    result = {**_result(trainers, core), "bill": bill_json(bill)}
    _write_results(out, trainers, result, core)
    _print_result(result)
    console().print(bill_text(bill), soft_wrap=True)
    console().print(f"written to {out}")
    return result


def _result(trainers: dict[str, Trainer], core: TensorCore) -> dict[str, Any]:
    total = core.ledger.total
    return {
        "runs": {
            name: {
                "test_accuracy": t.history[-1].test_accuracy,
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
        "protection": core.machine.redundancy.policy,
        "re_reads": total.re_reads,
        "corrected": total.corrected,
        "detected": total.detected,
        "undetected": total.undetected,
        "dropped": total.dropped,
        "ledger": core.ledger.as_dict(),
    }


def _write_results(
    out: Path, trainers: dict[str, Trainer], result: dict[str, Any], core: TensorCore
) -> None:
    histories = {name: t.history for name, t in trainers.items()}
    rows = [{"run": name, **asdict(r)} for name, history in histories.items() for r in history]
    write_csv(out / "metrics.csv", rows)
    write_json(out / "metrics.json", {**result, "epochs": rows})
    optical = list(trainers.values())[-1]
    title = f"{optical.recipe.model} on {optical.data.name}, seed {optical.recipe.seed}"
    save(learning_curves(histories, title), out / "learning_curves.png")
    if core.fidelity in LIT:
        with core.probe() as probe:
            sample = optical.data.test_x[:64]
            optical.model.eval()
            with torch.no_grad(), core.step(0, training=False):
                optical.model(sample)
        save(constellations({core.machine.name: probe}), out / "constellation.png")


def _print_result(result: dict[str, Any]) -> None:
    rows = []
    for i, (name, r) in enumerate(result["runs"].items()):
        light = i == len(result["runs"]) - 1
        rows.append(
            (
                name,
                f"{100 * r['test_accuracy']:.2f} %",
                f"{result['residue_error_rate']:.2e}" if light else "-",
                f"{result['readouts']:,}" if light else "-",
                f"{r['seconds']:.1f}",
            )
        )
    print_table(
        "Result", ("run", "test accuracy", "residue error rate", "readouts", "seconds"), rows
    )
    if result["protection"] != "none":
        counts = ("re_reads", "corrected", "detected", "undetected", "dropped")
        console().print(
            f"protection {result['protection']}, of {result['integers']:,} integers: "
            + ", ".join(f"{result[c]:,} {c.replace('_', '-')}" for c in counts)
        )
