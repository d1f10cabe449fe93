"""The command line: ``mirage verify | train | compare | cost | paper | explore | study | show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photonics.errors import InputError
from studies.cli import accelerator, explore, training
from studies.cli.options import Json, Preset, Set, machine_of
from studies.cli.output import emit as _emit
from studies.cli.show import show_app
from studies.cli.study import study_app
from studies.report import usage
from studies.report.files import versions

# Whatever loads torch is imported by the command that needs it: ``--help`` must be quick.
if TYPE_CHECKING:
    from studies.verification.claims import Depth

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Emulate Mirage, which computes with residues in the phase of light.",
)
app.add_typer(show_app, name="show")
app.add_typer(study_app, name="study")


def _version(asked: bool) -> None:
    if asked:
        found = versions()
        names = ["mirage-photonics", *(k for k in found if k != "mirage-photonics")]
        sys.stdout.write("".join(f"{name} {found[name]}\n" for name in names))
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="print versions, and leave"
        ),
    ] = False,
) -> None:
    """Emulate Mirage, which computes with residues in the phase of light."""


@app.command()
def verify(
    preset: Preset = "isca2024-ideal",
    set_: Set = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="a few cases of most claims, in half a minute")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="ten million dot products, deeper error rates")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="folder for verify.json and figures; none writes nothing")
    ] = None,
    json: Json = None,
) -> None:
    """Check modular arithmetic against exact integers, noise and error rates against theory.

    Exit status 1 if anything fails, or cannot be told.  Example:
    ``mirage verify --set "moduli=[29, 32, 33]" --out runs/verify``.
    """
    if quick and full:
        raise InputError("--quick", True, "cannot be had with --full", "leave one out")
    from studies.verification.campaign import campaign

    machine = machine_of(preset, set_)
    depth: Depth = "quick" if quick else "full" if full else "default"
    found = _emit(json, lambda: campaign(machine, depth, out))
    raise typer.Exit(0 if found["passed"] else 1)


app.command()(training.train)
app.command()(training.compare)
app.command()(accelerator.cost)
app.command()(accelerator.paper)
app.command()(explore.explore)


def main() -> None:
    """Run the command line; bad input becomes one line and exit status 2."""
    usage.run(app)


if __name__ == "__main__":
    main()
