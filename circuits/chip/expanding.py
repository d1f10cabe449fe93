"""The heat of tiles expanded: from exactly warm digits to what is added to cold tables.

Legend of shapes: see :mod:`circuits.compiled.heat_expansion`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.compiled.heat_expansion import HeatExpansion, Taps
from circuits.compiled.warm_digits import WarmDigits
from photonics.optics import phasor
from photonics.random import NoiseKey
from photonics.switching import moved

# Phase that heaters left out of a sum may be wrong by: what is compensated cancels but for a part.
_LEFT_OUT_RAD, _LEFT_OUT_UNSEEN_RAD = 1e-4, 5e-6
# The same of what is misjudged, which is different everywhere: rms.
_LEFT_OUT_RMS_RAD = 1e-6
# Rows that err by more than this, in rad and in neper, are followed exactly.
_MOST_OFF = 1e-4
# Tiles and streamed vectors by which that is found.
_TILES, _VECTORS = 2, 64
# A move of switches that nothing warms, too small to be one.
_STILL_M = 1e-15
# Move by which the slope of a switch is found, over the move that a tile may come to.
_SLOPE_SHARE = 0.1


def expanded(warm: WarmDigits, step: tuple[float, float, float]) -> HeatExpansion | None:
    """The expansion of warm digits; none where it would leave out too much.

    Args:
        warm: the digits, exactly.
        step: of the tables that the expansion is added to.
    """
    heat = warm.heat
    kernels = [k for k in (heat.kernel, heat.seen_kernel, heat.switch_kernel) if k is not None]
    # Of a row that was measured no place is like another.
    unlike = any(k.ndim > (5 if k is heat.switch_kernel else 4) for k in kernels)
    if not all(warm.multiplied) or unlike:
        return None
    units, rows, length, digits = warm.static_rad.shape[:4]
    asked_rad = float(warm.asked_rad.abs().max())
    seen, turning, terms = None, None, 0
    if heat.seen_kernel is None:
        turning = _taps(heat.kernel, asked_rad, _LEFT_OUT_UNSEEN_RAD)
    else:
        seen = _taps(heat.seen_kernel, asked_rad, _LEFT_OUT_RAD)
        # What each term leaves is smaller by the summed coupling.
        strength = max(float(heat.seen_kernel.abs().sum((1, 2, 3)).max()), 1e-9)
        terms = max(1, math.ceil(math.log(_LEFT_OUT_RAD / asked_rad) / math.log(strength)) - 1)
        if heat.misjudged is not None:
            turning = _misjudged(heat.misjudged, asked_rad, (rows, length * digits))
    moving, largest = None, _STILL_M
    if heat.switch_kernel is not None and bool(heat.switch_kernel.any()):
        kernel = heat.switch_kernel.transpose(0, 1).flatten(0, 1)
        largest = float(kernel.abs().sum((1, 2, 3)).max()) * asked_rad
        kernel = kernel / largest
        # What digits of 0 and 1 are turned by alike, no drive takes back.
        turn_rad = asked_rad * largest * abs(heat.seen_slope_rad)
        moving = _taps(kernel, turn_rad, _LEFT_OUT_UNSEEN_RAD)
    slopes, curves, share = _of_switches(warm, largest)
    found = HeatExpansion(
        warm.modulus,
        (units, rows, length),
        digits,
        warm.asked_rad.float(),
        seen,
        turning,
        moving,
        terms,
        heat.seen_slope_rad * largest,
        slopes,
        curves,
        share,
        step,
    )
    return found if _off(found, warm) <= _MOST_OFF else None


def _taps(kernel: Tensor, phase_rad: float, left_out_rad: float) -> Taps:
    """Those of a kernel (A, S, y, x), without neighbours that together give next to nothing."""
    place = _places(kernel.abs() * phase_rad, left_out_rad)
    down, along = kernel.shape[2] // 2, kernel.shape[3] // 2
    to, source, y, x = place.long().unbind(1)
    return Taps(place, kernel[to, source, y + down, x + along].float())


def _misjudged(misjudged: Tensor, phase_rad: float, size: tuple[int, int]) -> Taps:
    """Those of what the controller misjudges, (U, S, S, y, x, R·P)."""
    place = _places((misjudged * phase_rad).square().mean((0, 5)), _LEFT_OUT_RMS_RAD**2)
    down, along = misjudged.shape[3] // 2, misjudged.shape[4] // 2
    to, source, y, x = place.long().unbind(1)
    weight = misjudged[:, to, source, y + down, x + along]
    # Kernels read all of them for every tile: half as many bytes will do.
    return Taps(place, weight.unflatten(-1, size).to(torch.bfloat16).contiguous())


def _places(size: Tensor, left_out: float) -> Tensor:
    """Neighbours (T, 4) but for the least ones, whose sizes (A, S, y, x) add up to so little."""
    kept = torch.zeros(size.shape, dtype=torch.bool)
    for of, to in zip(size.flatten(1), kept.flatten(1), strict=True):
        order = of.argsort(stable=True)
        to[order] = of[order].cumsum(0) > left_out
    middle = torch.tensor([0, 0, size.shape[2] // 2, size.shape[3] // 2])
    return (kept.nonzero() - middle).to(torch.int32)


def _of_switches(warm: WarmDigits, largest: float) -> tuple[Tensor, Tensor, Tensor]:
    """Slopes p and curvatures q, of moves over the largest, and shares α of a chip's digits."""
    offset = warm.switch_offset
    paths = (0, 1) if warm.straight_shifter else (1, 0)
    shifter = warm.shifter * phasor(warm.static_rad).unsqueeze(3)
    move = torch.full(offset.shape[:-1], _SLOPE_SHARE * largest, dtype=torch.float64)
    slopes, curves, share = [], [], []
    for numbers in warm.switches:
        cold = numbers.fields(offset)
        up, down = (numbers.fields(moved(offset, by)) for by in (move, -move))
        slope = [(up[w] - down[w]) / (2.0 * _SLOPE_SHARE * cold[w]) for w in paths]
        bend = [up[w] + down[w] - 2.0 * cold[w] for w in paths]
        curve = [x / (2.0 * _SLOPE_SHARE**2 * cold[w]) for w, x in zip(paths, bend, strict=True)]
        slopes.append(torch.stack(slope))
        curves.append(torch.stack([_line(p, q) for p, q in zip(slope, curve, strict=True)]))
        by_shifter, by_bypass = (cold[w].prod(-1) for w in paths)
        part = by_shifter.unsqueeze(3) * shifter
        share.append(part / (part + (by_bypass * warm.bypass).unsqueeze(3)))
    # (B, W, U, R, J, D, S, E) to (L, S, B, W, E, C, D), and (B, U, R, J, V, D, S) alike.
    p = torch.view_as_real(torch.stack(slopes)).permute(2, 3, 4, 6, 0, 1, 7, 8, 5)
    a = torch.view_as_real(torch.stack(share)).permute(1, 2, 3, 4, 6, 0, 7, 5)
    q = torch.view_as_real(torch.stack(curves))
    return (
        p.flatten(0, 2).float().contiguous(),
        q.float().contiguous(),
        a.flatten(0, 2).float().contiguous(),
    )


