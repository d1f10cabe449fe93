"""The command line of studies: ``mirage study list | run | show | report | new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photonics.errors import InputError
from studies.cli.options import Json
from studies.cli.output import emit as _emit
from studies.report.files import make_output_folder, make_room_for

study_app = typer.Typer(no_args_is_help=True, help="Ask a machine a question: studies.")

RESULTS = Path("runs/studies")
_MOST_WORKERS = 1024
Source = Annotated[str, typer.Argument(help="name of a study, or path of a .toml or .py file")]
Full = Annotated[bool, typer.Option("--full", help="the full form, not the quick one of seconds")]
Out = Annotated[
    Path | None, typer.Option(help="folder of the results; runs/studies/NAME by default")
]


@study_app.command("list")
def list_studies(json: Json = None) -> None:
    """The studies that come with the package.  Example: ``mirage study list``."""
    from studies.show import study

    _emit(json, study.list_studies)


@study_app.command("run")
def run_study(
    source: Source,
    full: Full = False,
    workers: Annotated[int, typer.Option(help="processes on this machine")] = 1,
    out: Out = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="journal file, or postgresql:// address that several machines work from; a file "
            "in the folder of the results by default"
        ),
    ] = None,
    replicas: Annotated[int | None, typer.Option(help="chips and noises at every point")] = None,
    seed: Annotated[int | None, typer.Option(help="of chips, noises and designs")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="change the machine: dotted.name=value (may be repeated)"),
    ] = None,
    lease_s: Annotated[
        float,
        typer.Option(
            "--lease",
            help="seconds without a sign of life after which a point is "
            "taken over from a worker on another machine, or a frozen one",
        ),
    ] = 60.0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="begin afresh where there are results")
    ] = False,
    json: Json = None,
) -> None:
    """Run a study, or go on with it; write table, figures and answer, and print the answer.

    The same command on several machines with one ``--storage`` shares the work.  Whatever is
    interrupted goes on where it was.  Example: ``mirage study run laser --full --workers 2``.
    """
    if not 1 <= workers <= _MOST_WORKERS:
        raise InputError("--workers", workers, f"must be from 1 to {_MOST_WORKERS}")
    if not lease_s > 0:
        raise InputError("--lease", lease_s, "must be above 0")
    from studies.runner.command import StudyCommand

    folder = out or RESULTS / Path(source).stem
    make_output_folder(folder)
    command = StudyCommand.of(source, full, folder, storage, set_ or [], replicas, seed, lease_s)
    if overwrite:
        command.forget()
    _emit(json, lambda: command.run(workers))


@study_app.command("show")
def show_study(
    source: Source,
    full: Full = False,
    out: Out = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="make the answer anew from its table of rows, running none"),
    ] = False,
    json: Json = None,
) -> None:
    """What a study asks and varies, how far it is, and what it has found so far.

    Example: ``mirage study show laser``.
    """
    from studies.show import study

    _emit(json, lambda: study.show(source, full, out or RESULTS / Path(source).stem, again))


@study_app.command("report")
def report(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="folders of results; all of runs by default"),
    ] = None,
    out: Annotated[Path, typer.Option(help="file of the page")] = RESULTS / "report.html",
) -> None:
    """One page with every finished study and comparison: findings, then figures, tables, commands.

    Example: ``mirage study report --out report.html``.
    """
    make_room_for(out, "--out")
    from studies.show import study

    study.report(folders or [RESULTS.parent], out)


@study_app.command("new")
def new_study(
    file: Annotated[Path, typer.Argument(help="to be written, .toml or .py")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="replace a file")] = False,
) -> None:
    """Write a commented example of a study.  Example: ``mirage study new my.toml``."""
    from studies.runner.example import write_example

    write_example(file, overwrite)
