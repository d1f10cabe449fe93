"""What is done once: starting, bringing up a chip, converting a network; and one dot product."""

from __future__ import annotations

import resource
import subprocess
import sys
from importlib import util
from typing import Any

import torch

from circuits.chip.chip import fabricate
from circuits.control.procedure import calibrate
from circuits.units.dot_product import ModularDotProduct
from mirage_core.core.tensor_core import TensorCore
from mirage_core.learning.convert import convert
from mirage_core.machine.loading import load_machine
from mirage_core.networks.resnet import resnet18
from photonics.random import NoiseKey
from studies.bench.products import timed
from studies.verification.photontorch_oracle.check import random_unit
from studies.verification.photontorch_oracle.parts import RowParts
from studies.verification.photontorch_oracle.row import chained_row_powers

_SETTINGS = 50
_MODULUS = 31


def once() -> list[dict[str, Any]]:
    """Name and CPU seconds of each; none where a package is missing."""
    return [
        {"what": "start of the command line", "cpu_s": start_up_s()},
        {"what": "bringing up a chip of robust", "cpu_s": bring_up_s()},
        {"what": "conversion of a ResNet-18", "cpu_s": conversion_s()},
        *dot_products(),
    ]


def start_up_s() -> float:
    """Of ``mirage --help``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "studies.cli.main", "--help"]
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def bring_up_s() -> float:
    """Of fabricating and calibrating, nothing from memory."""
    machine = load_machine("robust")

    def made() -> None:
        design, moduli = machine.design, machine.all_moduli.moduli
        calibrate(fabricate(design, moduli, machine.array_shape, 1), NoiseKey.from_seed(1))

    return timed(made)


def conversion_s() -> float:
    """Of putting a network of eighteen layers on a core."""
    return timed(convert, resnet18(), TensorCore("robust"))


def dot_products() -> list[dict[str, Any]]:
    """Of a dot product of 16 numbers, fields of every part: by photontorch, by us, and in FP32."""
    machine = load_machine("robust")
    chip = fabricate(machine.design, (_MODULUS,), machine.array_shape, 0)
    length = machine.array_shape.length
    key = NoiseKey.from_seed(0)
    x = (16.0 * key.uniform(0, _SETTINGS * length)).long().view(-1, length)
    w = (16.0 * key.fold("w").uniform(0, _SETTINGS * length)).long().view(-1, length)
    unit = ModularDotProduct(_MODULUS, length, chip=chip)
    times = [
        ("one dot product in FP32", timed(lambda: (x.float() * w.float()).sum(-1))),
        ("one dot product by fields", timed(unit.powers, x, w)),
    ]
    if util.find_spec("photontorch") is not None:
        parts = [random_unit(chip, _MODULUS, key.fold(n)).parts for n in range(_SETTINGS)]
        row = RowParts.join(parts)
        with torch.no_grad():
            times.append(("one dot product by photontorch", timed(chained_row_powers, row)))
    return [{"what": what, "cpu_s": seconds / _SETTINGS} for what, seconds in times]
