"""What a core is saved as, and which core may go on from it."""

from __future__ import annotations

import copy
import io
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import mirage_core as mirage
from circuits import Chip, fabricate
from mirage_core.arithmetic.formats import IntegerFormat, NumberFormat
from mirage_core.core.matrix_core import MatrixCore
from photonics.errors import InputError
from tests.machines import ONE_UNIT
from tests.mirage_core.helpers import exact_core, noisy_core

MACHINE = mirage.load_machine("robust", ONE_UNIT)


def raw_chip(seed: int = 0) -> Chip:
    return fabricate(MACHINE.design, MACHINE.all_moduli.moduli, MACHINE.array_shape, seed)


def light(*overrides: str, chip_seed: int = 0, **options: Any) -> mirage.TensorCore:
    machine = mirage.load_machine("robust", [*ONE_UNIT, *overrides])
    return mirage.TensorCore(machine, **{"chip": raw_chip(chip_seed), **options})


def in_format(number_format: str | NumberFormat) -> Callable[[], MatrixCore]:
    return lambda: mirage.FormatCore(number_format)


def test_a_state_is_plain_data_and_is_taken_by_the_same_core() -> None:
    core = light()
    core.matmul(torch.ones(2, 4), torch.ones(4, 3))
    buffer = io.BytesIO()
    torch.save(core.state_dict(), buffer)
    buffer.seek(0)
    state = torch.load(buffer, weights_only=True)
    again = light(chip=copy.deepcopy(core.chip))
    again.load_state_dict(state)
    assert again.state_dict() == state == core.state_dict()
    assert json.loads(json.dumps(state))["core"] == state["core"]
    # What went through JSON counts on by modulus.
    again.load_state_dict(json.loads(json.dumps(state)))
    for each in (core, again):
        each.matmul(torch.ones(2, 4), torch.ones(4, 3))
    assert again.ledger == core.ledger
    compiled = light(chip=core.compiled)
    compiled.load_state_dict(state)
    assert compiled.state_dict() == state


@pytest.mark.parametrize(
    ("there", "here", "message"),
    [
        (light, lambda: light("laser.power_w=2e-3"), r"machine\.laser\.power_w \S+ and not 0\.002"),
        (lambda: light(fidelity="field"), light, "fidelity 'field' and not 'compact'"),
        (light, lambda: light(chip_seed=1), r"with chip '\w{64}' and not '\w{64}'; make the core"),
        (light, in_format("int8"), "machine"),
        (in_format("int8"), in_format("int12"), r"format\.bits 8 and not 12"),
        (in_format(IntegerFormat()), in_format("lns"), r"'IntegerFormat' and not 'LnsFormat'"),
        (exact_core, lambda: mirage.MixedCore(exact_core()), "machine"),
        (
            lambda: mirage.MixedCore(exact_core(), dw=mirage.FormatCore("fp32")),
            lambda: mirage.MixedCore(exact_core(), dx=mirage.FormatCore("fp32")),
            r"dx\.machine",
        ),
        (lambda: light(seed=1), light, "seed = 1: the core was made with 0"),
    ],
)
def test_the_state_of_another_core_is_refused_with_the_difference(
    there: Callable[[], MatrixCore], here: Callable[[], MatrixCore], message: str
) -> None:
    core = here()
    before = core.state_dict()
    with pytest.raises(InputError, match=message) as error:
        core.load_state_dict(there().state_dict())
    assert "\n" not in str(error.value)
    assert core.state_dict() == before


@pytest.mark.parametrize("state", [None, {}, [], {"seed": 0, "counts": {}, "ledger": {}}])
def test_what_is_no_state_is_refused(state: Any) -> None:
    with pytest.raises(InputError, match=r"is no state of a core.*core\.state_dict\(\)"):
        exact_core().load_state_dict(state)


@pytest.mark.parametrize(
    "save",
    [
        lambda model, core: core.state_dict(),
        lambda model, core: core.load_state_dict({}),
        lambda model, core: pickle.dumps(core),
        lambda model, core: torch.save(model, io.BytesIO()),
    ],
)
def test_a_half_done_step_is_neither_saved_nor_overwritten(save: Any) -> None:
    core = noisy_core()
    model = mirage.convert(nn.Sequential(nn.Linear(4, 2)), core)
    with core.step(0):
        model(torch.ones(1, 4))
        with pytest.raises(InputError, match=r"step = 'open': is half done.*outside of forwards"):
            save(model, core)
        assert copy.deepcopy(model)[0].optical_core is core
    y = model(torch.ones(1, 4))
    y.register_hook(lambda _: save(model, core))
    with pytest.raises(InputError, match=r"step = 'open'.*backwards"):
        y.sum().backward()
    torch.save(model, io.BytesIO())


def test_a_state_of_another_version_is_refused_whole() -> None:
    core = mirage.FormatCore("fp32")
    core.matmul(torch.ones(2, 4), torch.ones(4, 3))
    state = core.state_dict()
    for key, wrong, message in (
        ("ledger", {"forward": {"photons": 1}}, "'photons': is no count"),
        ("ledger", {"forward": 3}, "must be counts by kind"),
        ("ledger", 3, "must be counts by kind"),
        ("counts", {"train": 7}, "lacks evaluation"),
        ("counts", {"train": "7", "evaluation": 0}, "counts.train = '7': must be a whole number"),
    ):
        with pytest.raises(InputError, match=message):
            core.load_state_dict({**state, key: wrong})
        assert core.state_dict() == state


def test_a_state_of_other_ranks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    core = exact_core()
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    for count in (2, 3):
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda count=count: count)
        if count == 2:
            state = core.state_dict()
            core.load_state_dict(state)
    with pytest.raises(InputError, match=r"ranks = 2: there are 3 now.*as many processes"):
        core.load_state_dict(state)


def test_copies_of_a_core_are_the_core() -> None:
    core = noisy_core()
    assert copy.copy(core) is copy.deepcopy(core) is core
