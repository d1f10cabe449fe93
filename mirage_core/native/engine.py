"""Whole products by the native kernels: quantised, multiplied, read, and put right where wrong.

Almost all readouts are decided as what was sent, so the exact product is worked out first.  Kernels
go through the readouts tile by tile, check the integers of which a residue was decided otherwise,
read them again and put them together as any engine does; the outputs that changed integers are part
of are then worked out anew.

Legend of shapes: S item of a stack, M stationary row, N streamed vector, K contracted axis, G
group, J multiplier.
"""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Mapping, Sequence
from ctypes import c_uint32, c_void_p
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
from mirage_core.engines.screening import SLOTS, Screening
from mirage_core.native.arrays import NativeArrays, can_read
from mirage_core.native.blocks import (
    can_quantize,
    in_parallel,
    parts,
    product,
    quantize,
    require_memory,
)
from mirage_core.native.kept import KeptTiles, tile_bytes
from mirage_core.native.library import (
    LANES,
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
# Vectors beside which what is kept of tiles saves little, and rows of which nothing is kept.
_MOST_KEPT, _FEW_ROWS = 512, 16
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

    @cached_property
    def kept(self) -> KeptTiles:
        """What is kept of stationary operands that come again."""
        return KeptTiles()

    @cached_property
    def screens(self) -> bool:
        """Whether readouts of any modulus can be screened."""
        return any(arrays.screens for arrays in self.arrays)

    @cached_property
    def placement(self) -> Placement:
        """Where the arrays have stationary operands."""
        assert self.reference is not None
        return Placement(self.reference.chip.shape)

    def multiply(
        self,
        w: Tensor,
        x: Tensor,
        keys: Sequence[NoiseKey],
        row_offset: int,
        now: Mapping[int, WanderState],
    ) -> tuple[Tensor, Counts] | None:
        """Products (S, N, M) of w (S, M, K) and x (S, N, K), and what their readouts were like.

        Each item of the stack has a key of its own.  None where a number is not finite, or as large
        as 2^100.
        """
        w_blocks = quantize(self.kernels, self.bfp, w)
        x_blocks = quantize(self.kernels, self.bfp, x)
        if w_blocks is None or x_blocks is None:
            return None
        total = product(self.kernels, self.bfp, w_blocks, x_blocks)
        if self.reference is None:
            return total, Counts()
        readouts = _Readouts(self, w_blocks.mantissa, x_blocks.mantissa, keys, row_offset, now)
        try:
            changed = readouts.changed()
            if changed is not None or readouts.integers:
                sizes = *w_blocks.mantissa.shape[:3], *x_blocks.mantissa.shape[2:]
                count = 0 if changed is None else len(changed)
                listed = changed, count, readouts.integers.value or 0
                given = *w_blocks[:2], *x_blocks[:2], *sizes, *listed, total
                require_memory(self.kernels.call("correct", *given))
        finally:
            self.kernels.release(readouts.integers.value)
        return total, readouts.counts


class _Readouts:
    """The readouts of a stack of products, as kernels are given them.

    Attributes:
        counts: what they add to the counts of their kind.
        integers: address of all integers, where most differ from the exact ones; see ``whole.h``.
    """

    def __init__(
        self,
        engine: NativeEngine,
        stationary: Tensor,
        streamed: Tensor,
        keys: Sequence[NoiseKey],
        row_offset: int,
        now: Mapping[int, WanderState],
    ) -> None:
        assert engine.reference is not None
        self.engine, self.reference, self.counts = engine, engine.reference, Counts()
        self.stationary, self.streamed, self.keys = stationary, streamed, keys
        self.row_offset, self.now = row_offset, now
        self.failure: BaseException | None = None
        # Of machines that are wrong about most; made by the kernels.
        self.integers = c_void_p()
        self.items, self.groups, self.rows, _ = stationary.shape
        self.vectors = streamed.shape[2]
        require_fit(self.reference.chip, engine.moduli, self._operands(0))
        self.placement = engine.placement
        self.tiles = self.placement.tile_count(self.groups, self.rows)
        require_countable(row_offset + self.vectors, self.tiles, self.placement.shape.rows)
        # What the structures point to must live as long as they.
        self.kept: list[Any] = []
        symbols = self.items * self.groups * self.vectors
        self.classes = torch.empty(len(engine.arrays), symbols, dtype=torch.uint8)
        self.offsets = torch.empty(streamed.shape, dtype=torch.uint16) if engine.screens else None
        readings = [self._reading(number) for number in range(len(engine.arrays))]
        self.struct = self._product((ReadingStruct * len(readings))(*readings))
        if engine.screens:
            given = self.struct, self.classes, self.offsets
            in_parallel(
                lambda first, last: engine.kernels.call("stream", *given, first, last),
                parts(symbols, _SYMBOLS),
            )

    def _operands(self, item: int) -> Operands:
        """What an engine is given for one product."""
        largest = self.engine.bfp.max_dot
        pair = self.stationary[item], self.streamed[item]
        return Operands(*pair, largest, self.row_offset, self.now)

    def _reading(self, number: int) -> ReadingStruct:
        arrays, modulus = self.engine.arrays[number], self.engine.moduli.moduli[number]
        full_scale, turned = arrays.full_scale(self.streamed), self._turned(arrays)
        wander = arrays.wander(self.now.get(modulus))
        words = [half for key in self.keys for half in key.fold(modulus).halves]
        key = (c_uint32 * len(words))(*words)
        self.kept += [full_scale, turned, wander, key]
        return ReadingStruct(
            arrays.address,
            None if wander is None else ctypes.addressof(wander.struct),
            pointer(turned),
            pointer(self.classes[number]),
            pointer(full_scale),
            ctypes.addressof(key),
        )

    def _turned(self, arrays: NativeArrays) -> Tensor | None:
        """How the noise of drives turns the tiles of all items; none without it."""
        own = arrays.screening.arrays
        if own.drive_noise is None:
            return None
        rows = slice(0, self.rows)
        blocks = list(self.placement.row_blocks(rows))
        unit, row = self.placement.unit(self.groups, rows), self.placement.row(rows)
        turned = torch.empty(*self.stationary.shape, SLOTS, dtype=torch.int32)
        for key, stationary, item in zip(self.keys, self.stationary, turned, strict=True):
            normals = normals_of_drives(own, key, blocks, self.groups)
            level = drive_level(stationary.long(), own.modulus)
            item.copy_(arrays.turned(normals, unit, row, level))
        return turned

    def _kept(self) -> tuple[Tensor | None, int]:
        """Memory of the tiles if these stationary operands came before, and bytes of each."""
        rows, length = self.placement.shape.rows, self.streamed.shape[3]
        own = [arrays.screening.arrays for arrays in self.engine.arrays]
        moves = self.now or any(arrays.drive_noise for arrays in own)
        if not self.engine.screens or moves or self.vectors > _MOST_KEPT or self.rows <= _FEW_ROWS:
            return None, 0
        digits = max(arrays.digits.digits for arrays in own)
        size, chunks = tile_bytes(length, digits), -(-rows // LANES)
        count = self.items * self.tiles * chunks * len(own)
        return self.engine.kept.of(self.stationary, count * size), size

    def _product(self, readings: ctypes.Array[ReadingStruct]) -> ProductStruct:
        redundancy, largest = self.engine.redundancy, self.engine.bfp.max_dot
        checks = redundancy is not None and redundancy.policy != "none"
        policy = _POLICIES[redundancy.policy] if redundancy is not None and checks else 0
        way = _ways(self.engine.moduli, largest)
        tiles, tile_size = self._kept()
        self.kept += [readings, way, tiles]
        return ProductStruct(
            items=self.items,
            groups=self.groups,
            stationary=self.rows,
            streamed=self.vectors,
            length=self.streamed.shape[3],
            row_offset=self.row_offset,
            part=_PART,
            w=pointer(self.stationary),
            x=pointer(self.streamed),
            offsets=pointer(self.offsets),
            moduli=len(readings),
            readings=readings,
            kept=pointer(tiles),
            kept_size=tile_size,
            policy=policy,
            re_reads=redundancy.re_reads if redundancy is not None and checks else 0,
            limit=largest,
            ways=len(way),
            way=pointer(way),
            reference=REFERENCE(self._by_reference),
            integers=ctypes.addressof(self.integers),
        )

    def _by_reference(self, number: int, attempt: int, group: int, vector: int, row: int) -> int:
        """Residue of a readout that the kernels leave open; below 0 if there was an error."""
        modulus = self.engine.moduli.moduli[number]
        try:
            item, group = divmod(group, self.groups)
            given = self._operands(item), self.keys[item], (group, vector, row), attempt
            return self.reference.read_one(modulus, *given)
        except BaseException as error:
            # Raised again where Python called.
            self.failure = error
            return -1

    def changed(self) -> Tensor | None:
        """Integers that came out otherwise, int32 (C, 4): group, vector, row, and which.

        Groups are counted over all items; they come in any order.
        """
        kernels = self.engine.kernels
        units = self.items * self.tiles * -(-self.vectors // _PART)

        def work(start: int, stop: int) -> tuple[int, ResultStruct]:
            result = ResultStruct()
            state = kernels.call("readouts", self.struct, start, stop, result)
            return state, result

        done = in_parallel(work, parts(units, 1))
        found = []
        for _, result in done:
            if result.count:
                found.append(_numbers(result))
            kernels.release(result.changed)
        if self.failure is not None:
            raise self.failure
        require_memory(min(state for state, _ in done))
        self._count([result for _, result in done])
        return torch.cat(found) if found else None

    def _count(self, results: list[ResultStruct]) -> None:
        moduli, counts = self.engine.moduli.moduli, self.counts
        first = len(moduli) * self.items * self.groups * self.rows * self.vectors
        counts.screened = first
        for result in results:
            counts.symbols += result.symbols
            counts.wrong_integers += result.wrong
            counts.corrected += result.corrected
            counts.detected += result.detected
            counts.undetected += result.undetected
            counts.re_reads += result.re_reads
            counts.screened -= result.evaluated
            counts.handed_back += result.handed_back
            for modulus, errors in zip(moduli, result.errors, strict=False):
                counts.errors[modulus] += errors
        counts.readouts = Counter(dict.fromkeys(moduli, counts.re_reads))


def _numbers(result: ResultStruct) -> Tensor:
    """The changed integers of a result, int32 (C, 4)."""
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
