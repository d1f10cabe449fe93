"""Whatever a machine can be set to is refused at once with a word, or works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import torch
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from circuits.analysis.link import LinkBudget
from mirage_core import MachineConfig, TensorCore, load_machine, preset_names
from photonics.errors import InputError
from tests.machines import of_size

STAGED = ("receiver.stage.step_db=0.5", "receiver.gain=per-symbol")
# Chips at the ends of the plan of calibration are bad ones, and are to be computed with.
TINY = [
    *of_size(units=1, rows=2),
    "bfp.group_size=4",
    "calibration.reads=400",
    "calibration.accept=any",
    *STAGED,
]
RAW = "calibration.policy=none"
# Sizes, which cost time and memory and nothing else.
SIZES = ("array.", "bfp.", "calibration.reads", "calibration.averages", "drift.pilots")
# A power, a loss and an angle as large and as small as can be told from nothing.
STEP = 1e-9


def numbers(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Dotted name and field of every number of a machine, also of those left out."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        left_out = value is None and field.annotation == float | None
        if isinstance(value, BaseModel):
            yield from numbers(value, prefix if name == "design" else f"{prefix}{name}.")
        elif left_out or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield f"{prefix}{name}", field


def bounds(field: FieldInfo) -> dict[str, float]:
    """``ge``, ``gt``, ``le`` and ``lt`` of a field."""
    known = ("ge", "gt", "le", "lt")
    return {k: getattr(m, k) for m in field.metadata for k in known if hasattr(m, k)}


MACHINES = {name: load_machine(name, STAGED) for name in preset_names()}
FIELDS = {name: (preset, f) for preset, m in MACHINES.items() for name, f in numbers(m)}


@pytest.mark.parametrize("name", FIELDS)
def test_every_number_has_bounds_on_both_sides(name: str) -> None:
    # Poles are one or two, and the largest gain is at least the smallest one.
    if name in ("receiver.tia.poles", "receiver.stage.max_gain_db"):
        return
    found = bounds(FIELDS[name][1])
    assert {"ge", "gt"} & set(found), f"{name} has no least value"
    assert {"le", "lt"} & set(found), f"{name} has no greatest value"


def ends(field: FieldInfo) -> list[Any]:
    """Values at the ends of what a field allows."""
    found, whole = bounds(field), field.annotation is int
    near = {"ge": 0, "le": 0, "gt": 1 if whole else STEP, "lt": -1 if whole else -STEP}
    return [value + near[kind] for kind, value in found.items()]


def read_and_budget(machine: MachineConfig) -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(4, 8, generator=generator), torch.randn(8, 6, generator=generator)
    assert torch.isfinite(TensorCore(machine).matmul(a, b)).all()
    budget = LinkBudget(machine.design, machine.moduli[-1], machine.bfp.group_size)
    assert 0.0 <= budget.worst().symbol_error_rate <= 1.0
    assert budget.timing().symbol_s > 0.0
    assert budget.power().limit_w > 0.0


@pytest.mark.slow  # 23 s
@pytest.mark.parametrize("name", [n for n in FIELDS if not n.startswith(SIZES)])
def test_a_number_at_its_ends_is_refused_at_once_or_works(name: str) -> None:
    preset, field = FIELDS[name]
    preset = "robust" if name in dict(numbers(MACHINES["robust"])) else preset
    found = []
    for value in ends(field):
        with suppress(InputError):
            raw = [] if name.startswith(("calibration.", "drift.")) else [RAW]
            found.append(load_machine(preset, [*TINY, *raw, f"{name}={value!r}"]))
    for machine in found:
        read_and_budget(machine)


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (["receiver.clock_jitter_s=1e-9"], ["receiver.clock_jitter_s = 1e-09", "widen the guard"]),
        (["receiver.sampling_guard_s=3e-9"], ["receiver.sampling_guard_s", "half a symbol"]),
        (["receiver.tia.bandwidth_hz=1e4"], ["receiver.tia.bandwidth_hz", "memory=settled"]),
        (["multiplier.bend.loss_db=90", "multiplier.polarity=zero-coupled"], ["no light arrives"]),
        (["multiplier.switch.detuning_m=1e-15"], ["no light arrives", "switch"]),
        (
            ["multiplier.switch.detuning_m=912e-9"],
            ["multiplier.switch.detuning_m = 9.12e-07", "4.552e-09 m at 1.55e-06 m", "radius_m"],
        ),
        (
            ["multiplier.switch.v_pi_l_vm=0.1"],
            ["multiplier.switch.detuning_m = 2e-09", "699.3 V", "max_bias_v = 10", "v_pi_l_vm"],
        ),
        (["laser.wavelength_m=0.4e-6"], ["laser.wavelength_m = 4e-07", "give metres"]),
        (["drift.common_rms_k=1000"], ["drift.common_rms_k = 1000", "equal to 100"]),
        (["multiplier.shifter.v_max_v=1e-5"], ["no light arrives"]),
        (["multiplier.shifter.v_max_v=1e-12"], ["multiplier.shifter", "must turn", "length_m"]),
        (["laser.power_w=1e-30"], ["laser.power_w = 1e-30", "no light arrives"]),
        (
            ["multiplier.switch.radius_m=1e-2", "multiplier.switch.loss_db_per_m=1e5"],
            ["round trip"],
        ),
        (["power_limits.sink_distance_m=1e-7"], ["sink_distance_m", "core_width_m"]),
        (["modulus_power_w.33=1e4"], ["modulus_power_w.33 = 10000", "at most 1000"]),
        (["calibration.trimmer.bits=1"], ["calibration.trimmer.bits = 1", "at least 2"]),
        (["calibration.reads=1e25"], ["calibration.reads"]),
    ],
)
def test_what_cannot_work_together_is_refused_at_once(
    overrides: list[str], parts: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        load_machine("robust", overrides)
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message
