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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import torch
from torch import Tensor

from circuits.chip.chip import Chip
from circuits.chip.compiling import compile_chip
from circuits.chip.file import chip_digest
from circuits.compiled.arrays import CompiledChip
from circuits.compiled.row_wander import RowWander, WanderState
from circuits.control.bring_up import bring_up
from circuits.control.wander import row_wanders
from devices.parameters.overrides import parse_overrides
from mirage_core.arithmetic.bfp import BfpBlocks, scale_by_power_of_two
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core.ledger import Counts
from mirage_core.core.matrix_core import MatrixCore
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
from mirage_core.machine.bits import machine_with_bits
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.checks import instance_of, shown
from photonics.copies import Copies, on_device
from photonics.errors import InputError
from photonics.random import NoiseKey

if TYPE_CHECKING:
    from mirage_core.native.engine import NativeEngine

Fidelity = Literal["integer", "compact", "field"]

# Within this, the product of two powers of two and a sum of mantissas stays a normal number.
_SAFE_EXPONENT = 48
_CPU = torch.device("cpu")
# Devices that cannot compute what is left of a readout.
_WITHOUT_FP64 = frozenset({"mps"})


class TensorCore(MatrixCore):
    """Multiplies matrices on an emulated machine.

    Operands on a CUDA device stay there, and so does all that they meet; chips are brought up, and
    the fields of the reference followed, on the CPU.

    Args:
        machine: name of a preset, path of a TOML or JSON file, or a configuration; by default
            one that computes at realistic noise and power.
        overrides: changes of its parameters, as of :func:`mirage_core.load_machine`.
        fidelity: ``integer`` (exact residues), ``field`` (complex fields, the reference) or
            ``compact`` (the same machine, fast).
        seed: of the noise only; the same seed gives the same bits.
        chip: a fabricated chip, raw or calibrated, or one compiled for this machine; by default the
            machine's own, made from its ``chip_seed``, calibrated, and drifted since as the machine
            says.
        errors: residue errors injected in place of physics, to study redundancy; they need
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
        machine: str | Path | MachineConfig = "robust",
        *,
        overrides: Sequence[str] | Mapping[str, Any] = (),
        fidelity: str = "compact",
        seed: int = 0,
        chip: Chip | CompiledChip | None = None,
        errors: ResidueErrors | None = None,
    ) -> None:
        if fidelity not in get_args(Fidelity):
            allowed = f"must be one of {', '.join(get_args(Fidelity))}"
            raise InputError("fidelity", fidelity, allowed)
        if not isinstance(machine, str | Path | MachineConfig):
            allowed = "must be the name of a preset, a path, or a MachineConfig"
            raise InputError("machine", shown(machine), allowed)
        if isinstance(machine, MachineConfig):
            self.machine = machine.changed(parse_overrides(overrides)) if overrides else machine
        else:
            self.machine = load_machine(machine, overrides)
        if errors is not None:
            instance_of("errors", errors, ResidueErrors)
        if errors is not None and fidelity != "integer":
            raise InputError("errors", errors, f"fidelity {fidelity} has errors of its own")
        super().__init__(seed)
        self.fidelity, self.errors = fidelity, errors
        self.moduli = self.machine.all_moduli
        self._chip: Chip | None = None
        self._compiled: CompiledChip | None = None
        if isinstance(chip, CompiledChip):
            _check_compiled(chip, self.machine, fidelity)
            self._compiled = chip
        elif chip is not None:
            instance_of("chip", chip, Chip, "load a chip's file by circuits.load_chip")
            _check_chip(chip, self.machine)
            _check_trims(chip, self.machine)
            self._chip = chip.with_design(self.machine.design)
        self._engine: Engine | None = None
        self._wanders: Mapping[int, RowWander] | None = None
        self._now: tuple[int, Copies[dict[int, WanderState]]] | None = None

    @property
    def place(self) -> tuple[str, str]:
        """On light."""
        return "optical", ""

    @property
    def description(self) -> dict[str, Any]:
        """Machine, fidelity, injected errors, and the digest of the chip, where there is light."""
        if self.fidelity == "integer":
            chip = None
        elif self._compiled is not None:
            chip = self._compiled.chip
        else:
            chip = chip_digest(self.chip)
        return {
            # Machines are the same wherever their values come from.
            "machine": self.machine.model_dump(mode="json", exclude={"sources"}),
            "fidelity": self.fidelity,
            "errors": None if self.errors is None else self.errors.model_dump(mode="json"),
            "chip": chip,
        }

    @property
    def chip(self) -> Chip:
        """The chip that the core runs on; brought up when it is first asked for.

        Raises:
            InputError: if the core was given a compiled chip, which holds numbers alone.
        """
        if self._chip is None and self._compiled is not None:
            raise InputError("chip", self._compiled, "is compiled", "give the chip itself")
        if self._chip is None:
            machine = self.machine
            self._chip = bring_up(
                machine.design, self.moduli.moduli, machine.array_shape, machine.chip_seed
            )
        return self._chip

    @property
    def compiled(self) -> CompiledChip:
        """The chip as plain numbers, which engines read."""
        if self._compiled is None:
            self._compiled = compile_chip(self.chip, self.wanders)
        return self._compiled

    @property
    def wanders(self) -> Mapping[int, RowWander]:
        """How the rows of each modulus wander from step to step; empty where nothing does."""
        if self._wanders is None and self._compiled is not None:
            arrays = self._compiled.arrays.items()
            self._wanders = {m: part.wander for m, part in arrays if part.wander is not None}
        elif self._wanders is None:
            self._wanders = row_wanders(self.chip)
        return self._wanders

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
                limit = (1 << self.machine.bfp.mantissa_bits) - 1
                self._engine = CompactEngine(
                    self.compiled, self.moduli, redundancy=redundancy, limit=limit
                )
        return self._engine

    @cached_property
    def _native(self) -> NativeEngine | None:
        """Native kernels for this core; none where torch computes its products."""
        if self.errors is not None or self.fidelity not in {"integer", "compact"}:
            return None
        from mirage_core.native.engine import NativeEngine

        reference = self.engine if isinstance(self.engine, CompactEngine) else None
        machine = self.machine
        return NativeEngine.found(machine.bfp, self.moduli, machine.redundancy, reference)

    def with_bits(self, mantissa_bits: int) -> TensorCore:
        """A core on this very chip, in the same steps, with mantissas of other bits.

        It is what a core of :func:`mirage_core.machine.bits.machine_with_bits` on this chip would
        be, and has a ledger of its own.

        Raises:
            InputError: for more bits than the moduli hold, with the most that they do.
        """
        machine = machine_with_bits(self.machine, mantissa_bits)
        other = TensorCore(machine, fidelity=self.fidelity, seed=self.seed, errors=self.errors)
        # An engine brings its chip up, and that once.
        _ = self.engine
        other._chip, other._compiled, other._wanders = self._chip, self._compiled, self._wanders
        other.steps = self.steps
        return other

    @property
    def path(self) -> str:
        """How products are computed: by which kernels, by tensors, or readout by readout."""
        if self._native is not None:
            return f"native {self._native.kernels.instructions}"
        engine = self.engine
        evaluates = isinstance(engine, CompactEngine) and not engine.screens
        return "every readout" if evaluates or isinstance(engine, FieldEngine) else "tensors"

    @property
    def _probed(self) -> bool:
        return isinstance(self.engine, CompactEngine) and self.engine.probe is not None

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
        native = self._native
        if native is None or w.device.type != "cpu" or x.device.type != "cpu" or self._probed:
            return None
        done = native.multiply(w, x, keys, row_offset, self._at(time))
        if done is None:
            return None
        (items, rows, depth), vectors = w.shape, x.shape[1]
        groups = -(-depth // self.machine.bfp.group_size)
        self._enter(kind, self._counts((groups, rows, vectors), depth, items), done[1])
        return done[0]

    def _finite_gemm(
        self, w: Tensor, x: Tensor, key: NoiseKey, kind: str, row_offset: int, time: int, layer: str
    ) -> Tensor:
        if x.device.type in _WITHOUT_FP64:
            # The CPU computes; its random numbers are the same everywhere.
            on_cpu = self._finite_gemm(w.cpu(), x.cpu(), key, kind, row_offset, time, layer)
            return on_cpu.to(x.device)
        operands, x_exponent, w_exponent = self.operands(w, x, key, row_offset, time)
        total = x.new_zeros(x.shape[0], w.shape[0])
        sizes = operands.groups, operands.rows, operands.vectors
        found = Counts()
        for block in self.engine.blocks(operands, key):
            part = total[block.vectors, block.rows]
            scale = _Scale(x_exponent[block.vectors].T, w_exponent[block.rows].T)
            for g in range(operands.groups):
                part += scale.apply(block.dots[g].to(part), g)
            found.include(block.counts)
        self._enter(kind, self._counts(sizes, w.shape[1]), found)
        return total

    def operands(
        self, w: Tensor, x: Tensor, key: NoiseKey, row_offset: int = 0, time_step: int = 0
    ) -> tuple[Operands, Tensor, Tensor]:
        """What an engine is given for ``x @ w.T``, with the exponents of x and w.

        Args:
            w: (M, K), finite float32.
            x: (N, K), the same.
            key: of the product, for stochastic rounding.
            row_offset: index of the first row of x in its batch.
            time_step: when it is, for rows that wander.

        Returns:
            Mantissas; exponents (N, G) and (M, G), zero for groups of zeros.
        """
        bfp = self.machine.bfp
        w_blocks = bfp.quantize(w, key.fold("stationary"))
        x_blocks = bfp.quantize(x, key.fold("streamed"), row_offset)
        stationary, streamed = _group_first(w_blocks), _group_first(x_blocks)
        now = self._at(time_step, x.device)
        operands = Operands(stationary, streamed, bfp.max_dot, row_offset, now)
        return operands, _exponents(x_blocks), _exponents(w_blocks)

    def _enter(self, kind: str, planned: Counts, found: Counts) -> None:
        """Enter what a product took, and what its errors added."""
        planned.include(found)
        planned.re_read_symbols = found.symbols
        self.ledger.add(kind, planned)

    def _at(self, time_step: int, device: torch.device = _CPU) -> dict[int, WanderState]:
        """Where the rows of each modulus have wandered to while a training step is taken.

        It is drawn on the CPU, and goes to a device once a step.
        """
        if self.fidelity == "integer" or not self.machine.design.drift.wanders:
            return {}
        now, key = self._now, NoiseKey.from_seed(self.seed).fold("wander")
        if now is None or now[0] != time_step:
            states = {m: rows.at(key, time_step) for m, rows in self.wanders.items()}
            now = self._now = time_step, Copies(partial(on_device, states))
        return now[1][device]

    @cached_property
    def _placement(self) -> Placement:
        return Placement(self.machine.array_shape)

    def _counts(self, sizes: tuple[int, int, int], depth: int, items: int = 1) -> Counts:
        """What products of some groups, rows and vectors of a depth take, their errors left out."""
        groups, rows, vectors = sizes
        own_tiles = self._placement.tile_count(groups, rows)
        rounds = items * -(-own_tiles // self.machine.array.units)
        tiles, rows = items * own_tiles, items * rows
        integers = groups * rows * vectors
        return Counts(
            gemms=items,
            macs=rows * vectors * depth,
            tile_loads=tiles,
            drives=rows * depth,
            rounds=rounds,
            slots=rounds * vectors,
            symbols=tiles * vectors,
            outputs=rows * vectors,
            integers=integers,
            readouts=Counter(dict.fromkeys(self.moduli.moduli, integers)),
        )

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

    def __getstate__(self) -> dict[str, Any]:
        """Pickle configuration, seed, chip and counts; engines and tables are made afresh."""
        compiled = None if self._chip is not None else self._compiled
        made = {"_engine": None, "_wanders": None, "_now": None}
        state = {**self.__dict__, **made, "_compiled": compiled}
        state.pop("_native", None)
        return state

    def __repr__(self) -> str:
        injected = f", errors={self.errors!r}" if self.errors else ""
        name, fidelity = self.machine.name, self.fidelity
        return f"TensorCore({name!r}, fidelity={fidelity!r}, seed={self.seed}{injected})"


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


def _exponents(blocks: BfpBlocks) -> Tensor:
    """Exponents, zero for groups of zeros, whose own is the least there is and scales nothing."""
    return torch.where((blocks.mantissa != 0).any(-1), blocks.exponent, 0)


def _check_chip(chip: Chip | CompiledChip, machine: MachineConfig) -> None:
    lacking = [m for m in machine.all_moduli.moduli if m not in chip.moduli]
    remedy = "give the machine that it was made for, or a chip made for this one"
    if lacking:
        raise InputError("chip", sorted(chip.moduli), f"has no array for moduli {lacking}", remedy)
    if chip.shape != machine.array_shape:
        allowed = f"must be of the machine's shape {machine.array_shape}"
        raise InputError("chip", chip.shape, allowed, remedy)


def _check_trims(chip: Chip, machine: MachineConfig) -> None:
    raw = [m for m in machine.all_moduli.moduli if m not in chip.trims]
    if chip.trims and raw:
        allowed = f"is calibrated, but not for moduli {raw}"
        raise InputError("chip", chip, allowed, "calibrate it, or drop all trims: with_trims({})")


def _check_compiled(chip: CompiledChip, machine: MachineConfig, fidelity: str) -> None:
    """A compiled chip has light, gain and noise in it, and cannot be given those of another."""
    _check_chip(chip, machine)
    if fidelity == "field":
        allowed = "is compiled, and fidelity field follows the light through a chip"
        raise InputError("chip", chip, allowed, "give the chip itself, or use compact")
    if chip.design != machine.design.digest:
        allowed = f"was compiled for another design than that of {machine.name!r}"
        raise InputError("chip", chip, allowed, "compile the chip's with_design(machine.design)")
    still = any(arrays.wander is None for arrays in chip.arrays.values())
    if still and machine.design.drift.wanders:
        allowed = "was compiled as one that stands still, and the machine wanders"
        raise InputError(
            "chip", chip, allowed, "compile it by compile_chip(chip, row_wanders(chip))"
        )
