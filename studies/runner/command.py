"""What ``mirage study run`` does: run, and write and print what was found."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna

from devices.parameters.overrides import parse_overrides
from photonics.errors import InputError
from studies.report.plain_answer import plain_answer
from studies.report.progress import progress_bar
from studies.report.tables import console, print_table
from studies.runner.finished import Finished
from studies.runner.jobs import Jobs
from studies.runner.rows import OPEN, Row, made_by, rows, write_rows
from studies.runner.run import Opened, Order, open_order, over_count, run
from studies.runner.storage import close_storage, open_storage
from studies.runner.study import Study
from studies.runner.table import Table

JOURNAL = "journal.log"


@dataclass(frozen=True)
class StudyCommand:
    """A study as it was typed.

    Attributes:
        order: what is run.
        folder: of the results.
        line: the command, to be typed again.
        published: the same without places of this machine, as results tell it.
    """

    order: Order
    folder: Path
    line: str
    published: str

    @classmethod
    def of(
        cls,
        source: str,
        full: bool,
        folder: Path,
        storage: str | None = None,
        overrides: Sequence[str] = (),
        replicas: int | None = None,
        seed: int | None = None,
        lease_s: float = 60.0,
    ) -> StudyCommand:
        """From options as they are typed; those left out are as the study has them."""
        fields: dict[str, Any] = {}
        words = ["mirage", "study", "run", source, *(["--full"] if full else [])]
        if overrides:
            fields["set"] = parse_overrides(overrides, "--set")
            words += [w for override in overrides for w in ("--set", override)]
        for name, value in (("replicas", replicas), ("seed", seed)):
            if value is not None:
                fields[name] = value
                words += [f"--{name}", str(value)]
        published = shlex.join(words)
        if storage is not None:
            words += ["--storage", storage]
        if folder != Path("runs/studies") / Path(source).stem:
            words += ["--out", str(folder)]
        # A quick and a full form share a folder, and a journal, but no points.
        place = storage or str(folder / JOURNAL)
        order = Order(source, place, full, fields, lease_s)
        return cls(order, folder, shlex.join(words), published)

    def forget(self) -> None:
        """Drop what the storage has of this study."""
        storage = open_storage(self.order.storage)
        names = [s.study_name for s in optuna.get_all_study_summaries(storage=storage)]
        if self.order.name_in_storage in names:
            optuna.delete_study(study_name=self.order.name_in_storage, storage=storage)
        close_storage(storage)

    def run(self, workers: int) -> dict[str, Any]:
        """Run what is left, write results, print the answer."""
        with open_order(self.order) as opened:
            study = opened.jobs.study
            over = self.begin(opened, study)
            with progress_bar() as bar:
                total = len(opened.jobs)
                task = bar.add_task(study.name, total=total, completed=over, note="")

                def tell(done: int, total: int) -> None:
                    bar.update(task, completed=done, total=total)

                run(self.order, workers, tell)
                tell(over_count(opened.attempts.refresh(), total), total)
            found = rows(opened.jobs, opened.attempts.refresh())
            write_rows(self.folder, found)
            if any(row["status"] == OPEN for row in found):
                self._say_how_to_go_on(opened)
                raise KeyboardInterrupt
        return self.conclude(study, found)

    def begin(self, opened: Opened, study: Study) -> int:
        """Say what is asked, and return how much of it is there already."""
        over = over_count(opened.attempts.refresh(), len(opened.jobs))
        say = console().print
        say(study.question)
        if 0 < over < len(opened.jobs):
            say(f"{over} of {len(opened.jobs)} are there already")
        if self.order.full and study.minutes is not None:
            say(f"the full form takes about {study.minutes:g} minutes on two cores")
        elif self.order.form == "quick" and study.quick:
            say("the quick form; --full has more points, chips and data")
        return over

    def _say_how_to_go_on(self, opened: Opened) -> None:
        over = over_count(opened.attempts.refresh(), len(opened.jobs))
        console().print(
            f"stopped: {over} of {len(opened.jobs)} are done and kept in {self.order.storage}; "
            f"go on with: {self.line}",
            soft_wrap=True,
        )

    def conclude(self, study: Study, found: list[Row]) -> dict[str, Any]:
        """Write and print the answer to what was found.

        Raises:
            InputError: if not a single point came to anything.
        """
        table = Table(found, study.axis_names, study.known)
        if not len(table.done):
            why = next(iter(table.reasons()), "nothing was found")
            raise InputError("study", study.name, f"no point came to anything: {why}")
        answer = plain_answer(study, table) if study.answer is None else study.answer(table)
        # Without a quick form there is but one.
        form = self.order.form if study.quick else ""
        finished = Finished(
            study.name, study.question, form, answer, self.published, configuration(study, found)
        )
        finished.write(self.folder)
        print_answer(finished)
        console().print(f"written to {self.folder}: table.csv, table.parquet, answer.json, figures")
        return {
            "study": study.name,
            "form": form,
            "words": list(answer.words),
            "rows": [_plain(row) for row in found],
        }


def _plain(row: Row) -> Row:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}


def print_answer(finished: Finished) -> None:
    """The answer on the terminal."""
    answer = finished.answer
    if answer.cells:
        title = f"{finished.name}, {finished.form} form" if finished.form else finished.name
        print_table(title, answer.columns, answer.cells)
    for sentence in answer.words:
        console().print(f"- {sentence}", soft_wrap=True)


def configuration(study: Study, found: Sequence[Row]) -> dict[str, str]:
    """What a result was made with, in texts."""
    seconds = [row["seconds"] for row in found if not math.isnan(row["seconds"])]
    jobs = len(Jobs(study))
    return {
        "machine": study.machine,
        **{f"set {name}": str(value) for name, value in study.set.items()},
        **{axis.name: str(axis.plain()) for axis in (*study.case_axes, *study.design_axes)},
        "sampler": study.sampler + (f", {study.points} points" if study.points else ""),
        "replicas": f"{study.replicas}, {'' if study.same_chip else 'chips and '}noises of seeds "
        f"{study.seed} to {study.seed + study.replicas - 1}",
        "metrics": "; ".join(f"{m.name}: {m.meaning}" for m in study.known.values()),
        "jobs": f"{jobs}, {sum(seconds) / max(len(seconds), 1):.2g} s each",
        "made by": made_by(),
        "digest": study.digest[:16],
    }
