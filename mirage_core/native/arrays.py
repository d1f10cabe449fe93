"""The arrays of a compiled chip as native kernels read them, and how their rows have turned.

Legend of shapes: M stationary row, N streamed vector, G group, J multiplier.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import mmap
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from circuits.compiled.arrays import CompiledArrays
from circuits.compiled.heat_expansion import HeatExpansion
from circuits.compiled.row_wander import RowWander, WanderState
from mirage_core.engines.screening import (
    LIGHT_LIMIT,
    MOST_DISPLACED,
    SLOTS,
    Screening,
    can_screen,
)
from mirage_core.native.coarse import coarse_rows
from mirage_core.native.library import (
    DEPTH,
    LANES,
    LONGEST,
    TAPS,
    ArraysStruct,
    HeatStruct,
    TapsStruct,
    WanderStruct,
    pointer,
)
from photonics.readout_words import LARGEST_RADIUS

_MOST_DIGITS = SLOTS - 1
# Sums and functions of the kernels are off by far less, of the full scale.
_NEAR = 1e-9
# Numbers of a row that readouts are worked out by, and those that bound them.
_LINE, _BOUNDS = 22, 14
# Largest modulus whose residues the bounds of single precision hold for.
_MOST_COARSE = 256
# Bytes of a large page.
_LARGE = 1 << 21


def can_read(arrays: CompiledArrays) -> bool:
    """Whether the kernels know arrays: not too large, and tables that do not go with the tile.

    Beside a loss they count digits that are 1, which a gain would borrow from.
    """
    digits, memory = arrays.digits, arrays.receiver.memory
    fits = digits.digits <= _MOST_DIGITS and digits.shape[2] <= LONGEST
    if digits.heat is not None:
        fits &= max(len(taps.place) for taps in digits.heat.taps) <= TAPS
    fits &= memory.depth < DEPTH and not arrays.receiver.gain.amplifies
    return digits.table is not None and fits


def _in_large_pages(numbers: Tensor) -> Tensor:
    """A copy of large tensors in large pages of memory, where there are such.

    Tiles pick their numbers here and there, and most of the time goes into finding pages.
    """
    size = numbers.numel() * numbers.element_size()
    if size < _LARGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return numbers
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, -(-size // _LARGE) * _LARGE, flags=private)
    with contextlib.suppress(OSError):
        memory.madvise(mmap.MADV_HUGEPAGE)
    copy = torch.frombuffer(memory, dtype=numbers.dtype, count=numbers.numel())
    return copy.view_as(numbers).copy_(numbers)


@dataclass(frozen=True)
class NativeArrays:
    """The arrays of one modulus as kernels read them.

    Attributes:
        screening: numbers and bounds.
    """

    screening: Screening

    @cached_property
    def screens(self) -> bool:
        """Whether readouts can be screened; if not, every one is evaluated."""
        s = self.screening
        # Sums of losses have 32 bits.
        summed = int(s.loss_steps.max()) * s.arrays.digits.shape[2]
        return can_screen(s.arrays, s.limit) and summed < 1 << 32

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
        found = {
            "hot": s.hot if self.screens else s.phases,
            "amplitude": s.exact[:, :, :2],
            "chain": s.chain,
            "quads": s.quads,
            "input": torch.nn.functional.pad(digits.input_response, (0, 1)).int(),
            "masks": mask,
            "picks": (257 * (1 + 2 * (s.bits * places).sum(-1))).to(torch.uint16),
            "code": (s.bits * places).sum(-1).int(),
            "loss_ones": s.loss_steps + (s.bits.sum(-1) << 40),
            "phase_rms": torch.tensor(receiver.laser.phase_rms_rad, dtype=torch.float64),
            "line": s.lines[:, :_LINE],
            "bounds": s.lines[:, _LINE : _LINE + _BOUNDS].T,
            "edges": torch.stack((edge.cos(), edge.sin()), -1),
        }
        if self.screens:
            noise, displaced = s.class_bounds.unbind(-1)
            wider = 0, max(0, LANES - len(s.loss_steps))
            found["loss"] = torch.nn.functional.pad(s.loss_steps, wider).int()
            found["class_limit"] = s.class_limits
            found["class_most"] = s.class_limits.cummax(0).values
            # Rounded to the safe side.
            bounds = torch.stack((displaced * 1.000001, 0.999999 / noise), -1)
            found["class_bound"] = bounds.float()
        if receiver.converter.bits <= 10:
            found["decided"] = receiver.converter.table
        if receiver.transitions is None and "decided" in found and modulus <= _MOST_COARSE:
            found["coarse"] = coarse_rows(receiver, s.lines)
        if receiver.transitions is not None:
            found["transitions"] = receiver.transitions.double().flatten(0, 1)
        return {name: _in_large_pages(x.contiguous()) for name, x in found.items()}

    @cached_property
    def _heat(self) -> HeatNumbers | None:
        heat = self.screening.arrays.digits.heat
        return None if heat is None else HeatNumbers(heat)

    @cached_property
    def address(self) -> int:
        """Where that structure is."""
        return ctypes.addressof(self.struct)

    @cached_property
    def struct(self) -> ArraysStruct:
        """The structure that kernels are given."""
        s = self.screening
        digits, receiver, gain = s.arrays.digits, s.receiver, s.receiver.gain
        units, rows, length = digits.shape
        half = math.pi / s.modulus
        stepped = gain.per_symbol and gain.steps is not None
        given: dict[str, Any] = {name: pointer(x) for name, x in self._numbers.items()}
        if self.screens:
            given |= {
                "classes": len(s.class_limits),
                "class_shift": s.class_shift,
                "phases_still": int(s.still),
                "tilt_step": s.tilt_step,
                "amplitude_limit": s.amplitude_limit,
            }
        memory = receiver.memory
        if self._heat is not None:
            given["heat"] = ctypes.pointer(self._heat.struct)
        return ArraysStruct(
            **given,
            modulus=s.modulus,
            units=units,
            rows=rows,
            length=length,
            digits=digits.digits,
            mantissas=len(s.mantissas),
            least=-s.limit,
            step=(*digits.step, 0.0),
            turn=s.turn,
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
            quad_count=len(s.quads),
            finer=s.finer,
            half_units=half * s.steps_of_turn / (2.0 * math.pi),
            cosine=math.cos(half),
            most_displaced=MOST_DISPLACED,
            light_limit=LIGHT_LIMIT,
            rounding_units=s.rounding_units,
            radius=LARGEST_RADIUS,
            screens=int(self.screens),
            depth=memory.depth,
            taps=memory.taps,
            slopes=memory.slopes_per_s,
            jitter_s=memory.jitter_s,
            near=_NEAR,
        )

    def full_scale(self, mantissa: Tensor) -> Tensor | None:
        """Full scale of every symbol (S, G, N) where the gain goes in steps; none otherwise."""
        gain = self.screening.receiver.gain
        if not gain.per_symbol or gain.steps is None:
            return None
        loss_db = self.screening.loss_db[mantissa.long() + self.screening.limit]
        return gain.full_scale_of(loss_db.sum(-1)).contiguous()

    def turned(self, normals: Tensor | None, unit: Tensor, row: Tensor, level: Tensor) -> Tensor:
        """Grid steps by which the noise of drives turns multipliers, int32 (G, M, J, 8)."""
        arrays = self.screening.arrays
        assert normals is not None
        assert arrays.drive_noise is not None
        by_place, by_digit = arrays.drive_noise.turned_rad(normals, unit, row, level)
        found = torch.zeros(*level.shape, SLOTS, dtype=torch.int32)
        step = arrays.digits.step[2]
        found[..., 0] = (by_place / step).round()
        found[..., 1 : 1 + arrays.digits.digits] = (
            (by_digit / step).round().unflatten(2, (level.shape[2], -1))
        )
        return found

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


class HeatNumbers:
    """What the heat of tiles adds, and the structure that points to it."""

    def __init__(self, heat: HeatExpansion) -> None:
        wider = 0, SLOTS - heat.digits
        asked = heat.asked_rad.transpose(1, 2)
        self.padded = [
            _in_large_pages(torch.nn.functional.pad(part, wider).contiguous())
            for part in (asked, heat.slopes, heat.share)
        ]
        self.curves = heat.curves.contiguous()
        found = heat.taps
        # Vectors of the last places reach beyond them.
        self.weights = [torch.nn.functional.pad(t.weight.flatten(), (0, 64)) for t in found]
        self.places = [taps.place.contiguous() for taps in found]
        each = []
        for taps, place, weight in zip(found, self.places, self.weights, strict=True):
            unlike = taps.weight.ndim > 1
            by_place = math.prod(taps.weight.shape[2:]) if unlike else 0
            address = pointer(weight)
            alike, by_places = (None, address) if unlike else (address, None)
            each.append(TapsStruct(len(taps.place), by_place, pointer(place), alike, by_places))
        reach = [taps.reach for taps in found]
        asked, slopes, share = self.padded
        self.struct = HeatStruct(
            *each,
            heat.terms,
            max(down for down, _ in reach),
            max(along for _, along in reach),
            heat.seen_slope_rad,
            *(pointer(x) for x in (asked, slopes, self.curves, share)),
        )
