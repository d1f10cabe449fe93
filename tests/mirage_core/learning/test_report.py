"""Reports: what is on light, what is digital, and where the cores differ from the operators."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import mirage_core as mirage
from mirage_core.learning.layers import LINEAR_LOSSES
from mirage_core.tracing.trace import account
from tests.mirage_core.helpers import exact_core, gaussian, noisy_core


def test_report_names_what_stays_digital() -> None:
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)
            self.extra = nn.Parameter(torch.ones(6, 6))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(self.norm(self.fc(x)), self.extra)

    model = mirage.convert(Mixed(), exact_core())
    found = mirage.report(model, torch.ones(5, 6))
    places = {r.name: (r.place, r.macs) for r in found.layers}
    assert places["fc"] == ("optical", 5 * 36)
    assert places["norm"][0] == "digital"
    assert found.unseen_macs == 5 * 36
    assert "outside of layers" in str(found)
    assert type(model.fc).__name__ == "OpticalLinear"
    assert model.training


def test_a_report_names_what_it_cannot_count() -> None:
    class Distance(torch.nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cdist(super().forward(x), x)

    found = mirage.report(torch.nn.Sequential(Distance(4, 4)), torch.ones(2, 4))
    assert found.not_counted[0] == "not counted: aten::_cdist_forward in 0"
    assert found.not_counted[0] in str(found)


def test_masks_of_encoders_are_no_products() -> None:
    class Masked(nn.TransformerEncoder):
        def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
            return super().forward(x, src_key_padding_mask=torch.tensor([[False, False, True]]))

    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    found = mirage.report(mirage.convert(Masked(layer, 1), exact_core()), gaussian(1, 3, 4))
    assert found.not_counted == found.differences == ()


def test_everything_that_cores_do_is_what_operators_count() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.up = nn.Conv1d(2, 4, 3, stride=2), nn.ConvTranspose1d(4, 4, 2, groups=2)
            self.gru, self.head = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out: torch.Tensor = self.head(self.gru(self.up(self.conv(x)).mT)[0])
            return out

    model, x = mirage.convert(Net(), exact_core()), gaussian(3, 2, 9)
    found = mirage.report(model, x)
    assert found.differences == ()
    assert found.unseen_macs == 0
    macs = {r.name: r.macs for r in found.layers}
    assert macs == {
        "conv": 3 * 4 * 24,
        "up": 3 * 4 * 4 * 2 * 2,
        "gru": 3 * 5 * 15 * 9,
        "head": 3 * 5 * 15,
    }


def test_what_is_digital_is_a_difference_only_where_a_core_was_to_do_it() -> None:
    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(6, 6)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.linear(self.fc(x), self.fc.weight)

    found = mirage.report(mirage.convert(Shared(), exact_core()), torch.ones(5, 6))
    assert found.unseen_macs == 180
    assert found.differences == tuple(
        f"differs: (root) {kind}: operators (aten::mm) count 180 MACs, cores did 0, digital 180"
        for kind in ("dw", "dx", "forward")
    )
    assert all(line in str(found) for line in found.differences)


def test_a_fused_attention_counts_its_scores_once_though_its_backward_makes_them_again() -> None:
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    core, x = exact_core(), gaussian(3, 5, 8)
    mirage.convert(attention, core)
    with account(attention) as seen:
        mirage.revert(attention)(x, x, x, need_weights=False)[0].sum().backward()
    assert any("flash_attention" in p.operator for p in seen.trace().of("dx"))
    once = 3 * 5 * 8 * 32 + 2 * 3 * 5 * 5 * 8
    assert sum(p.macs for p in seen.trace().of("forward")) == once
    mirage.convert(attention, core)
    assert mirage.report(Called(attention), x).differences == ()


class Called(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_is_on_its_core_whatever_its_mode(training: bool) -> None:
    block = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    model = nn.TransformerEncoder(block, 2, enable_nested_tensor=False).train(training)
    found = mirage.report(mirage.convert(model, exact_core()), gaussian(3, 5, 8))
    on_core = [r.name for r in found.layers if r.place == "optical"]
    parts = "self_attn", "linear1", "linear2"
    assert on_core == [f"layers.{i}.{part}" for i in range(2) for part in parts]
    assert found.unseen_macs == 0
    assert model.training == training


def test_any_inputs_that_a_model_takes() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Bilinear(3, 4, 5)

        def forward(self, x: dict[str, torch.Tensor], y: torch.Tensor, *, scale: int) -> Any:
            return {"out": [scale * self.fc(x["x"], y)]}

    model = mirage.convert(Two(), exact_core())
    found = mirage.report(model, {"x": torch.ones(2, 3)}, torch.ones(2, 4), scale=2)
    by_name = mirage.report(model, x={"x": torch.ones(2, 3)}, y=torch.ones(2, 4), scale=2)
    assert found == by_name
    assert [layer.macs for layer in found.layers if layer.name == "fc"] == [2 * 3 * 4 * 5]
    assert (found.differences, found.not_counted) == ((), ())


def test_a_report_changes_nothing() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout(), nn.Linear(4, 2))
    model[3].eval()
    core = exact_core()
    mirage.convert(model, core)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    mirage.report(model, gaussian(3, 4))
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert [m.training for m in model] == [True, True, True, False]
    assert all(p.grad is None for p in model.parameters())
    assert core.ledger.kinds == {}
    assert core.steps.counts == {"train": 0, "evaluation": 0}
    model(gaussian(3, 4))
    assert core.steps.counts["train"] == 1
    with pytest.raises(RuntimeError):
        mirage.report(model, gaussian(3, 5))
    assert type(model[0]).__name__ == "OpticalLinear"


def test_a_layer_in_two_places_is_one() -> None:
    layer = nn.Linear(4, 4)
    model = mirage.convert(nn.Sequential(layer, nn.ReLU(), layer), exact_core(), include="2")
    found = mirage.report(model, gaussian(3, 4))
    assert found.differences == ()
    assert [r.macs for r in found.layers] == [96]


def test_layers_that_are_listed_as_digital_are_no_differences() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    assert mirage.report(model, gaussian(3, 4)).differences == ()
    found = mirage.report(mirage.convert(model, exact_core(), exclude="1"), gaussian(3, 4))
    assert [(r.place, r.macs) for r in found.layers] == [("optical", 48), ("digital", 24)]
    assert found.differences == ()
    assert found.unseen_macs == 0


class InContext(nn.Module):
    """A layer, and a product of its own, in a context if there is a core."""

    def __init__(self, core: mirage.FormatCore | None) -> None:
        super().__init__()
        self.fc, self.mix, self.core = nn.Linear(6, 6), nn.Parameter(torch.ones(6, 3)), core

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with nullcontext() if self.core is None else mirage.on_core(self.core):
            return self.fc(x) @ self.mix


@pytest.mark.parametrize("around", [True, False])
@pytest.mark.parametrize("converted", ["own", "other", None])
def test_what_a_context_puts_on_a_core_is_on_it(around: bool, converted: str | None) -> None:
    inner, core = mirage.FormatCore("int8"), mirage.FormatCore("fp32")
    model = InContext(None if around else inner)
    if converted:
        mirage.convert(model, inner if converted == "own" else core)
    with ExitStack() as contexts:
        if around:
            contexts.enter_context(mirage.on_core(inner))
        counts = inner.steps.counts.copy()
        found = mirage.report(model, gaussian(4, 6))
    in_context = f"{inner.place[1]} by on_core"
    of_layer = {"own": inner.place[1], "other": "FP32", None: in_context}[converted]
    rows = {r.name: (r.place, r.reason, r.macs) for r in found.layers}
    assert rows == {"": ("format", in_context, 72), "fc": ("format", of_layer, 144)}
    assert (found.differences, found.unseen_macs) == ((), 0)
    assert inner.ledger.kinds == core.ledger.kinds == {}
    assert inner.steps.counts == counts
    assert core.steps.counts == {"train": 0, "evaluation": 0}


def test_a_report_takes_no_noise_from_an_open_step() -> None:
    found = []
    for reported in (False, True):
        core = noisy_core()
        layer, x = mirage.convert(nn.Linear(32, 8), core), gaussian(8, 32)
        nn.init.constant_(layer.weight, 0.3)
        with core.step(3):
            if reported:
                mirage.report(layer, x)
            found.append(layer(x).detach() - layer.bias.detach())
    assert torch.equal(*found)


@pytest.mark.skipif(not LINEAR_LOSSES, reason="torch has one since 2.13")
@pytest.mark.parametrize("chunks", [False, True])
def test_a_loss_that_multiplies_is_on_the_core(chunks: bool) -> None:
    options = nn.LinearCrossEntropyOptions(batch_chunk_size=2) if chunks else None  # type: ignore[attr-defined,unused-ignore]
    (loss,) = (kind(6, 5, options=options) for kind in LINEAR_LOSSES)
    x, wanted = gaussian(4, 6), torch.tensor([0, 4, 2, 2])
    plain, core = loss(x, wanted), mirage.FormatCore("fp32")
    found = mirage.report(mirage.convert(loss, core), x, wanted)
    assert [row.place for row in found.layers] == ["format"]
    assert (found.unseen_macs, found.differences, found.not_counted) == (0, (), ())
    torch.testing.assert_close(loss(x, wanted), plain)
    assert core.ledger.total.macs == 120


def test_a_report_inside_of_a_context_leaves_gradients_digital_that_torch_multiplies() -> None:
    class Inverse(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.matrix = nn.Parameter(torch.eye(4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x @ torch.linalg.inv(self.matrix)

    with mirage.on_core(mirage.FormatCore("fp32")):
        found = mirage.report(Inverse(), gaussian(3, 4))
    assert found.differences
    assert not any("forward" in line for line in found.differences)


class OwnGradient(torch.autograd.Function):
    """A product with a backward of its own."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, w)
        return x @ w.T

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        x, w = ctx.saved_tensors
        return grad @ w, grad.T @ x


