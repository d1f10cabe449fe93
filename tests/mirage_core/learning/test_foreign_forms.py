"""Forms that torch gives to models: served, or refused in a line with what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from photonics.errors import InputError
from tests.mirage_core.helpers import exact_core, gaussian

pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:torch.ao.quantization:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning"),
    pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor"),
]
X = gaussian(3, 8)


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))


def quantized(model: nn.Module) -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear})


def whole_graph(model: nn.Module) -> Any:
    return torch.compile(model, fullgraph=True, backend="eager")


class Wrapped(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.inner(x) * 2
        return out


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (torch.jit.script, "in torch.jit.script.*script what revert"),
        (lambda m: torch.jit.script(nn.Sequential(m)), "in torch.jit.script"),
        (torch.fx.symbolic_trace, "in torch.fx.*trace the model first"),
        (lambda m: torch.fx.symbolic_trace(Wrapped(m)), "in torch.fx"),
        (lambda m: torch.export.export(m, (X,), strict=False), "in torch.export.*what revert"),
        (lambda m: torch.export.export(m, (X,), strict=True), "in torch.export.*what revert"),
        (lambda m: whole_graph(m)(X), "in torch.compile.fullgraph=True.*leave out fullgraph"),
        (lambda m: whole_graph(Wrapped(m))(X), "in torch.compile.fullgraph=True"),
        # What nn.DataParallel calls of every module, before it fills in the parameters.
        (lambda m: m[0]._replicate_for_data_parallel(), "nn.DataParallel.*DistributedDataParallel"),
        (lambda m: m._replicate_for_data_parallel(), "nn.DataParallel.*DistributedDataParallel"),
    ],
)
def test_a_model_on_a_core_refuses_forms_that_leave_the_core_out(
    make: Callable[[nn.Module], Any], message: str
) -> None:
    core = exact_core()
    model = mirage.convert(net(), core)
    with pytest.raises(InputError, match=message) as refused:
        make(model)
    assert "\n" not in str(refused.value)
    model(X)
    assert (core.steps.counts["train"], core.ledger.total.gemms) == (1, 2)
    if not message.startswith("nn"):
        make(mirage.revert(model))


@pytest.mark.parametrize("how", [torch.jit.script, lambda m: torch.jit.trace(m, X), quantized])
def test_modules_with_products_out_of_reach_are_refused_unless_left_out(
    how: Callable[[nn.Module], nn.Module],
) -> None:
    with pytest.raises(InputError, match="where no core can; convert before"):
        mirage.convert(how(net()), exact_core())
    model = nn.Sequential(how(nn.Sequential(nn.Linear(8, 8))), nn.Linear(8, 4))
    with pytest.raises(InputError, match=r"^0.* = '\w+': multiplies in"):
        mirage.convert(model, exact_core())
    assert type(model[1]) is nn.Linear
    for patterns in ({"exclude": "0*"}, {"include": "1"}):
        core = exact_core()
        mirage.convert(model, core, **patterns)(X)  # type: ignore[arg-type]
        assert core.ledger.total.macs == 96
        mirage.revert(model)
    with pytest.raises(InputError, match="multiplies past the core"), mirage.on_core(exact_core()):
        model[0](X)


def test_scripts_without_products_are_no_matter() -> None:
    core = exact_core()
    model = nn.Sequential(nn.Linear(8, 4), torch.jit.script(nn.ReLU()))  # type: ignore[no-untyped-call]
    mirage.convert(model, core)(X)
    assert core.ledger.total.gemms == 1


@pytest.mark.parametrize(
    "make", [torch.fx.symbolic_trace, nn.DataParallel, lambda m: torch.compile(m, backend="eager")]
)
def test_forms_that_keep_the_layers_are_converted(make: Callable[[nn.Module], nn.Module]) -> None:
    cores, model = (exact_core(), exact_core()), net()
    y = mirage.convert(model, cores[0])(X)
    assert torch.equal(mirage.convert(make(mirage.revert(model)), cores[1])(X), y)
    assert cores[1].ledger == cores[0].ledger
