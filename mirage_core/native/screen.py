"""Readouts of whole products by the native kernels: screened, and evaluated where noise may matter.

Legend of shapes: M stationary row, N streamed vector, G group, J multiplier; S single readouts as
rows (group, vector, row, decided).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from circuits.compiled.row_wander import RowWander, WanderState
from mirage_core.engines.placement import Placement
from mirage_core.engines.screening import LIGHT_LIMIT, MOST_DISPLACED, Screening
from mirage_core.native.blocks import LANES, Blocks, in_parallel, parts
from mirage_core.native.library import ArraysStruct, Library, ProductStruct, WanderStruct, pointer
from photonics.random import NoiseKey
from photonics.readout_words import LARGEST_RADIUS

# Readouts that a call has room for; a tile needs room for all of its own.
_ROOM = 1 << 18


@dataclass(frozen=True)
class NativeScreen:
    """The arrays of one modulus as kernels read them.

    Attributes:
        library: the kernels.
        screening: the bounds.
    """

    library: Library
    screening: Screening

    @cached_property
    def _numbers(self) -> dict[str, Tensor]:
        """What the structure points to; kept as long as it."""
        s = self.screening
        digits, receiver = s.arrays.digits, s.receiver
        modulus = s.modulus
        places = 2 ** torch.arange(s.bits.shape[1])
        mask = torch.zeros(len(s.mantissas), 8, dtype=torch.int32)
        mask[:, 0], mask[:, 1 : 1 + s.bits.shape[1]] = -1, -s.bits.int()
        edge = (torch.arange(modulus + 1, dtype=torch.float64) - 0.5) * (2.0 * math.pi / modulus)
        noise, displaced = s.class_bounds.unbind(-1)
        found = {
            "hot": s.hot,
            "exact": s.exact,
            "chain": s.chain,
            "input": torch.nn.functional.pad(digits.input_response, (0, 1)).int(),
            "masks": mask,
            "code": (s.bits * places).sum(-1).int(),
            "loss_ones": s.loss_steps + (s.bits.sum(-1) << 40),
            "class_limit": s.class_limits,
            # Rounded to the safe side.
            "class_bound": torch.stack((displaced * 1.000001, 0.999999 / noise), -1).float(),
            "phase_rms": torch.tensor(receiver.laser.phase_rms_rad, dtype=torch.float64),
            "line": s.lines,
            "edges": torch.stack((edge.cos(), edge.sin()), -1),
        }
        if receiver.converter.bits <= 10:
            found["decided"] = receiver.converter.table
        if receiver.transitions is not None:
            found["transitions"] = receiver.transitions.double().flatten(0, 1)
        return {name: x.contiguous() for name, x in found.items()}

    @cached_property
    def struct(self) -> ArraysStruct:
        """The structure that kernels are given."""
        s = self.screening
        digits, receiver, gain = s.arrays.digits, s.receiver, s.receiver.gain
        units, rows, length = digits.shape
        half = math.pi / s.modulus
        stepped = gain.per_symbol and gain.steps is not None
        given: dict[str, Any] = {name: pointer(x) for name, x in self._numbers.items()}
        return ArraysStruct(
            **given,
            modulus=s.modulus,
            units=units,
            rows=rows,
            length=length,
            digits=digits.digits,
            mantissas=len(s.mantissas),
            least=-s.limit,
            classes=len(s.class_limits),
            class_shift=s.class_shift,
            step=(*digits.step, 0.0),
            powers=receiver.rail_powers_w,
            responsivity=receiver.responsivity_a_per_w,
            shot=receiver.noise.shot_a2_per_w,
            still=receiver.noise.still_a2,
            intensity_rms=receiver.laser.intensity_rms,
            phase_rms_count=len(receiver.laser.phase_rms_rad),
            converter_noise=receiver.converter.noise_rms,
            half_range=float(receiver.converter.half_range),
            gain_mode=2 if stepped else 0 if gain.per_symbol else 1,
            full_scale_ratio=gain.full_scale_ratio,
            largest_a=gain.largest_amplitude_a,
            dual=int(gain.dual),
            chain_count=len(s.chain),
            phases_still=int(s.still),
            tilt_step=s.tilt_step,
            half_units=half * 65536.0 / (2.0 * math.pi),
            cosine=math.cos(half),
            most_displaced=MOST_DISPLACED,
            light_limit=LIGHT_LIMIT,
            amplitude_limit=s.amplitude_limit,
            rounding_units=s.rounding_units,
            radius=LARGEST_RADIUS,
        )

    def full_scale(self, mantissa: Tensor) -> Tensor | None:
        """Full scale of every symbol (G, N) where the gain goes in steps; none otherwise."""
        gain = self.screening.receiver.gain
        if not gain.per_symbol or gain.steps is None:
            return None
        loss_db = self.screening.loss_db[mantissa.long() + self.screening.limit]
        return gain.full_scale_of(loss_db.sum(-1)).contiguous()

    def wander(self, now: WanderState | None) -> WanderNumbers | None:
        """How the rows have turned; none where they stand still."""
        rows = self.screening.arrays.wander
        return None if now is None or rows is None else WanderNumbers(rows, now)


class WanderNumbers:
    """A state of rows that wander, and the structure that points to it."""

    def __init__(self, rows: RowWander, now: WanderState) -> None:
        self.row_rad = (now.rail_rad - now.tracked_rad).flatten().float()
        self.taken = (-now.tracked_digit_rad.flatten(0, 1).float()).contiguous()
        self.amount = now.moves.float().contiguous()
        self.base, self.digit = rows.base_rad.contiguous(), rows.digit_rad.contiguous()
        addresses = (
            pointer(x) for x in (self.row_rad, self.taken, self.amount, self.base, self.digit)
        )
        self.struct = WanderStruct(len(self.amount), *addresses)


@dataclass(frozen=True)
class ScreenedProduct:
    """One product of blocks on a chip, with its noise.

    Attributes:
        w: what stands still.
        x: what is streamed.
        placement: of rows on the arrays.
        row_offset: number of the first vector in its batch.
    """

    w: Blocks
    x: Blocks
    placement: Placement
    row_offset: int

    @property
    def groups(self) -> int:
        """G."""
        return self.w.mantissa.shape[0]

    @property
    def rows(self) -> int:
        """M."""
        return self.w.mantissa.shape[1]

    @property
    def vectors(self) -> int:
        """N."""
        return self.x.mantissa.shape[1]

    def _struct(self, keys: Tensor, lost: Tensor, full_scale: Tensor | None) -> ProductStruct:
        sizes = self.groups, self.rows, self.vectors, self.w.mantissa.shape[2], self.row_offset
        return ProductStruct(
            *sizes,
            pointer(self.w.mantissa),
            pointer(self.x.mantissa),
            pointer(keys),
            pointer(lost),
            pointer(full_scale),
        )

    def _keys(self, key: NoiseKey, modulus: int) -> Tensor:
        """Words of the streams of every block of rows, int32 (blocks, 12)."""
        words = []
        for block in self.placement.row_blocks(slice(0, self.rows)):
            own = block.key(key, modulus)
            receiver = own.fold("receiver")
            for stream in (receiver, receiver.fold("rest"), own.fold("laser")):
                words.append(torch.frombuffer(bytearray(stream.digest), dtype=torch.int32))
        return torch.stack(words).view(-1, 12).contiguous()

    @cached_property
    def offsets(self) -> Tensor:
        """Where tables of tiles hold what is streamed, uint16 (G, N, J); filled at first."""
        return torch.empty(self.x.mantissa.shape, dtype=torch.uint16)

    def symbols(self, screen: NativeScreen, offsets: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Loss and digits of 1 of every symbol, int64 (G, N), and its class, uint8 (G, N)."""
        shape = self.x.mantissa.shape[:2]
        lost, classes = torch.empty(shape, dtype=torch.int64), torch.empty(shape, dtype=torch.uint8)
        arguments = screen.struct, self.x.mantissa, lost.numel(), lost, classes, offsets
        screen.library.call("stream", *arguments)
        return lost, classes

    def screened(
        self, screen: NativeScreen, key: NoiseKey, now: WanderState | None, first: bool
    ) -> tuple[Tensor, int]:
        """Readouts that are decided otherwise than sent, int32 (S, 4), and how many were evaluated.

        What the kernels leave to the reference has -1 for its decision.
        """
        modulus, rows = screen.screening.modulus, self.placement.shape.rows
        keys, full_scale = self._keys(key, modulus), screen.full_scale(self.x.mantissa)
        lost, classes = self.symbols(screen, self.offsets if first else None)
        product = self._struct(keys, lost, full_scale)
        turned = screen.wander(now)
        wander = None if turned is None else turned.struct
        tiles = len(keys) * -(-rows // LANES) * self.groups

        def work(start: int, stop: int) -> tuple[Tensor, int]:
            room = max(_ROOM, min(rows, LANES) * self.vectors)
            found = torch.empty(room, 4, dtype=torch.int32)
            kept, evaluated = [], 0
            while start < stop:
                counts = torch.zeros(3, dtype=torch.int64)
                arguments = screen.struct, product, wander, self.offsets, classes
                start = screen.library.call("screen", *arguments, start, stop, found, room, counts)
                if start < 0:
                    raise MemoryError("no memory for a tile")
                kept.append(found[: int(counts[0])].clone())
                evaluated += int(counts[1])
            return torch.cat(kept), evaluated

        done = in_parallel(work, parts(tiles, 1))
        if not done:
            return torch.empty(0, 4, dtype=torch.int32), 0
        return torch.cat([found for found, _ in done]), sum(count for _, count in done)

    def read(
        self, screen: NativeScreen, key: NoiseKey, now: WanderState | None, readouts: Tensor
    ) -> Tensor:
        """Decided residues, int32 (S,), of single readouts (S, 3); -1 is left to the reference."""
        modulus, rows = screen.screening.modulus, self.placement.shape.rows
        keys, full_scale = self._keys(key, modulus), screen.full_scale(self.x.mantissa)
        lost, _ = self.symbols(screen)
        product, turned = self._struct(keys, lost, full_scale), screen.wander(now)
        group, _, row = readouts.long().T
        chunk = row // rows * -(-rows // LANES) + row % rows // LANES
        order = (chunk * self.groups + group).argsort(stable=True)
        sorted_ = torch.nn.functional.pad(readouts[order].int(), (0, 1)).contiguous()
        counts = torch.zeros(3, dtype=torch.int64)
        wander = None if turned is None else turned.struct
        if (
            screen.library.call(
                "read", screen.struct, product, wander, sorted_, len(sorted_), counts
            )
            < 0
        ):
            raise MemoryError("no memory for a tile")
        decided = torch.empty(len(readouts), dtype=torch.int32)
        decided[order] = sorted_[:, 3]
        return decided
