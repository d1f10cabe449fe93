"""Networks by name, and of somebody's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.accelerator.workload import workload

MINE = """
import torch
from torch import nn

def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 5))

made = nn.Linear(4, 3)

class Decides(nn.Module):
    def forward(self, x):
        return x if bool(x.sum() > 0) else -x

class Centres(nn.Module):
    def __init__(self):
        super().__init__()
        self.at = nn.Parameter(torch.zeros(3, 4))
    def forward(self, x):
        return torch.cdist(x, self.at)

class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.pairs = Centres()
    def forward(self, x):
        return self.pairs(x)

def words():
    return nn.Sequential(nn.Embedding(100, 8), nn.Linear(8, 5))

def looks():
    return nn.Linear(int(torch.tensor(4).item()), 5)

def number():
    return 3

def ends():
    raise SystemExit(0)

def needs(width):
    return nn.Linear(width, 3)
"""


@pytest.fixture(autouse=True)
def _mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somebodys_networks.py").write_text(MINE)
    (tmp_path / "somebodys_broken.py").write_text("def network(:")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_a_network_of_the_catalogue() -> None:
    training = workload("alexnet", 2)
    assert {p.computation for p in training.products} == {"forward", "dx", "dw"}
    inference = workload("alexnet", 2, training=False)
    assert {p.computation for p in inference.products} == {"forward"}
    assert workload("resnet18", 1, shape="3,64,64").trace.macs < workload("resnet18", 1).trace.macs
    published = workload("mobilenetv2", 1, as_published=True)
    assert max(p.count for p in published.products) == 1
    forward = workload("transformer", 2, training=False, as_published=True)
    assert {(p.m, p.k, p.n, p.count) for p in forward.products} == {
        (2048, 768, 16, 2),
        (768, 2048, 16, 2),
    }
    assert workload("vgg16", 1, shape="3,64,64", as_published=True).trace.macs > 0


def test_a_network_of_ones_own() -> None:
    for name, shape, macs in (
        ("network", "3,2,2", 12 * 5),
        ("made", "4", 4 * 3),
        ("words", "6:int", 6 * 8 * 5),
        ("looks", "4", 4 * 5),
    ):
        found = workload(f"somebodys_networks:{name}", 7, training=False, shape=shape)
        assert found.trace.macs == 7 * macs


@pytest.mark.parametrize(
    ("network", "shape", "message"),
    [
        ("lenet", None, "network = 'lenet': must be one of alexnet"),
        ("somebodys_networks:network", None, "--input = None: must be given"),
        ("somebodys_networks:network", "3,x", "--input = '3,x': must be whole numbers"),
        ("somebodys_networks:network", "0", "--input = '0'"),
        ("somebodys_networks:network", "4:text", "--input = '4:text': ends in 'text'"),
        ("somebodys_networks:network", "3,5", "must run without numbers"),
        ("somebodys_networks:nothing", "4", "must name something that can be imported"),
        ("no_such_module:network", "4", "must name something that can be imported"),
        ("somebodys_broken:network", "4", "must name something that can be imported"),
        ("somebodys_networks:number", "4", "and makes a int"),
        ("somebodys_networks:needs", "4", "must make a module without arguments"),
        ("somebodys_networks:ends", "4", "must make a module without arguments: SystemExit: 0"),
        ("somebodys_networks:words", "6", "its embedding takes, write --input 6:int"),
        ("somebodys_networks:Decides", "4", "network = 'Decides': must run without numbers"),
    ],
)
def test_what_cannot_be_traced_is_refused_in_one_line(
    network: str, shape: str | None, message: str
) -> None:
    with pytest.raises(InputError) as stop:
        workload(network, 2, shape=shape)
    assert message in str(stop.value)
    assert "\n" not in str(stop.value)
    with pytest.raises(InputError, match="--batch = 0"):
        workload("alexnet", 0)


def test_a_network_that_leaves_nothing_to_price_is_refused_in_one_line() -> None:
    for training in (True, False):
        with pytest.raises(InputError) as stop:
            workload("somebodys_networks:Pairs", 2, shape="4", training=training)
        assert "has no product to price: not counted: aten::_cdist_forward in pairs" in str(
            stop.value
        )
        assert "\n" not in str(stop.value)
    with pytest.raises(InputError, match="has no product to price: none of its operators"):
        workload("torch.nn:ReLU", 1, shape="4", training=False)
    with pytest.raises(InputError, match="has nothing to train") as stop:
        workload("torch.nn:ReLU", 1, shape="4")
    assert "--inference" in str(stop.value)
    assert "meta device" not in str(stop.value)
