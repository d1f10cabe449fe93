"""Small networks: as large as published, of the shape that their data need."""

from __future__ import annotations

import pytest
import torch

from mirage_core.networks.small.lenet import lenet5
from mirage_core.networks.small.transformer import SmallTransformer
from mirage_core.networks.small.yolo import ANCHORS, STRIDE, SmallYolo
from mirage_core.training.networks import NETWORKS
from photonics.errors import InputError

IMAGES = [name for name, network in NETWORKS.items() if network.task == "classification"]


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (1, 28, 20)])
def test_networks_of_images_give_a_number_for_each_class(name: str, shape: tuple[int, ...]) -> None:
    network = NETWORKS[name].build(shape, 7)
    # A last batch of one image must do, even where batches are normalised.
    assert network(torch.zeros(1, *shape)).shape == (1, 7)


def test_lenet_is_as_large_as_published() -> None:
    network = lenet5((1, 28, 28), 10)
    # 156 + 2,416 + 48,120 + 10,164 + 850; the published one leaves out some of the connections.
    assert sum(p.numel() for p in network.parameters()) == 61_706
    # Of 32 pixels the image is not padded, and comes to the same features.
    padded = sum(p.numel() for p in lenet5((1, 32, 32), 10).parameters())
    assert padded == 61_706


def test_the_residual_network_is_as_deep_as_published() -> None:
    weights = [
        p for p in NETWORKS["small-resnet"].build((3, 32, 32), 10).parameters() if p.ndim > 1
    ]
    # 6n + 2 layers with weights, n = 1, and two projections (option B of the publication).
    assert len(weights) == 8 + 2


def test_no_character_sees_a_later_one() -> None:
    torch.manual_seed(0)
    network = SmallTransformer((12,), 5).eval()
    x = torch.arange(12)[None] % 5
    changed = x.clone()
    changed[0, 7] = (x[0, 7] + 1) % 5
    off = (network(x) - network(changed)).detach().abs().amax(-1)[0]
    assert float(off[:7].max()) == 0.0
    assert (off[7:] > 0).all()


def test_the_detector_tells_of_each_cell() -> None:
    network = SmallYolo((1, 32, 40), 6)
    assert network(torch.zeros(2, 1, 32, 40)).shape == (2, len(ANCHORS), 5 + 6, 4, 5)
    assert 32 // STRIDE == 4


@pytest.mark.parametrize("name", NETWORKS)
def test_data_that_do_not_fit_are_refused(name: str) -> None:
    shape = (64,) if NETWORKS[name].task != "language" else (1, 8, 8)
    if name == "mlp":
        return
    with pytest.raises(InputError, match=f"model = '{name}': learns"):
        NETWORKS[name].build(shape, 3)