def _line(x: Tensor, y: Tensor) -> Tensor:
    """Complex intercept and slope of the straight line that is nearest to points, (2,)."""
    apart = x - x.mean()
    spread = apart.abs().square().sum()
    # Where all are alike, rounding must not tilt it.
    if not spread > 1e-12 * x.abs().square().sum():
        return torch.stack((y.mean(), torch.zeros_like(y.mean())))
    tilt = (apart.conj() * y).sum() / spread
    return torch.stack((y.mean() - tilt * x.mean(), tilt))


def _off(found: HeatExpansion, warm: WarmDigits) -> float:
    """Largest error of rows of some tiles, in rad or neper, against exactly warm digits."""
    units, rows, length = found.shape
    key = NoiseKey.from_seed(0).fold("heat", "sample")
    drawn = key.uniform(0, _TILES * rows * length).view(_TILES, rows, length)
    level = (drawn * found.modulus).long() - found.modulus // 2
    unit = (torch.arange(_TILES) % units)[:, None].expand(_TILES, rows)
    row = torch.arange(rows)
    exact, cold = warm.responses(unit, row, level), warm.cold(unit, row, level)
    off = []
    for q, changes in enumerate(zip(*found.changes(unit, row, level), strict=True)):
        low, high = (change.double().view(*level.shape, -1) for change in changes)
        for part, change in zip((0, 1), (low, high - low), strict=True):
            by_heat = (exact[part] - cold[part])[..., q]
            turns = (by_heat / (2.0 * math.pi)).round() if q == 2 else 0.0
            off.append((by_heat - turns * (2.0 * math.pi) - change).flatten(2))
    places = off[0].shape[2]
    streamed = key.fold("streamed").uniform(0, _VECTORS * places).view(_VECTORS, places)
    bits = (streamed < 0.5).double()
    rows_off = [off[q].sum(-1, keepdim=True) + off[q + 1] @ bits.T for q in (0, 2, 4)]
    most = max(float(each.abs().max()) for each in rows_off)
    return most if math.isfinite(most) else math.inf
