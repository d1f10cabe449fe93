"""Progress of long work on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Protocol

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from studies.report.tables import console
from studies.report.terminal import printable

if TYPE_CHECKING:
    from mirage_core.training.trainer import Trainer


_shown: list[Progress] = []


def bars_shown() -> bool:
    """Whether a piece of work has bars on the terminal now, or will after a while."""
    return bool(_shown)


class Advance(Protocol):
    """Moves a bar on."""

    def __call__(self, steps: int = 1, note: str | None = None) -> None:
        """Report that ``steps`` more are done, and what comes next where that is new."""


@contextmanager
def progress(title: str, total: int, after_s: float = 0.0) -> Iterator[Advance]:
    """A bar for one piece of work of known length.

    Args:
        title: what is being done.
        total: number of steps.
        after_s: time in s for which nothing is shown, so that quick work shows nothing at all.
    """
    with progress_bar(after_s) as bar:
        task = bar.add_task(title, total=total, note="")

        def advance(steps: int = 1, note: str | None = None) -> None:
            bar.update(task, advance=steps)
            if note is not None:
                bar.update(task, note=note)

        yield advance


@contextmanager
def progress_bar(after_s: float = 0.0) -> Iterator[Progress]:
    """Bars with a note (loss, accuracy, name of the step) and the time left, from ``after_s`` on.

    Tasks are to be added with a ``note``.
    """
    columns = (
        _Words("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Words("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console())
    _shown.append(bar)
    timer = Timer(after_s, bar.start)
    timer.daemon = True
    if after_s > 0.0:
        timer.start()
    else:
        bar.start()
    try:
        yield bar
    finally:
        _shown.remove(bar)
        timer.cancel()
        if after_s > 0.0:
            timer.join()
        if bar.live.is_started:
            bar.stop()


class _Words(TextColumn):
    """Shows texts as they are, as the console does."""

    def render(self, task: Task) -> Text:
        return Text(printable(self.text_format.format(task=task)))


def train_epochs(
    trainer: Trainer, bar: Progress, name: str, on_step: Callable[[], None] | None = None
) -> Iterator[None]:
    """Train up to the recipe's epochs, from wherever the trainer is; yields after each.

    Args:
        trainer: what trains.
        bar: shows how far it is.
        name: of the training.
        on_step: called after every step.
    """
    total = trainer.recipe.epochs * trainer.steps_per_epoch
    task = bar.add_task(name, total=total, completed=trainer.step, note="")
    known = _score(trainer)

    def show(loss: float) -> None:
        bar.update(task, advance=1, note=f"loss {loss:.4f}{known}")
        if on_step is not None:
            on_step()

    for record in trainer.run(show):
        known = _score(trainer)
        loss = "" if record.train_loss is None else f"loss {record.train_loss:.4f}"
        bar.update(task, note=f"{loss}{known}")
        yield


def _score(trainer: Trainer) -> str:
    """Score of the last epoch, for a note."""
    if not trainer.history:
        return ""
    return f"  {trainer.task.title} {trainer.task.shown(trainer.history[-1].test_score)}"
