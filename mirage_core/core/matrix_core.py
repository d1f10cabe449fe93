"""What every core can do, whatever its arithmetic: multiply, broadcast, keep steps and a ledger.

A core that follows this contract can train any network: layers, conversion and training know
nothing else of it.  Its own part is one product of finite matrices, ``_finite_gemm``.

Legend of shapes: M stationary row, K contracted axis, N streamed vector, S item of a stack.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor
from torch.utils._python_dispatch import _disable_current_modes

from mirage_core.core.differentiable import product
from mirage_core.core.ledger import Ledger
from mirage_core.core.operands import check_operands
from mirage_core.core.state import difference, require_state
from mirage_core.core.steps import NoiseSteps, ranks
from mirage_core.core.whole_graphs import require_no_whole_graph
from photonics.checks import whole_number
from photonics.errors import InputError
from photonics.random import NoiseKey, seed_number

Side = Literal["a", "b"]


@dataclass(frozen=True)
class Rehearsed:
    """A product that a core was asked for while it rehearsed.

    Attributes:
        layer: whose it is.
        kind: its heading in the ledger.
        rows: of the stationary operand.
        depth: of the contracted axis.
        vectors: that are streamed.
    """

    layer: str
    kind: str
    rows: int
    depth: int
    vectors: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates."""
        return self.rows * self.depth * self.vectors


