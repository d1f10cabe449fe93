"""What ``mirage compare`` does: train what is left, and write and print what was found."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirage_core.training.datasets import load_dataset
from photonics.checks import whole_number
from photonics.errors import InputError
from studies.comparison.answer import diverged, lines_of
from studies.comparison.contestants import REFERENCE, contestants
from studies.comparison.order import NAME, ComparisonOrder
from studies.report.files import write_csv
from studies.runner.answer_again import answered_again
from studies.runner.command import JOURNAL, StudyCommand, print_answer
from studies.runner.rows import Row
from studies.runner.run import Opened
from studies.runner.study import LAST_SEED, Study
from studies.runner.table import Table
from studies.training_plan import TrainingPlan

RECIPE = "recipe.toml"
_MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Comparison(StudyCommand):
    """A comparison as it was typed."""

    def run(self, workers: int) -> dict[str, Any]:
        """Train what is left, write results, print the answer."""
        try:
            return super().run(workers)
        except InputError as error:
            if error.field != "--storage":
                raise
            # What nobody has typed lies in the folder that everybody has.
            raise InputError("--out", str(self.folder), error.allowed, error.remedy) from None

    def begin(self, opened: Opened, study: Study) -> int:
        """Write the recipe, now that the folder is known to be of it."""
        assert isinstance(self.order, ComparisonOrder)
        TrainingPlan(**self.order.recipe).save(self.folder / RECIPE)
        return super().begin(opened, study)

    def conclude(self, study: Study, found: list[Row]) -> dict[str, Any]:
        """Write and print the answer, and a row for each contestant.

        Raises:
            InputError: if nothing came to anything, or no training in FP32 did.
        """
        table = Table(found, study.axis_names, study.known)
        reference = table.done.where(contestant=REFERENCE)
        if len(reference) and len(reference) == len(diverged(reference)):
            said = "has nothing to be compared with: all trainings in FP32 diverged"
            raise InputError("study", study.name, said, "lower --lr, or set --clip")
        return {**super().conclude(study, found), "contestants": self._lines(study, table)}

    def again(self) -> dict[str, Any]:
        """Make the answer anew from the rows that are there, training nothing.

        Raises:
            InputError: if the rows are of another comparison, or not all there.
        """
        study = self.order.study()
        finished, table = answered_again(study, self.folder, self.published)
        print_answer(finished)
        return {"words": list(finished.answer.words), "contestants": self._lines(study, table)}

    def _lines(self, study: Study, table: Table) -> list[dict[str, Any]]:
        """Write a row for each contestant."""
        lines = [line.plain for line in lines_of(table, next(iter(study.known)))]
        write_csv(self.folder / "comparison.csv", lines)
        return lines


def command_of(plan: TrainingPlan, names: str, seeds: int, folder: Path) -> Comparison:
    """The command for a recipe, refused at once if one of its trainings cannot begin.

    Args:
        plan: recipe, data, and changes of all machines.
        names: of the contestants, with commas between them.
        seeds: trainings of each, from the seed of the recipe on.
        folder: of the results.

    Raises:
        InputError: for a contestant that there is not, or whose training cannot be.
    """
    whole_number("--seeds", seeds, least=1, most=_MOST_SEEDS)
    whole_number("seed", plan.recipe.seed + seeds - 1, most=LAST_SEED)
    plan = plan.placed
    data = load_dataset(plan.data)
    for one in contestants(names, plan):
        one.trainer(plan, one.machine(plan), data, plan.recipe.seed)
    words = ["--with", names, "--seeds", str(seeds)]
    order = ComparisonOrder(
        storage=str(folder / JOURNAL), recipe=plan.plain, names=names, seeds=seeds
    )
    here = ["mirage", NAME, "--recipe", str(folder / RECIPE), *words, "--out", str(folder)]
    published = shlex.join(["mirage", NAME, "--recipe", RECIPE, *words])
    return Comparison(order, folder, shlex.join(here), published)
