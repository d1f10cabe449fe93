"""Data sets: the same split for everyone."""

from __future__ import annotations

import pytest

from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from photonics.errors import InputError


def test_digits_are_split_once() -> None:
    data = load_dataset("digits")
    assert (len(data.train_y), len(data.test_y)) == (1437, 360)
    assert data.train_x.shape[1:] == (1, 8, 8)
    assert set(data.train_y.tolist()) == set(range(10)) == set(data.test_y.tolist())
    with pytest.raises(InputError, match="digits"):
        load_dataset("mnist")
    with pytest.raises(InputError, match="cnn, lenet5, mlp"):
        build_network("vgg", data, 0)
