"""Options of a recipe, which all commands that train share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from studies.cli.options import Set


def _options(
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
    overrides: Set = None,
    bits: Annotated[
        str | None,
        typer.Option(
            help="mantissa bits: 3, or 3,4@0.5 for three, and four from half of the training on"
        ),
    ] = None,
    on_light: Annotated[
        str | None,
        typer.Option(
            help="products on light, of forward,dx,dw; the others in FP32. "
            "By layers and in formats: products in a recipe"
        ),
    ] = None,
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
        str | None, typer.Option(help="of the network: cpu (default) or cuda:0")
    ] = None,
    chip: Annotated[
        Path | None, typer.Option(help="file of a chip; the machine's own by default")
    ] = None,
) -> None:
    """What is typed of a recipe; only the signature counts."""


def with_recipe(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of a recipe before its own.

    Args:
        command: is given what was typed of them, by name, as its first argument ``given``.
    """
    shared = inspect.signature(_options, eval_str=True).parameters
    _, *own = inspect.signature(command, eval_str=True).parameters.values()

    def run(**values: Any) -> None:
        given = {name: values.pop(name) for name in shared}
        command({name: value for name, value in given.items() if value is not None}, **values)

    parameters = [*shared.values(), *own]
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
