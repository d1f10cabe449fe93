"""Steps of an emulated core in a training by Lightning.

    core = mirage.TensorCore("robust", seed=0)
    mirage.convert(module.network, core)
    lightning.Trainer(callbacks=[CoreSteps(core)]).fit(module, data)

Noise then depends on the number of the optimiser step and the batch within it alone, whether a run
was interrupted and resumed or not. The state of the core is in every checkpoint.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from mirage_core.core.matrix_core import MatrixCore

try:
    from lightning.pytorch import Callback
except ImportError:  # whoever calls the same hooks can do without
    Callback = object


class CoreSteps(Callback):
    """Opens a step of a core around every training batch, forward, backward and optimiser.

    Args:
        core: that layers of the module are on; one callback for each, where there are several.
    """

    def __init__(self, core: MatrixCore) -> None:
        self.core = core
        self._open = ExitStack()

    def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, batch_idx: int) -> None:
        """Open the step that the batch belongs to."""
        microbatch = batch_idx % trainer.accumulate_grad_batches
        self._open.enter_context(self.core.step(trainer.global_step, microbatch=microbatch))

    def on_train_batch_end(
        self, trainer: Any, module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Close it, before checkpoints are written."""
        self._open.close()

    def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
        """Close it after an error or an interrupt, too."""
        self._open.close()

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of the core."""
        return self.core.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint; that of another core is refused."""
        self.core.load_state_dict(state_dict)


if __name__ == "__main__":
    import torch
    from torch import nn

    import mirage_core as mirage

    try:
        from lightning.pytorch import LightningModule, Trainer
    except ImportError:
        raise SystemExit("needs Lightning: pip install lightning") from None

    class Small(LightningModule):
        """A layer on light."""

        def __init__(self, core: MatrixCore) -> None:
            super().__init__()
            self.network = mirage.convert(nn.Linear(16, 4), core)

        def training_step(self, batch: list[torch.Tensor], batch_idx: int) -> torch.Tensor:
            """Cross entropy of a batch."""
            return nn.functional.cross_entropy(self.network(batch[0]), batch[1])

        def configure_optimizers(self) -> torch.optim.Optimizer:
            """Plain descent."""
            return torch.optim.SGD(self.parameters(), lr=0.1)

    torch.manual_seed(0)
    small = {"array.rows": 8, "array.units": 1}  # calibrated at once
    core = mirage.TensorCore("robust", overrides=small, seed=0)
    made = torch.utils.data.TensorDataset(torch.randn(64, 16), torch.randint(4, (64,)))
    trainer = Trainer(
        callbacks=[CoreSteps(core)],
        max_epochs=1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    trainer.fit(Small(core), torch.utils.data.DataLoader(made, batch_size=16))
    print(f"{trainer.global_step} steps, {core.ledger.total.readouts.total()} residues read")
