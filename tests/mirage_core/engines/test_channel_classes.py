"""Classes of the channel: stationary rows by the spread of their drives, streamed ones by loss."""

from __future__ import annotations

import math

import pytest
import torch

import mirage_core.engines.channel_trials as channel_trials
from circuits import Chip
from circuits.chip.compiling import compile_chip
from circuits.receiver.decisions import Signal, decisions
from mirage_core import MachineConfig, load_machine
from mirage_core.engines import Operands
from mirage_core.engines.channel_law import ReadoutErrorModel
from mirage_core.engines.channel_patterns import data
from mirage_core.engines.channel_tiles import Tiles
from mirage_core.engines.compact import ReadoutNoise, _detect
from mirage_core.engines.placement import Placement
from photonics.random import NoiseKey
from tests.mirage_core.engines.channel_bench import calm, channel, operands, raw, slips


@pytest.fixture(autouse=True)
def _few_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel_trials, "_BATCH", 1 << 7)


MODULUS = 32


def spread_out(*overrides: str) -> MachineConfig:
    """A calm machine whose drives turn the phase wrongly: by up to 70 mrad rms in a row."""
    return calm("laser.power_w=0.25e-3", "multiplier.drive_gain_rms=0.3e-3", *overrides)


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
    detected = _detect(receivers, light, exact, noise)
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


@pytest.mark.slow  # 5 s
def test_drives_of_every_size_err_as_often_as_in_the_compact_model() -> None:
    machine = spread_out()
    chip = raw(machine)
    law = law_of(machine, chip)
    assert law.spreads > 2
    found = {}
    for kind in ("zero", "sparse", "dense", "full"):
        o = of_kind(kind)
        found[kind] = compact_error_probability(chip, o)
        # The margin that the channel is held to.
        assert float(channel_error_probability(law, o).mean()) == pytest.approx(
            found[kind], rel=0.1
        )
    # Without classes all would err alike.
    assert found["full"] > 3 * found["zero"]
    assert found["dense"] > 1.2 * found["sparse"]


@pytest.mark.slow  # 7 s
def test_the_law_does_not_depend_on_what_was_asked_first() -> None:
    machine = spread_out()
    chip = raw(machine)
    kinds = ("sparse", "full", "dense")
    first, second = law_of(machine, chip), law_of(machine, chip)
    probabilities = {k: channel_error_probability(first, of_kind(k)) for k in kinds}
    for kind in reversed(kinds):
        assert torch.equal(channel_error_probability(second, of_kind(kind)), probabilities[kind])


def test_only_what_data_needs_is_worked_out() -> None:
    machine = spread_out()
    law = law_of(machine, raw(machine))
    assert not law.tried.any()
    channel_error_probability(law, of_kind("zero"))
    assert law.tried.any(0).tolist() == [True] + [False] * (law.spreads - 1)


def test_a_chip_whose_drives_are_alike_has_one_class() -> None:
    machine = load_machine("isca2024-ideal", ["array.units=2", "array.rows=4"])
    assert law_of(machine, raw(machine)).spreads == 1


def test_no_probability_lies_above_the_bound_they_are_thinned_from() -> None:
    machine = spread_out()
    law, o = law_of(machine, raw(machine)), of_kind("dense")
    probabilities = channel_error_probability(law, o)
    rows = law.shape.rows
    unit = Placement(law.shape).unit(1, slice(0, o.rows))[:, ::rows]
    tiles, step = Tiles(law, o.stationary, unit), law.loss_step(o.streamed)
    most = tiles.most(step)[:, :, 0]
    block = torch.arange(unit.shape[1])
    for vector in range(o.vectors):
        at = step[0, vector].expand_as(block)
        hazard = tiles.hazard(at, torch.zeros_like(block), block)
        by_row = -torch.expm1(-hazard.diff(dim=1, prepend=torch.zeros(len(block), 1)))
        assert bool((probabilities[vector].view(-1, rows) <= by_row * (1 + 1e-9)).all())
        any_row = -torch.expm1(-hazard[:, -1])
        assert bool((any_row <= most[:, vector]).all())
        assert float((most[:, vector] / any_row).max()) < 1.001


@pytest.mark.slow  # 11 s
def test_tiles_that_mix_sizes_are_drawn_by_the_probability_of_each_row() -> None:
    machine = spread_out()
    chip = raw(machine)
    dense, sparse = of_kind("full"), of_kind("sparse")
    even = torch.arange(dense.rows) % 2 == 0
    mixed = torch.where(even[:, None], dense.stationary, sparse.stationary)
    o = Operands(mixed.contiguous(), dense.streamed, dense.max_dot)
    probabilities = channel_error_probability(law_of(machine, chip), o)
    counts = [0, 0]
    engine = channel(machine, chip)
    for seed in range(6):
        wrong = slips(engine, o, seed)[MODULUS][0] != 0
        for side, rows in enumerate((even, ~even)):
            counts[side] += int(wrong[:, rows].sum())
    for count, rows in zip(counts, (even, ~even), strict=True):
        expected = 6 * float(probabilities[:, rows].sum())
        assert expected >= 400
        assert abs(count - expected) < 4 * math.sqrt(expected)
