"""The watch for products that would pass a core by."""

from __future__ import annotations

import pytest
import torch

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian


def square(x: torch.Tensor) -> torch.Tensor:
    return x @ x


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    "call",
    [
        lambda x: torch.jit.script(square)(x),  # type: ignore[no-untyped-call]
        torch.cov,
        torch.nn.functional.pdist,
        lambda x: torch.nn.functional.affine_grid(x[None, :2], [1, 1, 4, 4], False),
        lambda x: torch.sparse.mm(x.to_sparse(), x),
        lambda x: torch.conv_tbc(x[None], x[None], x[0]),
        torch.matrix_exp,
        lambda x: torch.nn.functional.grouped_mm(*[torch.ones(2, 8, 8).bfloat16()] * 2),
    ],
)
def test_products_that_would_pass_a_core_by_are_refused(call: object) -> None:
    core, x = exact_core(), torch.ones(3, 3)
    # The interpreter of scripts tells the line, and not what is wrong with it.
    told = r"aten::\w+': multiplies past the core|return x @ x"
    with mirage.on_core(core), pytest.raises((InputError, RuntimeError), match=told):
        call(x)  # type: ignore[operator]
    assert core.ledger.kinds == {}
    call(x)  # type: ignore[operator]


def test_operators_of_somebodys_own_are_refused() -> None:
    @torch.library.custom_op("tests::mixed", mutates_args=())
    def mixed(x: torch.Tensor) -> torch.Tensor:
        return x @ x

    with torch.library._scoped_library("tests_of_products", "DEF") as library:
        library.define("my_linear(Tensor x) -> Tensor")
        library.impl("my_linear", square, "CPU")
        named, x = torch.ops.tests_of_products.my_linear, gaussian(3, 3)
        for call, told in ((mixed, "is a custom operator"), (named, "multiplies past the core")):
            with mirage.on_core(exact_core()), pytest.raises(InputError, match=told):
                call(x)
            assert torch.equal(call(x), x @ x)
    with mirage.on_core(exact_core()):
        torch.ops.prims.convert_element_type(x, torch.float16)


def test_what_a_core_computes_itself_passes_by() -> None:
    a, b = gaussian(4, 5).requires_grad_(), gaussian(5, 6)
    digital = (a @ b).sum()
    for core in (mirage.FormatCore("fp32"), exact_core()):
        with mirage.on_core(core):
            y = torch.ops.aten.mm.default(a, b)
            # This gradient belongs to a product from outside.
            digital.backward(retain_graph=True)
            y.sum().backward()
        assert {k: n.macs for k, n in core.ledger.kinds.items()} == {"forward": 120, "dw": 120}


def test_a_compiler_leaves_what_watches_alone() -> None:
    core, x = mirage.FormatCore("fp32"), gaussian(4, 4)
    compiled = torch.compile(lambda a: torch.relu(a @ a), backend="eager")
    counters = torch._dynamo.utils.counters  # type: ignore[attr-defined]
    counters.clear()
    with mirage.on_core(core):
        y = compiled(x)
        assert core.ledger.total.macs == 64
        assert torch.equal(y, torch.relu(x @ x))
    assert not counters["frames"]
