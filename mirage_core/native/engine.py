"""Whole products by the native kernels: quantised, multiplied, read, and put right where wrong.

Almost all readouts are decided as what was sent, so the exact product is worked out first.  Kernels
go through the readouts tile by tile, check the integers of which a residue was decided otherwise,
read them again and put them together as any engine does; the outputs that changed integers are part
of are then worked out anew.

Legend of shapes: M stationary row, N streamed vector, K contracted axis, G group, J multiplier.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from circuits.coding.phase_code import drive_level
from circuits.compiled.row_wander import WanderState
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.core.ledger import Counts
from mirage_core.engines.base import Operands
from mirage_core.engines.compact import CompactEngine, normals_of_drives
from mirage_core.engines.placement import Placement, require_fit
from mirage_core.engines.screening import Screening
from mirage_core.native.arrays import NativeArrays, can_read
from mirage_core.native.blocks import (
    can_quantize,
    in_parallel,
    parts,
    product,
    quantize,
    require_memory,
)
from mirage_core.native.library import (
    MODULI,
    REFERENCE,
    ChangedStruct,
    Library,
    ProductStruct,
    ReadingStruct,
    ResultStruct,
    library,
    pointer,
)
from photonics.random import NoiseKey
from photonics.readout_words import require_countable

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy

# Vectors that a tile is worked on with at a time.
_PART = 1 << 16
# Symbols that are worth a thread.
_SYMBOLS = 1 << 12
_POLICIES = {"drop": 1, "reread": 1, "correct": 2}
# Integers of this size and more do not fit the kernels.
_MOST_PRODUCT = 1 << 31


@dataclass(frozen=True)
class NativeEngine:
    """Computes products as the engine of a fidelity does, by native kernels.

    Attributes:
        kernels: the loaded library.
        bfp: format of the operands.
        moduli: all moduli that are read.
        redundancy: what is done about impossible integers.
        reference: defines the readouts; none where all of them are exact.
    """

    kernels: Library
    bfp: BfpFormat
    moduli: ModuliSet
    redundancy: Redundancy | None
    reference: CompactEngine | None

    @classmethod
    def found(
        cls,
        bfp: BfpFormat,
        moduli: ModuliSet,
        redundancy: Redundancy | None,
        reference: CompactEngine | None,
    ) -> NativeEngine | None:
        """Kernels for a machine; none where they are not built, or do not know its like."""
        kernels = library()
        if kernels is None or not can_quantize(bfp):
            return None
        if len(moduli.moduli) > MODULI or moduli.product >= _MOST_PRODUCT:
            return None
        if reference is not None:
            arrays = [reference.chip.arrays[m] for m in moduli.moduli if m in reference.chip.moduli]
            if not all(can_read(each) for each in arrays):
                return None
        return cls(kernels, bfp, moduli, redundancy, reference)

    @cached_property
    def arrays(self) -> list[NativeArrays]:
        """The arrays of each modulus."""
        assert self.reference is not None
        arrays, limit = self.reference.chip.arrays, self.bfp.max_mantissa
        return [NativeArrays(Screening(arrays[m], limit)) for m in self.moduli.moduli]

    def multiply(
        self, w: Tensor, x: Tensor, key: NoiseKey, row_offset: int, now: Mapping[int, WanderState]
    ) -> tuple[Tensor, Counts] | None:
        """Product (N, M) of w (M, K) and x (N, K), and what its readouts were like.

        None where a number is not finite, or exponents are so extreme that products leave the
        normal numbers of FP32.
        """
        w_blocks = quantize(self.kernels, self.bfp, w)
        x_blocks = quantize(self.kernels, self.bfp, x)
        if w_blocks is None or x_blocks is None:
            return None
        total = product(self.kernels, self.bfp, w_blocks, x_blocks)
        if self.reference is None:
            return total, Counts()
        operands = Operands(w_blocks.mantissa, x_blocks.mantissa, self.bfp.max_dot, row_offset, now)
        require_fit(self.reference.chip, self.moduli, operands)
        readouts = _Readouts(self, operands, key)
        changed = readouts.changed()
        if len(changed):
            sizes = operands.groups, operands.rows, operands.vectors, self.bfp.group_size
            given = *w_blocks, *x_blocks, *sizes, changed, len(changed), total
            require_memory(self.kernels.call("correct", *given))
        return total, readouts.counts


class _Readouts:
    """The readouts of one product, as kernels are given them.

    Attributes:
        counts: what they add to the counts of their kind.
    """

    def __init__(self, engine: NativeEngine, operands: Operands, key: NoiseKey) -> None:
        assert engine.reference is not None
        self.engine, self.operands, self.key = engine, operands, key
        self.reference, self.counts = engine.reference, Counts()
        self.failure: BaseException | None = None
        chip = self.reference.chip
        self.placement = Placement(chip.shape)
        self.tiles = self.placement.tile_count(operands.groups, operands.rows)
        require_countable(operands.row_offset + operands.vectors, self.tiles, chip.shape.rows)
        # What the structures point to must live as long as they.
        self.kept: list[Any] = []
        shape = operands.streamed.shape
        symbols = len(engine.arrays), *shape[:2]
        self.lost = torch.empty(symbols, dtype=torch.int64)
        self.classes = torch.empty(symbols, dtype=torch.uint8)
        screens = any(arrays.screens for arrays in engine.arrays)
        self.offsets = torch.empty(shape, dtype=torch.uint16) if screens else None
        readings = [self._reading(number) for number in range(len(engine.arrays))]
        self.struct = self._product((ReadingStruct * len(readings))(*readings))
        given = self.struct, self.lost, self.classes, self.offsets
        in_parallel(
            lambda first, last: engine.kernels.call("stream", *given, first, last),
            parts(shape[0] * shape[1], _SYMBOLS),
        )

    def _reading(self, number: int) -> ReadingStruct:
        arrays, operands = self.engine.arrays[number], self.operands
        modulus = self.engine.moduli.moduli[number]
        full_scale, turned = arrays.full_scale(operands.streamed), self._turned(arrays)
        wander = arrays.wander(operands.now.get(modulus))
        self.kept += [full_scale, turned, wander, arrays.struct]
        first, second = self.key.fold(modulus).words
        return ReadingStruct(
            ctypes.pointer(arrays.struct),
            None if wander is None else ctypes.pointer(wander.struct),
            pointer(turned),
            pointer(self.lost[number]),
            pointer(self.classes[number]),
            pointer(full_scale),
            (first & 0xFFFF_FFFF, first >> 32, second & 0xFFFF_FFFF, second >> 32),
        )

    def _turned(self, arrays: NativeArrays) -> Tensor | None:
        """How the noise of drives turns the product's tiles; none without it."""
        own, operands = arrays.screening.arrays, self.operands
        if own.drive_noise is None:
            return None
        rows, groups = slice(0, operands.rows), operands.groups
        blocks = list(self.placement.row_blocks(rows))
        normals = normals_of_drives(own, self.key, blocks, groups)
        unit, row = self.placement.unit(groups, rows), self.placement.row(rows)
        level = drive_level(operands.stationary.long(), own.modulus)
        return arrays.turned(normals, unit, row, level)

    def _product(self, readings: ctypes.Array[ReadingStruct]) -> ProductStruct:
        operands, redundancy = self.operands, self.engine.redundancy
        checks = redundancy is not None and redundancy.policy != "none"
        policy = _POLICIES[redundancy.policy] if redundancy is not None and checks else 0
        way = _ways(self.engine.moduli, operands.max_dot)
        self.kept += [readings, way]
        return ProductStruct(
            groups=operands.groups,
            stationary=operands.rows,
            streamed=operands.vectors,
            length=operands.streamed.shape[2],
            row_offset=operands.row_offset,
            part=_PART,
            w=pointer(operands.stationary),
            x=pointer(operands.streamed),
            offsets=pointer(self.offsets),
            moduli=len(readings),
            readings=readings,
            policy=policy,
            re_reads=redundancy.re_reads if redundancy is not None and checks else 0,
            limit=operands.max_dot,
            ways=len(way),
            way=pointer(way),
            reference=REFERENCE(self._by_reference),
        )

    def _by_reference(self, number: int, attempt: int, *place: int) -> int:
        """Residue of a readout that the kernels leave open; below 0 if there was an error."""
        modulus = self.engine.moduli.moduli[number]
        try:
            group, vector, row = place
            where = group, vector, row
            return self.reference.read_one(modulus, self.operands, self.key, where, attempt)
        except BaseException as error:
            # Raised again where Python called.
            self.failure = error
            return -1

    def changed(self) -> Tensor:
        """Integers that came out otherwise, int32 (S, 4): group, vector, row, and which.

        Groups of one vector and row ascend.
        """
        kernels = self.engine.kernels
        units = self.tiles * math.ceil(self.operands.vectors / _PART)

        def work(start: int, stop: int) -> tuple[int, ResultStruct]:
            result = ResultStruct()
            state = kernels.call("readouts", self.struct, start, stop, result)
            return state, result

        done = in_parallel(work, parts(units, 1))
        found = []
        for _, result in done:
            found.append(_numbers(result))
            kernels.release(result.changed)
        if self.failure is not None:
            raise self.failure
        require_memory(min(state for state, _ in done))
        self.counts = self._counts([result for _, result in done])
        return torch.cat(found)

    def _counts(self, results: list[ResultStruct]) -> Counts:
        def total(name: str) -> int:
            return sum(getattr(result, name) for result in results)

        moduli, operands = self.engine.moduli.moduli, self.operands
        errors = {m: sum(r.errors[place] for r in results) for place, m in enumerate(moduli)}
        re_reads = total("re_reads")
        first = len(moduli) * operands.groups * operands.rows * operands.vectors
        return Counts(
            symbols=total("symbols"),
            wrong_integers=total("wrong"),
            readouts=Counter(dict.fromkeys(moduli, re_reads)),
            errors=Counter(errors),
            corrected=total("corrected"),
            detected=total("detected"),
            undetected=total("undetected"),
            re_reads=re_reads,
            screened=first - total("evaluated"),
            handed_back=total("handed_back"),
        )


def _numbers(result: ResultStruct) -> Tensor:
    """The changed integers of a result, int32 (S, 4)."""
    if not result.count:
        return torch.empty(0, 4, dtype=torch.int32)
    memory = (ChangedStruct * result.count).from_address(result.changed)
    return torch.frombuffer(memory, dtype=torch.int32).view(-1, 4).clone()


@lru_cache
def _ways(moduli: ModuliSet, limit: int) -> Tensor:
    """Ways to put an integer together, int64 (ways, 2 + L): see ``Product.way`` of ``kernel.h``.

    By all residues first, then without as many as can be corrected.
    """
    m = moduli.moduli
    corrects = RedundantCode(moduli, limit).corrects
    subsets = [tuple(range(len(m)))]
    if corrects:
        subsets += combinations(range(len(m)), len(m) - corrects)
    ways = torch.zeros(len(subsets), 2 + len(m), dtype=torch.int64)
    for way, kept in zip(ways, subsets, strict=True):
        part = ModuliSet([m[i] for i in kept])
        way[0], way[1] = part.product, part.max_magnitude
        for i, weight in zip(kept, part.weights, strict=True):
            way[2 + i] = weight
    return ways
