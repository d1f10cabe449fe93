"""The command line: ``mirage verify | train | study | show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from photonics.errors import InputError
from photonics.files import existing
from studies.cli.output import emit as _emit
from studies.cli.study import study_app
from studies.report import usage
from studies.report.files import make_room_for, versions

# Whatever loads torch is imported by the command that needs it: ``--help`` must be quick.
if TYPE_CHECKING:
    from mirage_core.machine.config import MachineConfig
    from mirage_core.training.trainer import Recipe
    from studies.verification.claims import Depth

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Emulate Mirage, which computes with residues in the phase of light.",
)
show_app = typer.Typer(
    no_args_is_help=True, help="Show presets, budgets, devices, data sets and networks."
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


def _json_target(target: str | None) -> str | None:
    """Refuse a file that cannot be written before anything is loaded or done."""
    if target not in (None, "-"):
        make_room_for(Path(str(target)), "--json")
    return target


def _save_target(file: Path | None) -> Path | None:
    if file is not None:
        make_room_for(file, "--save")
    return file


def _load_source(file: Path | None) -> Path | None:
    if file is not None and not existing(file).exists():
        raise InputError("--load", str(file), "must be an existing file")
    return file


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
        callback=_json_target,
    ),
]


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

    machine = _machine(preset, set_)
    depth: Depth = "quick" if quick else "full" if full else "default"
    found = _emit(json, lambda: campaign(machine, depth, out))
    raise typer.Exit(0 if found["passed"] else 1)


@app.command()
def train(
    model: Annotated[str, typer.Option(help="mlp or cnn")] = "mlp",
    data: Annotated[str, typer.Option(help="data set")] = "digits",
    fidelity: Annotated[str, typer.Option(help="field, compact or integer")] = "compact",
    preset: Preset = "robust",
    set_: Set = None,
    epochs: Annotated[int, typer.Option(help="passes over the training set")] = 12,
    batch_size: Annotated[int, typer.Option("--batch", help="samples per step")] = 64,
    learning_rate: Annotated[float, typer.Option("--lr", help="learning rate at the start")] = 0.1,
    seed: Annotated[int, typer.Option(help="of weights, data order and noise")] = 0,
    out: Annotated[Path, typer.Option(help="folder for the results")] = Path("runs/train"),
    chip: Annotated[
        Path | None, typer.Option(help="file of a chip; the machine's own by default")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on from the checkpoint")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="begin afresh where there is one")
    ] = False,
) -> None:
    """Train a network with every product on the emulated machine, and its FP32 twin beside it.

    Example: ``mirage train --model cnn --epochs 3 --set laser.power_w=2e-3 --out runs/cnn``.
    """
    from studies import training as study

    machine = _machine(preset, set_)
    recipe = _recipe(
        model=model, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed
    )
    study.run(machine, fidelity, data, recipe, out, resume, overwrite, chip)


@show_app.command("presets")
def show_presets(json: Json = None) -> None:
    """Every parameter of every preset.  Example: ``mirage show presets``."""
    from studies.show import presets as show

    _emit(json, show.presets)


@show_app.command("preset")
def show_preset(name: Name, set_: Set = None, json: Json = None) -> None:
    """One machine in full, with sources.  Example: ``mirage show preset robust``."""
    from studies.show import presets as show

    _emit(json, lambda: show.preset(_machine(name, set_)))


@show_app.command("budget")
def show_budget(
    name: Name,
    set_: Set = None,
    data: Annotated[str, typer.Option(help="data set that a network learns meanwhile")] = "digits",
    time_domain: Annotated[
        bool,
        typer.Option("--time-domain", help="send symbols through chains in time, half a minute"),
    ] = False,
    out: Annotated[Path | None, typer.Option(help="folder for the figures")] = None,
    json: Json = None,
) -> None:
    """Light, time, power and errors of a machine, for real data on its own chip.

    Every contribution to the phase error against half a cell, the predicted symbol error rate,
    and what dominates.  Example: ``mirage show budget isca2024 --time-domain``.
    """
    from studies.show import budget

    _emit(json, lambda: budget.show(_machine(name, set_), data, out, time_domain))


@show_app.command("chip")
def show_chip(
    name: Name,
    set_: Set = None,
    load: Annotated[
        Path | None,
        typer.Option(
            "--load",
            help="file of a chip, in place of a new one; calibrated afresh",
            callback=_load_source,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", help="file to save the chip in, as the last column", callback=_save_target
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder for the figures")] = None,
    json: Json = None,
) -> None:
    """A machine's chip as fabricated, calibrated, and drifted since.

    Example: ``mirage show chip robust --set chip_seed=3 --save runs/third.chip``.
    """
    from studies.show import chip

    _emit(json, lambda: chip.show(_machine(name, set_), load, save, out))


@show_app.command("tolerances")
def show_tolerances(
    name: Name,
    set_: Set = None,
    data: Annotated[str, typer.Option(help="data set that a network learns meanwhile")] = "digits",
    out: Annotated[Path | None, typer.Option(help="folder for the figure")] = None,
    json: Json = None,
) -> None:
    """Every part of a machine off by its spread: change of its error rate, and of its light.

    Half a minute.  Example: ``mirage show tolerances robust --out runs/tolerances``.
    """
    from studies.show import tolerances

    _emit(json, lambda: tolerances.show(_machine(name, set_), data, out))


@show_app.command("devices")
def show_devices(json: Json = None) -> None:
    """All devices and their parts.  Example: ``mirage show devices``."""
    from studies.show import devices

    _emit(json, devices.show_all)


@show_app.command("device")
def show_device(
    name: Annotated[str | None, typer.Argument(help="of a device; none lists them")] = None,
    part: Annotated[
        str | None, typer.Option("--part", help="part of the library, or path of a .toml file")
    ] = None,
    set_: Set = None,
    measured: Annotated[
        list[str] | None,
        typer.Option(
            help="S-parameters to draw beside the model: a Touchstone or csv file (for a "
            "ring-switch one of each state, coupled first), or a .toml file of a measured part"
        ),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(help="with --measured: wavelength_m=first:last:count, not those measured"),
    ] = None,
    out: Annotated[Path, typer.Option(help="folder for the picture")] = Path("runs/device"),
    json: Json = None,
) -> None:
    """One device: parameters, sources and characteristic curves; or beside its measurement.

    Example: ``mirage show device ring-switch --part cheng-2019 --set detuning_m=2e-9``.

    Example: ``mirage show device coupler --measured my.s4p --sweep wavelength_m=1.5e-6:1.6e-6:99``.
    """
    from studies.show import devices

    if name is None:
        _emit(json, devices.show_all)
    else:
        _emit(json, lambda: devices.show(name, part, set_ or [], out, measured or [], sweep))


@show_app.command("datasets")
def show_datasets(json: Json = None) -> None:
    """The data sets that come with the package.  Example: ``mirage show datasets``."""
    from studies.show import trainable

    _emit(json, trainable.datasets)


@show_app.command("networks")
def show_networks(json: Json = None) -> None:
    """The networks that can be trained by name.  Example: ``mirage show networks``."""
    from studies.show import trainable

    _emit(json, trainable.networks)


@show_app.command("build")
def show_build(json: Json = None) -> None:
    """How products are computed on this machine.  Example: ``mirage show build``."""
    from studies.show import build

    _emit(json, build.build)


@show_app.command("moduli")
def show_moduli(
    moduli: Annotated[list[int] | None, typer.Argument(help="pairwise coprime; 31 32 33")] = None,
    mantissa_bits: Annotated[
        int, typer.Option("--bits", help="of a mantissa, without its sign")
    ] = 4,
    group_size: Annotated[int, typer.Option("--group", help="elements of a dot product")] = 16,
    json: Json = None,
) -> None:
    """Range, converters and blind spots of a set of moduli, and the cheapest sets without one.

    Example: ``mirage show moduli 29 32 33 --bits 4 --group 16``.
    """
    from studies.show import moduli as study

    _emit(json, lambda: study.show(moduli or (31, 32, 33), mantissa_bits, group_size))


@show_app.command("formats")
def show_formats(
    json: Json = None,
    out: Annotated[Path | None, typer.Option(help="folder for the figure")] = None,
) -> None:
    """Number formats compared: bits, range, noise, error of products.

    Example: ``mirage show formats --out runs/formats``.
    """
    from studies.show import formats

    _emit(json, lambda: formats.table(out))


def _machine(name: str, overrides: list[str] | None) -> MachineConfig:
    from mirage_core.machine.loading import load_machine
    from studies.report.chip_progress import show_chip_progress

    show_chip_progress()
    return load_machine(name, overrides or (), option="--set", notice=_notice)


def _notice(line: str) -> None:
    """One line on standard error, beside what a command prints."""
    typer.echo(f"mirage: {line}", err=True)


def _recipe(**values: Any) -> Recipe:
    from mirage_core.training.trainer import Recipe

    return Recipe(**values)


def main() -> None:
    """Run the command line; bad input becomes one line and exit status 2."""
    usage.run(app)


if __name__ == "__main__":
    main()