class WithOwnGradient(nn.Linear):
    """A linear layer by it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return OwnGradient.apply(x, self.weight)  # type: ignore[no-any-return, no-untyped-call]


def test_a_backward_of_somebodys_own_is_named_as_digital() -> None:
    model = nn.Sequential(nn.Linear(6, 6), WithOwnGradient(6, 5, bias=False))
    found = mirage.report(mirage.convert(model, exact_core()), gaussian(4, 6))
    assert found.differences == tuple(
        f"differs: 1 {kind}: operators (aten::mm) count 120 MACs, cores did 0, digital 120"
        for kind in ("dw", "dx")
    )


def test_a_weight_is_made_digitally_and_its_products_are_named() -> None:
    class LowRank(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Parameter(torch.ones(4, 2)), nn.Parameter(torch.ones(2, 5))

        def forward(self, weight: torch.Tensor) -> torch.Tensor:
            return weight + self.up @ self.down

    core, model = exact_core(), nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 4))
    nn.utils.parametrizations.spectral_norm(model[0])
    nn.utils.parametrize.register_parametrization(model[1], "weight", LowRank())
    found = mirage.report(mirage.convert(model, core), gaussian(4, 6))
    assert found.unseen_macs == 30 + 5 + 40
    assert {r.name: r.macs for r in found.layers if r.place == "optical"} == {"0": 120, "1": 80}
    lines = "\n".join(found.differences)
    assert "differs: 1.parametrizations.weight.0 forward: operators (aten::mm) count 40" in lines
    assert "differs: 0 " not in lines
    assert "differs: 1 " not in lines
    model(gaussian(4, 6)).sum().backward()
    assert {k: n.macs for k, n in core.ledger.kinds.items()} == {
        "forward": 200,
        "dx": 80,
        "dw": 200,
    }
    mirage.revert(model)
    assert type(model[0].parametrizations["weight"]) is nn.utils.parametrize.ParametrizationList


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_scripted_part_is_digital() -> None:
    scripted = torch.jit.script(nn.Linear(4, 4))  # type: ignore[no-untyped-call]
    model = mirage.convert(nn.Sequential(scripted, nn.Linear(4, 2)), exact_core(), exclude="0")
    found = mirage.report(model, gaussian(3, 4))
    assert [(r.place, r.macs) for r in found.layers] == [("digital", None), ("optical", 24)]
    assert found.unseen_macs == 48
    assert "digital 48" in found.differences[-1]
