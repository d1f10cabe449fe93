"""Whole products by the native kernels: quantised, multiplied, screened, and put right where wrong.

Almost all readouts are decided as what was sent, so the exact product is worked out first.  The
integers of which a residue was decided otherwise are then checked, read again and reconstructed as
in any engine, and the outputs that they are part of worked out anew.

Legend of shapes: M stationary row, N streamed vector, K contracted axis, G group; S integers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from circuits.compiled.row_wander import WanderState
from mirage_core.arithmetic.bfp import BfpFormat
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.core.ledger import Counts
from mirage_core.engines.base import DotBlock, Operands, Readings
from mirage_core.engines.compact import CompactEngine
from mirage_core.engines.placement import Placement, require_fit
from mirage_core.engines.reconstruction import reconstruct
from mirage_core.engines.screening import Screening, can_screen
from mirage_core.native.blocks import Blocks, can_quantize, product, quantize
from mirage_core.native.library import Library, library
from mirage_core.native.screen import NativeScreen, ScreenedProduct
from photonics.random import NoiseKey
from photonics.readout_words import require_countable

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy

_UNDECIDED = -1
# Vectors of one product at a time.
_MOST_VECTORS = 1 << 16


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
        if reference is not None:
            arrays = [reference.chip.arrays[m] for m in moduli.moduli if m in reference.chip.moduli]
            known = (
                each.drive_noise is None and can_screen(each, bfp.max_mantissa) for each in arrays
            )
            if not all(known):
                return None
        return cls(kernels, bfp, moduli, redundancy, reference)

    @cached_property
    def _screens(self) -> list[NativeScreen]:
        assert self.reference is not None
        arrays, limit = self.reference.chip.arrays, self.bfp.max_mantissa
        return [NativeScreen(self.kernels, Screening(arrays[m], limit)) for m in self.moduli.moduli]

    def multiply(
        self, w: Tensor, x: Tensor, key: NoiseKey, row_offset: int, now: Mapping[int, WanderState]
    ) -> tuple[Tensor, Counts] | None:
        """Product (N, M) of w (M, K) and x (N, K), and what its readouts were like.

        None where exponents are so extreme that products leave the normal numbers of FP32.
        """
        if len(x) > _MOST_VECTORS:
            return self._in_parts(w, x, key, row_offset, now)
        w_blocks = quantize(self.kernels, self.bfp, w)
        x_blocks = quantize(self.kernels, self.bfp, x)
        if w_blocks is None or x_blocks is None:
            return None
        total = product(self.kernels, self.bfp, w_blocks, x_blocks)
        if self.reference is None or not total.numel():
            return total, Counts()
        operands = Operands(w_blocks.mantissa, x_blocks.mantissa, self.bfp.max_dot, row_offset, now)
        require_fit(self.reference.chip, self.moduli, operands)
        rows = self.reference.chip.shape.rows
        require_countable(row_offset + operands.vectors, operands.groups, rows)
        found = _Readouts(self, operands, w_blocks, x_blocks, key)
        block = found.block()
        if block is not None:
            wrong = block.dots != found.exact
            changed = torch.cat((found.places, block.dots[:, None].long()), 1)[wrong]
            order = (changed[:, 1] * operands.rows + changed[:, 2]) * operands.groups + changed[
                :, 0
            ]
            changed = changed[order.argsort()].int().contiguous()
            sizes = operands.groups, operands.rows, operands.vectors, self.bfp.group_size
            self.kernels.call("correct", *w_blocks, *x_blocks, *sizes, changed, len(changed), total)
        return total, found.counts(block)

    def _in_parts(
        self, w: Tensor, x: Tensor, key: NoiseKey, row_offset: int, now: Mapping[int, WanderState]
    ) -> tuple[Tensor, Counts] | None:
        """The same, of so many vectors at a time that a tile's readouts fit the memory."""
        totals, counts = [], Counts()
        for start in range(0, len(x), _MOST_VECTORS):
            part = x[start : start + _MOST_VECTORS]
            done = self.multiply(w, part, key, row_offset + start, now)
            if done is None:
                return None
            totals.append(done[0])
            counts += done[1]
        return torch.cat(totals), counts


