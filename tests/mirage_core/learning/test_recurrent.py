"""Recurrent layers and cells on the core."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

import mirage_core as mirage
from tests.mirage_core.helpers import gaussian
from tests.mirage_core.learning.agreement import assert_agrees

X = gaussian(6, 3, 4)  # T, B, I


@pytest.mark.parametrize(
    "layer",
    [
        nn.RNN(4, 5),
        nn.RNN(4, 5, nonlinearity="relu", bias=False, bidirectional=True),
        nn.LSTM(4, 5, num_layers=2, bidirectional=True),
        nn.LSTM(4, 5, num_layers=2, bias=False, batch_first=True),
        nn.GRU(4, 5, num_layers=2, batch_first=True, bidirectional=True),
        nn.GRU(4, 5),
    ],
    ids=str,
)
def test_layers_are_those_of_torch(layer: nn.Module) -> None:
    assert_agrees(layer, X)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_a_projected_state_and_a_given_one() -> None:
    class Given(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(4, 5, num_layers=2, proj_size=3)

        def forward(self, x: Tensor, h: Tensor, c: Tensor) -> Any:
            return self.lstm(x, (h, c))

    assert_agrees(Given(), X, gaussian(2, 3, 3), gaussian(2, 3, 5))


@pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])
def test_sequences_of_several_lengths(kind: type[nn.RNNBase]) -> None:
    class Packed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rnn = kind(4, 5, 2, bidirectional=True)  # type: ignore[arg-type]

        def forward(self, x: Tensor) -> Any:
            lengths = torch.tensor([2, 6, 3])
            packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
            out, states = self.rnn(packed)
            return out.data, states

    assert_agrees(Packed(), X, counted=False)


@pytest.mark.parametrize(
    "layer", [nn.RNNCell(4, 5), nn.GRUCell(4, 5, bias=False), nn.LSTMCell(4, 5)]
)
def test_cells_are_those_of_torch(layer: nn.Module) -> None:
    assert_agrees(layer, X[0])


def test_a_single_sequence() -> None:
    assert_agrees(nn.LSTM(4, 5), X[:, 0], counted=False)


def test_dropout_is_between_layers_while_training() -> None:
    layer = mirage.convert(nn.GRU(4, 5, num_layers=2, dropout=0.5), mirage.FormatCore("fp32"))
    torch.manual_seed(0)
    assert not torch.equal(layer(X)[0], layer(X)[0])
    layer.eval()
    assert torch.equal(layer(X)[0], layer(X)[0])
