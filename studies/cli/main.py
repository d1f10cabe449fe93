"""The command line: ``mirage verify | train | cost | paper | study | show``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from photonics.errors import InputError
from studies.cli import accelerator
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


@app.command()
def train(
    model: Annotated[
        str | None, typer.Option(help="mirage show networks, or module:callable; mlp by default")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="mirage show data, or idx:PATH; by default as suits it")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="TOML file of all these, as one is written to --out")
    ] = None,
    fidelity: Annotated[str | None, typer.Option(help="field, compact (default), integer")] = None,
    preset: Annotated[
        str | None, typer.Option("--preset", "-p", help="name, or path of a file; robust")
    ] = None,
    set_: Set = None,
    epochs: Annotated[
        int | None, typer.Option(help="passes over the training set, 12; 0 evaluates")
    ] = None,
    batch_size: Annotated[int | None, typer.Option("--batch", help="samples per step, 64")] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--lr", help="highest learning rate; as suits the network")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(help="linear (to zero), constant, cosine or step")
    ] = None,
    warmup_epochs: Annotated[
        float | None, typer.Option("--warmup", help="epochs over which the rate rises")
    ] = None,
    step_epochs: Annotated[
        int | None, typer.Option(help="epochs between falls of --schedule step, 4")
    ] = None,
    step_factor: Annotated[
        float | None, typer.Option(help="of a fall of --schedule step, 0.1")
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam, adamw or madam")] = None,
    momentum: Annotated[float | None, typer.Option(help="of sgd, 0.9")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="of all but madam, 0")] = None,
    clip_norm: Annotated[float | None, typer.Option("--clip", help="longest gradient")] = None,
    seed: Annotated[int | None, typer.Option(help="of weights, data order and noise, 0")] = None,
    weights: Annotated[
        Path | None, typer.Option(help="state dictionary to start from, of torch or safetensors")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="of the digital layers: cpu (default) or cuda:0")
    ] = None,
    out: Annotated[Path, typer.Option(help="folder for the results")] = Path("runs/train"),
    chip: Annotated[
        Path | None, typer.Option(help="file of a chip; the machine's own by default")
    ] = None,
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
    given = {
        "model": model,
        "data": data,
        "fidelity": fidelity,
        "preset": preset,
        "overrides": set_,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "warmup_epochs": warmup_epochs,
        "step_epochs": step_epochs,
        "step_factor": step_factor,
        "optimizer": optimizer,
        "momentum": momentum,
        "weight_decay": weight_decay,
        "clip_norm": clip_norm,
        "seed": seed,
        "weights": weights and str(weights),
        "device": device,
        "chip": chip and str(chip),
    }
    from studies import training as study
    from studies.training_plan import plan

    asked = plan(recipe, {name: value for name, value in given.items() if value is not None})
    study.run(asked, machine_of(asked.preset, list(asked.overrides)), out, resume, overwrite)


app.command()(accelerator.cost)
app.command()(accelerator.paper)


def main() -> None:
    """Run the command line; bad input becomes one line and exit status 2."""
    usage.run(app)


if __name__ == "__main__":
    main()