class _Readouts:
    """The readouts of one product that are decided otherwise than sent."""

    def __init__(
        self, engine: NativeEngine, operands: Operands, w: Blocks, x: Blocks, key: NoiseKey
    ) -> None:
        assert engine.reference is not None
        self.engine, self.operands, self.key = engine, operands, key
        self.reference = engine.reference
        self.product = ScreenedProduct(
            w, x, Placement(self.reference.chip.shape), operands.row_offset
        )
        self.evaluated = self.handed_back = 0
        found = []
        for number, screen in enumerate(engine._screens):
            now = operands.now.get(screen.screening.modulus)
            decided, evaluated = self.product.screened(screen, key, now, number == 0)
            self.evaluated += evaluated
            found.append(self._settled(screen, key, decided))
        numbers = [self._number(each) for each in found]
        integers = torch.cat(numbers).unique()
        row, rest = integers % operands.rows, integers // operands.rows
        vector, group = rest % operands.vectors, rest // operands.vectors
        self.places = torch.stack((group, vector, row), 1)
        w_rows = operands.stationary[group, row].long()
        self.exact = (w_rows * operands.streamed[group, vector].long()).sum(-1)
        self.residues = []
        for modulus, own, decided in zip(engine.moduli.moduli, numbers, found, strict=True):
            residue = torch.remainder(self.exact, modulus).to(torch.int16)
            residue[torch.searchsorted(integers, own)] = decided[:, 3].to(torch.int16)
            self.residues.append(residue)

    def _number(self, readouts: Tensor) -> Tensor:
        """Numbers of the integers of readouts (S, 3 or more)."""
        group, vector, row = readouts[:, :3].long().T
        number: Tensor = (group * self.operands.vectors + vector) * self.operands.rows + row
        return number

    def _settled(self, screen: NativeScreen, key: NoiseKey, readouts: Tensor) -> Tensor:
        """Readouts (S, 4) with what the kernels left open decided by the reference."""
        modulus = screen.screening.modulus
        open_ = (readouts[:, 3] == _UNDECIDED).nonzero().flatten().tolist()
        for i in open_:
            group, vector, row, _ = readouts[i].tolist()
            readouts[i, 3] = self.reference.read_one(
                modulus, self.operands, key, group, vector, row
            )
        self.handed_back += len(open_)
        return readouts

    def _again(self, suspects: Tensor, attempt: int) -> list[Tensor]:
        places = self.places[suspects[:, 0]]
        key, read = self.key.fold("attempt", attempt), []
        for screen in self.engine._screens:
            now = self.operands.now.get(screen.screening.modulus)
            decided = self.product.read(screen, key, now, places)
            whole = torch.cat((places.int(), decided[:, None]), 1)
            read.append(self._settled(screen, key, whole)[:, 3].to(torch.int16))
        return read

    def block(self) -> DotBlock | None:
        """The integers with a wrong residue, reconstructed; none where there are none."""
        if not len(self.places):
            return None
        readings = Readings(
            slice(0, self.operands.vectors),
            slice(0, self.operands.rows),
            self.exact,
            self.residues,
            self._again,
            self.reference.chip.shape.rows,
            self.places,
        )
        engine = self.engine
        return reconstruct(readings, engine.moduli, engine.redundancy, self.operands.max_dot)

    def counts(self, block: DotBlock | None) -> Counts:
        """What the product adds to the counts of its kind."""
        sizes = self.operands.groups, self.operands.rows, self.operands.vectors
        readouts = len(self.engine.moduli.moduli) * sizes[0] * sizes[1] * sizes[2]
        counts = Counts(errors=Counter(dict.fromkeys(self.engine.moduli.moduli, 0)))
        if block is not None:
            counts += block.counts
        counts.screened = readouts - self.evaluated
        counts.handed_back = self.handed_back
        return counts
