"""The example of a callback for Lightning: with hooks in its order, and with itself where it is."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

import mirage_core as mirage
from tests.mirage_core.helpers import gaussian

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "lightning_callback.py"
BATCHES, TOGETHER, RATE = 6, 2, 0.1


def network(core: mirage.FormatCore) -> nn.Sequential:
    torch.manual_seed(0)
    return mirage.convert(nn.Sequential(nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 4)), core)


def data(index: int) -> Tensor:
    return gaussian(8, 16, seed=index)


def by_hand() -> list[Tensor]:
    """Weights after the steps that a trainer is to take."""
    core = mirage.FormatCore("fast")
    model = network(core)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for index in range(BATCHES):
        with core.step(index // TOGETHER, microbatch=index % TOGETHER):
            (model(data(index)).square().mean() / TOGETHER).backward()
        if (index + 1) % TOGETHER == 0:
            optimizer.step()
            optimizer.zero_grad()
    return [p.detach() for p in model.parameters()]


class StandIn:
    """Calls the hooks of a callback as Lightning's trainer does."""

    def __init__(self, callback: Any) -> None:
        self.callback, self.global_step, self.accumulate_grad_batches = callback, 0, TOGETHER

    def fit(self, model: nn.Module, batches: range, interrupted_at: int = -1) -> None:
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        try:
            for index in batches:
                self.callback.on_train_batch_start(self, model, data(index), index)
                (model(data(index)).square().mean() / TOGETHER).backward()
                if index == interrupted_at:
                    raise KeyboardInterrupt
                if (index + 1) % TOGETHER == 0:
                    optimizer.step()
                    optimizer.zero_grad()
                    self.global_step += 1
                self.callback.on_train_batch_end(self, model, None, data(index), index)
        except KeyboardInterrupt as interrupt:
            self.callback.on_exception(self, model, interrupt)


def core_steps() -> Callable[[mirage.FormatCore], Any]:
    made: Callable[[mirage.FormatCore], Any] = runpy.run_path(str(EXAMPLE))["CoreSteps"]
    return made


def test_the_callback_numbers_steps_as_one_would_by_hand() -> None:
    core = mirage.FormatCore("fast")
    model = network(core)
    StandIn(core_steps()(core)).fit(model, range(BATCHES))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), by_hand(), strict=True))


def test_an_interrupted_run_is_resumed_from_its_checkpoint() -> None:
    core, later = mirage.FormatCore("fast"), mirage.FormatCore("fast")
    callback, trainer = core_steps()(core), StandIn(core_steps()(later))
    model, resumed = network(core), network(later)
    first = StandIn(callback)
    first.fit(model, range(2 * TOGETHER))
    saved = model.state_dict(), first.global_step, callback.state_dict()
    resumed.load_state_dict(saved[0])
    first.fit(model, range(2 * TOGETHER, BATCHES), interrupted_at=2 * TOGETHER)
    assert callback.state_dict()["counts"] == saved[2]["counts"]
    trainer.global_step = saved[1]
    trainer.callback.load_state_dict(saved[2])
    trainer.fit(resumed, range(2 * TOGETHER, BATCHES))
    assert all(torch.equal(a, b) for a, b in zip(resumed.parameters(), by_hand(), strict=True))


@pytest.mark.slow  # 10 s
@pytest.mark.filterwarnings("ignore")
def test_lightning_itself_calls_it_so(tmp_path: Path) -> None:
    lightning = pytest.importorskip("lightning.pytorch")

    class Module(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self, core: mirage.FormatCore) -> None:
            super().__init__()
            self.network = network(core)

        def training_step(self, batch: Tensor, index: int) -> Tensor:
            loss: Tensor = self.network(batch).square().mean()
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return torch.optim.SGD(self.parameters(), lr=RATE)

    core = mirage.FormatCore("fast")
    callback, module = core_steps()(core), Module(core)
    trainer = lightning.Trainer(
        max_epochs=1, accumulate_grad_batches=TOGETHER, callbacks=[callback],
        accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=tmp_path,
    )  # fmt: skip
    trainer.fit(module, DataLoader([data(i) for i in range(BATCHES)], batch_size=None))
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), by_hand(), strict=True))
    trainer.save_checkpoint(tmp_path / "last.ckpt")
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert saved["callbacks"] == {callback.state_key: core.state_dict()}
