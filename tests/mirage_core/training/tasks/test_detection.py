"""The detector's outputs, boxes and loss."""

from __future__ import annotations

import math

import pytest
import torch

from mirage_core.networks.small.yolo import ANCHORS
from mirage_core.training.tasks.detection import Detection, boxes_of

GRID, CLASSES = 4, 3
NOT_SEEN, SEEN = -20.0, 20.0


def outputs(images: int = 1) -> torch.Tensor:
    """Nothing seen anywhere."""
    told = torch.zeros(images, len(ANCHORS), 5 + CLASSES, GRID, GRID)
    told[:, :, 4] = NOT_SEEN
    return told


def objects(*listed: tuple[float, ...]) -> torch.Tensor:
    """One image, with room for three."""
    wanted = torch.zeros(1, 3, 5)
    wanted[..., 0] = -1
    for i, each in enumerate(listed):
        wanted[0, i] = torch.tensor(each)
    return wanted


def exactly(wanted: torch.Tensor) -> torch.Tensor:
    """Outputs that tell of one object as it is, by the definition of YOLO v2."""
    kind, x, y, w, h = wanted[0, 0].tolist()
    told = outputs()
    i, j = int(y * GRID), int(x * GRID)
    anchor = min(range(len(ANCHORS)), key=lambda a: abs(math.log(w * GRID / ANCHORS[a][0])))
    cell = told[0, anchor, :, i, j]
    cell[0] = math.log((x * GRID - j) / (1 - (x * GRID - j)))
    cell[1] = math.log((y * GRID - i) / (1 - (y * GRID - i)))
    cell[2] = math.log(w * GRID / ANCHORS[anchor][0])
    cell[3] = math.log(h * GRID / ANCHORS[anchor][1])
    cell[4], cell[5 + int(kind)] = SEEN, SEEN
    return told


def test_what_is_told_exactly_is_found_and_costs_nothing() -> None:
    task, wanted = Detection(), objects((2, 0.3, 0.6, 0.31, 0.27))
    told = exactly(wanted)
    (found,) = task.judge(told, wanted)
    assert torch.allclose(found.boxes, wanted[0, :1, 1:], atol=1e-6)
    assert found.classes.tolist() == [2]
    assert task.score([[found]]) == 1.0
    assert float(task.loss(told, wanted)) == pytest.approx(0.0, abs=1e-6)


def test_each_part_of_the_loss_costs_what_it_is_told_to() -> None:
    task, wanted = Detection(), objects((2, 0.3, 0.6, 0.3, 0.3))
    told = exactly(wanted)
    i, j = 2, 1
    anchor = int(told[0, :, 4, i, j].argmax())
    # Place: off by e in the logarithm of the width, which also lowers the overlap to exp(-e); the
    # box that is to see the object is not blamed for seeing it, however badly it fits.
    for off in (0.1, 1.2):
        wide = told.clone()
        wide[0, anchor, 2, i, j] += off
        expected = off**2 + 5 * (1 - math.exp(-off)) ** 2
        assert float(task.loss(wide, wanted)) == pytest.approx(expected, rel=1e-4)
    # Presence that is missed, presence where nothing is, and a class between three.
    missed = told.clone()
    missed[0, anchor, 4, i, j] = NOT_SEEN
    assert float(task.loss(missed, wanted)) == pytest.approx(5.0, rel=1e-4)
    false = told.clone()
    false[0, 0, 4, 0, 0] = 0.0
    assert float(task.loss(false, wanted)) == pytest.approx(0.25, rel=1e-4)
    unsure = told.clone()
    unsure[0, anchor, 5:, i, j] = 0.0
    assert float(task.loss(unsure, wanted)) == pytest.approx(math.log(3), rel=1e-4)


def test_boxes_lie_in_their_cells() -> None:
    boxes = boxes_of(outputs())
    assert boxes[0, 0, 3, 1, :2].tolist() == [1.5 / GRID, 3.5 / GRID]
    assert boxes[0, 1, 0, 0, 2:].tolist() == pytest.approx([ANCHORS[1][0] / GRID] * 2)


def test_an_image_without_objects_costs_what_is_seen_in_it() -> None:
    told = outputs()
    told[:, :, 4] = 0.0
    count = len(ANCHORS) * GRID**2
    assert float(Detection().loss(told, objects())) == pytest.approx(0.25 * count)
    assert Detection().score([Detection().judge(told, objects())]) == 0.0
