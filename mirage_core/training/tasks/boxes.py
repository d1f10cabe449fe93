"""Boxes: how far they overlap, which to keep, and how well they were found.

A box is (centre x, centre y, width, height) in any one unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Found(NamedTuple):
    """What was found in one image, and what is in it.

    Attributes:
        boxes: that were found (D, 4).
        classes: of them (D,).
        confidences: in them (D,).
        true_boxes: that are there (O, 4).
        true_classes: of them (O,).
    """

    boxes: Tensor
    classes: Tensor
    confidences: Tensor
    true_boxes: Tensor
    true_classes: Tensor


def overlap(one: Tensor, other: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4) that broadcast; zero where both are empty."""
    low = torch.maximum(one[..., :2] - one[..., 2:] / 2, other[..., :2] - other[..., 2:] / 2)
    high = torch.minimum(one[..., :2] + one[..., 2:] / 2, other[..., :2] + other[..., 2:] / 2)
    common = (high - low).clamp(min=0).prod(-1)
    union = one[..., 2:].prod(-1) + other[..., 2:].prod(-1) - common
    return common / union.clamp(min=torch.finfo(union.dtype).tiny)


def without_doubles(boxes: Tensor, confidences: Tensor, most: float = 0.45) -> Tensor:
    """Indices of boxes (D, 4) to keep, the surest first; none overlaps a surer one by more."""
    left = confidences.argsort(descending=True, stable=True)
    kept = []
    while len(left):
        kept.append(left[0])
        far = overlap(boxes[left[0]], boxes[left]) <= most
        far[0] = False
        left = left[far]
    return torch.stack(kept) if kept else left


def mean_average_precision(images: Sequence[Found], least: float = 0.5) -> float:
    """Mean over classes of the area below precision against recall.

    As PASCAL VOC has it since 2010 (Everingham et al., Int. J. Comput. Vis. 88, 303): boxes are
    taken surest first; each true box counts once, for the first that overlaps it by ``least`` and
    more than other true boxes; precision is the best at that recall or a higher one.
    """
    classes = torch.cat([image.true_classes for image in images]).unique().tolist()
    if not classes:
        return 0.0
    return sum(_average_precision(images, c, least) for c in classes) / len(classes)


def _average_precision(images: Sequence[Found], wanted: int, least: float) -> float:
    confidences, right, true = [], [], 0
    for image in images:
        truth = image.true_boxes[image.true_classes == wanted]
        mine = image.classes == wanted
        true += len(truth)
        order = image.confidences[mine].argsort(descending=True, stable=True)
        taken = set[int]()
        for box, confidence in zip(
            image.boxes[mine][order], image.confidences[mine][order].tolist(), strict=True
        ):
            best = overlap(box, truth).max(0) if len(truth) else None
            hit = best is not None and float(best.values) >= least
            which = -1 if best is None else int(best.indices)
            right.append(hit and which not in taken)
            taken |= {which} if hit else set()
            confidences.append(confidence)
    if not right:
        return 0.0
    order = torch.tensor(confidences).argsort(descending=True, stable=True)
    hits = torch.tensor(right)[order].double()
    found = hits.cumsum(0)
    precision = found / torch.arange(1, len(hits) + 1)
    best_from_here = precision.flip(0).cummax(0).values.flip(0)
    return float((hits * best_from_here).sum() / true)
