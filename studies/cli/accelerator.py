"""The commands of the accelerator: ``mirage cost | paper``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from studies.cli.options import Json, Preset, Set, machine_of
from studies.cli.output import emit as _emit
from studies.report.files import make_room_for


def cost(
    network: Annotated[
        str,
        typer.Argument(
            help="alexnet, resnet18, resnet50, vgg16, mobilenetv2, yolov2, transformer, or "
            "module:callable that makes a network"
        ),
    ],
    batch: Annotated[int, typer.Option("--batch", help="samples of a step")] = 256,
    inference: Annotated[
        bool, typer.Option("--inference", help="forward alone, without gradients")
    ] = False,
    shape: Annotated[
        str | None, typer.Option("--input", help="shape of one sample: 3,224,224, or 128:int")
    ] = None,
    preset: Preset = "isca2024",
    set_: Set = None,
    basis: Annotated[
        str | None, typer.Option(help="physics, published or both; both where there are prices")
    ] = None,
    dataflow: Annotated[str, typer.Option(help="DF1, DF2, OPT1 or OPT2")] = "OPT2",
    as_published: Annotated[
        bool,
        typer.Option("--as-published", help="count convolutions as the paper must have"),
    ] = False,
    clock: Annotated[
        str, typer.Option(help="set, or settled: what all needs; basis physics")
    ] = "set",
    light: Annotated[
        str, typer.Option(help="set, or closed: what the link needs; basis physics")
    ] = "set",
    data: Annotated[str, typer.Option(help="uniform, sparse or worst, for the link")] = "uniform",
    double_buffered: Annotated[
        bool, typer.Option("--double-buffered", help="load tiles while vectors stream")
    ] = False,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="share groups and heads among units")
    ] = False,
    error_rate: Annotated[
        float,
        typer.Option(
            "--error-rate", help="share of residues read wrongly, from which re-reads follow"
        ),
    ] = 0.0,
    bandwidth: Annotated[
        float | None,
        typer.Option("--dram", help="GB/s of DRAM, whose waits and energy all totals then hold"),
    ] = None,
    sram: Annotated[
        float | None, typer.Option(help="MB of memory for each operand, with --dram; 8 by default")
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="tile order, with --dram: rows, groups or best, the default")
    ] = None,
    components: Annotated[
        Path | None, typer.Option(help="TOML file of prices of your own, for the basis physics")
    ] = None,
    arrays: Annotated[
        Path | None, typer.Option(help="TOML file of systolic arrays of your own to compare with")
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(help='sizes without physics: "rows=8,16 units=4,8" (may be repeated)'),
    ] = None,
    scale_sim: Annotated[
        Path | None, typer.Option(help="write the products as a SCALE-Sim topology")
    ] = None,
    accelforge: Annotated[
        Path | None,
        typer.Option(help="write the products as a workload of AccelForge, in YAML"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder for tables and figures")] = None,
    json: Json = None,
) -> None:
    """Time, energy, power and area of a network on the machine, against others.

    In two bases, side by side: the machine's own parts, and what the paper prints.

    Example: ``mirage cost resnet50 --set array.units=16 --sweep rows=8,16,32 --out runs/cost``.

    Example: ``mirage cost torchvision.models:resnet18 --input 3,224,224 --batch 1 --inference``.
    """
    for option, file in (("--scale-sim", scale_sim), ("--accelforge", accelforge)):
        if file is not None:
            make_room_for(file, option)
    from studies.accelerator import commands

    asked = {
        "basis": basis,
        "dataflow": dataflow,
        "clock": clock,
        "light": light,
        "data": data,
        "double_buffered": double_buffered,
        "side_by_side": side_by_side,
        "error_rate": error_rate,
        "components": components,
        "arrays": arrays,
        "sweep": tuple(sweep or ()),
    }
    options = commands.options(asked, bandwidth, sram, order)
    machine = machine_of(preset, set_)
    work = commands.work(network, batch, inference, shape, as_published)
    commands.export(work, scale_sim, accelforge)
    _emit(json, lambda: commands.cost(machine, work, options, out))


def paper(
    what: Annotated[
        str | None, typer.Argument(help="a table or figure, as fig8; none for an overview")
    ] = None,
    rerun: Annotated[
        bool,
        typer.Option("--rerun", help="train anew what table1 or fig5a shows, or go on with it"),
    ] = False,
    workers: Annotated[int, typer.Option(help="processes that train")] = 1,
    out: Annotated[Path | None, typer.Option(help="folder for tables and figures")] = None,
    json: Json = None,
) -> None:
    """The paper's tables and figures beside what they recompute to, or what was trained here.

    One row each: published, recomputed, difference and reason.  Table I and Fig. 5(a), which the
    paper trains, stand beside kept results of smaller networks; --rerun makes them anew.

    Example: ``mirage paper fig8``, or ``mirage paper table1 --rerun --out runs/paper``.
    """
    from studies.accelerator import paper as study

    _emit(json, lambda: study.show(what, out, rerun, workers))
