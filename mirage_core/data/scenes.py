"""Digits put into scenes, with a box around each: something to detect.

Legend of shapes: N scene, O object of a scene, H height, W width.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.data.dataset import Dataset
from mirage_core.data.digits import digits
from mirage_core.data.idx import idx_folder
from photonics.random import NoiseKey

SIDE = 32
"""Pixels along each side of a scene."""
OBJECTS = 3
"""Most digits in a scene."""
LEAST, MOST = 8, 16
"""Pixels along each side of a digit."""
_SCENES = {"train": 2000, "test": 300}
_TRIES = 20


def scenes(path: Path | None = None, seed: int = 0) -> Dataset:
    """Scenes of one to three digits of different sizes that do not overlap.

    Args:
        path: folder of IDX files with the digits; scikit-learn's by default.
        seed: of choice, size and place; the same one gives the same scenes.
    """
    source = digits() if path is None else idx_folder(path)
    key = NoiseKey.from_seed(seed).fold("scenes")
    train = _composed(source.train_x, source.train_y, _SCENES["train"], key.fold("train"))
    test = _composed(source.test_x, source.test_y, _SCENES["test"], key.fold("test"))
    name = "scenes" if path is None else f"scenes:{path}"
    told = f"composed of {source.source}"
    return Dataset(name, *train, *test, source.classes, told, "detection")


def _composed(x: Tensor, y: Tensor, count: int, key: NoiseKey) -> tuple[Tensor, Tensor]:
    """Scenes (N, 1, H, W), and what is in them (N, O, 5)."""
    images = torch.zeros(count, 1, SIDE, SIDE)
    objects = torch.zeros(count, OBJECTS, 5)
    objects[:, :, 0] = -1.0
    # Four numbers for each try: which digit, how large, and where.
    draws = key.uniform(0, count * _TRIES * 4).view(count, _TRIES, 4).tolist()
    placed = [_placed(tries, wanted=1 + n % OBJECTS) for n, tries in enumerate(draws)]
    scaled = {
        side: F.interpolate(x, size=(side, side), mode="bilinear", align_corners=False)
        for side in range(LEAST, MOST + 1)
    }
    for n, listed in enumerate(placed):
        for o, (which, (i, j, side)) in enumerate(listed):
            index = int(which * len(y))
            images[n, :, i : i + side, j : j + side] = scaled[side][index]
            box = [v / SIDE for v in (j + side / 2, i + side / 2, side, side)]
            objects[n, o] = torch.tensor([float(y[index]), *box])
    return images, objects


def _placed(tries: list[list[float]], wanted: int) -> list[tuple[float, tuple[int, int, int]]]:
    """Digits of a scene, as fractions of all there are, with their row, column and side."""
    found: list[tuple[float, tuple[int, int, int]]] = []
    for which, size, left, top in tries:
        side = LEAST + int(size * (MOST - LEAST + 1))
        place = int(top * (SIDE - side + 1)), int(left * (SIDE - side + 1)), side
        if len(found) < wanted and not any(_overlap(place, other) for _, other in found):
            found.append((which, place))
    return found


def _overlap(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(
        a < b + size_b and b < a + size_a
        for a, b, size_a, size_b in (
            (one[0], other[0], one[2], other[2]),
            (one[1], other[1], one[2], other[2]),
        )
    )
