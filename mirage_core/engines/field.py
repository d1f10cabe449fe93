"""The reference: complex fields of both rails through every digit, four diodes, every source.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit, S rail;
lower case for the part of an axis in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from circuits.chip import Chip
from circuits.dot_product import chain_fields, powers_under_laser
from circuits.gain import GainControl
from circuits.lane import Lane
from circuits.multiplier import Warmth
from circuits.phase_code import drive_level
from circuits.receiver import PhaseReceiver
from circuits.symbol_memory import SETTLED, SymbolMemory, symbol_run
from circuits.symbol_noise import clock_jitter, laser_noise_run
from mirage_core.arithmetic.redundancy_policy import UNPROTECTED, Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.guard import settle
from mirage_core.engines.placement import Placement, RowBlock
from mirage_core.engines.probe import Probe
from photonics.random import NoiseKey

_BLOCK_READOUTS = 1 << 15


@dataclass
class FieldEngine:
    """Reads every residue of every dot product through the fields of a chip; for small cases."""

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy = UNPROTECTED

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products."""
        placement = Placement(self.chip.shape)
        every_row = slice(0, operands.rows)
        for row_block in placement.row_blocks(every_row):
            per_vector = operands.groups * row_block.size
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                yield self._block(operands, key, placement, row_block, vectors)

    def _block(
        self,
        operands: Operands,
        key: NoiseKey,
        placement: Placement,
        row_block: RowBlock,
        vectors: slice,
    ) -> DotBlock:
        exact = operands.exact_dots(vectors, row_block.rows)
        residues = []
        for modulus in self.moduli.moduli:
            ratio, read = self._read(modulus, operands, key, placement, row_block, vectors)
            residues.append(read)
            if self.probe is not None:
                sent = torch.remainder(exact, modulus)
                self.probe.record(modulus, ratio[..., 0], ratio[..., 1], sent, read)

        def again(suspects: Tensor, attempt: int) -> list[Tensor]:
            """Read the whole block with the noise of the attempt, and keep what was asked for."""
            fresh = key.fold("attempt", attempt)
            return [
                self._read(m, operands, fresh, placement, row_block, vectors, remembers=False)[1][
                    tuple(suspects.T)
                ]
                for m in self.moduli.moduli
            ]

        rows = self.chip.shape.rows
        readings = Readings(vectors, row_block.rows, exact, residues, again, rows)
        return settle(readings, self.moduli, self.redundancy, operands.max_dot)

    def _read(
        self,
        modulus: int,
        operands: Operands,
        key: NoiseKey,
        placement: Placement,
        row_block: RowBlock,
        vectors: slice,
        remembers: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """I and Q over full scale (G, n, m, 2) and decided residues (G, n, m).

        What is read again is held until it has settled: it remembers nothing.
        """
        lane, design = self.lanes[modulus], self.chip.design
        reader = BlockReader(
            lane=lane,
            launched=torch.tensor(design.rail_powers_w(modulus), dtype=torch.complex128).sqrt(),
            receiver=PhaseReceiver(design.receiver, modulus),
            gain=GainControl(design, modulus, self.chip.shape.length),
            memory=self.memory if remembers else SETTLED,
            stream=row_block.key(key, modulus),
        )
        ratios, residues = [], []
        for g in range(operands.groups):
            ratio, residue = reader.read(operands, g, placement, row_block, vectors)
            ratios.append(ratio)
            residues.append(residue)
        return torch.stack(ratios), torch.stack(residues)

    @cached_property
    def lanes(self) -> dict[int, Lane]:
        """The arrays of each modulus."""
        return {m: self.chip.lane(m) for m in self.moduli.moduli}

    @cached_property
    def memory(self) -> SymbolMemory:
        """What readings keep of earlier symbols."""
        return SymbolMemory.of(self.chip.design)


@dataclass(frozen=True)
class BlockReader:
    """Reads the symbols of one array after the other.

    Attributes:
        lane: the arrays of the modulus.
        launched: fields that enter the rails of every row, (S,).
        receiver: of every row.
        gain: of every row.
        memory: what a reading keeps of earlier symbols.
        stream: noise of the block of rows.
    """

    lane: Lane
    launched: Tensor
    receiver: PhaseReceiver
    gain: GainControl
    memory: SymbolMemory
    stream: NoiseKey

    def read(
        self, operands: Operands, g: int, placement: Placement, block: RowBlock, vectors: slice
    ) -> tuple[Tensor, Tensor]:
        """I and Q over full scale (n, m, 2) and decided residues (n, m) of one group."""
        streamed = symbol_run(vectors, self.memory.depth)
        unit, row = placement.unit(operands.groups, block.rows)[g], placement.row(block.rows)
        hybrid = self.lane.hybrid.at(unit, row)
        bits = self.gain.code.digits(operands.streamed[g, streamed].long())
        level = drive_level(operands.stationary[g, block.rows].long(), self.gain.modulus)
        fields = chain_fields(
            self.lane.optics,
            self.launched * self.lane.entry[unit, row],
            level,
            bits[:, None],
            self.lane.statics.at(unit, row).warmed(self._warmth(level, int(unit[0]), placement)),
        )
        first = operands.row_offset
        symbol = (first + streamed) * operands.groups + g
        intensity, phase_rad = (
            x[:, None] for x in laser_noise_run(self.gain.design, self.stream, symbol)
        )
        powers_w = powers_under_laser(hybrid, fields, intensity, phase_rad)
        settled_a = self.receiver.currents_a(powers_w, hybrid.responsivity)
        jitter = clock_jitter(self.memory, self.stream, symbol[self.memory.depth :])
        if jitter is not None:
            jitter = jitter.double()[:, None, None]
        current_a = self.memory.sampled(settled_a, jitter, dim=0)
        present, noise = powers_w[self.memory.depth :], self.stream.fold("group", g)
        start = (first + vectors.start) * block.size
        current_a = current_a + self.receiver.noise_a(present, hybrid.responsivity, noise, start)
        present_bits = bits[self.memory.depth :]
        ratio = current_a / self.gain.full_scale_a(present_bits)[:, None, None]
        if self.lane.receiver is not None:
            common_mode = self.gain.common_mode(present_bits)[:, None]
            ratio = self.lane.receiver.at(unit, row).apply(ratio, common_mode)
        ratio = ratio + self.receiver.converter_noise(noise, start, ratio.shape[:-1])
        converters = self.lane.converters
        at_rows = None if converters is None else converters.at(unit, row)
        return ratio, self.receiver.decide(ratio[..., 0], ratio[..., 1], at_rows)

    def _warmth(self, level: Tensor, unit: int, placement: Placement) -> Warmth | None:
        tile = F.pad(level, (0, 0, 0, placement.shape.rows - len(level)))
        warmth = self.lane.warmth(tile, unit)
        return None if warmth is None else warmth.apply(lambda part: part[: len(level)])
