"""What a network streams while it learns."""

from __future__ import annotations

from mirage_core import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.streamed import streamed_in_training


def test_real_data_come_from_all_three_products() -> None:
    data = load_dataset("digits")
    streamed = streamed_in_training(load_machine("robust"), data)
    assert set(streamed) == {"forward", "dx", "dw"}
    for mantissa in streamed.values():
        assert mantissa.shape[1] == 16
        assert 0 < int(mantissa.abs().max()) <= 15
    # Pixels and activations are not negative; gradients are of both signs.
    assert int(streamed["forward"].min()) == 0
    assert int(streamed["dx"].min()) < 0
    # One epoch: every image as four groups of pixels, and more of activations.
    assert len(streamed["forward"]) > 4 * len(data.train_y)
