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
