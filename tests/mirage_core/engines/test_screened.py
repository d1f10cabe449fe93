"""Bounds of the screen: never beyond what brute force finds, and not much short of it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mirage_core import TensorCore, load_machine
from mirage_core.engines import CompactEngine, Operands
from mirage_core.engines.compact import CompactBlock
from mirage_core.engines.screened import TileBounds, aims
from mirage_core.engines.screening import Screening, can_screen
from photonics.readout_words import LARGEST_RADIUS
from tests.machines import HEATED, RESTLESS, SMALL, together
from tests.mirage_core.engines.blocks import bounded_block

MACHINES = {
    "robust": ("robust",),
    "dim": ("robust", "laser.power_w=2e-3"),
    "closed": ("isca2024-closed",),
    "coarse converters": ("isca2024-ideal", "receiver.tia.noise_a_per_rthz=1e-12"),
    "nonlinear converters": ("robust", "receiver.adc_inl_rms_lsb=0.4"),
    "fixed gain": ("robust", "receiver.gain=fixed"),
    "stepped gain": ("robust", "receiver.stage.step_db=1.0"),
    "unlike rails": ("robust", "rail_splitter.imbalance_db=1.0"),
    "flawed hybrids": ("robust", "receiver.hybrid.coupler.imbalance_rms_db=0.6"),
}
DIRECTIONS = 48
STEPS = 40


def bounded(*settings: str, scale: float = 0.05) -> list[tuple[CompactBlock, TileBounds]]:
    """A block of each modulus with its bounds, for weights and rectified activations."""
    core = TensorCore(load_machine(settings[0], together(SMALL, settings[1:])))
    engine, bfp = core.engine, core.machine.bfp
    assert isinstance(engine, CompactEngine)
    generator = torch.Generator().manual_seed(1)
    w = bfp.quantize(scale * torch.randn(16, 32, generator=generator)).mantissa.transpose(0, 1)
    x = bfp.quantize(torch.randn(25, 32, generator=generator)).mantissa.transpose(0, 1)
    operands = Operands(w, x, bfp.max_dot)
    return [
        bounded_block(arrays, core.compiled.shape, operands, Screening(arrays, bfp.max_mantissa))
        for arrays in core.compiled.arrays.values()
    ]


def met_by_light(block: CompactBlock) -> tuple[Tensor, Tensor, Tensor]:
    """What was sent (G, n, m), and of I and Q what converters are given and its rms, (2, ...)."""
    arrays, drives, receiver = block.arrays[0], block.drives[0], block.receivers[0]
    bits, setting = arrays.stream(block.operands.streamed)
    plus, minus, deviation = arrays.digits.respond(bits, *drives)
    sent = torch.remainder(block.exact, arrays.modulus)
    phase = receiver.phase_rad(sent.double(), deviation)
    detected = receiver.detect(plus, minus, phase, torch.ones((), dtype=torch.float64))
    means, rms = receiver.at_converters(detected, setting)
    return sent, torch.stack(tuple(means)), torch.stack(torch.broadcast_tensors(*rms))


def largest_quiet_radius(block: CompactBlock, most: float) -> torch.Tensor:
    """Radius below which no direction of noise changes a decision, by trying, (G, n, m).

    The laser stands still; of many directions and radii the least that errs counts.
    """
    receiver, (sent, means, rms) = block.receivers[0], met_by_light(block)
    least = torch.full(sent.shape, math.inf, dtype=torch.float64)
    for direction in torch.arange(DIRECTIONS) * (2.0 * math.pi / DIRECTIONS):
        for radius in torch.linspace(0.0, most, STEPS).tolist():
            i = means[0] + radius * float(direction.cos()) * rms[0]
            q = means[1] + radius * float(direction.sin()) * rms[1]
            wrong = receiver.decide(i, q) != sent
            least = torch.where(wrong & (least > radius), radius, least)
    return least


FIRST = ("robust", "closed", "coarse converters", "stepped gain")


@pytest.mark.parametrize("name", FIRST)
def test_no_bound_exceeds_what_brute_force_finds(name: str) -> None:
    assert_bounded(name)


@pytest.mark.slow  # 15 s
@pytest.mark.parametrize("name", [name for name in MACHINES if name not in FIRST])
def test_nor_on_any_other_machine(name: str) -> None:
    assert_bounded(name)


def assert_bounded(name: str) -> None:
    """For every readout of a sample the bound is at most the radius that is found."""
    for block, bounds in bounded(*MACHINES[name]):
        bound = bounds.radius(bounds.spare_rad(block), bounds.classes(block).unsqueeze(-1))
        most = min(1.1 * float(bound.max()), 3.0 * LARGEST_RADIUS)
        found = largest_quiet_radius(block, max(most, 1.0))
        # What errs at no radius that was tried has none to be compared with.
        assert bool((bound.clamp_max(most) <= found).all())


def unseen(block: CompactBlock, bounds: TileBounds, times: float = 1.0) -> int:
    """Directions and radii of noise that err, and seem to reach no edge times so much farther."""
    receiver, (sent, means, rms) = block.receivers[0], met_by_light(block)
    spare, off = bounds.angles_rad(block)
    classes, count = bounds.classes(block).unsqueeze(-1), 0
    for direction in torch.arange(DIRECTIONS) * (2.0 * math.pi / DIRECTIONS):
        for radius in torch.linspace(0.0, LARGEST_RADIUS, STEPS).tolist():
            i, q = radius * direction.double().cos(), radius * direction.double().sin()
            wrong = receiver.decide(means[0] + i * rms[0], means[1] + q * rms[1]) != sent
            reaches = (x / times for x in aims(block.arrays[0].modulus, sent.double(), i, q))
            count += int((wrong & ~bounds.reached(spare, off, classes, *reaches)).sum())
    return count


@pytest.mark.parametrize("name", FIRST)
def test_noise_that_errs_is_aimed_at_an_edge(name: str) -> None:
    assert all(unseen(*each) == 0 for each in bounded(*MACHINES[name]))


@pytest.mark.slow  # 3 s
@pytest.mark.parametrize("name", [name for name in MACHINES if name not in FIRST])
def test_so_it_is_on_any_other_machine(name: str) -> None:
    assert all(unseen(*each) == 0 for each in bounded(*MACHINES[name]))


def test_aims_a_fifth_too_short_let_noise_pass_that_errs() -> None:
    assert sum(unseen(*each, times=1.25) for each in bounded(*MACHINES["dim"])) > 0


@pytest.mark.slow  # 3 s
def test_bounds_are_tight_where_converters_are_fine() -> None:
    """Nothing but noise and the cell: a fifth more, and decisions would change unseen."""
    for block, bounds in bounded("isca2024-closed"):
        bound = bounds.radius(bounds.spare_rad(block), bounds.classes(block).unsqueeze(-1))
        found = largest_quiet_radius(block, 1.3 * float(bound.max()))
        assert bool((1.2 * bound > found).any())


@pytest.mark.parametrize(
    ("part", "machine"),
    [
        ("strength", "closed"),
        ("reach_rad", "closed"),
        ("by_tilt_rad", "tilted"),
        ("noise", "closed"),
    ],
)
def test_every_part_of_a_bound_is_needed(part: str, machine: str) -> None:
    """A part a fifth too kind, or the tilt left out, lets readouts pass that are found to err."""
    # Unlike couplers behind unlike rails, and converters so fine that nothing hides it.
    tilted = (
        "robust",
        "receiver.hybrid.coupler.imbalance_rms_db=2.0",
        "receiver.adc_extra_bits=6",
        "receiver.adc_noise_lsb=0",
        "calibration.accept=any",
    )
    settings = tilted if machine == "tilted" else MACHINES[machine]
    beyond = 0
    for block, bounds in bounded(*settings):
        classes = bounds.classes(block).unsqueeze(-1)
        if part == "noise":
            bound = 1.25 * bounds.radius(bounds.spare_rad(block), classes)
        elif part == "by_tilt_rad":
            kind = replace(bounds, by_tilt_rad=torch.zeros_like(bounds.by_tilt_rad))
            bound = kind.radius(kind.spare_rad(block), classes)
        else:
            kind = replace(bounds, **{part: 1.25 * getattr(bounds, part)})
            bound = kind.radius(kind.spare_rad(block), classes)
        found = largest_quiet_radius(block, 1.2 * max(float(bound.max()), 1.0))
        beyond += int((bound > found).sum())
    assert beyond > 0


@pytest.mark.slow  # 6 s
def test_what_cannot_be_bounded_is_not_screened() -> None:
    for settings in (("robust", *RESTLESS), ("thermo-optic", *HEATED, "calibration.accept=any")):
        core = TensorCore(load_machine(settings[0], together(SMALL, settings[1:])))
        engine = core.engine
        assert isinstance(engine, CompactEngine)
        assert not all(can_screen(a, 15) for a in core.compiled.arrays.values())
        assert engine.screens == []
