"""Netlists solved with nothing but the scattering matrices of their parts, all in one equation.

Waves that leave parts are ``out = S into``, and what enters a port is what leaves the one that it
is joined to: ``into = C out``, or the light of a source.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

Ways = dict[tuple[str, str], complex]


def _field(loss_db: float, phase_rad: float = 0.0) -> complex:
    return cmath.rect(10.0 ** (-loss_db / 20.0), phase_rad)


def _shares(imbalance_db: float) -> tuple[float, float]:
    share = 1.0 / (1.0 + 10.0 ** (-imbalance_db / 10.0))
    return math.sqrt(share), math.sqrt(1.0 - share)


def _splitter(imbalance_db: float, loss_db: float) -> Ways:
    first, second = _shares(imbalance_db)
    return {("in0", "out0"): first * _field(loss_db), ("in0", "out1"): second * _field(loss_db)}


def _coupler(imbalance_db: float, phase_error_rad: float, loss_db: float) -> Ways:
    bar, cross = _shares(imbalance_db)
    bar, crossed = bar * _field(loss_db), 1j * cross * _field(loss_db, phase_error_rad)
    ways: Ways = {("in0", "out0"): bar, ("in1", "out1"): bar}
    return ways | {("in0", "out1"): crossed, ("in1", "out0"): crossed}


def _ring(**part: float) -> Ways:
    """Sums of all round trips: Yariv's add-drop ring."""
    around_m = 2.0 * math.pi * part["radius_m"]
    red_m = part["bias"] * part["detuning_m"] + part["offset_m"]
    turn_rad = 2.0 * math.pi * red_m * part["group_index"] * around_m / part["wavelength_m"] ** 2
    loss_db_per_m = part["loss_db_per_m"] + part["bias"] * part["detuning_loss_db_per_m"]
    half = _field(loss_db_per_m * around_m / 2.0, turn_rad / 2.0)
    k1, k2 = part["coupling_power"], part["drop_coupling_power"]
    r1, r2 = math.sqrt(1.0 - k1), math.sqrt(1.0 - k2)
    trips = 1.0 / (1.0 - r1 * r2 * half**2)
    return {
        ("in0", "through"): r1 - k1 * r2 * half**2 * trips,
        ("in0", "drop"): -math.sqrt(k1 * k2) * half * trips,
    }


def _mzi(**part: float) -> Ways:
    lost = {"phase_error_rad": part["phase_error_rad"], "loss_db": part["coupler_loss_db"]}
    first = _coupler(part["first_imbalance_db"], **lost)
    second = _coupler(part["second_imbalance_db"], **lost)
    rest_db, biased_db = part["rest_loss_db"], part["biased_loss_db"]
    upper_db = biased_db if part["bias"] else rest_db
    arms = {
        "0": _field(upper_db, part["bias"] * part["swing_rad"] + part["offset_rad"]),
        "1": _field(rest_db),
    }
    return {
        ("in0", port): sum(
            first["in0", f"out{arm}"] * field * second[f"in{arm}", f"out{out}"]
            for arm, field in arms.items()
        )
        for port, out in (("through", "0"), ("drop", "1"))
    }


PARTS: dict[str, Callable[..., Ways]] = {
    "guide": lambda phase_rad, loss_db: {("in0", "out0"): _field(loss_db, phase_rad)},
    "shifter": lambda drive_rad, static_rad, loss_db: {
        ("in0", "out0"): _field(loss_db, drive_rad + static_rad)
    },
    "splitter_1x2": _splitter,
    "coupler_2x2": _coupler,
    "ring_switch": _ring,
    "mzi_switch": _mzi,
}


def diode_fields(netlist: dict[str, Any]) -> np.ndarray:
    """Fields in sqrt(W) that leave by all ports but the laser's, which come first: complex (4,)."""
    ways = {
        (f"{name},{one}", f"{name},{other}"): field
        for name, part in netlist["instances"].items()
        for (one, other), field in PARTS[part["component"]](**part["settings"]).items()
    }
    places = {port: i for i, port in enumerate(sorted({p for way in ways for p in way}))}
    scattering = np.zeros((len(places), len(places)), dtype=complex)
    for (one, other), field in ways.items():
        # Every part is reciprocal.
        scattering[places[one], places[other]] = scattering[places[other], places[one]] = field
    joints = np.zeros_like(scattering)
    for one, other in netlist["connections"].items():
        joints[places[one], places[other]] = joints[places[other], places[one]] = 1.0
    laser, *diodes = (places[port] for port in netlist["ports"].values())
    light = np.zeros(len(places), dtype=complex)
    light[laser] = math.sqrt(netlist["info"]["laser_power_w"])
    leaving = np.linalg.solve(np.eye(len(places)) - scattering @ joints, scattering @ light)
    return leaving[diodes]
