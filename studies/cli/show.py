"""The command line that shows: ``mirage show presets | budget | device | ...``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from photonics.errors import InputError
from photonics.files import existing
from studies.cli.options import Json, Name, Preset, Set, machine_of
from studies.cli.output import emit
from studies.report.files import make_room_for

# Endings of files of netlists.
_NETLISTS = (".yml", ".yaml", ".json")

show_app = typer.Typer(
    no_args_is_help=True, help="Show presets, budgets, devices, metrics, data sets and networks."
)


def _save_target(file: Path | None) -> Path | None:
    if file is not None:
        make_room_for(file, "--save")
    return file


def _netlist_target(file: Path | None) -> Path | None:
    if file is not None and file.suffix.lower() not in _NETLISTS:
        allowed = f"must end in {', '.join(_NETLISTS[:-1])} or {_NETLISTS[-1]}"
        raise InputError("--save", str(file), allowed)
    return _save_target(file)


def _load_source(file: Path | None) -> Path | None:
    if file is not None and not existing(file).exists():
        raise InputError("--load", str(file), "must be an existing file")
    return file


@show_app.command("presets")
def show_presets(json: Json = None) -> None:
    """Every parameter of every preset.  Example: ``mirage show presets``."""
    from studies.show import presets as show

    emit(json, show.presets)


@show_app.command("preset")
def show_preset(name: Name, set_: Set = None, json: Json = None) -> None:
    """One machine in full, with sources.  Example: ``mirage show preset robust``."""
    from studies.show import presets as show

    emit(json, lambda: show.preset(machine_of(name, set_)))


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

    emit(json, lambda: budget.show(machine_of(name, set_), data, out, time_domain))


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

    emit(json, lambda: chip.show(machine_of(name, set_), load, save, out))


@show_app.command("netlist")
def show_netlist(
    name: Name,
    set_: Set = None,
    modulus: Annotated[
        int | None, typer.Option(help="of the array; the machine's first by default")
    ] = None,
    unit: Annotated[int, typer.Option(help="which array of that modulus, from 0")] = 0,
    row: Annotated[int, typer.Option(help="which row of that array, from 0")] = 0,
    streamed: Annotated[
        str, typer.Option(help="integers x with commas between them, or one for all multipliers")
    ] = "1",
    stationary: Annotated[str, typer.Option(help="integers w, given in the same way")] = "1",
    load: Annotated[
        Path | None,
        typer.Option(
            "--load",
            help="file of a chip in place of the machine's own, taken as it stands",
            callback=_load_source,
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", help="file for the netlist, .yml, .yaml or .json", callback=_netlist_target
        ),
    ] = None,
    json: Json = None,
) -> None:
    """A row of a machine's chip as a netlist for gdsfactory and SAX.

    Example: ``mirage show netlist robust --modulus 29 --row 3 --save runs/row.pic.yml``.
    """
    from studies.show import netlist

    which = netlist.Row(modulus, unit, row, streamed, stationary)
    emit(json, lambda: netlist.show(machine_of(name, set_), which, load, save))


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

    emit(json, lambda: tolerances.show(machine_of(name, set_), data, out))


@show_app.command("fidelity")
def show_fidelity(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL", help="a name as of mirage train, or module:callable"),
    ],
    data: Annotated[
        str | None, typer.Option(help="data set, or kind:PATH; by default as suits the network")
    ] = None,
    preset: Preset = "robust",
    set_: Set = None,
    fidelity: Annotated[str, typer.Option(help="field, compact or integer")] = "compact",
    batch: Annotated[int, typer.Option(help="samples of the step")] = 32,
    seed: Annotated[int, typer.Option(help="of initial weights and noise")] = 0,
    chip: Annotated[
        Path | None, typer.Option(help="file of a chip; the machine's own by default")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="state dictionary, .pt or .safetensors; initial weights by default"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder for the figure")] = None,
    json: Json = None,
) -> None:
    """What light, number format and errors cost each product of a network in a training step.

    Example: ``mirage show fidelity cnn --preset robust --out runs/fidelity``.
    """
    from studies.show import fidelity as study

    machine = machine_of(preset, set_)
    start = study.Start(batch, seed, chip, weights)
    emit(json, lambda: study.show(machine, fidelity, model, data, start, out))


@show_app.command("devices")
def show_devices(json: Json = None) -> None:
    """All devices and their parts.  Example: ``mirage show devices``."""
    from studies.show import devices

    emit(json, devices.show_all)


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
        given = {"--part": part, "--set": set_, "--measured": measured, "--sweep": sweep}
        for option, value in given.items():
            if value:
                raise InputError(option, value, "is for one device", "name it")
        emit(json, devices.show_all)
    else:
        emit(json, lambda: devices.show(name, part, set_ or [], out, measured or [], sweep))


@show_app.command("data")
def show_data(json: Json = None) -> None:
    """The data sets that can be learned, those of files too.

    Example: ``mirage show data``.
    """
    show_datasets(json)


@show_app.command("datasets", hidden=True)
def show_datasets(json: Json = None) -> None:
    """The same as ``mirage show data``.  Example: ``mirage show datasets``."""
    from studies.show import trainable

    emit(json, trainable.datasets)


@show_app.command("networks")
def show_networks(json: Json = None) -> None:
    """The networks that can be trained by name.  Example: ``mirage show networks``."""
    from studies.show import trainable

    emit(json, trainable.networks)


@show_app.command("metrics")
def show_metrics(json: Json = None) -> None:
    """What studies measure, and what they set beside the parameters of a machine.

    Example: ``mirage show metrics``.
    """
    from studies.show import metrics

    emit(json, metrics.show)


@show_app.command("build")
def show_build(json: Json = None) -> None:
    """How products are computed on this machine.  Example: ``mirage show build``."""
    from studies.show import build

    emit(json, build.build)


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

    emit(json, lambda: study.show(moduli or (31, 32, 33), mantissa_bits, group_size))


@show_app.command("formats")
def show_formats(
    json: Json = None,
    out: Annotated[Path | None, typer.Option(help="folder for the figure")] = None,
) -> None:
    """Number formats compared: bits, range, noise, error of products.

    Example: ``mirage show formats --out runs/formats``.
    """
    from studies.show import formats

    emit(json, lambda: formats.table(out))
