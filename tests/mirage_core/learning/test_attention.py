"""Attention and encoders on the core: masks, modes, and no way past the layers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian
from tests.mirage_core.learning.agreement import (
    assert_agrees,
    assert_agrees_in_context,
    assert_equal,
    no_shortcuts,
    results,
)

Q, K, V = gaussian(2, 3, 5, 8, seed=1), gaussian(2, 3, 6, 8, seed=2), gaussian(2, 3, 6, 4, seed=3)
SEEN = torch.ones(5, 6, dtype=torch.bool).tril()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"is_causal": True},
        {"attn_mask": SEEN},
        {"attn_mask": gaussian(2, 1, 5, 6)},
        {"scale": 0.3},
    ],
)
def test_attention_is_that_of_torch(options: dict[str, Any]) -> None:
    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        with no_shortcuts():
            return F.scaled_dot_product_attention(q, k, v, **options)

    # Without numbers there is no mask to give.
    assert_agrees_in_context(attention, Q, K, V, counted="attn_mask" not in options)


def test_a_query_that_sees_nothing_gets_zeros() -> None:
    mask = SEEN.clone()
    mask[2] = False
    with mirage.on_core(mirage.FormatCore("fp32")):
        found = F.scaled_dot_product_attention(Q, K, V, attn_mask=mask)
    torch.testing.assert_close(found, F.scaled_dot_product_attention(Q, K, V, attn_mask=mask))
    assert not found[:, :, 2].any()


def test_heads_of_queries_share_keys() -> None:
    q = gaussian(2, 6, 5, 8)
    with mirage.on_core(mirage.FormatCore("fp32")):
        found = F.scaled_dot_product_attention(q, K, V, enable_gqa=True)
    expected = F.scaled_dot_product_attention(q, K, V, enable_gqa=True)
    torch.testing.assert_close(found, expected)


def test_dropout_drops_weights() -> None:
    with mirage.on_core(mirage.FormatCore("fp32")):
        assert not F.scaled_dot_product_attention(Q, K, V, dropout_p=1.0).any()


def test_two_masks_are_refused() -> None:
    with mirage.on_core(mirage.FormatCore("fp32")), pytest.raises(InputError, match="is_causal"):
        F.scaled_dot_product_attention(Q, K, V, attn_mask=SEEN, is_causal=True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_first": True, "bias": False},
        {"add_bias_kv": True, "add_zero_attn": True},
        {"kdim": 6, "vdim": 7},
    ],
)
@pytest.mark.parametrize("need_weights", [True, False])
def test_layers_are_those_of_torch(options: dict[str, Any], need_weights: bool) -> None:
    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, **options)

        def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
            padding = torch.zeros(k.shape[:2][:: 1 if options.get("batch_first") else -1])
            padding[..., -1] = float("-inf")
            with no_shortcuts():
                return self.attention(
                    q,
                    k,
                    v,
                    key_padding_mask=padding,
                    need_weights=need_weights,
                    attn_mask=torch.ones(q.shape[axis], k.shape[axis]).tril().log(),
                )

    axis = 1 if options.get("batch_first") else 0
    keys, values = options.get("kdim", 8), options.get("vdim", 8)
    assert_agrees(Layer(), gaussian(4, 4, 8), gaussian(4, 4, keys, seed=1), gaussian(4, 4, values))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("with_gradient", [True, False])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
def test_no_encoder_runs_past_its_layers(training: bool, with_gradient: bool, padded: bool) -> None:
    block = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = nn.TransformerEncoder(block, 2).train(training)
    plain, core, x = copy.deepcopy(model), mirage.FormatCore("fp32"), gaussian(3, 5, 8)
    padding = torch.arange(5).expand(3, 5) >= torch.tensor([[5], [4], [2]])
    options = {"src_key_padding_mask": padding} if padded else {}
    mirage.convert(model, core)
    with torch.set_grad_enabled(with_gradient):
        found, expected = model(x, **options), plain(x, **options)
    kept = ~padding if padded else torch.ones(3, 5, dtype=torch.bool)
    torch.testing.assert_close(found[kept], expected[kept])
    # Projections in and out, both products of attention, and two linear layers.
    each = 3 * 5 * 8 * (3 * 8 + 8) + 2 * 3 * 5 * 5 * 8 + 2 * 3 * 5 * 8 * 16
    assert core.ledger.kinds["forward"].macs == 2 * each
    assert mirage.revert(model)(x, **options).shape == found.shape
    assert core.ledger.kinds["forward"].macs == 2 * each


def test_what_is_excluded_from_an_encoder_stays_digital() -> None:
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    core, x = mirage.FormatCore("fp32"), gaussian(3, 5, 8)
    mirage.convert(model, core, exclude={"linear2", "self_attn"})
    with torch.no_grad():
        model(x)
    assert core.ledger.total.macs == 3 * 5 * 8 * 16


def test_a_transformer_is_that_of_torch() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
    plain, core = copy.deepcopy(model), mirage.FormatCore("fp32")
    inputs = gaussian(2, 4, 8), gaussian(2, 3, 8, seed=1)
    assert_equal(results(mirage.convert(model, core), inputs), results(plain, inputs))
