"""The full optical model, fast: bit-plane sums for the light, noise on every readout.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit, B block of
rows; lower case for the part of an axis in a block; S single readouts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from circuits.bitplane import BitPlanes
from circuits.chip import Chip
from circuits.compact import CompactReceiver, HybridRows
from circuits.gain import GainControl
from circuits.hybrid import HybridSpread
from circuits.multiplier import DigitOptics
from circuits.phase_code import drive_level
from circuits.receiver import PhaseReceiver
from circuits.symbol_noise import laser_noise, laser_noise_at
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.guard import settle
from mirage_core.engines.placement import Placement, RowBlock
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey, normal_pairs_at

# Readouts of one modulus worked on at a time: few enough for the cache, many enough for torch.
_BLOCK_READOUTS = 1 << 16
# Entries of the bit-plane tables of one block of rows: bounds memory for large operands.
_BLOCK_TABLE = 1 << 24

# Log amplitudes of rails + and -, and the deviation of the phase between them.
Light = tuple[Tensor, Tensor, Tensor]


class CompactLane:
    """The arrays of one modulus of a chip."""

    def __init__(self, chip: Chip, modulus: int) -> None:
        design = chip.design
        self.modulus, self.design, self.length = modulus, design, chip.shape.length
        optics = DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m)
        self.planes = BitPlanes.of(optics, chip.statics[modulus], chip.shape.length)
        self.gain = GainControl(design, modulus, chip.shape.length)
        self.receiver = CompactReceiver(
            PhaseReceiver(design.receiver, modulus), design.rail_powers_w(modulus)
        )
        # Perfect hybrids need no coefficients.
        perfect = design.receiver.hybrid == HybridSpread()
        self.hybrid = None if perfect else chip.hybrids[modulus]

    def drives(self, stationary: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Bit-plane tables of a block of rows: mantissas (G, m, J) at positions (G, m, J)."""
        return self.planes.select(position, drive_level(stationary.long(), self.modulus))

    def hybrids(self, unit: Tensor, row: Tensor) -> HybridRows | None:
        """Hybrids of a block of rows, at units (G, m) and rows (m,); none if they are perfect."""
        return None if self.hybrid is None else HybridRows.of(self.hybrid.at(unit, row))

    def streams(self, streamed: Tensor) -> tuple[Tensor, Tensor]:
        """Digits (G, n, J·D) and full scale in A (G, n, 1) of streamed mantissas (G, n, J)."""
        bits = self.gain.code.digits(streamed.long())
        full_scale_a = self.gain.full_scale_a(bits).to(torch.float32)
        return bits.flatten(-2).to(torch.float32), full_scale_a.unsqueeze(-1)

    def read(
        self,
        light: Light,
        full_scale_a: Tensor,
        residue: Tensor,
        noise: LaneNoise,
        hybrid: HybridRows | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """I and Q as fractions of the full scale, and decided residues; all of one shape."""
        plus, minus, deviation = light
        phase = self.receiver.phase_rad(residue, deviation.add_(noise.phase_rad))
        quadratures = self.receiver.quadratures(
            plus, minus, phase, noise.intensity, noise.receiver, full_scale_a, hybrid
        )
        return *quadratures, self.receiver.receiver.decide(*quadratures)


@dataclass(frozen=True)
class LaneNoise:
    """Noise of readouts, (G, n, m) or (S,): of the laser per symbol and array, of the receiver."""

    intensity: Tensor
    phase_rad: Tensor
    receiver: tuple[Tensor, Tensor]

    @classmethod
    def draw(
        cls,
        lane: CompactLane,
        key: NoiseKey,
        blocks: list[RowBlock],
        groups: int,
        vectors: slice,
    ) -> LaneNoise:
        """Draw for the streamed vectors of a slice, numbered from the start of their batch.

        In the stream of a block of rows, readout (n, g, row) has index (n·G + g)·rows + row, and
        symbol (n, g) has index n·G + g: neither depends on how the work is cut.
        """
        count = vectors.stop - vectors.start
        symbols = count * groups
        parts: list[tuple[Tensor, ...]] = []
        for block in blocks:
            stream = block.key(key, lane.modulus)
            first = vectors.start * groups
            laser = laser_noise(lane.design, stream, first, symbols, torch.float32)
            normals = stream.fold("receiver").normal_pairs(first * block.size, symbols * block.size)
            shape = (count, groups, block.size)
            parts.append(
                (
                    *(x.view(count, groups, 1).expand(shape) for x in laser),
                    *(x.view(shape) for x in normals),
                )
            )
        intensity, phase, in_phase, quadrature = (
            torch.cat(part, dim=-1).transpose(0, 1) for part in zip(*parts, strict=True)
        )
        return cls(intensity, phase, (in_phase, quadrature))

    @classmethod
    def draw_at(
        cls, lane: CompactLane, key: NoiseKey, blocks: list[RowBlock], symbol: Tensor, row: Tensor
    ) -> LaneNoise:
        """Draw for single readouts (S,): what :meth:`draw` gives to symbol n·G + g and a row."""
        starts = torch.tensor([block.rows.start for block in blocks])
        sizes = torch.tensor([block.size for block in blocks])
        array = torch.bucketize(row, starts, right=True) - 1
        keys = [block.key(key, lane.modulus) for block in blocks]
        laser = laser_noise_at(lane.design, keys, array, symbol, torch.float32)
        index = symbol * sizes[array] + row - starts[array]
        receivers = [k.fold("receiver") for k in keys]
        return cls(*laser, normal_pairs_at(receivers, array, index))


@dataclass(frozen=True)
class CompactBlock:
    """A block of readouts, ready to be read, and read again.

    Attributes:
        lanes: the arrays of each modulus.
        drives: bit-plane tables of the rows for each lane.
        hybrids: hybrids of the rows for each lane; none where they are perfect.
        operands: mantissas of the product.
        key: noise of the product.
        vectors: which streamed vectors.
        rows: which stationary rows.
        row_blocks: the tiles that the rows lie in.
        probe: where to record what is read.
    """

    lanes: list[CompactLane]
    drives: list[tuple[Tensor, Tensor]]
    hybrids: list[HybridRows | None]
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
        groups, first = self.operands.groups, self.operands.row_offset
        numbered = slice(first + self.vectors.start, first + self.vectors.stop)
        decided = []
        for lane, drives, hybrid in zip(self.lanes, self.drives, self.hybrids, strict=True):
            residue = torch.remainder(self.exact, lane.modulus).to(torch.float32)
            noise = LaneNoise.draw(lane, self.key, self.row_blocks, groups, numbered)
            bits, full_scale_a = lane.streams(self.operands.streamed[:, self.vectors])
            light = lane.planes.respond(bits, *drives)
            in_phase, quadrature, read = lane.read(light, full_scale_a, residue, noise, hybrid)
            decided.append(read)
            if self.probe is not None:
                self.probe.record(lane.modulus, in_phase, quadrature, residue, read)
        return decided

    def again(self, suspects: Tensor, attempt: int) -> list[Tensor]:
        """Decided residues (S,) of integers at (g, n, m), with the noise of another attempt."""
        group, vector, row = suspects.T
        key = self.key.fold("attempt", attempt)
        number = vector + self.operands.row_offset + self.vectors.start
        symbol = number * self.operands.groups + group
        streamed = self.operands.streamed[:, self.vectors][group, vector]
        exact = self.exact[group, vector, row]
        decided = []
        for lane, drives, hybrid in zip(self.lanes, self.drives, self.hybrids, strict=True):
            residue = torch.remainder(exact, lane.modulus).to(torch.float32)
            noise = LaneNoise.draw_at(lane, key, self.row_blocks, symbol, row + self.rows.start)
            bits, full_scale_a = lane.streams(streamed)
            light = lane.planes.respond_at(bits, *drives, group, row)
            flaws = None if hybrid is None else hybrid.at(group, row)
            scale = full_scale_a.squeeze(-1)
            decided.append(lane.read(light, scale, residue, noise, flaws)[-1])
        return decided


@dataclass
class CompactEngine:
    """Reads every residue of every dot product through the compact model of a chip."""

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy = UNPROTECTED

    @cached_property
    def lanes(self) -> list[CompactLane]:
        """The arrays of each modulus."""
        return [CompactLane(self.chip, m) for m in self.moduli.moduli]

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products."""
        placement = Placement(self.chip.shape)
        width = 3 * operands.groups * max(lane.planes.delta.shape[2] for lane in self.lanes)
        rows_at_once = max(1, _BLOCK_TABLE // (width * self.chip.shape.length))
        rows_at_once = -(-rows_at_once // self.chip.shape.rows) * self.chip.shape.rows
        for rows in slices(operands.rows, rows_at_once):
            row_blocks = list(placement.row_blocks(rows))
            position = placement.position(operands.groups, rows)
            drives = [lane.drives(operands.stationary[:, rows], position) for lane in self.lanes]
            unit, row = placement.unit(operands.groups, rows), placement.row(rows)
            hybrids = [lane.hybrids(unit, row) for lane in self.lanes]
            per_vector = operands.groups * (rows.stop - rows.start)
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                block = CompactBlock(
                    self.lanes,
                    drives,
                    hybrids,
                    operands,
                    key,
                    vectors,
                    rows,
                    row_blocks,
                    self.probe,
                )
                readings = Readings(
                    vectors, rows, block.exact, block.read(), block.again, self.chip.shape.rows
                )
                yield settle(readings, self.moduli, self.redundancy, operands.max_dot)
