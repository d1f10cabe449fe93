"""Traces of whole networks: layers, computations, refusals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from mirage_core.tracing.product import Product
from mirage_core.tracing.trace import trace, without_numbers
from photonics.errors import InputError
from tests.mirage_core.tracing.shapes import shapes


def test_a_linear_layer_has_three_products() -> None:
    network = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 7))
    assert shapes(network, torch.ones(2, 3, 4)) == [
        ("0", "forward", 5, 4, 6, 1),
        ("2", "forward", 7, 5, 6, 1),
        ("2", "dx", 5, 7, 6, 1),
        ("2", "dw", 7, 6, 5, 1),
        ("0", "dw", 5, 6, 4, 1),
    ]
    assert len(shapes(network, torch.ones(2, 4), input_gradient=True)) == 6
    assert len(shapes(network, torch.ones(2, 4), training=False)) == 2


def test_a_square_layer_is_not_mistaken() -> None:
    """Where all axes are alike, the operands alone tell dx from dw."""
    found = shapes(nn.Linear(4, 4), torch.ones(4, 4), input_gradient=True)
    assert Counter(x[1] for x in found) == {"forward": 1, "dx": 1, "dw": 1}


def test_a_checkpointed_layer_is_computed_twice() -> None:
    from torch.utils.checkpoint import checkpoint

    class Checkpointed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(4, 5), nn.Sigmoid(), nn.Linear(5, 6))

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = checkpoint(self.inner, x, use_reentrant=False)
            return y

    found = shapes(Checkpointed(), torch.ones(3, 4), input_gradient=True)
    # The second layer's output is not needed again, and torch stops before it.
    assert Counter(x[1] for x in found) == {"forward": 3, "dx": 2, "dw": 2}


def test_what_needs_numbers_is_refused_in_one_line() -> None:
    class Decides(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if x.sum().item() > 0 else -x

    with pytest.raises(InputError, match="network = 'Decides': must run without numbers") as stop:
        trace(Decides(), [torch.ones(2)], training=False)
    assert "\n" not in str(stop.value)
    with pytest.raises(InputError, match="network = 'Linear'"):
        trace(nn.Linear(4, 5), [torch.ones(3, 3)])
    with pytest.raises(InputError, match="no output depends on a parameter"):
        trace(nn.ReLU(), [torch.ones(3)])


def test_whatever_a_forward_raises_is_told_in_one_line() -> None:
    class Raises(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return {"a": x}["b"]

    with pytest.raises(InputError, match="network = 'Raises': must run without numbers"):
        trace(Raises(4, 4), [torch.ones(2, 4)])


def test_outputs_are_found_in_dataclasses() -> None:
    @dataclass
    class Found:
        scores: dict[str, Tensor]
        name: str = "scores"

    class Names(nn.Linear):
        def forward(self, x: Tensor) -> Found:  # type: ignore[override]
            return Found({"linear": super().forward(x)})

    assert [p.computation for p in trace(Names(4, 5), [torch.ones(2, 4)]).products] == [
        "forward",
        "dw",
    ]


def test_gradients_of_sums_pass_flat_views() -> None:
    class Sums(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return (self.conv(x).flatten(1).relu() + 1.0).unflatten(1, (3, -1)).sum()

    found = trace(Sums(), [torch.ones(2, 2, 5, 5)])
    assert [p.computation for p in found.products] == ["forward", "dw"]


@pytest.mark.parametrize(
    "layer",
    [
        nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.Conv2d(4, 4, 3, padding=1).to(memory_format=torch.channels_last),  # type: ignore[call-overload]
        nn.BatchNorm2d(4),
        nn.MaxPool2d(3, 1, padding=1),
    ],
)
def test_views_find_the_order_of_axes_that_torch_keeps(layer: nn.Module) -> None:
    """Channels last in memory: flat in that order without a copy."""

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.last = layer, nn.Linear(4 * 6 * 6, 2)

        def forward(self, x: Tensor) -> Tensor:
            y = self.layer(x.permute(0, 3, 1, 2))
            y = (y + y) / 2.0
            found: Tensor = self.last(y.permute(0, 2, 3, 1).view(len(y), -1))
            return found

    network, x = Flat(), torch.ones(3, 6, 6, 4)
    assert network(x).shape == (3, 2)
    assert trace(network, [x]).products[-1].computation == "dw"


def test_a_network_is_left_as_it_was() -> None:
    network = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    trace(network, [torch.ones(3, 4)])
    assert not network.training
    assert all(torch.equal(before[n], value) for n, value in network.state_dict().items())
    assert all(len(m._forward_hooks) == 0 for m in network.modules())
    bare = without_numbers(network)
    assert {p.device.type for p in bare.parameters()} == {"meta"}


def test_totals_and_names() -> None:
    network = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 7))
    found = trace(network, [torch.ones(3, 4)], input_gradient=True)
    assert found.macs == 3 * 3 * (20 + 35)
    assert found.layers == ("0", "1")
    assert found.parameters == 4 * 5 + 5 + 5 * 7 + 7
    assert found.of("dw") == (
        Product("1", "dw", 7, 3, 5, operator="aten::mm"),
        Product("0", "dw", 5, 3, 4, operator="aten::mm"),
    )
