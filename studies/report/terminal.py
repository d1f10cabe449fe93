"""Programs that end as a terminal expects, on terminals that cannot print every character."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
import unicodedata
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from photonics.errors import InputError, escaped

PLAIN = "mirage.plain"
"""Name of the way to encode what a terminal has no character for: ``π`` becomes ``pi``."""

_INTERRUPTED, _GONE = 128 + 2, 128 + 13
"""Status of what a signal has ended, as shells have it: SIGINT, SIGPIPE."""

# The others are Greek letters, superscripts and letters with accents.
_WORDS = {
    "µ": "u",
    "±": "+/-",
    "·": "*",
    "×": "x",
    "÷": "/",
    "√": "sqrt ",
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "−": "-",
    "–": "-",
    "∞": "inf",
    "°": " deg",
    # Of one column, since tables are laid out before.
    "…": ".",
}


def plain(text: str) -> str:
    """A text in ASCII: the same words, ``?`` for what has none."""
    found, raised = [], False
    for character in text:
        superscript = unicodedata.decomposition(character).startswith("<super>")
        found.append("^" if superscript and not raised else "")
        found.append(_word(character))
        raised = superscript
    return "".join(found)


def _word(character: str) -> str:
    if character.isascii() or character in _WORDS:
        return _WORDS.get(character, character)
    kind, _, name = unicodedata.name(character, "").partition(" LETTER ")
    if kind in ("GREEK SMALL", "GREEK CAPITAL"):
        return name.lower() if kind == "GREEK SMALL" else name.capitalize()
    close = unicodedata.normalize("NFKD", character)
    close = "".join(_WORDS.get(c, c) for c in close if not unicodedata.combining(c))
    return close if close and close.isascii() else "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


codecs.register_error(PLAIN, _replace)


def printable(text: str) -> str:
    """A text in the characters that standard output has, so that columns keep their width.

    What a terminal would act on, such as colours in a file's text, is written out; but lines stay.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return escaped(text, but="\n").encode(encoding, PLAIN).decode(encoding)


def run(program: Callable[[], Any]) -> None:
    """Run a program: bad input becomes one line and exit status 2.

    A reader that goes away ends it quietly with status 141, as signal 13 does, an output that
    takes nothing, or a file that cannot be used, with a line and status 1, and an interruption with
    130, as signal 2 does.  Warnings are lines like errors.
    """
    warnings.formatwarning = lambda message, *_, **__: f"mirage: {message}\n"
    if sys.stdout is None:
        _end(1, "standard output is closed: open it, or send it to a file")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAIN)
    try:
        program()
        sys.stdout.flush()
    except InputError as error:
        _end(2, str(error))
    except KeyboardInterrupt:
        # A second one ends it at once, without a word.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _end(_INTERRUPTED, "interrupted")
    except BrokenPipeError:
        _drop_output()
        sys.exit(_GONE)
    except OSError as error:
        if error.filename is not None:
            _end(1, f"{error.filename!r} cannot be used ({error.strerror or error})")
        _drop_output()
        _end(1, f"the output cannot be written ({error.strerror or error})")


def _end(status: int, line: str) -> NoReturn:
    """Leave with a line on standard error, if that can be written."""
    with suppress(AttributeError, OSError):
        sys.stderr.write(f"mirage: {line}\n")
        sys.stderr.flush()
    sys.exit(status)


def _drop_output() -> None:
    """Lead what is still to be written, which nobody takes either, to nowhere."""
    with suppress(AttributeError, OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
