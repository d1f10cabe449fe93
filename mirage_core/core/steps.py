"""Where in a run a GEMM happens, as the key of its noise.

The path of a key is (training or evaluation, rank, step, microbatch, layer, call of that layer
in this forward, kind of GEMM).  A training harness opens a step by number; outside of one, each
root forward opens the next of a running count of its own.  Evaluation counts apart, so it never
shifts the noise of training.

What wanders goes by the time, which is the number of a training step, of an evaluation too.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch.overrides import _get_current_function_mode_stack

from photonics.errors import InputError
from photonics.random import NoiseKey

_CHECKPOINTS = "use_reentrant=False and context_fn=core.checkpoint_contexts"

# Of the moment in which a step is opened.
_LOCK = threading.Lock()


@dataclass(eq=False)
class StepContext:
    """An open step: its key, when it is, its first batch row, and the calls of each layer in it.

    Its time is the number of a training step.  What is computed inside may be computed again where
    it is recomputable, and is where it is recomputing.
    """

    key: NoiseKey
    time_step: int
    row_offset: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    recomputable: bool = False
    recomputing: bool = False

    def next_call(self, layer: str) -> NoiseKey:
        """Key of the next call of a layer."""
        index = self.calls[layer]
        self.calls[layer] += 1
        return self.key.fold(layer, index)


class NoiseSteps:
    """The stack of open steps of one core, and its running counts.

    Steps of two threads would take each other's noise, so while a step is open its core is that
    of one thread.  Threads that torch starts for a backward only ever add to that.
    """

    def __init__(self, seed: int) -> None:
        self.root = NoiseKey.from_seed(seed).fold("noise")
        self.counts = {"train": 0, "evaluation": 0}
        self._open: list[StepContext] = []
        self._thread = 0

    @contextmanager
    def step(
        self,
        number: int,
        *,
        microbatch: int = 0,
        training: bool = True,
        row_offset: int = 0,
        time_step: int | None = None,
    ) -> Iterator[None]:
        """Open step ``number`` for the forwards inside; see :meth:`TensorCore.step`."""
        key = self._phase(training).fold("step", number, microbatch)
        time_step = number if time_step is None else time_step
        with self._push(StepContext(key, time_step, row_offset)):
            yield

    @contextmanager
    def root_forward(self, training: bool) -> Iterator[None]:
        """Open the next counted step, unless a step is open already."""
        in_backward = _in_backward()
        if not in_backward:
            self._require_own_thread()
        if self._open and (self._open[-1].recomputing or not in_backward):
            yield
            return
        if in_backward:
            allowed = "computes an optical layer again that then cannot know its noise"
            remedy = f"pass {_CHECKPOINTS}, where core is the optical_core of a layer"
            raise InputError("checkpoint", "a backward", allowed, remedy)
        phase = "train" if training else "evaluation"
        number, time_step = self.counts[phase], self.counts["train"]
        self.counts[phase] += 1
        with self._push(StepContext(self._phase(training).fold("counted", number), time_step)):
            yield

    @contextmanager
    def backward_of_others(self) -> Iterator[None]:
        """Keep the open step for products that somebody's own backward asks for.

        They are no recomputation, and draw noise as further calls of the step.
        """
        if not _in_backward() or self._open[-1].recomputing:
            yield
            return
        with self._push(replace(self._open[-1], recomputing=True)):
            yield

    def current(self) -> StepContext:
        """The innermost open step."""
        return self._open[-1]

    def checkpoint_contexts(
        self,
    ) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """Contexts of a checkpointed region, for its forward and for its recomputation.

        Products that are computed again draw the same noise, and the ledger counts them again.
        """
        context = self._open[-1] if self._open else None
        calls = Counter(context.calls) if context else Counter[str]()
        # Whoever answers torch's functions here does so when they are called again.
        modes = _get_current_function_mode_stack()

        @contextmanager
        def forward() -> Iterator[None]:
            if context is None:
                yield
                return
            before, context.recomputable = context.recomputable, True
            try:
                yield
            finally:
                context.recomputable = before

        @contextmanager
        def recompute() -> Iterator[None]:
            if context is None:
                allowed = "must run inside a forward of the core"
                raise InputError("checkpoint", "a region", allowed, "open core.step(number)")
            again = replace(context, calls=Counter(calls), recomputing=True)
            answering_already = _get_current_function_mode_stack()
            with self._push(again), ExitStack() as answering:
                for mode in modes:
                    if mode not in answering_already:
                        answering.enter_context(mode)
                yield

        return forward(), recompute()

    def _phase(self, training: bool) -> NoiseKey:
        rank = torch.distributed.get_rank() if _is_distributed() else 0
        return self.root.fold("train" if training else "evaluation", rank)

    def require_recomputable(self) -> None:
        """Refuse products in a checkpointed region that is computed again without their core.

        Raises:
            InputError: in a region of ``torch.utils.checkpoint`` without
                :meth:`checkpoint_contexts`, which torch has told nobody else of.
        """
        now = self._open[-1]
        checkpoints = sys.modules.get("torch.utils.checkpoint")
        if now.recomputable or now.recomputing or checkpoints is None:
            return
        frame = sys._getframe().f_back
        while frame is not None and frame.f_code.co_filename != checkpoints.__file__:
            frame = frame.f_back
        if frame is not None:
            allowed = "computes its products again during backward, past the core"
            raise InputError(
                "checkpoint", "a region in on_core", allowed, f"pass {_CHECKPOINTS}, in a step"
            )

    def require_closed(self, what: str) -> None:
        """Refuse to save or load while a step is open or a backward runs, half of which is done.

        Raises:
            InputError: while one is.
        """
        if self._open or _in_backward():
            allowed = f"is half done, and {what} holds whole steps only"
            remedy = "save and load outside of forwards, backwards and steps"
            raise InputError("step", "open", allowed, remedy)

    def __getstate__(self) -> dict[str, Any]:
        """Pickle between steps alone."""
        self.require_closed("a pickle")
        return self.__dict__

    def _require_own_thread(self) -> None:
        if self._open and self._thread != threading.get_ident():
            allowed = "is in a step of another thread, whose noise it would take"
            raise InputError("core", "shared", allowed, "give each thread or process a core")

    @contextmanager
    def _push(self, context: StepContext) -> Iterator[None]:
        try:
            with _LOCK:
                if not _in_backward():
                    self._require_own_thread()
                    self._thread = threading.get_ident()
                self._open.append(context)
            yield
        finally:
            # Whatever an interrupt left open inside ends as well.
            if context in self._open:
                del self._open[self._open.index(context) :]


def ranks() -> int:
    """Processes that train together; 1 without ``torch.distributed``."""
    return torch.distributed.get_world_size() if _is_distributed() else 1


def _is_distributed() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _in_backward() -> bool:
    return bool(torch._C._current_graph_task_id() != -1)
