"""A row of a chip as the netlist of its parts, in the form of gdsfactory and SAX.

::

    laser ─ edge_coupler ─ feed ─ rails ─┬─ plus_input ──[digit]─[digit]─ ... ─┐
                                         └─ minus_input ─[digit]─[digit]─ ... ─┴─ hybrid

    digit    enter.through ── straight path ── leave.through      light goes the other way through
             enter.drop ───── coupled path ─── leave.drop         the switch that it leaves by

    hybrid   plus ── signal_split ────┬──────────────── meet_i ── i0, i1
                                      └──────────────── meet_q ── q0, q1
             minus ─ reference_split ─┬─ quarter ────── meet_i
                                      └─ quadrature ─── meet_q

Settings are those of the chip as it stands, trims, drift and the heat of the row's own drives
included.  Light of the laser's power at the port ``laser`` gives the fields on the four diodes, in
sqrt(W).  Of the settings only those of :func:`operand_settings` depend on what is multiplied.

Legend of shapes: J multiplier, D digit, S rail; ``...`` readings.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from torch import Tensor

from circuits.coding.phase_code import drive_level
from circuits.netlist.switches import fixed_switch, moved_switch
from circuits.units.dot_product import ModularDotProduct, check_operands
from photonics.checks import instance_of
from photonics.errors import InputError
from photonics.optics import power_w
from photonics.shapes import broadcast

RAILS = ("plus", "minus")
DIODES = ("i0", "i1", "q0", "q1")
"""Ports of the diodes, as :meth:`~circuits.units.dot_product.ModularDotProduct.powers` has them."""

Settings = dict[str, Any]


def row_netlist(unit: ModularDotProduct, x: Tensor, w: Tensor) -> dict[str, Any]:
    """Netlist of a row that multiplies one pair of vectors: plain numbers and names.

    Args:
        unit: the row, as designed or on a chip; its other rows are at rest.
        x: streamed integers, (J).
        w: stationary integers, (J).

    Returns:
        The mapping that gdsfactory's ``Netlist`` and SAX's ``circuit`` take: ``instances``,
        ``connections``, ``ports``, and ``info`` of what it is of.  Files of it hold plain numbers.

    Raises:
        InputError: for operands that are no vectors of integers, or a kind of switch that is not
            made of parts.
    """
    instance_of("unit", unit, ModularDotProduct)
    check_operands(x, w, unit.length)
    if x.ndim != 1 or w.ndim != 1:
        shapes = tuple(x.shape), tuple(w.shape)
        raise InputError("x, w", shapes, "a netlist is of one pair of vectors")
    operands = operand_settings(unit, x, w)
    chain, ports = _Chain(), {}
    chain.add("edge_coupler", "guide", phase_rad=0.0, loss_db=unit.design.coupler.loss_db)
    ports["laser"] = "edge_coupler,in0"
    chain.add("feed", "guide", phase_rad=0.0, loss_db=unit.design.feed.excess_loss_db)
    chain.join("edge_coupler,out0", "feed,in0")
    rails = [
        _add_rail(chain, unit, rail, light, operands)
        for rail, light in enumerate(_add_rail_splitter(chain, unit))
    ]
    _add_hybrid(chain, unit, rails)
    ends = ("meet_i,out0", "meet_i,out1", "meet_q,out0", "meet_q,out1")
    ports |= dict(zip(DIODES, ends, strict=True))
    return {
        "name": f"row_{unit.modulus}_{unit.place.unit}_{unit.place.row}",
        "instances": chain.instances,
        "connections": chain.connections,
        "ports": ports,
        "info": {
            "modulus": unit.modulus,
            "unit": unit.place.unit,
            "row": unit.place.row,
            "x": x.tolist(),
            "w": w.tolist(),
            "laser_power_w": unit.design.row_power_w(unit.modulus),
            "wavelength_m": unit.design.laser.wavelength_m,
        },
    }


def operand_settings(unit: ModularDotProduct, x: Tensor, w: Tensor) -> dict[str, dict[str, Any]]:
    """Settings that depend on the operands, by the names of the parts: float64 arrays (...).

    A circuit that SAX made of :func:`row_netlist` takes them as its arguments.

    Args:
        unit: the row.
        x: streamed integers, (..., J).
        w: stationary integers, (..., J).

    Raises:
        InputError: for operands that are no integers (..., J).
    """
    instance_of("unit", unit, ModularDotProduct)
    check_operands(x, w, unit.length)
    optics, level = unit.optics, drive_level(w, unit.modulus)
    statics = unit.statics.with_heat(unit.thermal_shift(level))
    bits = unit.code.digits(x)
    shape = broadcast(bits.shape[:-2], level.shape[:-1])
    driven = optics.shifter_field(level, statics)
    # Without a bias switches couple, which is what they do for one of the values of a bit.
    bias = (bits == int(optics.couples(0))).double()
    static_rad, offset = statics.shifter_phase_rad, statics.switch_offset
    found = {}

    def each(value: Tensor) -> Any:
        return value.expand(shape).numpy()

    for rail, j, d in _digits(unit):
        name, at = _name(rail, j, d), (..., j, d, rail)
        found[f"{name}_shifter"] = {
            "drive_rad": each(driven[at].angle()),
            "static_rad": each(static_rad[at]),
            "loss_db": each(-10.0 * power_w(driven[at]).log10()),
        }
        for end, switch in enumerate(("enter", "leave")):
            moved = moved_switch(optics.design.switch, offset[..., j, d, rail, end, :])
            found[f"{name}_{switch}"] = {
                key: each(value) for key, value in {"bias": bias[..., j, d], **moved}.items()
            }
    return found


class _Chain:
    """Parts by name, and which of their ports are joined."""

    def __init__(self) -> None:
        self.instances: dict[str, Any] = {}
        self.connections: dict[str, str] = {}

    def add(self, name: str, component: str, **settings: float | Tensor) -> None:
        plain = {key: float(value) for key, value in settings.items()}
        self.instances[name] = {"component": component, "settings": plain}

    def join(self, one: str, other: str) -> None:
        self.connections[one] = other


def _add_rail_splitter(chain: _Chain, unit: ModularDotProduct) -> list[str]:
    """Splitter of the rails, and what turns them before their digits; ports where light goes on."""
    launched = unit.launched
    first_w, second_w = power_w(launched).tolist()
    chain.add(
        "rails",
        "splitter_1x2",
        imbalance_db=10.0 * math.log10(first_w / second_w),
        loss_db=unit.design.rail_splitter.excess_loss_db,
    )
    chain.join("feed,out0", "rails,in0")
    for rail, name in enumerate(RAILS):
        chain.add(f"{name}_input", "guide", phase_rad=launched[rail].angle(), loss_db=0.0)
        chain.join(f"rails,out{rail}", f"{name}_input,in0")
    return [f"{name}_input,out0" for name in RAILS]


def _add_rail(
    chain: _Chain,
    unit: ModularDotProduct,
    rail: int,
    light: str,
    operands: dict[str, dict[str, Any]],
) -> str:
    """Digits of a rail, one after the other; the port where light goes on."""
    optics, statics = unit.optics, unit.statics
    component, fixed = fixed_switch(optics.design.switch, optics.wavelength_m)
    bypass_db = -20.0 * math.log10(optics.bypass_amplitude)
    bypass_rad = optics.design.bypass_phase_rad + statics.bypass_phase_rad
    straight, coupled = ("shifter", "bypass") if optics.zero_coupled else ("bypass", "shifter")
    for _, j, d in (digit for digit in _digits(unit) if digit[0] == rail):
        name = _name(rail, j, d)
        for end in ("enter", "leave"):
            chain.add(f"{name}_{end}", component, **fixed, **operands[f"{name}_{end}"])
        chain.add(f"{name}_shifter", "shifter", **operands[f"{name}_shifter"])
        chain.add(f"{name}_bypass", "guide", phase_rad=bypass_rad[j, d, rail], loss_db=bypass_db)
        chain.join(light, f"{name}_enter,in0")
        for port, path in (("through", straight), ("drop", coupled)):
            chain.join(f"{name}_enter,{port}", f"{name}_{path},in0")
            chain.join(f"{name}_{path},out0", f"{name}_leave,{port}")
        light = f"{name}_leave,in0"
    return light


def _add_hybrid(chain: _Chain, unit: ModularDotProduct, ends: list[str]) -> None:
    """The 90 degree hybrid behind both rails, its numbers read back out of its fields."""
    hybrid, design = unit.arrays.hybrid, unit.design.receiver.hybrid
    transfer = hybrid.transfer[unit.place.unit, unit.place.row]
    share = power_w(transfer).view(2, 2, 2)
    for rail, name in enumerate(("signal", "reference")):
        to_i, to_q = share[..., rail].sum(-1)
        chain.add(
            f"{name}_split",
            "splitter_1x2",
            imbalance_db=10.0 * math.log10(to_i / to_q),
            loss_db=design.splitter.excess_loss_db,
        )
        chain.join(ends[rail], f"{name}_split,in0")
    chain.add("quarter", "guide", phase_rad=-math.pi / 2.0, loss_db=0.0)
    chain.add("quadrature", "guide", phase_rad=transfer[3, 1].angle(), loss_db=0.0)
    for pair, (name, turn) in enumerate((("i", "quarter"), ("q", "quadrature"))):
        bar, cross = share[pair, :, 0]
        chain.add(
            f"meet_{name}",
            "coupler_2x2",
            imbalance_db=10.0 * math.log10(bar / cross),
            phase_error_rad=design.coupler.phase_error_rad,
            loss_db=design.coupler.excess_loss_db,
        )
        chain.join(f"signal_split,out{pair}", f"meet_{name},in0")
        chain.join(f"reference_split,out{pair}", f"{turn},in0")
        chain.join(f"{turn},out0", f"meet_{name},in1")


def _digits(unit: ModularDotProduct) -> list[tuple[int, int, int]]:
    """Rail, multiplier and place of every digit, along the light of one rail after the other."""
    rails = unit.optics.design.multiplied_rails
    return list(product(range(rails), range(unit.length), range(unit.code.count)))


def _name(rail: int, multiplier: int, digit: int) -> str:
    return f"{RAILS[rail]}_{multiplier}_{digit}"
