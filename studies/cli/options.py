"""Options that commands share, and the machine that they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photonics.errors import escaped
from studies.report.files import make_room_for

if TYPE_CHECKING:
    from mirage_core.machine.config import MachineConfig


def json_target(target: str | None) -> str | None:
    """Refuse a file that cannot be written before anything is loaded or done."""
    if target not in (None, "-"):
        make_room_for(Path(str(target)), "--json")
    return target


Preset = Annotated[
    str, typer.Option("--preset", "-p", help="name of a preset, or path of a .toml or .json file")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="change a parameter: dotted.name=value (may be repeated)"),
]
Name = Annotated[str, typer.Argument(help="name of a preset, or path of a .toml or .json file")]
Json = Annotated[
    str | None,
    typer.Option(
        "--json",
        help="write the result as JSON to a file, or - for stdout",
        callback=json_target,
    ),
]


def machine_of(name: str, overrides: list[str] | None) -> MachineConfig:
    """The machine of a preset or file, with what ``--set`` changes."""
    from mirage_core.machine.loading import load_machine
    from studies.report.chip_progress import show_chip_progress

    show_chip_progress()
    return load_machine(name, overrides or (), option="--set", notice=notice)


def notice(line: str) -> None:
    """One line on standard error, beside what a command prints."""
    typer.echo(f"mirage: {escaped(line)}", err=True)
