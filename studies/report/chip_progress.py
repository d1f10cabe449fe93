"""A bar on the terminal while a chip is made, if that takes more than a moment."""

from __future__ import annotations

from contextlib import ExitStack

from rich.progress import Progress

from circuits.control.progress import listen
from studies.report.progress import bars_shown, progress_bar

_AFTER_S = 1.0
_STEPS = 100


def show_chip_progress() -> None:
    """Show how far chips have come from now on, beyond one second and where no bar is yet."""
    listen(_ChipBar())


class _ChipBar:
    def __init__(self) -> None:
        self._stack = ExitStack()
        self._bar: Progress | None = None

    def __call__(self, done: float) -> None:
        if done == 0.0 and self._bar is None and not bars_shown():
            self._bar = self._stack.enter_context(progress_bar(_AFTER_S))
            self._bar.add_task("calibrating the chip", total=_STEPS, note="")
        if self._bar is not None:
            for task in self._bar.task_ids:
                self._bar.update(task, completed=round(_STEPS * done))
        if done == 1.0:
            self._bar = None
            self._stack.close()