class MatrixCore(ABC):
    """Multiplies matrices in some arithmetic.

    Args:
        seed: of the random numbers of the arithmetic; the same seed gives the same bits.

    Attributes:
        ledger: what was done, by kind of product.
        steps: where in a run the core is, for the keys of its random numbers.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed_number("seed", seed)
        self.ledger = Ledger()
        self.steps = NoiseSteps(self.seed)
        self._rehearsed: list[Rehearsed] | None = None

    @property
    @abstractmethod
    def place(self) -> tuple[str, str]:
        """Where its products run, for reports: a place, and what is worth adding."""

    @property
    @abstractmethod
    def description(self) -> dict[str, Any]:
        """What its numbers depend on beside the seed, as plain data."""

    @abstractmethod
    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        """``x @ w.T`` for finite float32 operands that are not empty; enters the ledger."""

    def _fast_gemms(
        self,
        w: Tensor,
        x: Tensor,
        keys: Sequence[NoiseKey],
        kind: str,
        row_offset: int,
        time: int,
        layer: str,
    ) -> Tensor | None:
        """What :meth:`gemm` gives for a stack of float32 operands, if there is a short way.

        Args are as of :meth:`gemms`, and none of the axes is empty.

        None where there is none, and nothing was entered into the ledger.
        """
        return None

    def matmul(self, a: Tensor, b: Tensor, stationary: Side = "a") -> Tensor:
        """``a @ b`` in the arithmetic of the core, shaped and broadcast as by ``torch.matmul``.

        Its gradients are products on the core as well, entered as ``dw`` for the operand that
        sits still and ``dx`` for the streamed one.

        Args:
            a: float32, float16 or bfloat16.
            b: the same.
            stationary: which operand sits still in the machine (the other is streamed).

        Returns:
            float32.  A NaN or an infinity in an operand reaches exactly the outputs that depend
            on it, as in FP32.

        Raises:
            InputError: for other dtypes, shapes that do not multiply, or an unknown side.
        """
        require_no_whole_graph()
        if stationary not in get_args(Side):
            raise InputError("stationary", stationary, "must be 'a' or 'b'")
        check_operands(a, b)
        a_rows = a.unsqueeze(0) if a.ndim == 1 else a
        b_rows = b.unsqueeze(0) if b.ndim == 1 else b.mT
        if stationary == "b":
            rows = product(self, b_rows, a_rows, "matmul", "matmul")
        else:
            rows = product(self, a_rows, b_rows, "matmul", "matmul").mT.contiguous()
        if b.ndim == 1:
            rows = rows.squeeze(-1)
        return rows.squeeze(-1 if b.ndim == 1 else -2) if a.ndim == 1 else rows

    def gemm(
        self,
        stationary: Tensor,
        streamed: Tensor,
        key: NoiseKey,
        kind: str,
        row_offset: int = 0,
        time_step: int = 0,
        layer: str = "",
    ) -> Tensor:
        """``streamed @ stationary.T``: the one product that everything else is made of.

        Args:
            stationary: (M, K), sits still: in phase shifters, where there is light.
            streamed: (N, K), passes by.
            key: random numbers of this product.
            kind: heading in the ledger (``forward``, ``dx``, ``dw``, ``matmul``).
            row_offset: index of the first streamed vector in its batch.
            time_step: when it is, as the number of a training step.
            layer: whose product it is, for what watches.

        Returns:
            float32, (N, M).
        """
        # Whoever puts foreign products on a core does not mean those that the core is made of.
        with torch._C.DisableTorchFunction():
            return self._gemm(stationary, streamed, key, kind, row_offset, time_step, layer)

    def gemms(
        self,
        stationary: Tensor,
        streamed: Tensor,
        keys: Sequence[NoiseKey],
        kind: str,
        time_step: int = 0,
        layer: str = "",
    ) -> Tensor:
        """A stack of products: what :meth:`gemm` gives for each item and its key.

        Args:
            stationary: (S, M, K).
            streamed: (S, N, K).
            keys: random numbers of each item.
            kind: heading in the ledger.
            time_step: when it is, as the number of a training step.
            layer: whose products they are, for what watches.

        Returns:
            float32, (S, N, M).

        Raises:
            InputError: for stacks, or keys, of unlike lengths, and items that do not multiply.
        """
        with torch._C.DisableTorchFunction():
            w, x = _plain(stationary), _plain(streamed)
            _require_depth(w, x)
            if not len(w) == len(x) == len(keys):
                told = f"{len(w)}, {len(x)} and {len(keys)} of keys"
                raise InputError("stack", told, "must be of one length")
            where = kind, 0, time_step, layer
            if self._rehearsed is None and w.numel() and x.numel():
                done = self._fast_gemms(w, x, keys, *where)
                if done is not None:
                    return done
            pairs = zip(w, x, keys, strict=True)
            products = [self._gemm(v, u, key, *where) for v, u, key in pairs]
            return torch.stack(products) if products else x.new_empty(0, x.shape[1], w.shape[1])

    def _gemm(
        self,
        stationary: Tensor,
        streamed: Tensor,
        key: NoiseKey,
        kind: str,
        row_offset: int,
        time_step: int,
        layer: str,
    ) -> Tensor:
        w, x = _plain(stationary), _plain(streamed)
        _require_depth(w, x)
        (rows, depth), vectors = w.shape, x.shape[0]
        if 0 in (rows, depth, vectors):
            return x.new_zeros(vectors, rows)
        if self._rehearsed is not None:
            self._rehearsed.append(Rehearsed(layer, kind, rows, depth, vectors))
            with _disable_current_modes():
                return x @ w.T
        where = kind, row_offset, time_step, layer
        done = self._fast_gemms(w.unsqueeze(0), x.unsqueeze(0), [key], *where)
        if done is not None:
            return done.squeeze(0)
        w, x = w.contiguous(), x.contiguous()
        with _full_precision(x.device.type):
            if bool(torch.isfinite(w).all()) and bool(torch.isfinite(x).all()):
                return self._finite_gemm(w, x, key, *where)
            touched = ~(torch.isfinite(x).all(1)[:, None] & torch.isfinite(w).all(1))
            finite = self._finite_gemm(_zero_bad(w), _zero_bad(x), key, *where)
            return torch.where(touched, x @ w.T, finite)

    def step(
        self,
        number: int,
        *,
        microbatch: int = 0,
        training: bool = True,
        row_offset: int = 0,
        time_step: int | None = None,
    ) -> AbstractContextManager[None]:
        """Open step ``number`` of a run: forwards inside take their noise from it.

        Args:
            number: of the optimiser step (or of the evaluation).
            microbatch: index within the step when gradients are accumulated.
            training: whether this is training; evaluation has noise of its own.
            row_offset: index of the first item of this part along the leading axis of the
                batch, when a batch is split: its noise is then that of the whole batch.
                (A receiver that remembers symbols starts each part settled.)  Layers that fold
                others into that axis, such as ``nn.MultiheadAttention`` that returns its weights,
                draw other noise for the products of their heads.
            time_step: when it is, as the number of a training step, for what wanders with time;
                by default ``number``.
        """
        return self.steps.step(
            whole_number("number", number, least=0),
            microbatch=whole_number("microbatch", microbatch, least=0),
            training=training,
            row_offset=whole_number("row_offset", row_offset, least=0),
            time_step=None if time_step is None else whole_number("time_step", time_step, least=0),
        )

    @contextmanager
    def rehearsal(self) -> Iterator[list[Rehearsed]]:
        """Note the products that are asked for inside, and compute them in plain FP32.

        Neither the ledger nor any step moves, be it counted or open.
        """
        before = self._rehearsed
        self._rehearsed = []
        try:
            with self.steps.step(0):
                yield self._rehearsed
        finally:
            self._rehearsed = before

    def require_layers(self, names: Collection[str]) -> None:  # noqa: B027
        """Refuse to serve layers of these names; a core that knows of none takes all.

        Raises:
            InputError: from cores that were told what to do with layers that are not there.
        """

    def checkpoint_contexts(
        self,
    ) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """``context_fn`` for ``torch.utils.checkpoint`` with ``use_reentrant=False``.

        Products that are computed again draw the same noise, and the ledger counts them again.
        Re-entrant checkpoints, which take no contexts, are refused.
        """
        return self.steps.checkpoint_contexts()

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs beside the model: noise counts and the ledger.

        The core itself is not in it, only described.

        Raises:
            InputError: inside a step, which a state cannot hold half of.
        """
        self.steps.require_closed("a state")
        return {
            "seed": self.seed,
            "ranks": ranks(),
            "counts": dict(self.steps.counts),
            "ledger": self.ledger.as_dict(),
            "core": self.description,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`.

        Raises:
            InputError: if it is no state, or that of another seed, machine, chip, fidelity,
                format or number of ranks, whose numbers cannot go on here; and inside a step.
        """
        self.steps.require_closed("a state")
        self._require_state(state)
        counts = {n: whole_number(f"counts.{n}", v, least=0) for n, v in state["counts"].items()}
        self.ledger = Ledger.from_dict(state["ledger"])
        self.steps.counts = counts

    def _require_state(self, state: dict[str, Any]) -> None:
        """Refuse what is no state, or that of another core."""
        require_state(state, {"seed", "ranks", "counts", "ledger", "core"})
        require_state(state["counts"], set(self.steps.counts))
        if state["seed"] != self.seed:
            raise InputError("seed", state["seed"], f"the core was made with {self.seed}")
        if state["ranks"] != ranks():
            allowed = f"there are {ranks()} now, which see other batches and draw other noise"
            raise InputError("ranks", state["ranks"], allowed, "start as many processes again")
        found = difference(state["core"], self.description)
        if found:
            remedy = "make the core as that one was made"
            raise InputError("state", "of another core", f"is of one with {found}", remedy)

    def __copy__(self) -> Self:
        """Copies of a model share the core, as replicas share a machine."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same for deep copies."""
        return self


@contextmanager
def _full_precision(device_type: str) -> Iterator[None]:
    """FP32 that is FP32: neither autocast nor a reduced precision of products may touch it.

    Sums of integers are exact in it, and what is exact does not depend on the order of work.
    """
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.autocast(device_type, enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before)


def _plain(x: Tensor) -> Tensor:
    """Numbers in FP32 as they lie in memory: no views of their negatives."""
    return x.detach().float().resolve_neg()


def _require_depth(w: Tensor, x: Tensor) -> None:
    """Refuse operands that do not multiply.

    Raises:
        InputError: for contracted axes of unlike lengths.
    """
    if w.shape[-1] != x.shape[-1]:
        shapes = f"{tuple(x.shape)} against {tuple(w.shape)}"
        raise InputError("operands", shapes, f"{x.shape[-1]} columns meet {w.shape[-1]}")


def _zero_bad(x: Tensor) -> Tensor:
    return torch.where(torch.isfinite(x), x, 0.0)
