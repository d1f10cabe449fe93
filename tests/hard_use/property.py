"""What is asked of every reader: it reads, or refuses in plain words, soon and in little memory."""

from __future__ import annotations

import ast
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from devices.parameters.base import ParametersError
from devices.parameters.parts_file import FileError
from photonics.errors import InputError

T = TypeVar("T")

# Every valid file is read in well under a second, and fits into a thousandth of this.
_LONGEST_S = 20.0
_ROOM_BYTES = 1 << 30
# A few times what fits on a screen's line.
_LONGEST_LINE = 2000


class TooSlowError(BaseException):
    """A reader took longer than it may; no reader takes it for an error of its own."""


def read_or_refused(read: Callable[[], T]) -> T | None:
    """What is read, or none if it was refused; fails for all that is neither.

    Memory is limited, so that a reader which asks for as much as a file promises gets an error; it
    is found out too where the reader answers for it.
    """
    try:
        with limited():
            return read()
    except InputError as error:
        _require_plain(error)
        return None


def _require_plain(error: InputError) -> None:
    several = error.lines if isinstance(error, FileError) else None
    if isinstance(error, ParametersError):
        several = [str(problem) for problem in error.problems]
    lines = str(error).splitlines() if several else [str(error)]
    for line in lines:
        require_line(line)
    cause: BaseException | None = error
    while cause is not None:
        assert not _memory_ran_out(cause), f"memory ran out: {error}"
        assert "allocate" not in str(cause).lower(), f"memory ran out: {error}"
        cause = cause.__cause__ or cause.__context__


def _memory_ran_out(error: BaseException) -> bool:
    """Whether memory did; Python's parser says so too of text that is nested too deep for it."""
    if not isinstance(error, MemoryError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return not frames or frames[-1].filename != ast.__file__


def require_line(line: str) -> None:
    """One line of a terminal, with something on it."""
    assert line.isprintable(), f"not one plain line: {line[:200]!r}"
    assert len(line) <= _LONGEST_LINE, f"{len(line)} characters: {line[:200]!r}"
    assert line.strip()


@contextmanager
def limited() -> Iterator[None]:
    """Little more memory than there is in use, and little time."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    handler = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, _LONGEST_S)
    resource.setrlimit(resource.RLIMIT_AS, (_in_use_bytes() + _ROOM_BYTES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, handler)


def _in_use_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlowError(f"longer than {_LONGEST_S:g} s")
