"""Objects in images, by the boxes and the loss of YOLO v2.

Source: Redmon and Farhadi, "YOLO9000: Better, faster, stronger", CVPR 2017, arXiv 1612.08242,
section 2; weights of the parts of the loss as in the authors' ``yolov2-voc.cfg``.

Legend of shapes: B image, A anchor, H row of cells, W column of cells, O object, C class.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.networks.small.yolo import ANCHORS
from mirage_core.training.tasks.base import Task
from mirage_core.training.tasks.boxes import (
    Found,
    mean_average_precision,
    overlap,
    without_doubles,
)

_PRESENT, _ABSENT, _PLACE, _CLASS = 5.0, 1.0, 1.0, 1.0
# An anchor that overlaps an object so far is not blamed for seeing it.
_SPARED = 0.6
_LEAST_CONFIDENCE, _MOST_BOXES = 0.01, 50


class Detection(Task):
    """Outputs (B, A, 5 + C, H, W) against objects (B, O, 5), class -1 for none."""

    score_name = "mean_average_precision"
    higher_is_better = True

    def loss(self, outputs: Tensor, wanted: Tensor) -> Tensor:
        """Squares of place, size and presence, and cross entropy of classes; mean over images."""
        boxes = boxes_of(outputs)
        there = wanted[..., 0] >= 0
        image, which = there.nonzero(as_tuple=True)
        classes, true = wanted[image, which, 0].long(), wanted[image, which, 1:]
        anchor, row, column = _responsible(true, outputs)
        at = (image, anchor, row, column)
        presence = outputs[:, :, 4].sigmoid()
        with torch.no_grad():
            # (B, A, H, W, O): how far each box overlaps each object.
            seen = overlap(boxes[..., None, :], wanted[:, None, None, None, :, 1:])
            best = (seen * there[:, None, None, None]).amax(-1)
            blamed = best < _SPARED
            blamed[at] = False
            right = overlap(boxes[at], true)
        absent = (presence.square() * blamed).sum()
        present = (presence[at] - right).square().sum()
        told = outputs.movedim(2, -1)[at]
        place = _place(told, true, anchor, outputs)
        kinds = F.cross_entropy(told[:, 5:], classes, reduction="sum")
        parts = _PRESENT * present + _ABSENT * absent + _PLACE * place + _CLASS * kinds
        return parts / len(outputs)

    def judge(self, outputs: Tensor, wanted: Tensor) -> list[Found]:
        """Boxes of each image with their classes and confidences, doubles left out."""
        boxes = boxes_of(outputs).flatten(1, 3)
        sure = outputs[:, :, 4].sigmoid().flatten(1)
        kinds = outputs[:, :, 5:].movedim(2, -1).softmax(-1).flatten(1, 3)
        likeliest = kinds.max(-1)
        confidences = sure * likeliest.values
        return [
            _found(*each)
            for each in zip(boxes, likeliest.indices, confidences, wanted, strict=True)
        ]

    def score(self, judged: Sequence[list[Found]]) -> float:
        """Mean average precision at an overlap of 0.5."""
        return mean_average_precision([image for batch in judged for image in batch])

    def guess(self, classes: int) -> float:
        """None: boxes that are guessed are nowhere."""
        return 0.0

    def output_shape(self, shape: tuple[int, ...], classes: int) -> tuple[int | None, ...]:
        """Five numbers and one for each class, for each anchor of each cell."""
        return (len(ANCHORS), 5 + classes, None, None)


def boxes_of(outputs: Tensor) -> Tensor:
    """Boxes (B, A, H, W, 4) as fractions of the image that outputs tell of."""
    height, width = outputs.shape[-2:]
    grid = outputs.new_tensor([width, height])
    rows, columns = torch.arange(height), torch.arange(width)
    corner = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1).to(outputs)
    told = outputs.movedim(2, -1)
    centre = (told[..., :2].sigmoid() + corner) / grid
    anchors = outputs.new_tensor(ANCHORS)[:, None, None]
    return torch.cat((centre, anchors * told[..., 2:4].exp() / grid), -1)


def _grid(outputs: Tensor) -> Tensor:
    return outputs.new_tensor([outputs.shape[-1], outputs.shape[-2]])


def _responsible(true: Tensor, outputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Anchor, row and column for each object: its cell, and the anchor most like it in size."""
    grid, anchors = _grid(outputs), outputs.new_tensor(ANCHORS)
    sizes = torch.cat((torch.zeros_like(true[:, 2:]), true[:, 2:] * grid), -1)
    shapes = torch.cat((torch.zeros_like(anchors), anchors), -1)
    anchor = overlap(sizes[:, None], shapes).argmax(1)
    cells = (true[:, :2] * grid).long().clamp(min=0)
    return (
        anchor,
        cells[:, 1].clamp(max=outputs.shape[-2] - 1),
        cells[:, 0].clamp(max=outputs.shape[-1] - 1),
    )


def _place(told: Tensor, true: Tensor, anchor: Tensor, outputs: Tensor) -> Tensor:
    """Squared errors of centre within the cell, and of the logarithms of the size."""
    grid, anchors = _grid(outputs), outputs.new_tensor(ANCHORS)
    centre, size = true[:, :2] * grid, true[:, 2:] * grid
    off = told[:, :2].sigmoid() - (centre - centre.floor())
    stretched = told[:, 2:4] - (size / anchors[anchor]).log()
    return off.square().sum() + stretched.square().sum()


def _found(boxes: Tensor, classes: Tensor, confidences: Tensor, wanted: Tensor) -> Found:
    """What is kept of the boxes of one image."""
    sure = (confidences >= _LEAST_CONFIDENCE).nonzero().flatten()
    sure = sure[confidences[sure].argsort(descending=True, stable=True)[:_MOST_BOXES]]
    kept = [
        mine[without_doubles(boxes[mine], confidences[mine])]
        for c in classes[sure].unique()
        for mine in [sure[classes[sure] == c]]
    ]
    index = torch.cat(kept) if kept else sure
    there = wanted[wanted[:, 0] >= 0]
    return Found(boxes[index], classes[index], confidences[index], there[:, 1:], there[:, 0].long())
