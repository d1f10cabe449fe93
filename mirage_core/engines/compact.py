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

from circuits.chip.bit_planes import BitPlanes
from circuits.chip.chip import Chip
from circuits.coding.phase_code import drive_level
from circuits.receiver.compact import CompactReceiver, Detected, ReceiverRows
from circuits.receiver.gain import GainControl, SymbolSetting
from circuits.receiver.memory import SymbolMemory, symbol_run
from circuits.receiver.phase_receiver import PhaseReceiver
from circuits.receiver.shared_noise import clock_jitter, laser_noise, laser_noise_at
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.placement import Placement, RowBlock
from mirage_core.engines.probe import Probe
from mirage_core.engines.reconstruction import reconstruct
from photonics.random import NoiseKey, normal_pairs_at

# Readouts of one modulus worked on at a time: few enough for the cache, many enough for torch.
_BLOCK_READOUTS = 1 << 16
# Entries of the bit-plane tables of one block of rows: bounds memory for large operands.
_BLOCK_TABLE = 1 << 24

# Log amplitudes of rails + and -, and the deviation of the phase between them.
Light = tuple[Tensor, Tensor, Tensor]


class CompactArrays:
    """The arrays of one modulus of a chip."""

    def __init__(self, chip: Chip, modulus: int) -> None:
        design = chip.design
        self.modulus, self.design, self.length = modulus, design, chip.shape.length
        self.arrays = chip.arrays(modulus)
        self.planes = BitPlanes.of(self.arrays)
        self.gain = GainControl(design, modulus, chip.shape.length)
        self.receiver = CompactReceiver(
            PhaseReceiver(design.receiver, modulus), design.rail_powers_w(modulus)
        )
        self.memory = SymbolMemory.of(design)

    def drives(self, stationary: Tensor, unit: Tensor, row: Tensor) -> tuple[Tensor, Tensor]:
        """Bit-plane tables of a block of rows: mantissas (G, m, J) on arrays (G, m), rows (m,)."""
        return self.planes.select(unit, row, drive_level(stationary.long(), self.modulus))

    def receivers(self, unit: Tensor, row: Tensor) -> ReceiverRows:
        """What receivers have of their own, of a block of rows, on arrays (G, m) and rows (m,)."""
        return ReceiverRows.of(self.arrays, unit, row)

    def streams(self, streamed: Tensor) -> tuple[Tensor, SymbolSetting]:
        """Digits (G, n, J·D) and settings (G, n, 1) for streamed mantissas (G, n, J)."""
        bits = self.gain.code.digits(streamed.long())
        full_scale_a = self.gain.full_scale_a(bits).to(torch.float32).unsqueeze(-1)
        common_mode = None
        if self.arrays.receiver is not None:
            shares = self.gain.common_mode(bits).to(torch.float32)
            common_mode = shares.unsqueeze(-2).unbind(-1)
        return bits.flatten(-2).to(torch.float32), SymbolSetting(full_scale_a, common_mode)

    def detect(
        self, light: Light, residue: Tensor, noise: ReadoutNoise, rows: ReceiverRows
    ) -> Detected:
        """Settled currents of readouts and their noise; all of one shape."""
        plus, minus, deviation = light
        phase = self.receiver.phase_rad(residue, deviation.add_(noise.phase_rad))
        return self.receiver.detect(plus, minus, phase, noise.intensity, rows.hybrid)

    def read(
        self, detected: Detected, setting: SymbolSetting, noise: ReadoutNoise, rows: ReceiverRows
    ) -> tuple[Tensor, Tensor, Tensor]:
        """I and Q as fractions of the full scale, and decided residues; all of one shape."""
        ratios = self.receiver.ratios(detected, noise.receiver, setting, rows.trim)
        return *ratios, self.receiver.receiver.decide(*ratios, rows.converters)


