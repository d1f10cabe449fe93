"""Boxes against areas worked out by hand, and precision against a plain count."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mirage_core.training.tasks.boxes import (
    Found,
    mean_average_precision,
    overlap,
    without_doubles,
)


def box(*numbers: float) -> Tensor:
    return torch.tensor(numbers)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (box(0, 0, 2, 2), box(0, 0, 2, 2), 1.0),
        (box(0, 0, 2, 2), box(1, 0, 2, 2), 2 / 6),
        (box(0, 0, 4, 4), box(1, 1, 2, 2), 4 / 16),
        (box(0, 0, 2, 2), box(2, 0, 2, 2), 0.0),
        (box(0, 0, 0, 0), box(0, 0, 0, 0), 0.0),
    ],
)
def test_overlap_is_common_area_over_all(one: Tensor, other: Tensor, expected: float) -> None:
    assert float(overlap(one, other)) == pytest.approx(expected, abs=1e-7)
    assert float(overlap(other, one)) == pytest.approx(expected, abs=1e-7)


def test_the_surest_of_doubles_is_kept() -> None:
    boxes = torch.stack([box(0, 0, 2, 2), box(0.1, 0, 2, 2), box(5, 5, 2, 2), box(5, 5, 2, 2)])
    kept = without_doubles(boxes, torch.tensor([0.5, 0.9, 0.3, 0.2]))
    assert kept.tolist() == [1, 2]
    assert len(without_doubles(boxes[:0], torch.zeros(0))) == 0


def found(boxes: list[Tensor], classes: list[int], sure: list[float], true: list[int]) -> Found:
    """An image with true boxes of classes in a row, 10 apart."""
    true_boxes = torch.stack([box(10 * i, 0, 2, 2) for i in range(len(true))])
    stacked = torch.stack(boxes) if boxes else torch.zeros(0, 4)
    return Found(stacked, torch.tensor(classes), torch.tensor(sure), true_boxes, torch.tensor(true))


def test_precision_of_cases_worked_out_by_hand() -> None:
    right, wrong = box(0, 0, 2, 2), box(50, 0, 2, 2)
    second = box(10, 0, 2, 2)
    # All found.
    assert mean_average_precision([found([right, second], [3, 3], [0.9, 0.1], [3, 3])]) == 1.0
    # Nothing found; of the wrong class.
    assert mean_average_precision([found([], [], [], [3])]) == 0.0
    assert mean_average_precision([found([right], [2], [0.9], [3])]) == 0.0
    # Right, wrong, right: precision 1 up to recall 1/2, then 2/3.
    image = found([right, wrong, second], [3, 3, 3], [0.9, 0.8, 0.7], [3, 3])
    assert mean_average_precision([image]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    # Wrong first: precision is the best at that recall or a higher one, 2/3 throughout.
    image = found([wrong, right, second], [3, 3, 3], [0.9, 0.8, 0.7], [3, 3])
    assert mean_average_precision([image]) == pytest.approx(2 / 3)
    # Finding one twice counts against.
    image = found([right, right, second], [3, 3, 3], [0.9, 0.8, 0.7], [3, 3])
    assert mean_average_precision([image]) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    # Two classes, one found and one not; two images, one with the other's surer mistake.
    image = found([right], [3], [0.9], [3, 4])
    assert mean_average_precision([image]) == 0.5
    images = [found([right], [3], [0.5], [3]), found([wrong], [3], [0.9], [3])]
    assert mean_average_precision(images) == pytest.approx(0.5 * 0.5)
    # An overlap of 1/3 is not enough.
    assert mean_average_precision([found([box(1, 0, 2, 2)], [3], [0.9], [3])]) == 0.0
