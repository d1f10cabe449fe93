"""Commands of typer that answer a mistake in what was typed with one line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, cast

import typer

from photonics.errors import InputError
from studies.report import terminal

# Typer has these classes to itself, or from click: only this one is found in both.
_UsageError = cast("type[Exception]", typer.BadParameter.__base__)
_INTERRUPTED = 130


def run(command: Callable[..., Any]) -> None:
    """Run a command of typer as :func:`terminal.run` runs a program."""
    terminal.run(lambda: _invoke(typer.main.get_command(_app_of(command))))


def _app_of(command: Callable[..., Any]) -> typer.Typer:
    """A function as an application of one command."""
    if isinstance(command, typer.Typer):
        return command
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    return app


def _invoke(command: Any) -> None:
    typed, output = sys.argv[1:], sys.stdout
    try:
        status = command.main(args=typed, standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:
        # Where the reader has gone away, typer puts something else in the place of the output.
        if sys.stdout is not output:
            sys.stdout = output
            raise BrokenPipeError from None
        raise
    except InputError as error:
        raise _as_typed(error, command, typed) from None
    except _UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            cast(Any, error).show()
            sys.exit(2)
        _refuse(error, typed)
    if status == _INTERRUPTED:
        raise KeyboardInterrupt
    if isinstance(status, int) and status:
        sys.exit(status)


def _as_typed(error: InputError, command: Any, words: list[str]) -> InputError:
    """An error of the value of a typed option under the name of that option."""
    while words and words[0] in getattr(command, "commands", ()):
        command, words = command.commands[words[0]], words[1:]
    names = [name for p in command.params if p.name == error.field for name in p.opts]
    for word in words:
        option = word.partition("=")[0]
        if option in names:
            return InputError(option, error.value, error.allowed, error.remedy)
    return error


def _refuse(error: Any, typed: list[str]) -> NoReturn:
    """Say what was typed, what is allowed, and where that is told."""
    context = getattr(error, "ctx", None)
    remedy = "" if context is None else f"see {context.command_path} --help"
    field, value, allowed = _mistake(error, context, typed)
    raise InputError(field, value, allowed, remedy) from None


def _mistake(error: Any, context: Any, typed: list[str]) -> tuple[str, object, str]:
    """Field, value and what is allowed, of an error of usage."""
    option = getattr(error, "option_name", None)
    parameter = getattr(error, "param", None)
    kind = type(error).__name__
    if kind == "NoSuchOption":
        return "option", option, f"must be one of {_listed(_options(context))}"
    if parameter is not None:
        return _bad_value(error, parameter, _words(context, typed))
    if option is not None:
        value = next((t.partition("=")[2] for t in typed if t.startswith(f"{option}=")), None)
        return option, value, _sentence(error.message).removeprefix(f"option '{option}' ")
    if hasattr(context.command, "commands"):
        return "command", _first(_words(context, typed)), _one_of_commands(context)
    return "arguments", " ".join(_words(context, typed)), _sentence(error.message)


def _bad_value(error: Any, parameter: Any, words: list[str]) -> tuple[str, object, str]:
    field = max(parameter.opts, key=len)
    if type(error).__name__ == "MissingParameter":
        return field, None, "must be given"
    parsed, *_ = error.ctx.command.make_parser(error.ctx).parse_args(list(words))
    return field, parsed.get(parameter.name), _sentence(error.message)


def _words(context: Any, typed: list[str]) -> list[str]:
    """What was typed behind the name of a command."""
    depth, above = 0, context.parent
    while above is not None:
        depth, above = depth + 1, above.parent
    return typed[depth:]


def _options(context: Any) -> Iterable[str]:
    return (max(p.opts, key=len) for p in context.command.get_params(context) if _is_option(p))


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _one_of_commands(context: Any) -> str:
    return f"must be one of {_listed(context.command.list_commands(context))}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _first(words: list[str]) -> str:
    return next((w for w in words if not w.startswith("-")), "")


def _sentence(message: str) -> str:
    """What a message of typer says first, as a part of a line."""
    said = " ".join(message.split()).rstrip(".").partition(", ")[0]
    said = said.replace("Input should be", "must be")
    return said[:1].lower() + said[1:]
