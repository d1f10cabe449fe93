"""Compilers that want one graph without a break, which no core can be in."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import mirage_core as mirage
from mirage_core.core.matrix_core import MatrixCore
from mirage_core.core.whole_graphs import WholeGraphError
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, integers

A, B = integers(3, 8, seed=1), integers(8, 4, seed=2)


def on_core(core: MatrixCore) -> Callable[[Tensor, Tensor], Tensor]:
    def product(a: Tensor, b: Tensor) -> Tensor:
        with mirage.on_core(core):
            return torch.relu(a) @ b

    return product


def by_matmul(core: MatrixCore) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda a, b: core.matmul(torch.relu(a), b)


@pytest.mark.filterwarnings("ignore:Dynamo detected a call to a `functools.lru_cache`")
@pytest.mark.parametrize("make", [on_core, by_matmul])
def test_a_core_may_break_a_graph_and_not_be_in_one(
    make: Callable[[MatrixCore], Callable[[Tensor, Tensor], Tensor]],
) -> None:
    core = exact_core()
    whole = torch.compile(make(core), backend="eager", fullgraph=True)
    with pytest.raises(InputError, match=r"fullgraph=True.*; leave out fullgraph$") as refused:
        whole(A, B)
    assert "\n" not in str(refused.value)
    assert core.ledger.total.gemms == 0
    broken = torch.compile(make(core), backend="eager")
    assert torch.equal(broken(A, B), torch.relu(A) @ B)
    assert core.ledger.total.gemms == 1


def test_what_a_compiler_adds_to_a_refusal_is_not_shown() -> None:
    error = WholeGraphError("in a graph", "break it")
    said = str(error)
    error.args = (f"{said}\nfrom user code:",)
    assert str(error) == str(pickle.loads(pickle.dumps(error))) == said
