"""What `mirage cost` and `mirage train` find, as figures."""

from __future__ import annotations

from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.recipe import Recipe
from mirage_core.training.trainer import Trainer
from studies.accelerator import commands
from studies.accelerator.cost import CostOptions, price
from studies.report.charts import Chart, Series, bars

NETWORK, BATCH = "resnet50", 256
# What takes less of the energy than this is not drawn.
_LEAST_SHARE = 1e-4


def energy() -> Chart:
    """Energy of a training step on the paper's machine, by the component of its own parts."""
    work = commands.work(NETWORK, BATCH, False, None, False)
    priced = price(load_machine("isca2024"), work, CostOptions())
    total, published = priced["physics"].bill.total, priced["published"].bill.total
    least = _LEAST_SHARE * max(e.value for e in total.energy_j.values())
    shown = {n: e for n, e in total.energy_j.items() if e.value > least}
    names = sorted(shown, key=lambda name: -shown[name].value)
    energies = [shown[name] for name in names]
    series = Series(
        "energy",
        list(range(len(names))),
        [e.value for e in energies],
        [e.low for e in energies],
        [e.high for e in energies],
    )
    title = (
        f"{NETWORK} on isca2024, a step of {BATCH}: {total.total_j.value:.3g} J by its parts, "
        f"{published.total_j.value:.3g} J as published"
    )
    return bars(title, "energy / J", names, [series], log=True)


def learning() -> Chart:
    """Test accuracy of an MLP on digits after every epoch, in FP32 and on ``robust``."""
    data, recipe = load_dataset("digits"), Recipe()
    core = TensorCore("robust", seed=recipe.seed)
    series = []
    for name, trainer in {
        "FP32": Trainer(recipe, data),
        "robust": Trainer(recipe, data, core),
    }.items():
        scores = [100.0 * record.test_score for record in trainer.run()]
        epochs = range(1, len(scores) + 1)
        series.append(Series(f"{name}: {scores[-1]:.2f} % in the end", list(epochs), scores))
    title = "mlp on digits, every product on light: test accuracy"
    return Chart(title, "epoch", "test accuracy / %", series)
