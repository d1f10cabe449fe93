"""Scores of test sets."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn

from mirage_core.data.dataset import Dataset
from mirage_core.training.tasks.named import TASKS

# Samples that are evaluated at once; noise is that of the whole test set, however it is split.
_BATCH = 500


def _no_step(row_offset: int) -> AbstractContextManager[None]:
    return nullcontext()


@torch.no_grad()
def score_on_test_set(
    model: nn.Module,
    data: Dataset,
    step: Callable[[int], AbstractContextManager[None]] = _no_step,
) -> float:
    """Score of a test set; the mode of the model is put back after.

    Args:
        model: the model.
        data: the test set, and its task.
        step: opens a step of a core for a part of the test set that begins at a row.
    """
    training, task = model.training, TASKS[data.task]
    device = next(model.parameters()).device
    model.eval()
    judged = []
    for i, (x, y) in enumerate(data.test_batches(_BATCH)):
        with step(i * _BATCH):
            outputs = model(x.to(device))
        judged.append(task.judge(outputs, y.to(device)))
    model.train(training)
    return task.score(judged)
