"""Parts of a row as SAX models: S-parameters from the settings that a netlist gives.

::

    guide, shifter   in0 ── out0          ring_switch, mzi_switch   in0 ──(switch)── through
                                                                    add ──(      )── drop
    splitter_1x2   in0 ──┬── out0
                         └── out1     coupler_2x2   in0 ─┐ ┌─ out0
                                                         )(
                                                    in1 ─┘ └─ out1

SAX itself solves a ring from two couplers and two half rings, and an interferometer from two
couplers and two arms; closed forms of them are not used.  Every part is reciprocal and reflects
nothing.  A phase is ``exp(+i phase)``.

A setting is a number or an array (...), and those of a circuit broadcast: arrays give arrays.  SAX
makes JAX compute in double precision as soon as it is imported.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sax

from circuits.netlist.row import DIODES

Value = Any
"""A number, or an array of them (...)."""


def guide(*, phase_rad: Value = 0.0, loss_db: Value = 0.0) -> Any:
    """A guide with a phase and a loss."""
    return sax.reciprocal({("in0", "out0"): _field(loss_db, phase_rad)})


def shifter(*, drive_rad: Value = 0.0, static_rad: Value = 0.0, loss_db: Value = 0.0) -> Any:
    """A phase shifter: phase of its drive, phase as made and trimmed, and loss at that drive."""
    return guide(phase_rad=jnp.asarray(drive_rad) + jnp.asarray(static_rad), loss_db=loss_db)


def splitter_1x2(*, imbalance_db: Value = 0.0, loss_db: Value = 0.0) -> Any:
    """A splitter: power of out0 over that of out1, and what both lose."""
    first, second = _shares(imbalance_db)
    lost = _field(loss_db)
    return sax.reciprocal({("in0", "out0"): lost * first, ("in0", "out1"): lost * second})


def coupler_2x2(
    *, imbalance_db: Value = 0.0, phase_error_rad: Value = 0.0, loss_db: Value = 0.0
) -> Any:
    """A 2x2 coupler.

    Args:
        imbalance_db: bar over cross power.
        phase_error_rad: departure of the outputs from quadrature.
        loss_db: common to both outputs.
    """
    bar, cross = _shares(imbalance_db)
    straight = _field(loss_db) * bar
    crossed = 1j * _field(loss_db, phase_error_rad) * cross
    return sax.reciprocal(
        {
            ("in0", "out0"): straight,
            ("in1", "out1"): straight,
            ("in0", "out1"): crossed,
            ("in1", "out0"): crossed,
        }
    )


def ring_switch(
    *,
    bias: Value = 0.0,
    offset_m: Value = 0.0,
    detuning_m: Value = 1e-9,
    radius_m: Value = 10e-6,
    group_index: Value = 4.2,
    coupling_power: Value = 0.1,
    drop_coupling_power: Value = 0.1,
    loss_db_per_m: Value = 0.0,
    detuning_loss_db_per_m: Value = 0.0,
    wavelength_m: Value = 1550e-9,
) -> Any:
    """An add-drop ring between two guides.

    Args:
        bias: share of the full bias; 0 drops the light, 1 lets it pass.
        offset_m: how far the resonance lies to the red of where it should be.
        detuning_m: how far the full bias moves it to the red.
        radius_m: of the ring.
        group_index: of its guide.
        coupling_power: cross power of the coupler at the input.
        drop_coupling_power: cross power of the other coupler.
        loss_db_per_m: in the ring.
        detuning_loss_db_per_m: further loss at the full bias.
        wavelength_m: of the light.
    """
    around_m = 2.0 * math.pi * jnp.asarray(radius_m)
    red_m = jnp.asarray(bias) * detuning_m + offset_m
    turn_rad = 2.0 * math.pi * red_m * group_index * around_m / jnp.asarray(wavelength_m) ** 2
    lost_db = (jnp.asarray(bias) * detuning_loss_db_per_m + loss_db_per_m) * around_m
    half = {"phase_rad": turn_rad / 2.0, "loss_db": lost_db / 2.0}
    first, second = (
        {"imbalance_db": 10.0 * jnp.log10(1.0 / jnp.asarray(power) - 1.0)}
        for power in (coupling_power, drop_coupling_power)
    )
    return _RING(first=first, second=second, there=half, back=half)


def mzi_switch(
    *,
    bias: Value = 0.0,
    offset_rad: Value = 0.0,
    swing_rad: Value = math.pi,
    first_imbalance_db: Value = 0.0,
    second_imbalance_db: Value = 0.0,
    phase_error_rad: Value = 0.0,
    coupler_loss_db: Value = 0.0,
    rest_loss_db: Value = 0.0,
    biased_loss_db: Value = 0.0,
) -> Any:
    """An interferometer whose upper arm is driven.

    Args:
        bias: share of the full bias, 0 or 1; 0 sends the light across.
        offset_rad: phase of the upper arm over the lower one without a bias.
        swing_rad: phase that the full bias adds.
        first_imbalance_db: bar over cross power of the coupler at the input.
        second_imbalance_db: bar over cross power of the other coupler.
        phase_error_rad: departure of the outputs of both couplers from quadrature.
        coupler_loss_db: of each coupler.
        rest_loss_db: of an arm without a bias.
        biased_loss_db: of the upper arm at the full bias.
    """
    bias = jnp.asarray(bias)
    both = {"phase_error_rad": phase_error_rad, "loss_db": coupler_loss_db}
    lost_db = rest_loss_db + bias * (jnp.asarray(biased_loss_db) - rest_loss_db)
    return _INTERFEROMETER(
        first={"imbalance_db": first_imbalance_db, **both},
        second={"imbalance_db": second_imbalance_db, **both},
        upper={"phase_rad": bias * swing_rad + offset_rad, "loss_db": lost_db},
        lower={"loss_db": rest_loss_db},
    )


MODELS: dict[str, Callable[..., Any]] = {
    model.__name__: jax.jit(model)
    for model in (guide, shifter, splitter_1x2, coupler_2x2, ring_switch, mzi_switch)
}
"""By the names that netlists give to components; compiled, since a row has hundreds of them."""


def diode_fields(netlist: dict[str, Any], operands: dict[str, dict[str, Any]]) -> Any:
    """Fields on the four diodes of a row in sqrt(W), as SAX solves it: complex128 (..., 4).

    Args:
        netlist: of :func:`~circuits.netlist.row.row_netlist`.
        operands: settings in place of those of the netlist, by the names of the parts; of
            :func:`~circuits.netlist.row.operand_settings`, (...).
    """
    solved = sax.circuit(netlist, MODELS)[0](**operands)
    amplitude = math.sqrt(netlist["info"]["laser_power_w"])
    return amplitude * np.stack([np.asarray(solved["laser", port]) for port in DIODES], axis=-1)


def _field(loss_db: Value, phase_rad: Value = 0.0) -> Any:
    return 10.0 ** (-jnp.asarray(loss_db) / 20.0) * jnp.exp(1j * jnp.asarray(phase_rad))


def _shares(imbalance_db: Value) -> tuple[Any, Any]:
    """Fields of two outputs whose powers differ by ``imbalance_db``."""
    ratio = 10.0 ** (jnp.asarray(imbalance_db) / 10.0)
    return jnp.sqrt(ratio / (1.0 + ratio)), jnp.sqrt(1.0 / (1.0 + ratio))


def _circuit(instances: dict[str, str], connections: dict[str, str], ports: dict[str, str]) -> Any:
    netlist = {"instances": instances, "connections": connections, "ports": ports}
    return sax.circuit(netlist, {"coupler_2x2": coupler_2x2, "guide": guide})[0]


# Made here, since SAX cannot look through a netlist while JAX traces a function.
_RING = _circuit(
    {"first": "coupler_2x2", "second": "coupler_2x2", "there": "guide", "back": "guide"},
    {
        "first,out1": "there,in0",
        "there,out0": "second,in0",
        "second,out0": "back,in0",
        "back,out0": "first,in1",
    },
    {"in0": "first,in0", "through": "first,out0", "add": "second,in1", "drop": "second,out1"},
)
_INTERFEROMETER = _circuit(
    {"first": "coupler_2x2", "second": "coupler_2x2", "upper": "guide", "lower": "guide"},
    {
        "first,out0": "upper,in0",
        "first,out1": "lower,in0",
        "upper,out0": "second,in0",
        "lower,out0": "second,in1",
    },
    {"in0": "first,in0", "add": "first,in1", "through": "second,out0", "drop": "second,out1"},
)
