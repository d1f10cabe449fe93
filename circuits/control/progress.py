"""How far the making of a chip has come, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listener = Callable[[float], None]
"""Is told the fraction of a chip that is done: 0 at first, 1 at the end, however it ends."""

_listeners: list[Listener] = []


def listen(listener: Listener | None) -> None:
    """Tell a listener, in place of any before it, of all chips that are made from now on."""
    _listeners[:] = [] if listener is None else [listener]


@contextmanager
def reported() -> Iterator[Listener]:
    """One chip whose progress is told to whoever listens."""

    def report(done: float) -> None:
        for listener in _listeners:
            listener(done)

    report(0.0)
    try:
        yield report
    finally:
        report(1.0)
