"""``python -m studies.bench``: times of products, of training steps, and of what is done once."""

from __future__ import annotations

import json as encoding
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from photonics.files import write_whole
from studies.bench import history as past
from studies.bench.once import once
from studies.bench.products import CASES, LONG_CASES, measure_cases
from studies.bench.steps import training_steps
from studies.report.figures import save
from studies.report.files import emit_json, make_room_for, versions
from studies.report.tables import print_table


def print_products(rows: list[dict[str, Any]], title: str) -> None:
    """The table of products."""
    heads = ["case", "shape", "ratio", "quartiles", "FP32, ms", "ns/readout", "evaluated", "wrong"]
    print_table(
        title,
        heads,
        [
            [
                row["case"],
                row["shape"],
                f"{row['ratio']:.3g}",
                "{:.3g} to {:.3g}".format(*row["ratio_quartiles"]),
                f"{row['fp32_ms']:.3g}",
                f"{row['ns_per_readout']:.2g}",
                f"{100 * row['evaluated']:.3g} %",
                f"{row['wrong']:.1g}",
            ]
            for row in rows
        ],
        text=("shape",),
    )


def run(
    threads: Annotated[int, typer.Option(help="threads of torch and of the kernels", min=1)] = 1,
    repetitions: Annotated[int, typer.Option(help="of every product", min=2)] = 7,
    full: Annotated[bool, typer.Option(help="what takes long as well: minutes")] = False,
    json: Annotated[str | None, typer.Option(help="write the numbers to a file, or to -")] = None,
    figure: Annotated[Path | None, typer.Option(help="draw the ratios")] = None,
    history: Annotated[
        Path | None, typer.Option(help="runs before, to be held against and added to")
    ] = None,
) -> None:
    """Time products and training steps through the light.

    Example: ``python -m studies.bench --threads 2 --history bench.jsonl --figure bench.png``.
    """
    torch.set_num_threads(threads)
    for path, option in ((json, "--json"), (figure, "--figure"), (history, "--history")):
        if path and path != "-":
            make_room_for(Path(path), option)
    runs = past.read(history) if history else []
    products = measure_cases(CASES + (LONG_CASES if full else ()), repetitions)
    steps = training_steps(repetitions)
    path = products[0]["path"]
    where = f"{past.machine_name()}, {path}, torch {torch.__version__}, {threads} thread(s)"
    print_products(products, f"CPU time over that of the FP32 product ({where})")
    print_table(
        "Training step of 128 digits through `robust`, over plain FP32",
        ["network", "path", "ratio", "FP32, ms"],
        [[s["network"], s["path"], f"{s['ratio']:.3g}", f"{s['fp32_ms']:.3g}"] for s in steps],
        text=("path",),
    )
    single = once()
    print_table(
        "Once",
        ["what", "CPU time, s"],
        [[s["what"], "-" if s["cpu_s"] is None else f"{s['cpu_s']:.3g}"] for s in single],
    )
    found = {**versions(), "threads": threads, "products": products, "steps": steps, "once": single}
    this = past.record(found, threads)
    before = past.alike(runs, this)
    for line in past.slower(before, this):
        typer.echo(f"slower than before: {line}")
    if history:
        lines = [*(encoding.dumps(one) for one in runs), encoding.dumps(this)]
        write_whole(history, ("\n".join(lines) + "\n").encode(), "--history")
    if figure:
        save(past.figure([*before, this]), figure, "--figure")
    if json:
        emit_json(json, found)
