"""The commands that train: ``mirage train | compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from photonics.errors import InputError
from studies.cli.options import Json, machine_of
from studies.cli.output import emit
from studies.cli.recipe_options import with_recipe
from studies.report.files import make_output_folder

_MOST_WORKERS = 1024


@with_recipe
def train(
    given: dict[str, Any],
    out: Annotated[Path, typer.Option(help="folder for the results")] = Path("runs/train"),
    resume: Annotated[
        bool, typer.Option("--resume", help="go on from the checkpoint, to more --epochs too")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="begin afresh where there is one")
    ] = False,
) -> None:
    """Train a network with every product on the emulated machine, and its FP32 twin beside it.

    Example: ``mirage train --model cnn --epochs 3 --set laser.power_w=2e-3 --out runs/cnn``.

    Example: ``mirage train --model lenet5 --data idx:mnist --weights my.pt --epochs 0``.
    """
    if resume and overwrite:
        raise InputError("--resume", True, "cannot be had with --overwrite", "leave one out")
    from studies import training as study
    from studies.training_plan import plan_as_typed

    asked = plan_as_typed(given)
    study.run(asked, machine_of(asked.preset, list(asked.overrides)), out, resume, overwrite)


@with_recipe
def compare(
    given: dict[str, Any],
    with_: Annotated[
        str,
        typer.Option(
            "--with",
            help="contestants beside FP32: number formats, lns-madam, integer, machines as "
            "robust, robust:integer or mine.toml:field",
        ),
    ] = "bfloat16,int8,integer,robust",
    seeds: Annotated[int, typer.Option(help="trainings of each, from --seed on")] = 3,
    workers: Annotated[int, typer.Option(help="processes on this machine")] = 1,
    out: Annotated[Path, typer.Option(help="folder for the results")] = Path("runs/compare"),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="begin afresh where there are results")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="make the answer anew from its table of rows, training none"),
    ] = False,
    json: Json = None,
) -> None:
    """Train one recipe in number formats and on machines, seed by seed, and compare with FP32.

    What is interrupted goes on where it was, by the same command; with more --seeds, or more
    contestants, only what is new is trained.

    Example: ``mirage compare --with int8,integer,robust --seeds 5 --epochs 5 --out runs/mlp``.
    """
    if not 1 <= workers <= _MOST_WORKERS:
        raise InputError("--workers", workers, f"must be from 1 to {_MOST_WORKERS}")
    from studies.comparison.command import command_of
    from studies.report.chip_progress import show_chip_progress
    from studies.training_plan import plan_as_typed

    if again and overwrite:
        raise InputError("--again", True, "cannot be had with --overwrite", "leave one out")
    show_chip_progress()
    asked = command_of(plan_as_typed(given), with_, seeds, out)
    if again:
        emit(json, asked.again)
        return
    make_output_folder(out)
    if overwrite:
        asked.forget()
    emit(json, lambda: asked.run(workers))
