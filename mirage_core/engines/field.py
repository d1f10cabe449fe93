"""The reference: complex fields of both rails through every digit, four diodes, every source.

Legend of shapes: G group, N streamed vector, M stationary row; lower case for the part of an axis
in a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from circuits.chip.arrays import ThermalDrift
from circuits.chip.chip import Chip
from circuits.receiver.memory import symbol_run
from circuits.units.array import ArrayNoise, ModularArray
from mirage_core.arithmetic.redundancy_policy import Redundancy
from mirage_core.arithmetic.rns import ModuliSet
from mirage_core.engines.base import DotBlock, Operands, Readings, slices
from mirage_core.engines.placement import Placement, RowBlock, require_fit
from mirage_core.engines.probe import Probe
from mirage_core.engines.reconstruction import reconstruct
from photonics.copies import on_device
from photonics.random import NoiseKey
from photonics.readout_words import ReadoutStreams

_BLOCK_READOUTS = 1 << 15


@dataclass
class FieldEngine:
    """Reads every residue of every dot product through the fields of a chip; for small cases.

    It follows them on the CPU, wherever its operands are: it defines what others must agree with.
    """

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)
    redundancy: Redundancy | None = None

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products.

        Raises:
            InputError: for moduli or groups that do not fit the chip.
        """
        require_fit(self.chip, self.moduli, operands)
        operands = on_device(operands, torch.device("cpu"))
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
            return [
                self._read(m, operands, key, placement, row_block, vectors, attempt)[1][
                    tuple(suspects.T)
                ]
                for m in self.moduli.moduli
            ]

        rows = self.chip.shape.rows
        readings = Readings(vectors, row_block.rows, exact, residues, again, rows)
        return reconstruct(readings, self.moduli, self.redundancy, operands.max_dot)

    def _read(
        self,
        modulus: int,
        operands: Operands,
        key: NoiseKey,
        placement: Placement,
        row_block: RowBlock,
        vectors: slice,
        attempt: int = 0,
    ) -> tuple[Tensor, Tensor]:
        """I and Q over full scale (G, n, m, 2) and decided residues (G, n, m).

        What is read again is held until it has settled: it remembers nothing.
        """
        array = self.arrays[modulus].held() if attempt else self.arrays[modulus]
        load = row_block.key(key, modulus)
        if modulus in operands.now:
            # The heat of a ring by its own light does not wander.
            cold = torch.zeros((1,) * 6, dtype=torch.float64)
            drift = ThermalDrift(self_heating_m=cold, **operands.now[modulus]._asdict())
            array = replace(array, arrays=drift.applied(array.arrays))
        own, first = load.fold("attempt", attempt), operands.row_offset
        shared = ReadoutStreams.of(key.fold(modulus), attempt)
        unit = placement.unit(operands.groups, row_block.rows)[:, 0].tolist()
        run = symbol_run(vectors, array.memory.depth)
        start = (first + vectors.start) * row_block.size
        receivers = {u: array.on(u).receivers(row_block.size) for u in set(unit)}
        ratios, residues = [], []
        for g in range(operands.groups):
            drives = array.normals_of_drives(load, g, row_block.size)
            tile = row_block.index * operands.groups + g
            noise = ArrayNoise(shared, tile, first + run, own.fold("group", g), start, drives)
            stationary = operands.stationary[g, row_block.rows]
            ratio = array.on(unit[g]).ratios(operands.streamed[g, run], stationary, noise)
            ratios.append(ratio)
            residues.append(receivers[unit[g]].decide(*ratio.unbind(-1)))
        return torch.stack(ratios), torch.stack(residues)

    @cached_property
    def arrays(self) -> dict[int, ModularArray]:
        """An array of each modulus."""
        return {m: ModularArray.of(self.chip, m) for m in self.moduli.moduli}
