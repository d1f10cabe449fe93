"""The full optical model, fast: bit-plane sums for the light, noise on every readout.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit, B block of
rows; lower case for the part of an axis in a block; S single readouts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from circuits.compiled.arrays import CompiledArrays, CompiledChip
from circuits.receiver.memory import symbol_run
from circuits.receiver.receiver import Detected, Receiver
from circuits.receiver.shared_noise import clock_jitter
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.placement import Placement, RowBlock, require_fit
from mirage_core.engines.probe import Probe
from mirage_core.engines.reconstruction import reconstruct
from photonics.random import NoiseKey, normal_pairs_at

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy

# Readouts of one modulus worked on at a time: few enough for the cache, many enough for torch.
_BLOCK_READOUTS = 1 << 16
# Entries of the bit-plane tables of one block of rows: bounds memory for large operands.
_BLOCK_TABLE = 1 << 24

# Log amplitudes of rails + and -, and the deviation of the phase between them.
Light = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class ReadoutNoise:
    """Noise of readouts, (G, n, m) or (S,): of the laser per symbol and array, of the receiver.

    ``phase`` is that of the laser between the rails, over its rms.  With a receiver that
    remembers, it and ``intensity`` begin with the symbols that it remembers, and ``jitter`` is
    that of the clock per symbol and array.
    """

    intensity: Tensor
    phase: Tensor
    receiver: tuple[Tensor, Tensor]
    jitter: Tensor | None = None

    @classmethod
    def draw(
        cls,
        arrays: CompiledArrays,
        key: NoiseKey,
        blocks: list[RowBlock],
        groups: int,
        vectors: slice,
        row_offset: int,
    ) -> ReadoutNoise:
        """Draw for the streamed vectors of a slice of a part that starts at ``row_offset``.

        In the stream of a block of rows, readout (n, g, row) has index (n·G + g)·rows + row, and
        symbol (n, g) has index n·G + g, n counted from the start of the whole batch: neither
        depends on how the work is cut.
        """
        receiver = arrays.receiver
        run = symbol_run(vectors, receiver.memory.depth)
        earliest, first = row_offset + int(run[0]), row_offset + vectors.start
        count = vectors.stop - vectors.start
        parts = []
        for block in blocks:
            stream = block.key(key, arrays.modulus)
            symbols = (row_offset + vectors.stop - earliest) * groups
            laser = receiver.laser.draw(stream, earliest * groups, symbols, torch.float32)
            normals = stream.fold("receiver").normal_pairs(
                first * groups * block.size, count * groups * block.size
            )
            numbers = torch.arange(first * groups, (first + count) * groups)
            jitter = clock_jitter(receiver.memory, stream, numbers)
            per_symbol = [x.view(-1, groups, 1)[run - run[0]] for x in laser]
            per_symbol += [] if jitter is None else [jitter.view(count, groups, 1)]
            parts.append(
                (
                    *(x.view(count, groups, block.size) for x in normals),
                    *(x.expand(*x.shape[:2], block.size) for x in per_symbol),
                )
            )
        in_phase, quadrature, intensity, phase, *rest = (
            torch.cat(part, dim=-1).transpose(0, 1) for part in zip(*parts, strict=True)
        )
        return cls(intensity, phase, (in_phase, quadrature), rest[0] if rest else None)

    @classmethod
    def draw_at(
        cls,
        arrays: CompiledArrays,
        key: NoiseKey,
        blocks: list[RowBlock],
        symbol: Tensor,
        row: Tensor,
    ) -> ReadoutNoise:
        """Draw for single readouts (S,): what :meth:`draw` gives to symbol n·G + g and a row."""
        starts = torch.tensor([block.rows.start for block in blocks])
        sizes = torch.tensor([block.size for block in blocks])
        array = torch.bucketize(row, starts, right=True) - 1
        keys = [block.key(key, arrays.modulus) for block in blocks]
        laser = arrays.receiver.laser.draw_at(keys, array, symbol, torch.float32)
        index = symbol * sizes[array] + row - starts[array]
        receivers = [k.fold("receiver") for k in keys]
        return cls(*laser, normal_pairs_at(receivers, array, index))


@dataclass(frozen=True)
class CompactBlock:
    """A block of readouts, ready to be read, and read again.

    Attributes:
        arrays: the arrays of each modulus.
        drives: tables of the rows' digits for each of them.
        receivers: receivers of the rows for each of them.
        operands: mantissas of the product.
        key: noise of the product.
        vectors: which streamed vectors.
        rows: which stationary rows.
        row_blocks: the tiles that the rows lie in.
        probe: where to record what is read.
    """

    arrays: list[CompiledArrays]
    drives: list[tuple[Tensor, Tensor]]
    receivers: list[Receiver]
    operands: Operands
    key: NoiseKey
    vectors: slice
    rows: slice
    row_blocks: list[RowBlock]
    probe: Probe | None

    @cached_property
    def exact(self) -> Tensor:
        """Exact dot products, (G, n, m)."""
        return self.operands.exact_dots(self.vectors, self.rows)

    def read(self) -> list[Tensor]:
        """Decided residues of every modulus, (G, n, m)."""
        decided = []
        for arrays, drives, receiver in zip(self.arrays, self.drives, self.receivers, strict=True):
            noise = ReadoutNoise.draw(
                arrays,
                self.key,
                self.row_blocks,
                self.operands.groups,
                self.vectors,
                self.operands.row_offset,
            )
            in_phase, quadrature = self._ratios(arrays, drives, receiver, noise)
            read = receiver.decide(in_phase, quadrature)
            decided.append(read)
            if self.probe is not None:
                sent = torch.remainder(self.exact, arrays.modulus)
                self.probe.record(arrays.modulus, in_phase, quadrature, sent, read)
        return decided

    def _ratios(
        self,
        arrays: CompiledArrays,
        drives: tuple[Tensor, Tensor],
        receiver: Receiver,
        noise: ReadoutNoise,
    ) -> tuple[Tensor, Tensor]:
        """I and Q at the converters as fractions of the full scale, (G, n, m)."""
        depth = receiver.memory.depth
        if depth == 0:
            exact, streamed = self.exact, self.operands.streamed[:, self.vectors]
        else:
            run = symbol_run(self.vectors, depth)
            streamed = self.operands.streamed[:, run]
            exact = self.operands.exact_dots(run, self.rows)
        bits, setting = arrays.stream(streamed)
        light = arrays.digits.respond(bits, *drives)
        rms_rad = receiver.laser.phase_rms_of(bits).unsqueeze(-1)
        settled = _detect(receiver, light, exact, noise, rms_rad)
        detected = receiver.sampled(settled, noise.jitter, dim=1)
        setting = setting.apply(lambda x: x[:, depth:])
        return receiver.ratios(detected, noise.receiver, setting)

    def again(self, suspects: Tensor, attempt: int) -> list[Tensor]:
        """Decided residues (S,) of integers at (g, n, m), with the noise of another attempt.

        What is read again is held until it has settled: it remembers nothing.
        """
        group, vector, row = suspects.T
        key = self.key.fold("attempt", attempt)
        number = vector + self.operands.row_offset + self.vectors.start
        symbol = number * self.operands.groups + group
        streamed = self.operands.streamed[:, self.vectors][group, vector]
        exact = self.exact[group, vector, row]
        decided = []
        for arrays, drives, every in zip(self.arrays, self.drives, self.receivers, strict=True):
            place = row + self.rows.start
            noise = ReadoutNoise.draw_at(arrays, key, self.row_blocks, symbol, place)
            bits, setting = arrays.stream(streamed)
            light = arrays.digits.respond_at(bits, *drives, group, row)
            receiver = every.at(group, 0, row)
            rms_rad = receiver.laser.phase_rms_of(bits)
            detected = _detect(receiver, light, exact, noise, rms_rad)
            setting = setting.apply(lambda x: x.squeeze(-1))
            decided.append(receiver.decide(*receiver.ratios(detected, noise.receiver, setting)))
        return decided


def _detect(
    receiver: Receiver, light: Light, exact: Tensor, noise: ReadoutNoise, rms_rad: Tensor
) -> Detected:
    """Settled currents of readouts whose dot products are ``exact``, and their noise.

    The last argument is the rms phase of the laser between the rails.
    """
    plus, minus, deviation = light
    residue = torch.remainder(exact, receiver.modulus).to(torch.float32)
    phase = receiver.phase_rad(residue, deviation.add_(noise.phase * rms_rad.float()))
    return receiver.detect(plus, minus, phase, noise.intensity)


@dataclass
class CompactEngine:
    """Reads every residue of every dot product through the compact model of a chip."""

    chip: CompiledChip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy | None = None

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products.

        Raises:
            InputError: for moduli or groups that do not fit the chip.
        """
        require_fit(self.chip, self.moduli, operands)
        shape, every = self.chip.shape, [self.chip.arrays[m] for m in self.moduli.moduli]
        placement = Placement(shape)
        width = operands.groups * max(arrays.digits.entries for arrays in every)
        rows_at_once = max(1, _BLOCK_TABLE // (width * shape.length))
        rows_at_once = -(-rows_at_once // shape.rows) * shape.rows
        for rows in slices(operands.rows, rows_at_once):
            row_blocks = list(placement.row_blocks(rows))
            unit, row = placement.unit(operands.groups, rows), placement.row(rows)
            stationary = operands.stationary[:, rows]
            drives = [
                arrays.load(stationary, unit, row, operands.now.get(arrays.modulus))
                for arrays in every
            ]
            receivers = [arrays.receivers(unit, row) for arrays in every]
            per_vector = operands.groups * (rows.stop - rows.start)
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                block = CompactBlock(
                    every,
                    drives,
                    receivers,
                    operands,
                    key,
                    vectors,
                    rows,
                    row_blocks,
                    self.probe,
                )
                readings = Readings(
                    vectors, rows, block.exact, block.read(), block.again, shape.rows
                )
                yield reconstruct(readings, self.moduli, self.redundancy, operands.max_dot)
