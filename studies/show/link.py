"""The link budget of a machine for the data that a real network streams through it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from circuits.analysis.floor import Floor, systematic_floor
from circuits.analysis.link import LinkBudget, LinkPoint, PowerCheck, Voltages
from circuits.analysis.timing import Timing
from circuits.analysis.workload import Workload
from circuits.chip.compiling import compile_chip
from circuits.coding.array_shape import ArrayShape
from circuits.control.bring_up import bring_up
from mirage_core.data.dataset import Dataset
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.report.tables import console, print_table

TARGET = 1e-6
PERCENTILE = 99.9
WORST_TARGET = 1e-9
_FLOOR_ROWS, _FLOOR_VECTORS = 16, 2000
_PUBLISHED = "the paper's multipliers"
KINDS = {"forward": "forward: inputs", "dx": "dx: gradients", "dw": "dw: inputs^T"}


@dataclass(frozen=True)
class LinkRow:
    """Budget of the rows of one modulus for one kind of streamed data.

    Attributes:
        modulus: m.
        streamed: which data.
        power_w: laser power of a row.
        median: the link behind the median loss.
        tail: the link behind the stated percentile of the loss; for the worst input, behind that.
        closing_power_w: laser power at which the noise behind ``tail`` errs at the target.
    """

    modulus: int
    streamed: str
    power_w: float
    median: LinkPoint
    tail: LinkPoint
    closing_power_w: float


def link_rows(machine: MachineConfig, streamed: dict[str, Tensor]) -> list[LinkRow]:
    """Budget of every modulus for every kind of streamed mantissas, and for the worst input."""
    rows = []
    quantiles = torch.tensor([0.5, PERCENTILE / 100], dtype=torch.float64)
    for modulus in machine.all_moduli.moduli:
        budget = LinkBudget(machine.design, modulus, machine.bfp.group_size)
        power_w = machine.design.row_power_w(modulus)
        for kind, mantissa in streamed.items():
            loss_db = budget.gain.rail_loss_db(budget.gain.code.digits(mantissa.long()))
            median, tail = (budget.at_loss(float(x)) for x in torch.quantile(loss_db, quantiles))
            closing = budget.closing_power_w(TARGET, tail.rail_loss_db)
            rows.append(LinkRow(modulus, KINDS[kind], power_w, median, tail, closing))
        worst = budget.worst()
        closing = budget.closing_power_w(WORST_TARGET, worst.rail_loss_db)
        rows.append(LinkRow(modulus, "worst input", power_w, worst, worst, closing))
    return rows


def verdicts(machine: MachineConfig) -> tuple[Timing, PowerCheck]:
    """Timing and power of the modulus of a machine that fares worst."""
    budgets = [
        LinkBudget(machine.design, m, machine.bfp.group_size) for m in machine.all_moduli.moduli
    ]
    timing = max((b.timing() for b in budgets), key=lambda t: t.symbol_s)
    return timing, max((b.power() for b in budgets), key=lambda p: p.launched_w)


def voltages(machine: MachineConfig) -> Voltages:
    """Voltages of the modulus of a machine whose light is strongest."""
    found = [
        LinkBudget(machine.design, m, machine.bfp.group_size).voltages()
        for m in machine.all_moduli.moduli
    ]
    return max(found, key=lambda v: v.full_scale_v)


def voltage_text(found: Voltages) -> str:
    """What switches and converters need, in words."""
    driven = (
        ""
        if found.switch_v is None
        else f"{found.switch_v:.3g} V from state to state of a switch, "
    )
    return f"volts:  {driven}{found.full_scale_v:.3g} V of full scale behind the amplifier"


def floors(machine: MachineConfig, streamed: dict[str, Tensor]) -> dict[str, Floor]:
    """Worst floor over the moduli: of the machine, and of it with the paper's multipliers.

    Of the first alone where the machine cannot have those.
    """
    forward = streamed["forward"]

    def worst(candidate: MachineConfig) -> Floor:
        found = (floor(candidate, m, forward) for m in candidate.all_moduli.moduli)
        return max(found, key=lambda floor: floor.rms_rad / floor.half_cell_rad)

    result = {machine.name: worst(machine)}
    if machine.name == "isca2024":
        return result
    try:
        published = with_published_multiplier(machine)
    except InputError:
        return result
    return {**result, _PUBLISHED: worst(published)}


def floor(machine: MachineConfig, modulus: int, streamed: Tensor) -> Floor:
    """Floor of one array of a machine's own chip, calibrated, for what is streamed first.

    Args:
        machine: any.
        modulus: of the array.
        streamed: mantissas (vectors, J); the drives are uniform mantissas.
    """
    length, top = machine.bfp.group_size, machine.bfp.max_mantissa
    rows = min(_FLOOR_ROWS, machine.array.rows)
    shape = ArrayShape(units=1, rows=rows, length=length)
    chip = bring_up(machine.design, (modulus,), shape, machine.chip_seed)
    uniform = NoiseKey.from_seed(0).fold("floor").uniform(0, rows * length)
    drives = (uniform * (2 * top + 1)).long().view(1, rows, length) - top
    unit = torch.zeros(1, dtype=torch.int64)
    work = Workload(streamed[:_FLOOR_VECTORS].long(), drives, unit)
    return systematic_floor(compile_chip(chip).arrays[modulus], work)


def with_published_multiplier(machine: MachineConfig) -> MachineConfig:
    """The machine with the impairments of the paper's multipliers switched on.

    Calibrated as far as it goes: rows of theirs keep errors that no trim takes out.
    """
    published = load_machine("isca2024").design.multiplier
    return machine.changed({"multiplier": published, "calibration.accept": "any"})


def print_link(
    machine: MachineConfig,
    rows: list[LinkRow],
    streamed: dict[str, Tensor],
    data: Dataset,
) -> None:
    """Print the budget, with its verdicts."""
    tail = f"{PERCENTILE:g} %"
    print_table(
        f"Link budget of {machine.name}; streamed by an MLP that learns {data.name}",
        (
            "modulus, streamed data",
            "laser",
            "rail loss: median",
            tail,
            "there noise errs at",
            f"laser for {TARGET:.0e}",
        ),
        [
            (
                f"{r.modulus}  {r.streamed}",
                f"{r.power_w * 1e3:.3g} mW",
                f"{r.median.rail_loss_db:.1f} dB",
                f"{r.tail.rail_loss_db:.1f} dB",
                _rate(r.tail.symbol_error_rate),
                f"{r.closing_power_w * 1e3:.3g} mW" + ("*" if r.median is r.tail else ""),
            )
            for r in rows
        ],
    )
    say = console().print
    timing, power = verdicts(machine)
    settled = "settles" if timing.settles(machine.design.clock_hz) else "NOT SETTLED"
    linear = "the linear model holds" if power.is_linear else "OUTSIDE MODEL VALIDITY"
    parts = (timing.drive_s, timing.spread_s, timing.ring_tail_s, timing.receiver_s)
    drive, spread, tail_s, receiver = (f"{1e12 * t:.0f} ps" for t in parts)
    symbol_s, delay = 1.0 / machine.design.clock_hz, (timing.delay_s, timing.delay_rms_s)
    say(
        f"* for {WORST_TARGET:.0e}; rates by noise and converter steps alone, flaws come below; "
        "powers for shot and amplifier\n  alone, as more light makes errors of converters no "
        "smaller\n"
        f"timing: {drive} until the switches are driven, {spread} of delay that depends on the "
        f"data, {tail_s} for the rise behind them,\n"
        f"        {receiver} for the receiver: {1e12 * timing.symbol_s:.0f} ps, and a symbol lasts "
        f"{1e12 * symbol_s:.0f} ps: {settled}\n"
        f"        fastest clock that settles: {1e-9 * timing.fastest_clock_hz:.3g} GHz; the light "
        f"takes {1e12 * delay[0]:.0f} ps on average, {1e12 * delay[1]:.0f} ps rms (uniform data)\n"
        f"        a tile waits {1e9 * timing.load_s:.3g} ns for its drives, when the largest step "
        f"of one still turns its row by {1e3 * timing.load_left_rad:.3g} mrad;\n"
        f"        rows have settled as symbols have in {1e9 * timing.load_settled_s:.3g} ns\n"
        f"power:  the laser of a row draws {1e3 * power.electrical_w:.3g} mW\n"
        f"        at most {1e3 * power.launched_w:.3g} mW in a guide, limit "
        f"{1e3 * power.limit_w:.3g} mW (then {power.mechanism}): {linear};\n"
        f"        a guide turns its light by more than the budget of phase from "
        f"{1e3 * power.phase_limit_w:.3g} mW on"
    )
    say(voltage_text(voltages(machine)))
    if power.heat_phase_rad:
        say(
            f"        the first ring heats itself by {1e3 * power.heat_phase_rad:.0f} mrad, "
            "which calibration at working power has to take up"
        )
    found = floors(machine, streamed)
    for name, floor in found.items():
        say(
            f"floor:  leaks and static errors of {name}: {1e3 * floor.rms_rad:.3g} mrad rms, at "
            f"most {1e3 * floor.worst_rad:.3g}, of {1e3 * floor.half_cell_rad:.1f} in half a "
            f"cell: {100 * floor.wrong:.2g} % wrong without noise"
        )
    if machine.name != "isca2024" and _PUBLISHED not in found:
        say(f"floor:  {_PUBLISHED} cannot be put in this machine")
    say("")


def _rate(rate: float) -> str:
    return f"{rate:.1e}" if rate > 1e-30 else "< 1e-30"


def link_json(
    machine: MachineConfig, rows: list[LinkRow], streamed: dict[str, Tensor]
) -> dict[str, Any]:
    """The budget as plain data."""
    timing, power = verdicts(machine)
    return {
        "rows": [asdict(row) for row in rows],
        "timing": {
            **asdict(timing),
            "needed_s": timing.symbol_s,
            "fastest_clock_hz": timing.fastest_clock_hz,
            "symbol_s": 1.0 / machine.design.clock_hz,
            "settles": timing.settles(machine.design.clock_hz),
        },
        "voltages": asdict(voltages(machine)),
        "power": {**asdict(power), "is_linear": power.is_linear},
        "floors": {name: asdict(f) for name, f in floors(machine, streamed).items()},
    }
