"""The optical model as a channel: exact residues, of which some slip, as this chip makes them.

Every modulus has a law of errors of its own (:mod:`mirage_core.engines.channel_law`), derived from
the compact model of the chip, and errors are drawn from it sparsely: one uniform number for a
symbol and a tile decides whether any of its rows may err at all, and more are drawn only where
they may.  Given the law, the draws are exact: the rows of a tile are independent, and a bound on
the probability of every row is thinned to its own.

What a channel knows of a readout is its place, the loss of its streamed digits, the spread of its
drives (:mod:`mirage_core.engines.channel_classes`) and its residue.  It cannot tell the operands of
a class apart: the same ones read a thousand times err as often as a thousand different ones, where
a chip errs always or never.  So a count is that of a class, averaged over operands: where few
unlucky rows make most of the errors, those of one product can be several times more or fewer.  Only
readings *again* remember: one that erred is more likely to lie badly, and errs again with the
probability that follows.

Dense, sparse and full drives err as often as in the compact model to some percent.  Streamed digits
of one loss are tried as they usually are: where static errors alone make every tenth reading fail,
data of another make-up can err by a tenth more or less often.  Noise that the rows of a symbol
share (laser, clock) changes how often they err, not whether they err together.  The laser turns a
single rail by as much as its digits delay it: for a class that is a mean over the digits tried, and
holds to about a tenth.  A receiver that has not settled remembers other data of the same kind as
the present one, not what was really sent: where earlier symbols make most of the errors, its
probabilities hold to a factor of a few, and the compact model is the one to use.

Legend of shapes: G group, N streamed vector, M stationary row, B block of rows; lower case for the
part of an axis in a block; C readouts that may err, S integers with an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.compiled.arrays import CompiledChip
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.channel_law import ReadoutClass, ReadoutErrorModel
from mirage_core.engines.channel_tiles import Tiles
from mirage_core.engines.placement import Placement, RowBlock, require_fit
from mirage_core.engines.reconstruction import reconstruct
from photonics.random import NoiseKey, uniform_at

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy

_BLOCK = 1 << 21
# Points of a process that are drawn at a time.
_POINTS = 4
_FP32_EXACT = 1 << 24


class Readout(NamedTuple):
    """Readouts (C,) of a block of one modulus: indices of group, vector, row, and block of rows."""

    group: Tensor
    vector: Tensor
    row: Tensor
    block: Tensor

    def at(self, chosen: Tensor) -> Readout:
        """Some of them, by a mask or indices."""
        return Readout(*(x[chosen] for x in self))


@dataclass(frozen=True)
class ChannelBlock:
    """A block of readouts, ready to be read, and read again.

    Attributes:
        tiles: the tiles of the stationary rows, for each modulus.
        operands: mantissas of the product.
        key: noise of the product.
        vectors: which streamed vectors.
        row_blocks: the blocks of the stationary rows.
        tile_rows: rows of an array.
    """

    tiles: list[Tiles]
    operands: Operands
    key: NoiseKey
    vectors: slice
    row_blocks: list[RowBlock]
    tile_rows: int

    @cached_property
    def exact(self) -> Tensor:
        """Exact dot products, (G, n, M)."""
        return self.operands.exact_dots(self.vectors, slice(0, self.operands.rows))

    @cached_property
    def steps(self) -> list[Tensor]:
        """Step of the loss of every streamed vector, (G, n), for each modulus."""
        streamed = self.operands.streamed[:, self.vectors]
        return [tiles.law.loss_step(streamed) for tiles in self.tiles]

    def errors(self) -> list[tuple[Tensor, Tensor]]:
        """For each modulus: where residues are wrong, (S, 3) as (g, n, m), and by what slip."""
        return [self._errors(*each) for each in zip(self.tiles, self.steps, strict=True)]

    def again(self, places: Tensor, erred: list[Tensor], attempt: int) -> list[Tensor]:
        """Residues (S,) of integers at (g, n, m) read again; ``erred``: those that always erred."""
        group, vector, row = places.T
        readout = Readout(group, vector, row, row // self.tile_rows)
        key = self.key.fold("attempt", attempt)
        decided = []
        for tiles, step, before in zip(self.tiles, self.steps, erred, strict=True):
            law = tiles.law
            residue = self._residue(readout, law)
            kind = self._kind(readout, tiles, step)
            probabilities = torch.where(
                before, law.repeated(kind, attempt), law.probabilities(kind, residue)
            )
            chance, which = self._outcome(key, readout, law)
            slip = law.slips(kind, which)
            read = torch.remainder(residue + slip, law.modulus)
            decided.append(torch.where(chance < probabilities, read, residue))
        return decided

    def _errors(self, tiles: Tiles, step: Tensor) -> tuple[Tensor, Tensor]:
        law = tiles.law
        readout, bound = self._candidates(tiles, step)
        chance, which = self._outcome(self.key, readout, law)
        probabilities = law.probabilities(
            self._kind(readout, tiles, step), self._residue(readout, law)
        )
        wrong = chance * bound < probabilities
        readout = readout.at(wrong)
        slip = law.slips(self._kind(readout, tiles, step), which[wrong])
        return torch.stack(readout[:3], dim=1), slip

    def _candidates(self, tiles: Tiles, step: Tensor) -> tuple[Readout, Tensor]:
        """Readouts that may err, and the bounds on their probabilities by which they were found."""
        keys = self._keys(self.key, tiles.law)
        groups, first = self.operands.groups, self._first
        count = (self.vectors.stop - self.vectors.start) * groups
        chance = torch.stack([k.fold("symbol").uniform(first * groups, count) for k in keys])
        chance = chance.view(len(keys), -1, groups)
        block, vector, group = (chance < tiles.most(step)).nonzero(as_tuple=True)
        # Candidates of a tile are rows that points of a Poisson process fall on.
        points = -torch.log1p(-chance[block, vector, group])[:, None]
        hazard = tiles.hazard(step[group, vector], group, block)
        streams = [k.fold("next") for k in keys]
        found: list[Readout] = []
        bounds = []
        attempt = 0
        while len(group):
            row = torch.searchsorted(hazard, points, right=True)
            within = row < self.tile_rows
            hit = within.clone()
            hit[:, 1:] &= row[:, 1:] != row[:, :-1]
            ends = F.pad(hazard, (1, 0))
            upper = (row + 1).clamp(max=self.tile_rows)
            bound = -torch.expm1(ends.gather(1, row) - ends.gather(1, upper))
            tile, point = hit.nonzero(as_tuple=True)
            at, rows = block[tile], row[tile, point]
            found.append(Readout(group[tile], vector[tile], at * self.tile_rows + rows, at))
            bounds.append(bound[tile, point])
            # The process goes on behind the last row that was hit.
            live = within[:, -1]
            behind = ends.gather(1, upper[:, -1:])[live]
            group, vector, block, hazard = (x[live] for x in (group, vector, block, hazard))
            symbol = (vector + first) * groups + group
            index = (symbol * self.tile_rows + attempt)[:, None] * _POINTS + torch.arange(_POINTS)
            each = block[:, None].expand_as(index)
            drawn = uniform_at(streams, each.flatten(), index.flatten()).view(index.shape)
            points = behind - torch.log1p(-drawn).cumsum(1)
            attempt += 1
        if not found:
            none = torch.empty(0, dtype=torch.int64)
            return Readout(none, none, none, none), none.double()
        every = Readout(*(torch.cat(parts) for parts in zip(*found, strict=True)))
        return every, torch.cat(bounds)

    def _kind(self, readout: Readout, tiles: Tiles, step: Tensor) -> ReadoutClass:
        """What the law knows of readouts."""
        row = readout.row % self.tile_rows
        at = step[readout.group, readout.vector]
        return tiles.kind(at, readout.group, readout.block, row)

    def _residue(self, readout: Readout, law: ReadoutErrorModel) -> Tensor:
        exact = self.exact[readout.group, readout.vector, readout.row]
        return torch.remainder(exact, law.modulus).long()

    def _outcome(
        self, key: NoiseKey, readout: Readout, law: ReadoutErrorModel
    ) -> tuple[Tensor, Tensor]:
        """Two uniform numbers of each readout: whether it errs, and how."""
        symbol = (readout.vector + self._first) * self.operands.groups + readout.group
        index = 2 * (symbol * self.tile_rows + readout.row % self.tile_rows)
        streams = [k.fold("readout") for k in self._keys(key, law)]
        both = uniform_at(streams, readout.block.repeat(2), torch.cat([index, index + 1]))
        return both[: len(index)], both[len(index) :]

    def _keys(self, key: NoiseKey, law: ReadoutErrorModel) -> list[NoiseKey]:
        return [block.key(key, law.modulus).fold("channel") for block in self.row_blocks]

    @property
    def _first(self) -> int:
        """Number of the first vector of the block in its batch."""
        start: int = self.vectors.start
        return self.operands.row_offset + start


@dataclass(frozen=True)
class ChannelEngine:
    """Lets residues slip as the compact model of a chip says they do.

    Attributes:
        chip: the chip.
        moduli: all moduli that are read.
        limit: largest magnitude of a mantissa.
        redundancy: what is done about errors.
    """

    chip: CompiledChip
    moduli: ModuliSet
    limit: int
    redundancy: Redundancy | None = None

    @cached_property
    def laws(self) -> list[ReadoutErrorModel]:
        """Error law of each modulus; made of patterns that belong to the chip."""
        key = NoiseKey.from_seed(self.chip.seed).fold("channel")
        return [
            ReadoutErrorModel(self.chip.arrays[m], self.chip.shape, self.limit, key.fold(m))
            for m in self.moduli.moduli
        ]

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products.

        Raises:
            InputError: for moduli or groups that do not fit the chip.
        """
        require_fit(self.chip, self.moduli, operands)
        placement, rows = Placement(self.chip.shape), slice(0, operands.rows)
        row_blocks = list(placement.row_blocks(rows))
        unit = placement.unit(operands.groups, rows)[:, :: self.chip.shape.rows]
        tiles = [Tiles(law, operands.stationary, unit) for law in self.laws]
        per_vector = operands.groups * operands.rows
        for vectors in slices(operands.vectors, max(1, _BLOCK // per_vector)):
            block = ChannelBlock(tiles, operands, key, vectors, row_blocks, self.chip.shape.rows)
            yield self._settled(block, rows)

    def _settled(self, block: ChannelBlock, rows: slice) -> DotBlock:
        """Integers of a block: the exact ones, but for those with errors."""
        errors, exact, vectors = block.errors(), block.exact, block.vectors
        places, owner = torch.cat([place for place, _ in errors]).unique(dim=0, return_inverse=True)
        if not len(places):
            return DotBlock(vectors, rows, exact, errors=dict.fromkeys(self.moduli.moduli, 0))
        sent = exact[tuple(places.T)]
        residues, erred = [], []
        parts = owner.split([len(place) for place, _ in errors])
        for modulus, (_, slip), index in zip(self.moduli.moduli, errors, parts, strict=True):
            shift = torch.zeros(len(places), dtype=torch.int64)
            shift[index] = slip
            residues.append(torch.remainder(sent.long() + shift, modulus))
            erred.append(shift != 0)

        def again(suspects: Tensor, attempt: int) -> list[Tensor]:
            chosen = suspects[:, 0]
            return block.again(places[chosen], [e[chosen] for e in erred], attempt)

        tile_rows = self.chip.shape.rows
        readings = Readings(vectors, rows, sent, residues, again, tile_rows, places)
        found = reconstruct(readings, self.moduli, self.redundancy, block.operands.max_dot)
        dots = exact if self.moduli.max_magnitude < _FP32_EXACT else exact.double()
        dots[tuple(places.T)] = found.dots.to(dots.dtype)
        return DotBlock(**{**vars(found), "dots": dots})
