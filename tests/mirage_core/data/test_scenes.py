"""Scenes: boxes around what was put in, none over another."""

from __future__ import annotations

import torch

from mirage_core.data.scenes import LEAST, MOST, SIDE, scenes
from mirage_core.training.tasks.boxes import overlap


def test_boxes_hold_all_light_and_do_not_overlap() -> None:
    data = scenes()
    objects = data.train_y
    there = objects[..., 0] >= 0
    assert there.any(1).all()
    counts = there.sum(1).bincount()
    assert counts[0] == 0
    assert (counts[1:] > 200).all()
    sizes = objects[there][:, 3:] * SIDE
    assert (int(sizes.min()), int(sizes.max())) == (LEAST, MOST)
    for image, listed in zip(data.train_x[:100], objects[:100], strict=True):
        outside = image[0].clone()
        for _, x, y, w, h in listed[listed[:, 0] >= 0].tolist():
            left, top = round(SIDE * (x - w / 2)), round(SIDE * (y - h / 2))
            right, bottom = left + round(SIDE * w), top + round(SIDE * h)
            assert float(outside[top:bottom, left:right].sum()) > 0
            outside[top:bottom, left:right] = 0
        assert float(outside.abs().max()) == 0
    first, second = objects[there[:, 1], 0, 1:], objects[there[:, 1], 1, 1:]
    assert float(overlap(first, second).max()) < 1e-6


def test_scenes_depend_on_their_seed_alone() -> None:
    one, other = scenes(), scenes(seed=1)
    assert one.fingerprint == scenes().fingerprint != other.fingerprint
    assert not torch.equal(one.test_y, one.train_y[: len(one.test_y)])
