"""The tensor core: floating-point matrices in, floating-point product out, light in between.

The whole story of one product, in the order of the machine:

1. float -> block floating point: integers that share an exponent per group of the contracted axis
2. integers -> residues, one for each modulus
3. stationary residues -> drive levels, streamed residues -> switch digits
4. drives and digits -> fields of light
5. fields -> photocurrents, with noise
6. photocurrents -> converter codes
7. codes -> residues, the nearest phase level
8. residues -> integer, by the Chinese remainder theorem; impossible integers are dropped, read
   again or corrected, as the machine's redundancy says
9. integer -> float, scaled by both exponents and added up in FP32, groups in ascending order

Steps 2 to 8 belong to an engine, one for each fidelity; 1 and 9 are here.

Legend of shapes: M stationary row, K contracted axis, N streamed vector, G group, J in a group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from circuits.chip import Chip, fabricate
from mirage_core.arithmetic.bfp import BfpBlocks, scale_by_power_of_two
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.engines import (
    CompactEngine,
    Engine,
    FieldEngine,
    InjectedEngine,
    IntegerEngine,
    Operands,
)
from mirage_core.engines.placement import Placement
from mirage_core.engines.probe import Probe
from mirage_core.ledger import Counts, Ledger
from mirage_core.machine import MachineConfig, load_machine
from mirage_core.noise_steps import NoiseSteps
from photonics.errors import InputError
from photonics.random import NoiseKey

Fidelity = Literal["integer", "field", "compact"]
Side = Literal["a", "b"]

_ACCEPTED = (torch.float32, torch.float16, torch.bfloat16)
# Within this, the product of two powers of two and a sum of mantissas stays a normal number.
_SAFE_EXPONENT = 48


class TensorCore:
    """Multiplies matrices on an emulated machine.

    Args:
        machine: name of a preset, path of a TOML or JSON file, or a configuration.
        fidelity: ``integer`` (exact residues), ``field`` (complex fields, the reference) or
            ``compact`` (the same machine, fast).
        seed: of the noise only; the same seed gives the same bits.
        chip: a fabricated chip; by default the machine's own, made from its ``chip_seed``.
        errors: residue errors by decree in place of physics, to study redundancy; they need
            fidelity ``integer``.

    Raises:
        InputError: for an unknown preset or fidelity, a chip that does not fit the machine, or
            errors at another fidelity.

    Example:
        >>> import torch
        >>> core = TensorCore("isca2024-ideal", fidelity="integer")
        >>> core.matmul(torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0]])).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """

    def __init__(
        self,
        machine: str | Path | MachineConfig = "isca2024",
        *,
        fidelity: str = "compact",
        seed: int = 0,
        chip: Chip | None = None,
        errors: ResidueErrors | None = None,
    ) -> None:
        if fidelity not in get_args(Fidelity):
            allowed = f"must be one of {', '.join(get_args(Fidelity))}"
            raise InputError("fidelity", fidelity, allowed)
        self.machine = machine if isinstance(machine, MachineConfig) else load_machine(machine)
        if errors is not None and fidelity != "integer":
            raise InputError("errors", errors, f"fidelity {fidelity} has errors of its own")
        self.fidelity, self.seed, self.errors = fidelity, seed, errors
        self.moduli = self.machine.lane_set
        if chip is not None:
            _check_chip(chip, self.machine)
        self._chip = chip
        self.ledger = Ledger()
        self.steps = NoiseSteps(seed)
        self._engine: Engine | None = None

    @property
    def chip(self) -> Chip:
        """The chip that the core runs on; fabricated when it is first asked for."""
        if self._chip is None:
            machine = self.machine
            shape = machine.array_shape
            self._chip = fabricate(machine, self.moduli.moduli, shape, machine.chip_seed)
        return self._chip

    @property
    def engine(self) -> Engine:
        """The engine of the core's fidelity."""
        if self._engine is None:
            redundancy = self.machine.redundancy
            if self.errors is not None:
                rows = self.machine.array.rows
                self._engine = InjectedEngine(self.moduli, self.errors, redundancy, rows)
            elif self.fidelity == "integer":
                self._engine = IntegerEngine(self.moduli)
            elif self.fidelity == "field":
                self._engine = FieldEngine(self.chip, self.moduli, redundancy=redundancy)
            else:
                self._engine = CompactEngine(self.chip, self.moduli, redundancy=redundancy)
        return self._engine

    def matmul(self, a: Tensor, b: Tensor, stationary: Side = "a") -> Tensor:
        """``a @ b`` through the machine, with the shapes and broadcasting of ``torch.matmul``.

        Args:
            a: float32, float16 or bfloat16.
            b: the same.
            stationary: which operand sits in the phase shifters (the other is streamed).

        Returns:
            float32.  A NaN or an infinity in an operand reaches exactly the outputs that depend
            on it, as in FP32.

        Raises:
            InputError: for other dtypes, shapes that do not multiply, or an unknown side.
        """
        if stationary not in get_args(Side):
            raise InputError("stationary", stationary, "must be 'a' or 'b'")
        _check_operands(a, b)
        a_rows = a.unsqueeze(0) if a.ndim == 1 else a
        b_rows = (b.unsqueeze(0) if b.ndim == 1 else b.transpose(-1, -2)).contiguous()
        with self.steps.root_forward(training=True):
            context = self.steps.current()
            key = context.next_call("matmul").fold("matmul")
            product = self._batched(a_rows, b_rows, stationary, key, context.row_offset)
        if b.ndim == 1:
            product = product.squeeze(-1)
        return product.squeeze(-1 if b.ndim == 1 else -2) if a.ndim == 1 else product

    def _batched(
        self, a: Tensor, b: Tensor, stationary: Side, key: NoiseKey, row_offset: int
    ) -> Tensor:
        """Rows of ``a`` (..., M, K) against rows of ``b`` (..., N, K): (..., M, N)."""
        if stationary == "b":
            return self._batched(b, a, "a", key, row_offset).transpose(-1, -2)
        if a.ndim == 2:
            streamed = b.flatten(0, -2)
            flat = self.gemm(a, streamed, key, "matmul", row_offset)
            product: Tensor = flat.unflatten(0, b.shape[:-1]).transpose(-1, -2)
            return product
        batch = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a_flat = a.expand(*batch, *a.shape[-2:]).flatten(0, -3)
        b_flat = b.expand(*batch, *b.shape[-2:]).flatten(0, -3)
        products = [
            self.gemm(x, y, key.fold(i), "matmul", row_offset).transpose(0, 1)
            for i, (x, y) in enumerate(zip(a_flat, b_flat, strict=True))
        ]
        empty = a.new_empty(0, a.shape[-2], b.shape[-2], dtype=torch.float32)
        stacked: Tensor = (torch.stack(products) if products else empty).unflatten(0, batch)
        return stacked

    def gemm(
        self, stationary: Tensor, streamed: Tensor, key: NoiseKey, kind: str, row_offset: int = 0
    ) -> Tensor:
        """``streamed @ stationary.T``: the one product that everything else is made of.

        Args:
            stationary: (M, K), sits in the phase shifters.
            streamed: (N, K), drives the switches.
            key: noise of this product.
            kind: heading in the ledger (``forward``, ``dx``, ``dw``, ``matmul``).
            row_offset: index of the first streamed vector in its batch.

        Returns:
            float32, (N, M).
        """
        w, x = stationary.detach().float(), streamed.detach().float()
        (rows, depth), vectors = w.shape, x.shape[0]
        if 0 in (rows, depth, vectors):
            return x.new_zeros(vectors, rows)
        if bool(torch.isfinite(w).all()) and bool(torch.isfinite(x).all()):
            return self._finite_gemm(w, x, key, kind, row_offset)
        touched = ~(torch.isfinite(x).all(1)[:, None] & torch.isfinite(w).all(1))
        finite = self._finite_gemm(_zero_bad(w), _zero_bad(x), key, kind, row_offset)
        return torch.where(touched, x @ w.T, finite)

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int
    ) -> Tensor:
        bfp = self.machine.bfp
        w_blocks = bfp.quantize(w, key.fold("stationary"))
        x_blocks = bfp.quantize(x, key.fold("streamed"))
        operands = Operands(_group_first(w_blocks), _group_first(x_blocks), bfp.max_dot, row_offset)
        total = x.new_zeros(x.shape[0], w.shape[0])
        counts = self._counts(operands, w.shape[1])
        for block in self.engine.blocks(operands, key):
            part = total[block.vectors, block.rows]
            scale = _Scale(x_blocks.exponent[block.vectors].T, w_blocks.exponent[block.rows].T)
            for g in range(operands.groups):
                part += scale.apply(block.dots[g].to(torch.float32), g)
            counts += block.counts
        self.ledger.add(kind, counts)
        return total

    def _counts(self, operands: Operands, depth: int) -> Counts:
        groups, rows, vectors = operands.groups, operands.rows, operands.vectors
        tiles = Placement(self.machine.array_shape).tile_count(groups, rows)
        integers = groups * rows * vectors
        return Counts(
            gemms=1,
            macs=rows * vectors * depth,
            tile_loads=tiles,
            symbols=tiles * vectors,
            integers=integers,
            readouts=Counter(dict.fromkeys(self.moduli.moduli, integers)),
        )

    def step(
        self, number: int, *, microbatch: int = 0, training: bool = True, row_offset: int = 0
    ) -> AbstractContextManager[None]:
        """Open step ``number`` of a run: forwards inside take their noise from it.

        Args:
            number: of the optimiser step (or of the evaluation).
            microbatch: index within the step when gradients are accumulated.
            training: whether this is training; evaluation has noise of its own.
            row_offset: index of the first row of this part, when a batch is split.
        """
        return self.steps.step(
            number, microbatch=microbatch, training=training, row_offset=row_offset
        )

    def checkpoint_contexts(
        self,
    ) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """``context_fn`` for ``torch.utils.checkpoint``: recomputation redraws the same noise."""
        return self.steps.checkpoint_contexts()

    @contextmanager
    def probe(self, limit: int = 4096) -> Iterator[Probe]:
        """Record I, Q and decisions of the readouts made inside, up to ``limit`` per modulus."""
        engine = self.engine
        if isinstance(engine, IntegerEngine | InjectedEngine):
            raise InputError("fidelity", self.fidelity, "has no light to probe", "use compact")
        assert isinstance(engine, FieldEngine | CompactEngine)
        engine.probe = Probe(limit)
        try:
            yield engine.probe
        finally:
            engine.probe = None

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs beside the model: noise counts and the ledger."""
        return {"counts": dict(self.steps.counts), "ledger": self.ledger.as_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Inverse of :meth:`state_dict`."""
        self.steps.counts = dict(state["counts"])
        self.ledger = Ledger.from_dict(state["ledger"])

    def __deepcopy__(self, memo: dict[int, Any]) -> TensorCore:
        """Copies of a model share the core, as replicas share a machine."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Pickle configuration, seed, chip and counts; engines and tables are made afresh."""
        return {**self.__dict__, "_engine": None}

    def __repr__(self) -> str:
        return f"TensorCore({self.machine.name!r}, fidelity={self.fidelity!r}, seed={self.seed})"


