"""What the explorer streams through a row, and the drives that it loads."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from circuits.analysis.workload import Workload
from circuits.coding.array_shape import ArrayShape
from circuits.receiver.by_design import gain_control
from mirage_core.machine.config import MachineConfig
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.explorer.settings import Data
from studies.metrics.learned import learned_streams

TILES, VECTORS = 4, 128
"""Drives that are loaded one after the other, and vectors that are streamed past each."""

LEARNED = "digits"
"""Data set that the network learns."""


def row_workload(machine: MachineConfig, modulus: int, data: Data) -> Workload:
    """A few loads of one row, with vectors streamed past each; see :func:`workload`."""
    unit = torch.zeros(TILES, dtype=torch.int64)
    return workload(machine, modulus, data, ArrayShape(TILES, 1, machine.bfp.group_size), unit)


def workload(
    machine: MachineConfig, modulus: int, data: Data, tiles: ArrayShape, unit: Tensor
) -> Workload:
    """Integers for arrays of one modulus: the same whenever they are asked for.

    Residues are uniform from 0 to m - 1.  A network's are inputs in its second epoch, spread over
    all there are, against uniform mantissas.  The worst case streams the residue that loses most
    light in every place, against uniform residues.

    Args:
        machine: gives the number format and the light.
        modulus: of the arrays.
        data: ``random``, ``network`` or ``worst``.
        tiles: how many are loaded, and their rows and multipliers.
        unit: array of each tile.

    Raises:
        InputError: for other data.
    """
    length, key = tiles.length, NoiseKey.from_seed(0).fold("explorer", modulus)
    size = tiles.units, tiles.rows, length
    drives = _uniform(key.fold("drives"), modulus, size)
    if data == "random":
        streamed = _uniform(key.fold("streamed"), modulus, (VECTORS, length))
    elif data == "worst":
        gain = gain_control(machine.design, modulus, length)
        lossiest = gain.code.values[int(gain.residue_loss_db().argmax())]
        streamed = torch.full((VECTORS, length), lossiest, dtype=torch.int64)
    elif data == "network":
        top = machine.bfp.max_mantissa
        drives = _uniform(key.fold("drives"), 2 * top + 1, size) - top
        every = learned_streams(machine, LEARNED)["forward"]
        streamed = every[:: len(every) // VECTORS][:VECTORS].long()
    else:
        raise InputError("data", data, "must be random, network or worst")
    return Workload(streamed, drives, unit)


def _uniform(key: NoiseKey, count: int, shape: tuple[int, ...]) -> Tensor:
    """Integers from 0 to count - 1, int64."""
    drawn: Tensor = key.uniform(0, math.prod(shape)).view(shape) * count
    return drawn.long().clamp(max=count - 1)
