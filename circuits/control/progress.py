"""How far the making of a chip has come, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[float], None]
"""Is told the fraction of a chip that is done, 0 to 1."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener of all chips that are made meanwhile."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report_progress(done: float) -> None:
    """Tell whoever listens that a fraction of a chip is done."""
    listener = _listener.get()
    if listener is not None:
        listener(done)
