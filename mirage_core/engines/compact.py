"""The full optical model, fast: bit-plane sums for the light, noise on every readout.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit, B block of
rows; lower case for the part of an axis in a block; S single readouts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from circuits.compiled.arrays import CompiledArrays, CompiledChip
from circuits.optics.drive_noise import drive_normals
from circuits.receiver.memory import symbol_run
from circuits.receiver.receiver import Detected, Receiver
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.placement import Placement, RowBlock, require_fit
from mirage_core.engines.probe import Probe
from mirage_core.engines.reconstruction import reconstruct, reconstruct_few
from photonics.copies import Copies
from photonics.random import NoiseKey
from photonics.readout_words import (
    ReadoutStreams,
    leading_bytes,
    leading_bytes_at,
    readout_normals,
    require_countable,
    symbol_normals,
)

if TYPE_CHECKING:
    from mirage_core.arithmetic.redundancy_policy import Redundancy
    from mirage_core.engines.screened import Screen, TileBounds

# Readouts of one modulus worked on at a time: few enough for the cache, many enough for torch.
_BLOCK_READOUTS = 1 << 16
# So many of which most are screened out.
_SCREENED_READOUTS = 1 << 19
# Entries of the bit-plane tables of one block of rows: bounds memory for large operands.
_BLOCK_TABLE = 1 << 24
# Integers up to here are exact in FP32.
_FP32_EXACT = 1 << 24

# Log amplitudes of rails + and -, and the deviation of the phase between them.
Light = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class ReadoutNoise:
    """Noise of readouts, float64 (G, n, m) or (S,): of the laser and of the receiver.

    That of the laser is one for all rows of a symbol.  ``phase`` is that between the rails, over
    its rms.  With a receiver that remembers, it and ``intensity`` begin with the symbols that it
    remembers, and ``jitter`` is that of the clock per symbol and array.
    """

    intensity: Tensor
    phase: Tensor
    receiver: tuple[Tensor, Tensor]
    jitter: Tensor | None = None

    @classmethod
    def draw(
        cls,
        arrays: CompiledArrays,
        streams: ReadoutStreams,
        blocks: list[RowBlock],
        groups: int,
        vectors: slice,
        row_offset: int,
    ) -> ReadoutNoise:
        """Draw for the streamed vectors of a slice of a part that starts at ``row_offset``.

        Vectors are counted from the start of the whole batch, so that what is drawn does not
        depend on how the work is cut.
        """
        receiver, rows = arrays.receiver, arrays.digits.shape[1]
        first, last, device = row_offset + vectors.start, row_offset + vectors.stop, arrays.device
        run = row_offset + symbol_run(vectors, receiver.memory.depth, device)
        vector = torch.arange(first, last, device=device)
        parts = []
        for block in blocks:
            tiles, size = block.tiles(groups, device), block.size
            tile = tiles[:, None, None]
            lead = leading_bytes(streams, vector, tiles, rows)[..., :size].transpose(0, 1).long()
            numbers = vector[:, None], tile, torch.arange(size, device=device)
            normals = readout_normals(streams, lead, *numbers, rows)
            laser = receiver.laser.scaled(symbol_normals(streams.laser, run[:, None], tile))
            shared = [x.expand(*x.shape[:2], size) for x in laser]
            if receiver.memory.jitters:
                jitter = symbol_normals(streams.clock, vector[:, None], tile)[0]
                shared.append(jitter.expand(*jitter.shape[:2], size))
            parts.append((*normals, *shared))
        in_phase, quadrature, intensity, phase, *rest = (
            torch.cat(part, dim=-1) for part in zip(*parts, strict=True)
        )
        return cls(intensity, phase, (in_phase, quadrature), rest[0] if rest else None)

    @classmethod
    def draw_at(
        cls,
        arrays: CompiledArrays,
        streams: ReadoutStreams,
        vector: Tensor,
        tile: Tensor,
        row: Tensor,
    ) -> ReadoutNoise:
        """Draw for single readouts (S,) of rows of arrays: what :meth:`draw` gives them."""
        place, rows = (vector, tile, row), arrays.digits.shape[1]
        lead = leading_bytes_at(streams, *place, rows)
        normals = readout_normals(streams, lead, *place, rows)
        laser = arrays.receiver.laser.scaled(symbol_normals(streams.laser, vector, tile))
        return cls(*laser, normals)


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

    def streams(self, modulus: int, attempt: int = 0) -> ReadoutStreams:
        """Random words of the readouts of a modulus."""
        return ReadoutStreams.of(self.key.fold(modulus), attempt)

    def read(self) -> list[Tensor]:
        """Decided residues of every modulus, (G, n, m)."""
        decided = []
        for arrays, drives, receiver in zip(self.arrays, self.drives, self.receivers, strict=True):
            noise = ReadoutNoise.draw(
                arrays,
                self.streams(arrays.modulus),
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
            run = symbol_run(self.vectors, depth, self.operands.device)
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
        """Decided residues (S,) of integers at (g, n, m), with the noise of another attempt."""
        return [self.read_of(number, suspects, attempt) for number in range(len(self.arrays))]

    def read_of(self, number: int, places: Tensor, attempt: int = 0) -> Tensor:
        """Decided residues (S,) of one modulus, by its number, of integers at (g, n, m).

        What is read singly is held until it has settled: it remembers nothing.
        """
        arrays, drives, every = self.arrays[number], self.drives[number], self.receivers[number]
        group, vector, row = places.T
        which = self.operands.row_offset + self.vectors.start + vector
        place, size = row + self.rows.start, arrays.digits.shape[1]
        tile, inside = place // size * self.operands.groups + group, place % size
        streams = self.streams(arrays.modulus, attempt)
        noise = ReadoutNoise.draw_at(arrays, streams, which, tile, inside)
        bits, setting = arrays.stream(self.operands.streamed[:, self.vectors][group, vector])
        light = arrays.digits.respond_at(bits, *drives, group, row)
        receiver = every.at(group, 0, row)
        rms_rad = receiver.laser.phase_rms_of(bits)
        exact = self.exact[group, vector, row]
        detected = _detect(receiver, light, exact, noise, rms_rad)
        setting = setting.apply(lambda x: x.squeeze(-1))
        return receiver.decide(*receiver.ratios(detected, noise.receiver, setting))


def _detect(
    receiver: Receiver, light: Light, exact: Tensor, noise: ReadoutNoise, rms_rad: Tensor
) -> Detected:
    """Settled currents of readouts whose dot products are ``exact``, and their noise.

    The last argument is the rms phase of the laser between the rails.
    """
    plus, minus, deviation = light
    residue = torch.remainder(exact, receiver.modulus).to(torch.float64)
    phase = receiver.phase_rad(residue, deviation.add_(noise.phase * rms_rad))
    return receiver.detect(plus, minus, phase, noise.intensity)


def normals_of_drives(
    arrays: CompiledArrays, key: NoiseKey, blocks: list[RowBlock], groups: int
) -> Tensor | None:
    """Normals of the converters that load tiles, (G, m, J, C, S); none without their noise.

    They are drawn on the CPU, where logarithms and cosines have the bits that define them, and go
    to the arrays once for each load.
    """
    noise = arrays.drive_noise
    if noise is None:
        return None
    each = noise.shape[2], *noise.converters
    parts = [
        drive_normals(block.key(key, arrays.modulus), 0, groups, (block.size, *each))
        for block in blocks
    ]
    return torch.cat(parts, dim=1).to(arrays.device)


@dataclass
class CompactEngine:
    """Reads every residue of every dot product through the compact model of a chip.

    It computes where its operands are: the chip is copied to their device once, bounds are worked
    out there, and random words are drawn there.

    Attributes:
        chip: the chip.
        moduli: all moduli that are read.
        probe: where to record what is read; every readout is then evaluated.
        redundancy: what is done about impossible integers.
        limit: largest magnitude of a mantissa; readouts that noise cannot reach are then screened
            out, to the same decisions.  None evaluates every readout.
    """

    chip: CompiledChip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy | None = None
    limit: int | None = None

    def on(self, device: torch.device) -> CompactEngine:
        """This engine with its chip on a device, made once and kept."""
        engine = self._copies[device]
        engine.probe = self.probe
        return engine

    @cached_property
    def _copies(self) -> Copies[CompactEngine]:
        def moved(device: torch.device) -> CompactEngine:
            chip = self.chip.on(device)
            return self if chip is self.chip else replace(self, chip=chip)

        return Copies(moved)

    @cached_property
    def screens(self) -> list[Screen]:
        """Bounds of each modulus; empty where every readout is evaluated."""
        if self.limit is None:
            return []
        from mirage_core.engines.screened import Screen
        from mirage_core.engines.screening import Screening, can_screen

        every = [self.chip.arrays[m] for m in self.moduli.moduli]
        if not all(can_screen(arrays, self.limit) for arrays in every):
            return []
        return [Screen(Screening(arrays, self.limit)) for arrays in every]

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products.

        Raises:
            InputError: for moduli or groups that do not fit the chip.
        """
        require_fit(self.chip, self.moduli, operands)
        yield from self.on(operands.device)._blocks(operands, key)

    def _blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """The same, of operands on the device of the chip."""
        shape, every = self.chip.shape, [self.chip.arrays[m] for m in self.moduli.moduli]
        placement = Placement(shape, operands.device)
        tiles = placement.tile_count(operands.groups, operands.rows)
        require_countable(operands.row_offset + operands.vectors, tiles, shape.rows)
        screens = self.screens if self.probe is None else []
        width = operands.groups * max(arrays.digits.entries for arrays in every)
        rows_at_once = max(1, _BLOCK_TABLE // (width * shape.length))
        rows_at_once = -(-rows_at_once // shape.rows) * shape.rows
        for rows in slices(operands.rows, rows_at_once):
            loaded = self._load(every, operands, key, rows)
            unit, row = placement.unit(operands.groups, rows), placement.row(rows)
            bounds = [
                screen.bound(operands.stationary[:, rows], unit, row, tables)
                for screen, tables in zip(screens, loaded.drives, strict=bool(screens))
            ]
            per_vector = operands.groups * (rows.stop - rows.start)
            at_once = _SCREENED_READOUTS if bounds else _BLOCK_READOUTS
            for vectors in slices(operands.vectors, max(1, at_once // per_vector)):
                block = replace(loaded, vectors=vectors)
                if bounds:
                    yield self._screened(block, bounds)
                    continue
                readings = Readings(
                    vectors, rows, block.exact, block.read(), block.again, shape.rows
                )
                yield reconstruct(readings, self.moduli, self.redundancy, operands.max_dot)

    def _load(
        self, every: list[CompiledArrays], operands: Operands, key: NoiseKey, rows: slice
    ) -> CompactBlock:
        """Rows loaded into their tiles, for all vectors."""
        placement = Placement(self.chip.shape, operands.device)
        row_blocks = list(placement.row_blocks(rows))
        unit, row = placement.unit(operands.groups, rows), placement.row(rows)
        drives = [
            arrays.load(
                operands.stationary[:, rows],
                unit,
                row,
                operands.now.get(arrays.modulus),
                normals_of_drives(arrays, key, row_blocks, operands.groups),
            )
            for arrays in every
        ]
        receivers = [arrays.receivers(unit, row) for arrays in every]
        whole = slice(0, operands.vectors)
        return CompactBlock(
            every, drives, receivers, operands, key, whole, rows, row_blocks, self.probe
        )

    def _screened(self, block: CompactBlock, bounds: list[TileBounds]) -> DotBlock:
        """The integers of a block: exact ones, but for those of which a residue is wrong."""
        decided, screened = [], 0
        for number, (arrays, bound) in enumerate(zip(block.arrays, bounds, strict=True)):
            suspects = bound.suspects(block)
            read = block.read_of(number, suspects).long()
            wrong = read != torch.remainder(block.exact[tuple(suspects.T)], arrays.modulus)
            decided.append((suspects[wrong], read[wrong]))
            screened += block.exact.numel() - len(suspects)
        where = block.vectors, block.rows
        if not any(len(places) for places, _ in decided):
            none = dict.fromkeys(self.moduli.moduli, 0)
            return DotBlock(*where, block.exact, errors=none, screened=screened)
        readings = Readings(*where, block.exact, [], block.again, self.chip.shape.rows)
        places, found = reconstruct_few(
            readings, decided, self.moduli, self.redundancy, block.operands.max_dot
        )
        dots = block.exact if self.moduli.max_magnitude < _FP32_EXACT else block.exact.double()
        dots = dots.index_put(tuple(places.T), found.dots.to(dots.dtype))
        return replace(found, dots=dots, screened=screened)

    def read_one(
        self,
        modulus: int,
        operands: Operands,
        key: NoiseKey,
        place: tuple[int, int, int],
        attempt: int = 0,
    ) -> int:
        """Decided residue of one readout (g, n, m): as of :meth:`blocks`, or of another attempt."""
        group, vector, row = place
        size, arrays = self.chip.shape.rows, self.chip.arrays[modulus]
        start = row // size * size
        rows = slice(start, min(start + size, operands.rows))
        loaded = self._load([arrays], operands, key, rows)
        block = replace(loaded, vectors=slice(vector, vector + 1))
        if attempt:
            where = torch.tensor([[group, 0, row - start]])
            return int(block.read_of(0, where, attempt)[0])
        return int(block.read()[0][group, 0, row - start])
