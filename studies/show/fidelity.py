"""Fidelity of a network on a machine, layer by layer: what light, format and errors cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuits import load_chip
from mirage_core.core.tensor_core import TensorCore
from mirage_core.fidelity.layers import ProductFidelity, layer_fidelity
from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network, usual_data
from mirage_core.training.normalised import normalised
from mirage_core.training.tasks.named import TASKS
from mirage_core.training.weights import load_weights, put_weights
from photonics.checks import whole_number
from photonics.random import seed_number
from studies.report.fidelity_figure import fidelity_figure
from studies.report.figures import save
from studies.report.files import make_output_folder
from studies.report.tables import console, print_table


@dataclass(frozen=True)
class Start:
    """What the step starts from.

    Attributes:
        batch: how many of the first training samples.
        seed: of initial weights and noise.
        chip: file of the chip; the machine's own by default.
        weights: file of a state dictionary; initial weights by default.
    """

    batch: int = 32
    seed: int = 0
    chip: Path | None = None
    weights: Path | None = None


def show(
    machine: MachineConfig,
    fidelity: str,
    network: str,
    data_name: str | None,
    start: Start,
    out: Path | None = None,
) -> dict[str, Any]:
    """Print the rows of one training step; with ``out``, draw them there as well.

    Args:
        machine: the machine.
        fidelity: of the core.
        network: name of a network, or ``module:callable`` of what makes one for the data.
        data_name: name of a data set; none for that which suits the network.
        start: samples, weights, seed and chip.
        out: folder for the figure.

    Returns:
        Setting and rows, for JSON; infinite ratios are None.
    """
    if out is not None:
        make_output_folder(out)
    data = load_dataset(usual_data(network) if data_name is None else data_name)
    batch = whole_number("--batch", start.batch, least=1)
    seed = seed_number("--seed", start.seed)
    x, y = data.train_x[:batch], data.train_y[:batch]
    model, task = build_network(network, data, seed), TASKS[data.task]
    if start.weights is not None:
        put_weights(model, load_weights(start.weights))
    chip = None if start.chip is None else load_chip(start.chip)
    core = TensorCore(machine, fidelity=fidelity, seed=seed, chip=chip)
    with normalised(len(y), batch, "--batch"):
        rows = layer_fidelity(model, core, lambda lit: task.loss(lit(x), y))
    title = f"{network} on {machine.name} ({fidelity}), {len(y)} samples of {data.name}"
    _print(title, rows)
    if out is not None:
        save(fidelity_figure(title, rows), out / "fidelity.png")
        console().print(f"figure in {out}: fidelity.png")
    return {
        "network": network,
        "machine": machine.name,
        "fidelity": fidelity,
        "data": data.name,
        "batch": len(y),
        "seed": seed,
        "products": [row.as_dict() for row in rows],
    }


def _print(title: str, rows: list[ProductFidelity]) -> None:
    print_table(
        title,
        (
            "layer",
            "product",
            "integers",
            "SQNR/dB",
            "format/dB",
            "light/dB",
            "cosine",
            "random",
            "persistent",
            "wrong",
            "dropped",
            "evaluated",
        ),
        [_cells(row) for row in rows],
        text=("product",),
    )
    console().print(
        "SQNR: of the product against FP32 with the same operands; format: of exact integers; "
        "light: what is left\nbetween the two. cosine: to the FP32 network, errors of all products "
        "so far included. random, persistent:\nresidues that one reading has wrong by chance, "
        "and those that any has wrong. wrong, dropped: integers in\nthe end."
    )
    dropped, stay = sum(row.dropped for row in rows), sum(row.persistent_errors for row in rows)
    if dropped:
        share = stay / (stay + sum(row.random_errors for row in rows))
        console().print(
            f"{dropped:,} integers were dropped and count as zero; {100 * share:.0f} % of the "
            "errors repeat, and reading again\ndoes not mend those."
        )


def _cells(row: ProductFidelity) -> tuple[str, ...]:
    lit = row.evaluated is not None
    return (
        row.layer or "(root)",
        row.kind,
        f"{row.integers:,}",
        _db(row.sqnr_db),
        _db(row.quantised_sqnr_db),
        _db(row.light_sqnr_db),
        "-" if row.cosine is None else f"{row.cosine:.4f}",
        f"{row.random_errors:,.1f}" if lit else "-",
        f"{row.persistent_errors:,.1f}" if lit else "-",
        f"{row.wrong:,}" if lit else "-",
        f"{row.dropped:,}" if lit else "-",
        "-" if row.evaluated is None else f"{100 * row.evaluated:.3g} %",
    )


def _db(value: float) -> str:
    return "exact" if value == math.inf else f"{value:.1f}"
