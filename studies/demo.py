"""What the light does, in a minute: train FP32 and `robust`, look at the published machine."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Annotated

import torch
import typer
from torch import Tensor

from mirage_core.core.tensor_core import TensorCore
from mirage_core.learning.convert import convert
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.evaluation import score_on_test_set
from mirage_core.training.networks import build_network
from mirage_core.training.recipe import Recipe
from mirage_core.training.streamed import streamed_in_training
from mirage_core.training.trainer import Trainer
from studies.report import usage
from studies.report.chip_progress import show_chip_progress
from studies.report.figures import constellations, learning_curves, save
from studies.report.files import make_output_folder, write_json
from studies.report.progress import progress_bar, train_epochs
from studies.report.tables import console, print_table
from studies.show.error_budget import error_budgets
from studies.show.link import link_rows, verdicts

SEEDS = (0, 1, 2)


def run(
    out: Annotated[Path, typer.Option(help="folder for the figures")] = Path("runs/demo"),
) -> None:
    """What the light does: train, compare, print and draw.

    Example: ``python -m studies.demo --out runs/demo``.
    """
    torch.manual_seed(0)
    show_chip_progress()
    start = perf_counter()
    make_output_folder(out)
    data = load_dataset("digits")
    say = console().print
    robust, published = load_machine("robust"), load_machine("isca2024")
    say(
        f"Handwritten digits ({len(data.train_y)} to learn from, {len(data.test_y)} to be "
        "tested on) through light: every product of an\n"
        "MLP, forward and backward, on the emulated machine at compact fidelity, every noise "
        "source on.\n"
    )
    for machine in (robust, published):
        say(budget_in_short(machine, streamed_in_training(machine, data)["forward"]))
    power_w, published_w = robust.design.laser.power_w, published.design.laser.power_w
    say(
        f"`robust` runs at {power_w * 1e3:g} mW of laser power per row, "
        f"{power_w / published_w:.0f} times the paper's average of {published_w * 1e3:g} mW, "
        f"and at {robust.design.clock_hz / 1e9:g} GHz "
        f"instead of {published.design.clock_hz / 1e9:g} GHz.\n"
    )
    results = []
    with progress_bar() as bar:
        for seed in SEEDS:
            recipe = Recipe(seed=seed)
            core = TensorCore(robust, fidelity="compact", seed=seed)
            twins = {"FP32": Trainer(recipe, data), "robust": Trainer(recipe, data, core)}
            for name, trainer in twins.items():
                for _ in train_epochs(trainer, bar, f"{name}, seed {seed}"):
                    pass
            paper = TensorCore(published, fidelity="compact", seed=seed)
            results.append((twins, core, paper, _twin_accuracy(twins["FP32"], paper)))
    print_table(
        "Test accuracy",
        ("seed", "FP32", "robust", "wrong readouts", "isca2024 *", "wrong readouts"),
        [
            (
                str(seed),
                f"{100 * twins['FP32'].history[-1].test_score:.2f} %",
                f"{100 * twins['robust'].history[-1].test_score:.2f} %",
                _errors(core),
                f"{100 * right:.2f} %",
                _errors(paper),
            )
            for seed, (twins, core, paper, right) in zip(SEEDS, results, strict=True)
        ],
    )
    say("* the FP32 weights evaluated on the paper's machine at its published laser power.\n")
    mean = [
        sum(r[0][name].history[-1].test_score for r in results) / len(results)
        for name in ("FP32", "robust")
    ]
    say(f"mean over seeds: FP32 {100 * mean[0]:.2f} %, robust {100 * mean[1]:.2f} %")
    twins, core, paper, _ = results[-1]
    histories = {name: trainer.history for name, trainer in twins.items()}
    save(
        learning_curves(histories, f"mlp on digits, seed {SEEDS[-1]}", twins["FP32"].task),
        out / "learning_curves.png",
    )
    probes = {}
    for probed in (core, paper):
        with probed.probe() as probe:
            weight = next(twins["FP32"].model.parameters()).detach()
            probed.matmul(weight, data.test_x[:64].flatten(1).T)
        probes[probed.machine.name] = probe
    save(constellations(probes), out / "constellation.png")
    summary = {"fp32": mean[0], "robust": mean[1], "isca2024": [r[3] for r in results]}
    write_json(out / "demo.json", summary)
    say(f"figures in {out}: learning_curves.png, constellation.png")
    say(f"{perf_counter() - start:.0f} s in all")


def budget_in_short(machine: MachineConfig, streamed: Tensor) -> str:
    """What counts most of a machine's budget, of its modulus that errs most.

    Args:
        machine: any.
        streamed: mantissas (vectors, J), as inputs of a network that learns.
    """
    worst = error_budgets(machine, streamed)[0]
    link = link_rows(machine, {"forward": streamed})
    median = next(row.median for row in link if row.modulus == worst.modulus)
    timing, _ = verdicts(machine)
    settled = "it settles" if timing.settles(machine.design.clock_hz) else "NOT SETTLED"
    return (
        f"{machine.name}, modulo {worst.modulus}, where it errs most\n"
        f"  light   {1e3 * machine.design.row_power_w(worst.modulus):g} mW from the laser for "
        f"every row; a median input loses {median.rail_loss_db:.1f} dB of it,\n"
        f"          and arrives at {median.rho:.3g} times the noise of the receiver\n"
        f"  errors  {100.0 * worst.symbol_error_rate:.2g} % of the readings are predicted to be "
        f"wrong, mostly by: {worst.dominant.name}\n"
        f"  time    a reading needs {1e12 * timing.symbol_s:.0f} ps to settle, and lasts "
        f"{1e12 / machine.design.clock_hz:.0f} ps: {settled}\n"
        f"  all the rest: mirage show budget {machine.name}\n"
    )


def _twin_accuracy(trainer: Trainer, core: TensorCore) -> float:
    """Test accuracy of a trainer's weights when every product runs on another core."""
    model = build_network(trainer.recipe.model, trainer.data, trainer.recipe.seed)
    model.load_state_dict(trainer.model.state_dict())
    convert(model, core)
    return score_on_test_set(
        model, trainer.data, lambda row: core.step(0, training=False, row_offset=row)
    )


def _errors(core: TensorCore) -> str:
    """Wrong readouts of a core, of how many."""
    total = core.ledger.total
    return f"{total.errors.total():,} of {total.readouts.total():,}"


if __name__ == "__main__":
    usage.run(run)
