"""Operators against products written out by hand, in the backward too."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mirage_core import TensorCore, convert, load_machine, on_core
from mirage_core.cost.array import ModularArray
from mirage_core.tracing.trace import account, trace
from tests.mirage_core.tracing.shapes import shapes


class Calls(nn.Module):
    """Calls a function with its weight and its input."""

    def __init__(self, weight: Tensor, function: object) -> None:
        super().__init__()
        self.weight, self.function = nn.Parameter(weight), function

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.function(self.weight, x)  # type: ignore[operator]
        return y


@pytest.mark.parametrize("bias", [True, False])
def test_a_convolution_is_one_product_for_each_group(bias: bool) -> None:
    layer = nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2, bias=bias)
    # 2 images, floor((9 + 2 - 3) / 2) + 1 = 5 by floor((8 + 2 - 2) / 2) + 1 = 5 pixels.
    assert shapes(layer, torch.ones(2, 4, 9, 8), input_gradient=True) == [
        ("", "forward", 3, 12, 50, 2),
        ("", "dx", 12, 3, 50, 2),
        ("", "dw", 3, 50, 12, 2),
    ]


def test_convolutions_of_other_dimensions_and_transposed() -> None:
    assert shapes(nn.Conv1d(2, 3, 4), torch.ones(5, 2, 10), training=False) == [
        ("", "forward", 3, 8, 35, 1)
    ]
    assert shapes(nn.Conv3d(2, 3, 2), torch.ones(1, 2, 3, 3, 3), training=False) == [
        ("", "forward", 3, 16, 8, 1)
    ]
    # Every pixel of the input is spread over a kernel of every channel.
    spread = nn.ConvTranspose2d(4, 6, 3, groups=2)
    assert shapes(spread, torch.ones(2, 4, 5, 5), training=False) == [("", "forward", 27, 2, 50, 2)]


def test_a_bilinear_layer_multiplies_its_second_input() -> None:
    layer, inputs = nn.Bilinear(3, 5, 7), (torch.ones(11, 3), torch.ones(11, 5))
    assert sorted(shapes(layer, *inputs, input_gradient=True)) == [
        ("", "dw", 21, 11, 5, 1),
        ("", "dx", 5, 21, 11, 1),
        ("", "forward", 21, 5, 11, 1),
    ]
    core = TensorCore("isca2024-ideal")
    convert(layer, core)(*(x.requires_grad_() for x in inputs)).sum().backward()
    assert core.ledger.total.macs == 3 * 21 * 5 * 11


def test_attention_is_counted_however_it_is_called() -> None:
    class Attention(nn.Module):
        def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return F.scaled_dot_product_attention(q, k, v)

    q, k = torch.ones(2, 3, 5, 8), torch.ones(2, 3, 7, 8)
    found = shapes(Attention(), q, k, k, training=False)
    assert found == [("", "forward", 5, 8, 7, 6), ("", "forward", 5, 7, 8, 6)]
    whole = shapes(Attention(), q, k, k, input_gradient=True)
    assert Counter(x[1] for x in whole) == {"forward": 2, "dx": 2, "dw": 2}


def test_every_way_to_attend_multiplies_as_often() -> None:
    """Eight projections of width 8, and scores and sums of 3 x 3 positions, four heads of 2."""
    x = torch.ones(5, 3, 8)
    layer = nn.TransformerEncoderLayer(8, 4, 16, batch_first=True, dropout=0.0)
    macs = 15 * (4 * 64 + 2 * 128) + 2 * 5 * 9 * 8
    assert trace(layer, [x], training=False).macs == macs
    assert trace(layer, [x], input_gradient=True).macs == 3 * macs
    # The fused operators of a real device; hooks would switch them off.
    with account(nn.Identity()) as seen, torch.no_grad():
        layer.eval()(x)
    fused = seen.trace()
    assert "aten::_transformer_encoder_layer_fwd" in {p.operator for p in fused.products}
    assert fused.macs == macs
    attention = nn.MultiheadAttention(8, 4, batch_first=True).eval()
    with account(attention) as seen, torch.no_grad():
        attention(x, x, x, need_weights=False)
    assert seen.trace().macs == 15 * 4 * 64 + 2 * 5 * 9 * 8


def test_recurrent_networks_are_counted_step_by_step() -> None:
    """Four gates of 6 from 4 inputs and 6 states, 3 steps of 2 samples."""
    layer, x = nn.LSTM(4, 6), torch.ones(3, 2, 4)
    macs = 3 * 2 * 24 * (4 + 6)
    assert trace(layer, [x], training=False).macs == macs
    with account(layer) as seen:
        layer(x)[0].sum().backward()
    fused = seen.trace()
    assert fused.warnings == ()
    assert "aten::mkldnn_rnn_layer" in {p.operator for p in fused.products}
    assert sum(p.macs for p in fused.of("forward")) == macs
    assert sum(p.macs for p in fused.of("dw")) == macs
    assert trace(nn.GRU(4, 6), [x], training=False).macs == 3 * 2 * 18 * (4 + 6)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_recurrent_networks_take_the_time_that_they_take_on_a_core(kind: type[nn.Module]) -> None:
    """Inputs of all steps are one product, states one for each step; of every run anew."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(6, 6, 2, bidirectional=True)
            self.narrow = nn.Linear(12, 6)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.narrow(self.layer(self.narrow(self.layer(x)[0]))[0])
            return y

    x, network = torch.ones(3, 2, 6), Twice()
    products = trace(network, [x]).products
    core = TensorCore(load_machine("isca2024-ideal", ["array.rows=4"]), fidelity="integer")
    convert(network, core)(x).sum().backward()
    array = ModularArray(units=8, rows=4, length=16, symbol_s=0.0, load_s=1.0)
    for computation in ("forward", "dx", "dw"):
        listed = [p for p in products if p.computation == computation]
        counts = core.ledger.kinds[computation]
        assert sum(p.count for p in listed) == counts.gemms
        assert sum(p.macs for p in listed) == counts.macs
        assert sum(array.time_s(p) for p in listed) == counts.rounds


