"""Labels that can be."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from photonics.errors import InputError


def require_labels(path: Path, train: Tensor, test: Tensor, classes: int, spared: int = 0) -> None:
    """Refuse labels without a class, and classes without a label, as a wrong byte makes them.

    Args:
        path: of the data.
        train: labels (N,).
        test: labels (N,).
        classes: how many there are.
        spared: the first so many may be without a label.

    Raises:
        InputError: naming the first one.
    """
    for part, labels in (("training", train), ("test", test)):
        wrong = labels[(labels < 0) | (labels >= classes)]
        if len(wrong):
            allowed = f"must be 0 to {classes - 1}"
            raise InputError(f"labels of {path}, {part}", int(wrong[0]), allowed)
    if len(train) and bool((train == train[0]).all()):
        allowed = "is the only label to learn from: there must be two or more"
        raise InputError(f"labels of {path}", int(train[0]), allowed)
    counted = torch.bincount(train, minlength=classes)[spared:]
    if bool((counted == 0).any()):
        missing = spared + int((counted == 0).nonzero()[0])
        allowed = f"has no image to learn from, though there are labels up to {classes - 1}"
        raise InputError(f"labels of {path}", missing, allowed, "number the classes from 0 on")
