"""Light, loss, power and time that follow from a machine's design alone."""

from __future__ import annotations

import torch

from studies.metrics.evaluation import Evaluation
from studies.metrics.registry import metric

_TAIL = 0.999
_WORST_TARGET = 1e-9


@metric("laser_power_w", "W", "light of one row, of the modulus that takes most")
def laser_power_w(at: Evaluation) -> float:
    """At the output of the laser."""
    return max(at.machine.design.row_power_w(m) for m in at.machine.all_moduli.moduli)


@metric("laser_total_w", "W", "electrical power of all lasers of the machine")
def laser_total_w(at: Evaluation) -> float:
    """Light of all rows over the wall-plug efficiency."""
    machine = at.machine
    light_w = sum(machine.design.row_power_w(m) for m in machine.all_moduli.moduli)
    rows = machine.array.units * machine.array.rows
    return rows * light_w / machine.design.laser.wall_plug_efficiency


@metric("rail_loss_db", "dB", "loss of a rail behind which one reading of a thousand lies")
def rail_loss_db(at: Evaluation) -> float:
    """Of the streamed data, for the modulus that loses most."""
    return max(_loss_db(at, m, _TAIL) for m in at.links)


@metric("median_rail_loss_db", "dB", "loss of a rail behind which half of the readings lie")
def median_rail_loss_db(at: Evaluation) -> float:
    """Of the streamed data, for the modulus that loses most."""
    return max(_loss_db(at, m, 0.5) for m in at.links)


def _loss_db(at: Evaluation, modulus: int, quantile: float) -> float:
    gain = at.links[modulus].gain
    losses = gain.rail_loss_db(gain.code.digits(at.streamed)).double()
    return float(torch.quantile(losses, quantile))


@metric("link_power_for_target_w", "W", "light with which noise behind rail_loss_db errs at target")
def link_power_for_target_w(at: Evaluation) -> float:
    """Shot and amplifier noise alone, as link budgets have it; see laser_power_for_target_w."""
    target = at.conditions.target_error_rate
    return max(link.closing_power_w(target, _loss_db(at, m, _TAIL)) for m, link in at.links.items())


@metric("worst_input_power_w", "W", "light with which noise behind the lossiest input errs at 1e-9")
def worst_input_power_w(at: Evaluation) -> float:
    """Shot and amplifier noise alone."""
    return max(
        link.closing_power_w(_WORST_TARGET, link.worst().rail_loss_db) for link in at.links.values()
    )


@metric("amplitude_over_noise", "", "A/σ of readings behind the median loss, over m")
def amplitude_over_noise(at: Evaluation) -> float:
    """Of the modulus that fares worst: the paper asks for one."""
    return min(link.at_loss(_loss_db(at, m, 0.5)).rho / m for m, link in at.links.items())


@metric("fastest_clock_hz", "Hz", "clock at which every symbol has settled")
def fastest_clock_hz(at: Evaluation) -> float:
    """Of the modulus that takes longest."""
    return min(link.timing().fastest_clock_hz for link in at.links.values())


@metric("settled", "", "1 where a symbol settles within its time, else 0")
def settled(at: Evaluation) -> float:
    """Whatever symbol came before."""
    clock_hz = at.machine.design.clock_hz
    return float(all(link.timing().settles(clock_hz) for link in at.links.values()))


@metric("load_s", "s", "time that a tile waits for its drives")
def load_s(at: Evaluation) -> float:
    """As the shifter settles, or as the machine says."""
    return at.machine.design.multiplier.load_s


@metric("within_model", "", "1 where light in guides is within what the model holds for")
def within_model(at: Evaluation) -> float:
    """Absorption, heating and bistability of guides and rings."""
    return float(all(link.power().is_linear for link in at.links.values()))
