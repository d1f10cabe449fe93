"""Table I's counterpart: in which number formats does a network learn as well as in FP32?

The paper trains six networks for weeks on ImageNet, VOC and IWSLT; here three small ones learn
scikit-learn's handwritten digits.  Accuracies are other ones, therefore, and no agreement of theirs
means anything.  What can be held against each other is what a format loses to FP32.

Written before the first full run:

* Expected: as in Table I, bfloat16, HFP8, INT12, FAST's block floating point and Mirage lose less
  than a point to FP32, and so does Mirage with light in the loop on ``robust``.  INT8, which loses
  2.3 to 12 points there, is expected to lose less than a point here, for small networks on easy
  data forgive more.  Not in the paper: MXFP8 and LNS-Madam are expected to lose less than a point,
  MXFP4 more.
* Metric: accuracy of the test set after the last epoch, less that of FP32 with the same weights,
  batches and order.  An interval of 95 % that lies above minus one point is *within* a point, one
  that lies below is *beyond*, and any other is *undecided*.
* Seeds: from 0 on, as many as :data:`NETWORKS` says, the same for all formats.
* Stopping: all epochs and all seeds of all formats; nothing is added after a look, nothing left
  out, no epoch or rate is chosen for a format.  LNS-Madam has the optimiser it is made for.  It
  refuses weights that begin at zero, as those of normalised batches do: the residual network is
  trained with logarithms and plain gradient descent in its place.

Time: three core-minutes for the MLP, about ten in all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirage_core.cost.published.figures import figures
from studies.comparison.command import Comparison, command_of
from studies.comparison.contestants import REFERENCE
from studies.counterparts.counterpart import Counterpart, Span
from studies.counterparts.kept import damaged, finite, lines_of
from studies.training_plan import TrainingPlan, plan

_PRINTED = "bfloat16,int8,int12,hfp8,fast,isca2024:integer"
_OTHERS = "integer,robust,mxfp8,mxfp4"


@dataclass(frozen=True)
class Trained:
    """A network that is trained in all formats.

    Attributes:
        model: its name.
        epochs: passes over the training set.
        seeds: trainings in each format.
        logarithms: contestant that calculates with logarithms.
    """

    model: str
    epochs: int
    seeds: int
    logarithms: str = "lns-madam"

    @property
    def names(self) -> str:
        """What it is trained in beside FP32, with commas between them."""
        return f"{_PRINTED},{_OTHERS},{self.logarithms}"

    @property
    def plan(self) -> TrainingPlan:
        """Its recipe and data."""
        return plan(None, {"model": self.model, "data": "digits", "epochs": self.epochs})

    def command(self, folder: Path) -> Comparison:
        """The comparison that trains it, with its results in a folder."""
        return command_of(self.plan, self.names, self.seeds, folder)


NETWORKS = {
    "compare-formats-mlp": Trained("mlp", epochs=12, seeds=5),
    "compare-formats-cnn": Trained("cnn", epochs=4, seeds=5),
    "compare-formats-resnet": Trained("small-resnet", epochs=2, seeds=3, logarithms="lns"),
}
"""Networks by the folder of their results."""


_NAMES = {
    "bfloat16": ("bfloat16", "bfloat16"),
    "int8": ("INT8", "INT8"),
    "int12": ("INT12", "INT12"),
    "hfp8": ("HFP8", "HFP8"),
    "fast": ("FAST", "FMAC"),
    "isca2024:integer": ("Mirage, integers as published", "Mirage"),
    "robust:integer": ("Mirage, integers of robust", ""),
    "robust:compact": ("Mirage, light of robust", ""),
    "mxfp8": ("MXFP8", ""),
    "mxfp4": ("MXFP4", ""),
    "lns-madam": ("LNS-Madam", ""),
    "lns": ("LNS, plain descent", ""),
}
"""Contestants as they are called here, and the columns of Table I that they stand beside."""


def published(column: str) -> Span | None:
    """What a format loses to FP32 on the paper's six networks, least to most; none without one."""
    told = figures()["table1_accuracy"]
    if not column:
        return None
    at, fp32 = told["formats"].index(column), told["formats"].index("FP32")
    lost = [line[at] - line[fp32] for name, line in told.items() if name != "formats"]
    return Span(min(lost), max(lost))


def rows(results: Path) -> tuple[list[Counterpart], list[str]]:
    """All formats of all networks whose results are there, and what is said of those that are not.

    Args:
        results: folder with the folders of the comparisons.

    Raises:
        InputError: for a table that cannot be read.
    """
    found, missing = [], []
    for name, network in NETWORKS.items():
        path = results / name / "comparison.csv"
        if path.is_file():
            found += [_row(network.model, line, path) for line in _others(path)]
        else:
            missing.append(f"{name} is not among the results")
    return found, missing


def _others(path: Path) -> Iterator[dict[str, str]]:
    """Lines of all contestants but FP32."""
    for line in lines_of(path):
        if line.get("contestant") != REFERENCE:
            yield line


def _row(network: str, line: Mapping[str, str], path: Path) -> Counterpart:
    try:
        label, column = _NAMES[line["contestant"]]
        value = 100.0 * finite(line["difference"])
        # Seeds that have all the same leave the ends of the interval empty.
        low, high = (
            100.0 * finite(line[f"difference_{end}"] or line["difference"])
            for end in ("low", "high")
        )
        seeds = int(line["seeds"])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from None
    return Counterpart(network, label, published(column), value, Span(low, high), seeds)
