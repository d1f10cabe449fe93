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

Time: 20 core-minutes in all, one worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studies.comparison.command import Comparison, command_of
from studies.training_plan import plan

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

    def command(self, folder: Path) -> Comparison:
        """The comparison that trains it, with its results in a folder."""
        recipe = plan(None, {"model": self.model, "data": "digits", "epochs": self.epochs})
        return command_of(recipe, f"{_PRINTED},{_OTHERS},{self.logarithms}", self.seeds, folder)


NETWORKS = {
    "compare-formats-mlp": Trained("mlp", epochs=12, seeds=10),
    "compare-formats-cnn": Trained("cnn", epochs=12, seeds=5),
    "compare-formats-resnet": Trained("small-resnet", epochs=4, seeds=3, logarithms="lns"),
}
"""Networks by the folder of their results."""