@dataclass(frozen=True)
class ReadoutNoise:
    """Noise of readouts, (G, n, m) or (S,): of the laser per symbol and array, of the receiver.

    With a receiver that remembers, ``intensity`` and ``phase_rad`` begin with the symbols that
    it remembers, and ``jitter`` is that of the clock per symbol and array.
    """

    intensity: Tensor
    phase_rad: Tensor
    receiver: tuple[Tensor, Tensor]
    jitter: Tensor | None = None

    @classmethod
    def draw(
        cls,
        arrays: CompactArrays,
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
        run = symbol_run(vectors, arrays.memory.depth)
        earliest, first = row_offset + int(run[0]), row_offset + vectors.start
        count = vectors.stop - vectors.start
        parts = []
        for block in blocks:
            stream = block.key(key, arrays.modulus)
            symbols = (row_offset + vectors.stop - earliest) * groups
            laser = laser_noise(arrays.design, stream, earliest * groups, symbols, torch.float32)
            normals = stream.fold("receiver").normal_pairs(
                first * groups * block.size, count * groups * block.size
            )
            numbers = torch.arange(first * groups, (first + count) * groups)
            jitter = clock_jitter(arrays.memory, stream, numbers)
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
        arrays: CompactArrays,
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
        laser = laser_noise_at(arrays.design, keys, array, symbol, torch.float32)
        index = symbol * sizes[array] + row - starts[array]
        receivers = [k.fold("receiver") for k in keys]
        return cls(*laser, normal_pairs_at(receivers, array, index))


@dataclass(frozen=True)
class CompactBlock:
    """A block of readouts, ready to be read, and read again.

    Attributes:
        arrays: the arrays of each modulus.
        drives: bit-plane tables of the rows for each arrays.
        receivers: what the receivers of the rows have of their own, for each arrays.
        operands: mantissas of the product.
        key: noise of the product.
        vectors: which streamed vectors.
        rows: which stationary rows.
        row_blocks: the tiles that the rows lie in.
        probe: where to record what is read.
    """

    arrays: list[CompactArrays]
    drives: list[tuple[Tensor, Tensor]]
    receivers: list[ReceiverRows]
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
        for arrays, drives, rows in zip(self.arrays, self.drives, self.receivers, strict=True):
            noise = ReadoutNoise.draw(
                arrays,
                self.key,
                self.row_blocks,
                self.operands.groups,
                self.vectors,
                self.operands.row_offset,
            )
            detected, setting = self._sampled(arrays, drives, noise, rows)
            in_phase, quadrature, read = arrays.read(detected, setting, noise, rows)
            decided.append(read)
            if self.probe is not None:
                sent = torch.remainder(self.exact, arrays.modulus)
                self.probe.record(arrays.modulus, in_phase, quadrature, sent, read)
        return decided

    def _sampled(
        self,
        arrays: CompactArrays,
        drives: tuple[Tensor, Tensor],
        noise: ReadoutNoise,
        rows: ReceiverRows,
    ) -> tuple[Detected, SymbolSetting]:
        """Currents at the sampling instants with their noise, and the settings (G, n, 1)."""
        depth = arrays.memory.depth
        if depth == 0:
            exact, streamed = self.exact, self.operands.streamed[:, self.vectors]
        else:
            run = symbol_run(self.vectors, depth)
            streamed = self.operands.streamed[:, run]
            exact = self.operands.exact_dots(run, self.rows)
        residue = torch.remainder(exact, arrays.modulus).to(torch.float32)
        bits, setting = arrays.streams(streamed)
        settled = arrays.detect(arrays.planes.respond(bits, *drives), residue, noise, rows)
        if depth == 0:
            return settled, setting
        first, second = (arrays.memory.sampled(x, noise.jitter, dim=1) for x in settled.current_a)
        rms_i, rms_q = (x[:, depth:] for x in settled.rms_a)
        return Detected((first, second), (rms_i, rms_q)), setting.apply(lambda x: x[:, depth:])

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
            residue = torch.remainder(exact, arrays.modulus).to(torch.float32)
            noise = ReadoutNoise.draw_at(
                arrays, key, self.row_blocks, symbol, row + self.rows.start
            )
            bits, setting = arrays.streams(streamed)
            light = arrays.planes.respond_at(bits, *drives, group, row)
            rows = every.at(group, row)
            detected = arrays.detect(light, residue, noise, rows)
            settings = setting.apply(lambda x: x.squeeze(-1))
            decided.append(arrays.read(detected, settings, noise, rows)[-1])
        return decided


@dataclass
class CompactEngine:
    """Reads every residue of every dot product through the compact model of a chip."""

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy = UNPROTECTED

    @cached_property
    def arrays(self) -> list[CompactArrays]:
        """The arrays of each modulus."""
        return [CompactArrays(self.chip, m) for m in self.moduli.moduli]

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products."""
        placement = Placement(self.chip.shape)
        width = operands.groups * max(arrays.planes.table_entries for arrays in self.arrays)
        rows_at_once = max(1, _BLOCK_TABLE // (width * self.chip.shape.length))
        rows_at_once = -(-rows_at_once // self.chip.shape.rows) * self.chip.shape.rows
        for rows in slices(operands.rows, rows_at_once):
            row_blocks = list(placement.row_blocks(rows))
            unit, row = placement.unit(operands.groups, rows), placement.row(rows)
            stationary = operands.stationary[:, rows]
            drives = [arrays.drives(stationary, unit, row) for arrays in self.arrays]
            receivers = [arrays.receivers(unit, row) for arrays in self.arrays]
            per_vector = operands.groups * (rows.stop - rows.start)
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                block = CompactBlock(
                    self.arrays,
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
                    vectors, rows, block.exact, block.read(), block.again, self.chip.shape.rows
                )
                yield reconstruct(readings, self.moduli, self.redundancy, operands.max_dot)
