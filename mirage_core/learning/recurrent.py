"""Recurrent layers and cells as matrix products at a site, step by step.

Legend of shapes: T step, B sequence, I input, H hidden state, G gates times hidden state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from mirage_core.learning.site import Site

State = tuple[Tensor, ...]
Update = Callable[[Tensor, Tensor, State], State]
"""New state from the gates (B, G) of the input, those of the state, and the state."""


def _tanh(of_input: Tensor, of_state: Tensor, state: State) -> State:
    return (torch.tanh(of_input + of_state),)


def _relu(of_input: Tensor, of_state: Tensor, state: State) -> State:
    return (torch.relu(of_input + of_state),)


def _lstm(of_input: Tensor, of_state: Tensor, state: State) -> State:
    i, f, g, o = (of_input + of_state).chunk(4, -1)
    cell = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell), cell


def _gru(of_input: Tensor, of_state: Tensor, state: State) -> State:
    (ir, iz, i_n), (hr, hz, hn) = of_input.chunk(3, -1), of_state.chunk(3, -1)
    reset, update = torch.sigmoid(ir + hr), torch.sigmoid(iz + hz)
    new = torch.tanh(i_n + reset * hn)
    return (new + update * (state[0] - new),)


@dataclass(frozen=True)
class _Weights:
    """Of one layer in one direction: (G, I), (G, H), biases (G,), and a projection of the state."""

    of_input: Tensor
    of_state: Tensor
    input_bias: Tensor | None = None
    state_bias: Tensor | None = None
    projection: Tensor | None = None


def layers(site: Site, *args: Any, update: Update) -> tuple[Tensor, ...]:
    """``torch.lstm``, ``gru``, ``rnn_tanh`` and ``rnn_relu``, of padded or packed sequences.

    Returns:
        Outputs and the last states, as torch arranges them.
    """
    packed = not isinstance(args[3], bool)
    batch_first = not packed and args[8]
    if packed:
        data, batch_sizes, given, flat, biased, count, dropout, training, both = args
        sizes = batch_sizes.tolist()
    else:
        inputs, given, flat, biased, count, dropout, training, both = args[:8]
        inputs = inputs.transpose(0, 1) if batch_first else inputs
        data, sizes = inputs.flatten(0, 1), [inputs.shape[1]] * inputs.shape[0]
    start: State = (given,) if isinstance(given, Tensor) else tuple(given)
    directions, last = (2 if both else 1), list[State]()
    weights = _weights(flat, biased, count * directions)
    for layer in range(count):
        found = []
        for direction in range(directions):
            index = layer * directions + direction
            state = tuple(s[index] for s in start)
            outputs, state = _layer(site, data, sizes, state, next(weights), update, direction == 1)
            found.append(outputs)
            last.append(state)
        data = torch.cat(found, -1)
        if dropout and training and layer < count - 1:
            data = F.dropout(data, dropout)
    states = (torch.stack(each) for each in zip(*last, strict=True))
    if packed:
        return data, *states
    outputs = data.unflatten(0, (len(sizes), -1)) if sizes else data
    return outputs.transpose(0, 1) if batch_first else outputs, *states


def _weights(flat: Sequence[Tensor], biased: bool, count: int) -> Iterator[_Weights]:
    """Of every layer and direction, from torch's flat list."""
    each = len(flat) // count
    for first in range(0, len(flat), each):
        of_input, of_state, *rest = flat[first : first + each]
        biases = (rest.pop(0), rest.pop(0)) if biased else (None, None)
        yield _Weights(of_input, of_state, *biases, *rest)


def _layer(
    site: Site,
    data: Tensor,
    sizes: Sequence[int],
    state: State,
    weights: _Weights,
    update: Update,
    backwards: bool,
) -> tuple[Tensor, State]:
    """One layer in one direction over sequences, the longest first, of which ``sizes`` go on."""
    gates = site.rows(weights.of_input, data, weights.input_bias).split(list(sizes))
    outputs = list(gates)
    for t in reversed(range(len(sizes))) if backwards else range(len(sizes)):
        going = tuple(s[: sizes[t]] for s in state)
        new = _step(site, gates[t], going, weights, update)
        outputs[t] = new[0]
        state = tuple(torch.cat((n, s[sizes[t] :])) for n, s in zip(new, state, strict=True))
    return torch.cat(outputs), state


def _step(site: Site, gates: Tensor, state: State, weights: _Weights, update: Update) -> State:
    hidden, *rest = update(gates, site.rows(weights.of_state, state[0], weights.state_bias), state)
    if weights.projection is not None:
        hidden = site.rows(weights.projection, hidden)
    return hidden, *rest


def cell(site: Site, input: Tensor, state: Any, *weights: Tensor, update: Update) -> Any:  # noqa: A002
    """``torch.lstm_cell``, ``gru_cell``, ``rnn_tanh_cell`` and ``rnn_relu_cell``."""
    given = _Weights(*weights)
    before: State = (state,) if isinstance(state, Tensor) else tuple(state)
    gates = site.rows(given.of_input, input, given.input_bias)
    new = _step(site, gates, before, given, update)
    return new[0] if isinstance(state, Tensor) else new


_UPDATES: dict[str, Update] = {"lstm": _lstm, "gru": _gru, "rnn_tanh": _tanh, "rnn_relu": _relu}

RECURRENT: dict[str, Any] = {
    **{name: partial(layers, update=update) for name, update in _UPDATES.items()},
    **{f"{name}_cell": partial(cell, update=update) for name, update in _UPDATES.items()},
}
"""Functions of torch by their names."""
