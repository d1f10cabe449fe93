"""The full optical model, fast: bit-plane sums for the light, noise on every readout.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit, B block of
rows; lower case for the part of an axis in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from circuits.bitplane import BitPlanes
from circuits.chip import Chip
from circuits.compact import CompactReceiver
from circuits.gain import GainControl
from circuits.multiplier import DigitOptics
from circuits.phase_code import drive_level
from circuits.receiver import PhaseReceiver
from circuits.symbol_noise import laser_noise
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, slices
from mirage_core.engines.placement import Placement, RowBlock
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey

# Readouts of one modulus worked on at a time: few enough for the cache, many enough for torch.
_BLOCK_READOUTS = 1 << 16
# Entries of the bit-plane tables of one block of rows: bounds memory for large operands.
_BLOCK_TABLE = 1 << 24


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

    def drives(self, stationary: Tensor, position: Tensor) -> tuple[Tensor, Tensor]:
        """Bit-plane tables of a block of rows: mantissas (G, m, J) at positions (G, m, J)."""
        return self.planes.select(position, drive_level(stationary.long(), self.modulus))

    def streams(self, streamed: Tensor) -> tuple[Tensor, Tensor]:
        """Digits (G, n, J·D) and full scale in A (G, n, 1) of streamed mantissas (G, n, J)."""
        bits = self.gain.code.digits(streamed.long())
        full_scale_a = self.gain.full_scale_a(bits).to(torch.float32)
        return bits.flatten(-2).to(torch.float32), full_scale_a.unsqueeze(-1)

    def read(
        self,
        streams: tuple[Tensor, Tensor],
        drives: tuple[Tensor, Tensor],
        residue: Tensor,
        noise: LaneNoise,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """I and Q as fractions of the full scale, and the decided residues, each (G, n, m)."""
        bits, full_scale_a = streams
        plus, minus, deviation = self.planes.respond(bits, *drives)
        phase = self.receiver.phase_rad(residue, deviation.add_(noise.phase_rad))
        quadratures = self.receiver.quadratures(
            plus, minus, phase, noise.intensity, noise.receiver, full_scale_a
        )
        return *quadratures, self.receiver.receiver.decide(*quadratures)


@dataclass(frozen=True)
class LaneNoise:
    """Noise of a block of readouts: laser per symbol and array, receiver per readout (G, n, m)."""

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


@dataclass
class CompactEngine:
    """Reads every residue of every dot product through the compact model of a chip."""

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)

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
            per_vector = operands.groups * (rows.stop - rows.start)
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                yield self._block(operands, key, vectors, rows, row_blocks, drives)

    def _block(
        self,
        operands: Operands,
        key: NoiseKey,
        vectors: slice,
        rows: slice,
        row_blocks: list[RowBlock],
        drives: list[tuple[Tensor, Tensor]],
    ) -> DotBlock:
        exact = operands.exact_dots(vectors, rows)
        numbered = slice(operands.row_offset + vectors.start, operands.row_offset + vectors.stop)
        decided: list[Tensor] = []
        errors: dict[int, int] = {}
        for lane, lane_drives in zip(self.lanes, drives, strict=True):
            residue = torch.remainder(exact, lane.modulus).to(torch.float32)
            noise = LaneNoise.draw(lane, key, row_blocks, operands.groups, numbered)
            streams = lane.streams(operands.streamed[:, vectors])
            in_phase, quadrature, read = lane.read(streams, lane_drives, residue, noise)
            errors[lane.modulus] = int((read != residue).sum())
            decided.append(read)
            if self.probe is not None:
                self.probe.record(lane.modulus, in_phase, quadrature, residue, read)
        dots = self.moduli.combine(decided)
        wrong = int((dots != exact).sum()) if any(errors.values()) else 0
        return DotBlock(vectors, rows, dots, wrong, errors)
