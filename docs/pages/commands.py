"""The command reference: every command and option, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from docs.pages.markdown import code, docstring, plain, table
from studies.cli.main import app

HEAD = """# Commands

What `mirage --help` and the help of every command say, on one page. Every command ends with status
0 if all is well. It ends with one line on standard error and 2 if the input is bad, 1 if a file or
the output cannot be used, 130 if it is interrupted; `mirage verify` also ends with 1 if a claim
fails or cannot be told. `--json FILE` writes the result for other programs, `--json -` to standard
output. `mirage --version` prints versions, of what it computes with too.
"""


def pages() -> Iterator[tuple[str, str]]:
    """The one page."""
    yield "commands.md", "\n".join((HEAD, *map(_section, commands())))


def commands() -> Iterator[tuple[str, Any]]:
    """Full name and command of everything that can be typed, groups left out."""
    # The command line's own classes are those of Typer, of whatever version.
    yield from _within("mirage", get_command(app))


def _within(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for each, one in inner.items():
        yield from _within(f"{name} {each}", one)


def _section(named: tuple[str, Any]) -> str:
    name, command = named
    about = [docstring(part) for part in (command.help or "").split("\n\n")]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    rows = [(code(p.name), plain(p.help or ""), _default(p)) for p in arguments]
    rows += [
        (code(" ".join(p.opts)), plain(p.help or ""), _default(p))
        for p in options
        if p.name != "help"
    ]
    lines = [f"## `{name}`", *about]
    if rows:
        lines.append(table(("argument or option", "meaning", "default"), rows))
    return "\n\n".join(lines) + "\n"


def _default(option: Any) -> str:
    if option.required:
        return "must be given"
    default = option.default
    return "" if default in (None, False, ()) or callable(default) else code(default)
