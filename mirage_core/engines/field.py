"""The reference: complex fields of both rails through every digit, four diodes, every source.

Legend of shapes: G group, N streamed vector, M stationary row, J multiplier, D digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from circuits.chip import Chip
from circuits.dot_product import chain_fields, receive_fields
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

_BLOCK_READOUTS = 1 << 15


@dataclass
class FieldEngine:
    """Reads every residue of every dot product through the fields of a chip; for small cases."""

    chip: Chip
    moduli: ModuliSet
    probe: Probe | None = field(default=None)

    def blocks(self, operands: Operands, key: NoiseKey) -> Iterator[DotBlock]:
        """Yield decided dot products."""
        placement = Placement(self.chip.shape)
        every_row = slice(0, operands.rows)
        for row_block in placement.row_blocks(every_row):
            per_vector = operands.groups * row_block.size
            for vectors in slices(operands.vectors, max(1, _BLOCK_READOUTS // per_vector)):
                exact = operands.exact_dots(vectors, row_block.rows)
                decided = [
                    self._read(modulus, operands, key, placement, row_block, vectors)
                    for modulus in self.moduli.moduli
                ]
                errors: dict[int, int] = {}
                for modulus, (ratio, read) in zip(self.moduli.moduli, decided, strict=True):
                    residue = torch.remainder(exact, modulus)
                    errors[modulus] = int((read != residue).sum())
                    if self.probe is not None:
                        self.probe.record(modulus, ratio[..., 0], ratio[..., 1], residue, read)
                dots = self.moduli.combine([read for _, read in decided])
                wrong = int((dots != exact).sum())
                yield DotBlock(vectors, row_block.rows, dots, wrong, errors)

    def _read(
        self,
        modulus: int,
        operands: Operands,
        key: NoiseKey,
        placement: Placement,
        row_block: RowBlock,
        vectors: slice,
    ) -> tuple[Tensor, Tensor]:
        """I and Q over full scale (G, n, m, 2) and decided residues (G, n, m)."""
        design, groups = self.chip.design, operands.groups
        optics = DigitOptics.of(design.multiplier, modulus, design.laser.wavelength_m)
        receiver = PhaseReceiver(design.receiver, modulus)
        gain = GainControl(design, modulus, self.chip.shape.length)
        stream = row_block.key(key, modulus)
        first = operands.row_offset + vectors.start
        count = vectors.stop - vectors.start
        laser = laser_noise(design, stream, first * groups, count * groups, torch.float64)
        intensity, phase_rad = (x.view(count, groups, 1) for x in laser)
        unit = placement.unit(groups, row_block.rows)
        row = placement.row(row_block.rows)
        ratios = []
        for g in range(groups):
            statics = self.chip.statics[modulus].at(unit[g], row)
            level = drive_level(operands.stationary[g, row_block.rows].long(), modulus)
            bits = optics.code.digits(operands.streamed[g, vectors].long())
            fields = chain_fields(
                optics, design.rail_powers_w(modulus), level, bits[:, None], statics
            )
            current_a = receive_fields(
                receiver,
                self.chip.hybrids[modulus].at(unit[g], row),
                fields,
                intensity[:, g],
                phase_rad[:, g],
                stream.fold("group", g),
                start=first * row_block.size,
            )
            ratios.append(current_a / gain.full_scale_a(bits)[:, None, None])
        ratio = torch.stack(ratios)
        return ratio, receiver.decide(ratio[..., 0], ratio[..., 1])
