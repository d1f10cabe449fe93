"""Do our fields of whole dot product units agree with photontorch's network of their parts?

Every setting is a unit of its own, drawn at random: another design, another chip of that design,
other operands.  Rings couple strongly, leak and lose; static phases, drives and hybrids are far
off, for what is wrong only where parts are imperfect must show.

Legend of shapes: B setting, J multiplier.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import cycle, islice, product
from typing import Any, NamedTuple

import torch
from torch import Tensor

from circuits.chip.arrays import ModulusArrays
from circuits.chip.chip import Chip, fabricate
from circuits.coding.array_shape import ArrayShape
from circuits.coding.phase_code import drive_level
from circuits.design.circuit import Design
from circuits.design.multiplier import MultiplierDesign
from circuits.design.receiver import HybridDesign, ReceiverDesign
from circuits.optics.hybrid import Hybrid
from circuits.optics.tile_heat import ThermalShift
from circuits.units.dot_product import ModularDotProduct, RowPosition
from devices.heat.trimmer import Trimmer
from devices.light.laser import Laser
from devices.passive.coupler import Coupler, Splitter
from devices.passive.splitter import SplitterTree
from devices.passive.waveguide import Bend
from devices.shifters.carrier import DepletionShifter
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.shifter import Shifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import RingSwitch
from devices.switches.ring_trimmer import RingTrimmer
from photonics.random import NoiseKey
from studies.verification.photontorch_oracle.parts import (
    Deviations,
    HybridParts,
    RowParts,
    set_row,
)
from studies.verification.photontorch_oracle.row import chained_row_powers, whole_row_powers

# Modulus and multipliers of the units.
SHAPES = ((31, 1), (7, 2), (32, 1), (33, 16), (33, 1), (5, 2), (31, 16))
# Digits on all rails up to which a netlist is solved as a whole.
MOST_WHOLE_DIGITS = 20


class Agreement(NamedTuple):
    """Outcome of a comparison.

    Attributes:
        deviation: greatest difference of a diode's power, over all the light that reaches the four
            diodes of its unit.
        settings: how many units were compared, whole networks and chained ones.
    """

    deviation: float
    settings: int


@dataclass(frozen=True)
class Unit:
    """A dot product unit with its operands: what we say its diodes get, and its parts."""

    powers_w: Tensor
    parts: RowParts


def compare_dot_products(settings: int = 300, seed: int = 0) -> Agreement:
    """Compare units drawn at random: moduli, polarities, codes, drives, rails and all parts.

    Args:
        settings: how many units.
        seed: of the draws.

    Raises:
        InputError: where photontorch is not installed.
    """
    root = NoiseKey.from_seed(seed).fold("photontorch")
    kinds = product(
        ("dual", "dual", "single"),
        ("zero-coupled", "one-coupled"),
        ("unsigned", "twos-complement"),
        ("shared", "per-digit"),
    )
    # Seven shapes, 24 kinds and five shifters have no common divisor: any two of them meet within
    # 168 settings.  Every third unit switches by interferometers.
    chosen = islice(zip(cycle(SHAPES), cycle(kinds), strict=False), settings)
    units = []
    for i, ((modulus, length), kind) in enumerate(chosen):
        options: dict[str, Any] = dict(
            zip(("rails", "polarity", "encoding", "drive"), kind, strict=True)
        )
        options["shifter"] = _shifters(root.fold("shifter", i))[i % 5]
        if options["rails"] == "dual":
            options["rail_drive"] = ("shared", "own")[i // 5 % 2]
        if (i + i // 24) % 3 == 2:
            options["switch"] = _mzi_switch(root.fold("switch", i))
        design = random_design(root.fold("design", i), options)
        chip = fabricate(
            design, (modulus,), ArrayShape(1, 1, length), seed=root.fold("chip", i).words[0]
        )
        hybrid, its_parts = random_hybrid(root.fold("hybrid", i))
        made = replace(chip.fabricated[modulus], hybrid=hybrid)
        chip = replace(chip, fabricated={modulus: made})
        units.append(random_unit(chip, modulus, root.fold("operands", i), hybrid=its_parts))
    return compare_units(units)


def compare_chip(chip: Chip, key: NoiseKey) -> Agreement:
    """Compare every row of the first unit of a chip, of every modulus, at random operands."""
    places = product(chip.moduli, range(chip.shape.rows))
    return compare_units([random_unit(chip, m, key.fold(m, row), row) for m, row in places])


def compare_units(units: list[Unit]) -> Agreement:
    """Compare units; those wired alike are solved together."""
    alike: dict[tuple[int, int, int, str], list[Unit]] = defaultdict(list)
    for unit in units:
        alike[unit.parts.wiring].append(unit)
    deviations = []
    for wiring, group in alike.items():
        multipliers, digits, rails, _ = wiring
        whole = multipliers * digits * rails <= MOST_WHOLE_DIGITS
        solve_row = whole_row_powers if whole else chained_row_powers
        found_w = solve_row(RowParts.join([unit.parts for unit in group]))
        ours_w = torch.stack([unit.powers_w for unit in group])
        deviations.append((found_w - ours_w).abs().amax(-1) / found_w.sum(-1))
    # A tensor's maximum is NaN where any of its entries is.
    return Agreement(float(torch.cat(deviations).max()), len(units))


def random_unit(
    chip: Chip, modulus: int, key: NoiseKey, row: int = 0, hybrid: HybridParts | None = None
) -> Unit:
    """A row of the first unit of a chip, with random operands; its other rows are at rest.

    Args:
        chip: where the row is.
        modulus: m.
        key: of the operands.
        row: which one.
        hybrid: parts of its hybrid; worked out from the hybrid's fields unless given.
    """
    length, code = chip.shape.length, chip.design.multiplier.code(modulus)
    drawn = [key.fold(name).uniform(0, length) for name in "xw"]
    values = torch.tensor(code.values)
    x = values[(drawn[0] * len(values)).long()]
    w = (drawn[1] * modulus).long()
    unit = ModularDotProduct(modulus, length, chip=chip, position=RowPosition(0, row))
    arrays = chip.arrays(modulus)
    deviations = Deviations(
        statics=unit.statics.with_heat(_warmth(arrays, row, drive_level(w, modulus))),
        hybrid=hybrid or HybridParts.of(arrays.hybrid.at(0, slice(row, row + 1))),
        splitter_db=chip.fabricated[modulus].splitter_db[0, row],
        input_rad=arrays.input_field[0, row].angle(),
    )
    return Unit(unit.powers(x, w), set_row(unit.design, modulus, x[None], w[None], deviations))


def _warmth(arrays: ModulusArrays, row: int, level: Tensor) -> ThermalShift | None:
    """What the heaters of a row of drives (J) do to each other, (J, D, S)."""
    tile = level.new_zeros(arrays.statics.drive_gain.shape[1:3])
    tile[row] = level
    thermal_shift = arrays.thermal_shift(tile, 0)
    return None if thermal_shift is None else thermal_shift.apply(lambda part: part[row])


def random_hybrid(key: NoiseKey) -> tuple[Hybrid, HybridParts]:
    """An unbalanced hybrid in the one place (unit 0, row 0), and its parts as one setting."""
    splitter_db, coupler_db = key.fold("balance").normal(0, 4).view(2, 1, 2)
    quadrature_rad = 0.3 * key.fold("quadrature").normal(0, 1)
    equal = torch.ones(1, 1, 4, dtype=torch.float64)
    hybrid = Hybrid.build(splitter_db[None], coupler_db[None], quadrature_rad[None], equal)
    return hybrid, HybridParts.made(splitter_db, coupler_db, quadrature_rad)


def _shifters(key: NoiseKey) -> list[Shifter]:
    """One of every kind, whose losses follow the drive."""
    u = key.uniform(0, 4).tolist()
    return [
        PhaseShifter(loss_db_per_m=3000.0 * u[0]),
        ElectroOpticShifter(loss_db_per_m=10.0 * u[0], loss_db_per_pi=u[1]),
        NoemsShifter(loss_db_per_m=3000.0 * u[0], loss_db_per_pi=u[1], pull_in_v=1.1 + u[2]),
        ThermoOpticShifter(insertion_loss_db=0.1 * u[0], loss_db_per_pi=u[1]),
        DepletionShifter(loss_db_per_m=100.0 * u[0], donors_per_cm3=(3.0 + 7.0 * u[2]) * 1e17),
    ]


def _mzi_switch(key: NoiseKey) -> MziSwitch:
    """An interferometer of unequal couplers, whose arm loses more when it is driven."""
    u = key.uniform(0, 4).tolist()
    return MziSwitch(
        coupler=Coupler(
            cross_power=0.3 + 0.4 * u[0], excess_loss_db=0.5 * u[1], imbalance_rms_db=1.0
        ),
        arm=ElectroOpticShifter(loss_db_per_m=100.0 * u[2], loss_db_per_pi=u[3]),
        # Steps of a sixth of a turn.
        arm_trimmer=Trimmer(bits=3),
    )


def random_design(key: NoiseKey, options: Mapping[str, Any]) -> Design:
    """A circuit of imperfect parts; ``options`` are the choices of its multipliers."""
    u = iter(key.uniform(0, 20).tolist())
    ring = RingSwitch(
        radius_m=5e-6 + 10e-6 * next(u),
        coupling_power=0.02 + 0.4 * next(u),
        drop_coupling_power=0.02 + 0.4 * next(u),
        loss_db_per_m=1500.0 * next(u),
        group_index=3.5 + next(u),
        detuning_loss_db_per_m=1500.0 * next(u),
        max_bias_v=1e3,
        # Steps of half a nanometre.
        trimmer=RingTrimmer(bits=4),
    )
    half_range_m = ring.fsr_m(Laser().wavelength_m) / 2.0
    multiplier = {
        "switch": ring.changed({"detuning_m": (0.05 + 0.9 * next(u)) * half_range_m}),
        "shifter": PhaseShifter(loss_db_per_m=3000.0 * next(u)),
        "bend": Bend(loss_db=0.05 * next(u)),
        "bypass_phase_rad": 6.0 * next(u),
        "bypass_phase_rms_rad": 1.0,
        "coherence_length_m": 0.00184,
        "index_rms": 0.0,
        "drive_gain_rms": 0.02,
        "drive_inl_rms": 0.1,
        **options,
    }
    share = 0.2 + 0.6 * next(u)
    made = MultiplierDesign.model_validate(multiplier)
    return Design(
        multiplier=made,
        signal_share=share if made.rails == "single" else 0.5,
        feed=SplitterTree(
            fan_out=1 + int(100 * next(u)), stage_loss_db=next(u), imbalance_rms_db=0.0
        ),
        rail_splitter=Splitter(
            excess_loss_db=3.0 * next(u),
            imbalance_db=2.0 * next(u) - 1.0,
            imbalance_rms_db=1.0,
            phase_error_rad=6.0 * next(u),
        ),
        receiver=ReceiverDesign(
            hybrid=HybridDesign(
                splitter=Splitter(excess_loss_db=3.0 * next(u), imbalance_rms_db=0.0),
                coupler=Coupler(excess_loss_db=3.0 * next(u), imbalance_rms_db=0.0),
            )
        ),
    )
