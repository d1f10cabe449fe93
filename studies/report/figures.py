"""Pictures of results: nothing is computed here."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from mirage_core.engines.probe import Probe
from mirage_core.training.tasks.base import Task
from mirage_core.training.trainer import EpochRecord
from photonics.errors import escaped
from photonics.files import write_whole


def save(figure: Figure, path: Path, option: str = "--out") -> None:
    """Write a figure as PNG, atomically; a refusal names the option."""
    buffer = io.BytesIO()
    for text in figure.findobj(Text):
        # Names are shown as they are: nobody means a formula, which might be a false one.
        text.set_text(escaped(text.get_text(), but="\n").replace("$", r"\$"))
    with mpl.rc_context({"font.size": 9}):
        figure.savefig(buffer, format="png", dpi=130)
    write_whole(path, buffer.getvalue(), option)


def learning_curves(
    histories: Mapping[str, Sequence[EpochRecord]], title: str, task: Task
) -> Figure:
    """Training loss and test score against epoch, one line for each arithmetic."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    loss, score = figure.subplots(1, 2)
    for name, history in histories.items():
        trained = [record for record in history if record.train_loss is not None]
        epochs = [record.epoch for record in trained]
        loss.plot(epochs, [record.train_loss for record in trained], marker=".", label=name)
        reached = [task.scale * record.test_score for record in history]
        score.plot([record.epoch for record in history], reached, marker=".", label=name)
    loss.set(xlabel="epoch", ylabel="training loss", yscale="log")
    unit = " / %" if task.scale == 100 else ""
    score.set(xlabel="epoch", ylabel=f"test {task.title}{unit}")
    for axes in (loss, score):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    score.legend()
    figure.suptitle(title)
    return figure


def constellations(probes: Mapping[str, Probe]) -> Figure:
    """I against Q of readouts: a row for each machine, with its moduli side by side."""
    columns = max(len(probe.samples) for probe in probes.values())
    figure = Figure(figsize=(3.1 * columns, 3.2 * len(probes)), layout="constrained")
    grid = figure.subplots(len(probes), columns, squeeze=False)
    for row, (name, probe) in zip(grid, probes.items(), strict=True):
        for axes, modulus in zip_longest(row, probe.samples):
            if modulus is None:
                axes.set_axis_off()
            else:
                _constellation(axes, probe, modulus, name)
    note = "grey: edges of the cells; crosses: decided wrongly; what exceeds the scale lies on it"
    figure.suptitle(note, fontsize=8)
    return figure


def _constellation(axes: Axes, probe: Probe, modulus: int, name: str) -> None:
    in_phase, quadrature, sent, decided = probe.samples[modulus]
    # As the converters see it: what exceeds the full scale lies on its edge.
    in_phase, quadrature = in_phase.clamp(-1, 1), quadrature.clamp(-1, 1)
    wrong = sent != decided
    reach = 1.05
    for level in range(modulus):
        angle = 2 * math.pi * (level + 0.5) / modulus
        ray = ([0, 1.5 * math.cos(angle)], [0, 1.5 * math.sin(angle)])
        axes.plot(*ray, color="0.85", linewidth=0.6, zorder=0)
    right = ~wrong
    axes.scatter(in_phase[right], quadrature[right], s=1.5, c=sent[right], cmap="hsv", linewidths=0)
    axes.scatter(in_phase[wrong], quadrature[wrong], s=5, c="black", marker="x", linewidths=0.4)
    axes.set(
        xlim=(-reach, reach),
        ylim=(-reach, reach),
        aspect="equal",
        xlabel="I / full scale",
        ylabel="Q / full scale",
    )
    axes.set_title(f"{name}, m = {modulus}: {int(wrong.sum())} of {len(sent)} wrong", fontsize=8)