@pytest.mark.parametrize(
    "call",
    [
        lambda w, x: x @ w,
        lambda w, x: torch.einsum("ik,kj->ij", x, w),
        lambda w, x: F.linear(x, w.T),
        lambda w, x: x.to(torch.bfloat16) @ w.to(torch.bfloat16),
        lambda w, x: torch.addmm(torch.zeros(5, device=x.device), x, w),
        lambda w, x: (w.to(torch.bfloat16) * 2).T.matmul(x.T.to(torch.bfloat16)).T,
    ],
)
def test_functions_count_as_layers_do(call: object) -> None:
    found = shapes(Calls(torch.ones(4, 5), call), torch.ones(3, 4), input_gradient=True)
    assert sorted(found) == [
        ("", "dw", 5, 3, 4, 1),
        ("", "dx", 4, 5, 3, 1),
        ("", "forward", 5, 4, 3, 1),
    ]


def test_products_with_a_vector_have_gradients_too() -> None:
    found = shapes(Calls(torch.ones(5, 4), torch.mv), torch.ones(4), input_gradient=True)
    assert sorted(found) == [
        ("", "dw", 5, 1, 4, 1),
        ("", "dx", 4, 5, 1, 1),
        ("", "forward", 5, 4, 1, 1),
    ]


def test_a_vector_that_is_a_weight_is_the_first_operand_as_on_a_core() -> None:
    def scores(w: Tensor, x: Tensor) -> Tensor:
        return x @ w

    network, x = Calls(torch.ones(4), scores), torch.ones(3, 5, 4)
    assert sorted(shapes(network, x, input_gradient=True)) == [
        ("", "dw", 1, 15, 4, 1),
        ("", "dx", 4, 1, 15, 1),
        ("", "forward", 1, 4, 15, 1),
    ]
    core = TensorCore(load_machine("isca2024-ideal"), fidelity="integer")
    with on_core(core):
        network(x).sum().backward()
    counts = core.ledger.kinds
    assert {kind: (n.macs, n.drives) for kind, n in counts.items()} == {
        "forward": (60, 4),
        "dw": (60, 15),
    }


def test_unknown_products_are_named_and_never_zero() -> None:
    class Distance(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cdist(x, x) + torch.linalg.inv(x)

    found = trace(Distance(), [torch.ones(3, 3)], input_gradient=True)
    assert "not counted: aten::_cdist_forward in (root)" in found.warnings
    assert any("linalg_inv" in line for line in found.warnings)
    assert any("_cdist_backward" in line for line in found.warnings)


def test_products_of_complex_numbers_are_named() -> None:
    def turned(w: Tensor, x: Tensor) -> Tensor:
        return (x.to(torch.complex64) @ w.to(torch.complex64)).abs() @ w

    found = trace(Calls(torch.ones(4, 4), turned), [torch.ones(3, 4)])
    assert found.warnings == ("not counted: aten::mm of complex numbers in (root)",)
    assert sorted(p.computation for p in found.products) == ["dw", "dx", "forward"]


def test_an_operator_of_somebody_else_is_named() -> None:
    library = torch.library.Library("somebodys", "DEF")
    library.define("times(Tensor a, Tensor b) -> Tensor")
    library.impl("times", lambda a, b: torch.empty(a.shape[0], b.shape[1], device="meta"), "Meta")

    class Foreign(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = torch.ops.somebodys.times(x, x)
            return y

    found = trace(Foreign(), [torch.ones(3, 3)], training=False)
    assert found.warnings == ("not counted: somebodys::times in (root)",)


def test_a_tensor_times_itself_has_both_gradients() -> None:
    found = shapes(Calls(torch.ones(3, 4), lambda w, x: w @ w.T + x), torch.ones(3, 3))
    assert sorted(found) == [
        ("", "dw", 3, 3, 4, 1),
        ("", "dx", 4, 3, 3, 1),
        ("", "forward", 3, 4, 3, 1),
    ]


def test_gradients_of_copied_operands_are_told_by_their_axes() -> None:
    class Copies(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):  # type: ignore[no-untyped-def]
            ctx.save_for_backward(x, w)
            return x @ w

        @staticmethod
        def backward(ctx, gradient):  # type: ignore[no-untyped-def]
            x, w = ctx.saved_tensors
            of_weight = x.clone().T @ gradient
            return gradient @ w.clone().T, of_weight

    call = Calls(torch.ones(4, 5), lambda w, x: Copies.apply(x, w))
    assert sorted(shapes(call, torch.ones(3, 4), input_gradient=True)) == [
        ("", "dw", 5, 3, 4, 1),
        ("", "dx", 4, 5, 3, 1),
        ("", "forward", 5, 4, 3, 1),
    ]
