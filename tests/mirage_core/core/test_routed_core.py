"""Cores that hand products on: what each does is entered once, whoever asks and whatever stops."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread

import pytest
import torch
from torch import Tensor, nn

import mirage_core as mirage
from mirage_core.core.ledger import Counts
from mirage_core.core.tensor_core import TensorCore
from tests.mirage_core.helpers import exact_core, gaussian

MOVING = mirage.Precision(phases=[{"bits": 2}, {"start": 1, "bits": 4}])
MAKERS: dict[str, Callable[[], mirage.MixedCore | mirage.PrecisionCore]] = {
    "mixed": lambda: mirage.MixedCore(exact_core(), dw=mirage.FormatCore("fp32")),
    "moving": lambda: mirage.PrecisionCore(exact_core(), MOVING),
    "both": lambda: mirage.MixedCore(mirage.PrecisionCore(exact_core(), MOVING)),
}


@pytest.fixture
def met(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether products of two threads met, of all that waited for another one."""
    barrier, found = Barrier(2), []

    def late(product: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def wait(*given: object) -> Tensor:
            try:
                barrier.wait(0.05)
                found.append(True)
            except BrokenBarrierError:
                barrier.reset()
                found.append(False)
            return product(*given)

        return wait

    for name in ("_fast_gemms", "_finite_gemm"):
        monkeypatch.setattr(TensorCore, name, late(getattr(TensorCore, name)))
    return found


@pytest.mark.parametrize("name", MAKERS)
def test_backwards_of_two_threads_take_turns(name: str, met: list[bool]) -> None:
    core = MAKERS[name]()
    model = mirage.convert(nn.Linear(8, 4), core)
    losses = [model(gaussian(3, 8, seed=i).requires_grad_()).sum() for i in range(2)]
    threads = [Thread(target=loss.backward) for loss in losses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met
    assert not any(met)
    assert {kind: n.gemms for kind, n in core.ledger.kinds.items()} == dict.fromkeys(
        ("forward", "dx", "dw"), 2
    )
    inner = core.core if name == "both" else core
    if isinstance(inner, mirage.PrecisionCore):
        assert [phase.total.gemms for phase in inner.phases.values()] == [3, 3]
    assert core.core.ledger.kinds == {}


@pytest.mark.parametrize("name", MAKERS)
def test_an_interrupted_product_is_entered_nowhere(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = MAKERS[name]()
    a, b = gaussian(3, 8), gaussian(8, 2)
    with core.step(0):
        expected = core.matmul(a, b)
    before, own = core.state_dict(), core.core.ledger

    def stop(inner: TensorCore, *given: object) -> None:
        inner.ledger.add("matmul", Counts(gemms=1))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        for method in ("_fast_gemms", "_finite_gemm"):
            patched.setattr(TensorCore, method, stop)
        with pytest.raises(KeyboardInterrupt), core.step(0):
            core.matmul(a, b)
    assert core.core.ledger is own
    assert core.state_dict() == before
    with core.step(0):
        assert torch.equal(core.matmul(a, b), expected)
