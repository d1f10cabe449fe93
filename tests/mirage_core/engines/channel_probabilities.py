"""Error probabilities of a channel and of its compact model, for data of many kinds."""

from __future__ import annotations

import torch

from circuits import Chip
from circuits.chip.compiling import compile_chip
from circuits.receiver.decisions import Signal, decisions
from mirage_core import MachineConfig
from mirage_core.engines import Operands
from mirage_core.engines.channel_law import ReadoutErrorModel
from mirage_core.engines.channel_patterns import data
from mirage_core.engines.channel_tiles import Tiles
from mirage_core.engines.compact import ReadoutNoise, _detect
from mirage_core.engines.placement import Placement
from photonics.random import NoiseKey
from tests.mirage_core.engines.channel_bench import calm, channel, operands

MODULUS = 32


def spread_out(*overrides: str) -> MachineConfig:
    """A calm machine whose drives turn the phase wrongly: by up to 70 mrad rms in a row."""
    return calm("laser.power_w=0.42e-3", "multiplier.drive_gain_rms=0.3e-3", *overrides)


def of_kind(kind: str) -> Operands:
    """Data of many kinds, streamed against drives: dense, zeros but for one of 16, full or zero."""
    o = operands("dense", 1, 1, 1024)
    w, x = o.stationary, data(NoiseKey.from_seed(7), 64, 16, 15, 0.5)[None]
    number = torch.arange(w.numel()).view(w.shape)
    if kind == "sparse":
        w = torch.where(number % 16 == number // 16 % 16, w, 0)
    elif kind == "full":
        w = torch.where(number * 7 % 31 < 16, 15, -15)
    elif kind == "zero":
        w = torch.zeros_like(w)
    return Operands(w.short().contiguous(), x, o.max_dot)


def compact_error_probability(chip: Chip, o: Operands) -> float:
    """Mean probability of a wrong residue in the compact model, noise of its light apart."""
    arrays = compile_chip(chip).arrays[MODULUS]
    placement, rows = Placement(chip.shape), slice(0, o.rows)
    unit, row, every = placement.unit(1, rows), placement.row(rows), slice(0, o.vectors)
    receivers = arrays.receivers(unit, row)
    blocks = list(placement.row_blocks(rows))
    noise = ReadoutNoise.draw(arrays, NoiseKey.from_seed(3), blocks, 1, every, 0)
    exact = o.exact_dots(every, rows)
    residue = torch.remainder(exact, MODULUS)
    bits, setting = arrays.stream(o.streamed)
    light = arrays.digits.respond(bits, *arrays.load(o.stationary, unit, row))
    rms_rad = receivers.laser.phase_rms_of(bits).unsqueeze(-1)
    detected = _detect(receivers, light, exact, noise, rms_rad)
    means, rms = receivers.at_converters(detected, setting)
    mean_i, mean_q, rms_i, rms_q = (
        x.double().expand(residue.shape).flatten() for x in (*means, *rms)
    )
    signal = Signal((mean_i, mean_q), (rms_i, rms_q))
    law = decisions(arrays.receiver.converter)
    return float(law.slips(signal, residue.flatten().long()).sum((1, 2)).mean())


def channel_error_probability(law: ReadoutErrorModel, o: Operands) -> torch.Tensor:
    """Probabilities of a wrong residue in the channel, (N, M)."""
    rows = law.shape.rows
    unit = Placement(law.shape).unit(1, slice(0, o.rows))[:, ::rows]
    tiles, step = Tiles(law, o.stationary, unit), law.loss_step(o.streamed)
    tiles.most(step)
    residue = torch.remainder(o.exact_dots(slice(0, o.vectors), slice(0, o.rows)), law.modulus)
    row = torch.arange(o.rows).expand(o.vectors, -1).flatten()
    steps = step[0][:, None].expand(-1, o.rows).flatten()
    kind = tiles.kind(steps, torch.zeros_like(row), row // rows, row % rows)
    return law.probabilities(kind, residue.flatten().long()).view(o.vectors, o.rows)


def law_of(machine: MachineConfig, chip: Chip) -> ReadoutErrorModel:
    return next(x for x in channel(machine, chip).laws if x.modulus == MODULUS)
