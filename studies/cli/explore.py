"""The command of the explorer: ``mirage explore``."""

from __future__ import annotations

from typing import Annotated

import typer


def explore(
    notebook: Annotated[
        str, typer.Argument(help="explorer, or a notebook: architect, researcher")
    ] = "explorer",
    preset: Annotated[
        str, typer.Option(help="machine to start from: a preset, or path of a .toml or .json file")
    ] = "",
    port: Annotated[int, typer.Option(help="of this machine; 0 takes a free one")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="open a page where there is a display")
    ] = True,
) -> None:
    """Move sliders, and see what one row of a machine reads, errs and costs.

    The page is served to this machine alone.  Example: ``mirage explore --port 8080 --no-browser``.

    It offers all presets, and a machine of yours.  Example: ``mirage explore --preset mine.toml``.

    Two notebooks come with it.  Example: ``mirage explore architect``.
    """
    from studies.explorer.server import serve

    serve(notebook, port, browser, preset)