class _Scale:
    """Powers of two of both exponents: dots of group g become floats."""

    def __init__(self, streamed_GN: Tensor, stationary_GM: Tensor) -> None:
        self.streamed, self.stationary = streamed_GN.unsqueeze(2), stationary_GM.unsqueeze(1)
        largest = max(int(e.abs().max()) for e in (streamed_GN, stationary_GM))
        self.factors: tuple[Tensor, Tensor] | None = None
        if largest <= _SAFE_EXPONENT:
            one = torch.ones((), device=streamed_GN.device)
            factors = (scale_by_power_of_two(one, e) for e in (self.streamed, self.stationary))
            self.factors = (next(factors), next(factors))

    def apply(self, dots: Tensor, g: int) -> Tensor:
        """Dots (n, m) · 2^(streamed exponent + stationary exponent), rounded once."""
        if self.factors is not None:
            return dots * self.factors[0][g] * self.factors[1][g]
        return scale_by_power_of_two(dots, self.streamed[g] + self.stationary[g])


def _group_first(blocks: BfpBlocks) -> Tensor:
    return blocks.mantissa.transpose(0, 1).contiguous()


def _zero_bad(x: Tensor) -> Tensor:
    return torch.where(torch.isfinite(x), x, 0.0)


def _check_operands(a: Tensor, b: Tensor) -> None:
    for name, x in (("a", a), ("b", b)):
        if x.dtype not in _ACCEPTED:
            raise InputError(name, str(x.dtype), "must be float32, float16 or bfloat16")
        if x.ndim == 0:
            raise InputError(name, "a scalar", "must have at least one axis")
    inner = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if a.shape[-1] != inner:
        shapes = f"{tuple(a.shape)} @ {tuple(b.shape)}"
        raise InputError("a @ b", shapes, f"{a.shape[-1]} columns meet {inner} rows")
    try:
        torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except RuntimeError:
        shapes = f"{tuple(a.shape)} @ {tuple(b.shape)}"
        raise InputError("a @ b", shapes, "leading axes must broadcast") from None


def _check_chip(chip: Chip, machine: MachineConfig) -> None:
    lacking = [m for m in machine.lane_set.moduli if m not in chip.statics]
    if lacking:
        raise InputError("chip", sorted(chip.statics), f"has no array for moduli {lacking}")
    if chip.shape != machine.array_shape:
        raise InputError(
            "chip", chip.shape, f"must be of the machine's shape {machine.array_shape}"
        )
