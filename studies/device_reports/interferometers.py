"""Couplers, splitters, splitter trees and Mach-Zehnder interferometers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from devices.passive.coupler import Coupler, Splitter
from devices.passive.splitter import SplitterTree
from devices.switches.mzi import MziSwitch
from photonics.optics import phasor, power_w
from photonics.random import NoiseKey
from photonics.units import power_to_db
from studies.device_reports.curves import LIGHT_M, DeviceReport, Mark, Number, Panel, decibel, span
from studies.device_reports.rings import switch_price

_SEED = 0


def _turn() -> Tensor:
    return span(-math.pi, math.pi, 721)


def mzi_switch(part: MziSwitch) -> DeviceReport:
    """Loss and leak of both states, and bar and cross power against the phase of the arm."""
    straight, coupled = (part.powers(LIGHT_M, coupled=state) for state in (False, True))
    return DeviceReport(
        numbers=[
            Number("straight_loss_db", -power_to_db(straight[0]), "biased, to bar"),
            Number("straight_leak_db", _leak_db(straight[1]), "biased, to cross"),
            Number("coupled_loss_db", -power_to_db(coupled[1]), "unbiased, to cross"),
            Number("coupled_leak_db", _leak_db(coupled[0]), "unbiased, to bar"),
            Number("arm_m", part.sized_arm.length_m, "length of the arm that turns by π"),
            *switch_price(part),
        ],
        panels=[mzi_transfer_db(part), mzi_transfer(part)],
    )


def _leak_db(power: float) -> float:
    """Mean leak over fabricated couplers in dB; minus infinity for none."""
    return power_to_db(power) if power > 0.0 else -math.inf


def _bar_and_cross(part: MziSwitch) -> tuple[Tensor, Tensor, Tensor]:
    """Phase of the arm, and power to the bar and cross port with the loss of an arm at rest."""
    phase_rad = _turn()
    offset = torch.stack((phase_rad, *torch.zeros(2, len(phase_rad))), dim=-1)
    bar, cross = part.fields(offset, LIGHT_M, coupled=True)
    return phase_rad, power_w(bar), power_w(cross)


def mzi_transfer_db(part: MziSwitch) -> Panel:
    """Transfer in dB, with the two states."""
    phase_rad, bar, cross = _bar_and_cross(part)
    return Panel(
        "Transfer",
        "phase of the arm / π rad",
        "output over input / dB",
        phase_rad / math.pi,
        {"bar": decibel(bar), "cross": decibel(cross)},
        [Mark("x", 0.0, "coupled"), Mark("x", 1.0, "straight")],
    )


def mzi_transfer(part: MziSwitch) -> Panel:
    """Transfer as a fraction of the power, with what is lost."""
    phase_rad, bar, cross = _bar_and_cross(part)
    return Panel(
        "Share of the light",
        "phase of the arm / π rad",
        "output over input",
        phase_rad / math.pi,
        {"bar": bar, "cross": cross, "lost": 1.0 - bar - cross},
        dashed=["lost"],
    )


def coupler(part: Coupler) -> DeviceReport:
    """Outputs against the phase between two equal inputs."""
    matrix = part.matrix()
    bar, cross = (float(power_w(matrix[i, 0])) for i in (0, 1))
    phase_rad = _turn()
    inputs = torch.stack((phasor(phase_rad), torch.ones_like(phasor(phase_rad))), dim=-1)
    outputs = power_w(inputs / math.sqrt(2.0) @ matrix.T)
    return DeviceReport(
        numbers=[
            Number("bar_loss_db", -power_to_db(bar), "from input 0 to output 0"),
            Number("cross_loss_db", -power_to_db(cross), "from input 0 to output 1"),
            Number("imbalance_db", part.imbalance_db, "bar over cross"),
        ],
        panels=[
            Panel(
                "Two equal inputs",
                "phase of input 0 / π rad",
                "output over total input",
                phase_rad / math.pi,
                {"output 0": outputs[:, 0], "output 1": outputs[:, 1]},
            )
        ],
    )


def splitter(part: Splitter) -> DeviceReport:
    """The light of two such splitters, back to back, against the phase of one arm."""
    upper, lower = part.fields()
    first, second = float(power_w(upper)), float(power_w(lower))
    phase_rad = _turn()
    joined = power_w(upper.square() * phasor(phase_rad) + lower.square())
    return DeviceReport(
        numbers=[
            Number("loss_0_db", -power_to_db(first), "to output 0, the splitting included"),
            Number("loss_1_db", -power_to_db(second), "to output 1, the splitting included"),
        ],
        panels=[
            Panel(
                "Two of them as an interferometer",
                "phase of one arm / π rad",
                "output over input / dB",
                phase_rad / math.pi,
                {"output": decibel(joined)},
            )
        ],
    )


def splitter_tree(part: SplitterTree) -> DeviceReport:
    """Loss to every output, as designed and as fabricated, and against the fan-out."""
    key = NoiseKey.from_seed(_SEED)
    return DeviceReport(
        numbers=[
            Number("depth_stages", part.depth, "splitters that the light passes"),
            Number("excess_loss_db", part.excess_loss_db, "of all stages, without the splitting"),
            Number("worst_loss_db", part.worst_loss_db(), "as designed, splitting included"),
            Number("worst_fabricated_loss_db", part.worst_loss_db(key), "of the tree of seed 0"),
        ],
        panels=[outputs_of_tree(part, key), fan_out(part)],
    )


def outputs_of_tree(part: SplitterTree, key: NoiseKey) -> Panel:
    """Loss to every output."""
    return Panel(
        "Loss to every output",
        "output",
        "loss / dB",
        torch.arange(part.fan_out, dtype=torch.float64),
        {
            "fabricated (seed 0)": torch.tensor(part.loss_db(key), dtype=torch.float64),
            "as designed": torch.tensor(part.loss_db(), dtype=torch.float64),
        },
        steps=True,
        whole="x",
        dashed=["as designed"],
    )


def fan_out(part: SplitterTree) -> Panel:
    """Loss to the worst output against the number of outputs."""
    outputs = [2**n for n in range(11)]
    trees = [part.changed({"fan_out": n}) for n in outputs]
    worst = [tree.worst_loss_db() for tree in trees]
    ideal = [power_to_db(n) for n in outputs]
    return Panel(
        "Worst output against fan-out",
        "outputs",
        "loss / dB",
        torch.tensor(outputs, dtype=torch.float64),
        {
            "worst output": torch.tensor(worst, dtype=torch.float64),
            "splitting alone": torch.tensor(ideal, dtype=torch.float64),
        },
        [Mark("x", part.fan_out, "this tree")],
        x_log=True,
        dashed=["splitting alone"],
    )
