"""Operands on another device stay there: all that they meet is there too, with the same bits.

On a graphics card, where there is one; and everywhere on a second device that is made of this
processor's own numbers, to which nothing comes that was not put there.
"""

from __future__ import annotations

import pickle
from contextlib import nullcontext
from unittest.mock import patch

import pytest
import torch
from torch import Tensor

from mirage_core import TensorCore, load_machine
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core import tensor_core
from photonics.errors import InputError
from photonics.random import NoiseKey, bits_at
from photonics.readout_words import ReadoutStreams, StreamWords, leading_bytes
from tests.machines import RESTLESS, SMALL, together
from tests.mirage_core.core.test_wander import PILOTS, WANDER
from tests.mirage_core.helpers import gaussian
from tests.mirage_core.native.kernels import normal, pair
from tests.mirage_core.native.test_engine import DRIVES
from tests.mirage_core.other_device import DEVICE, OtherDevice

DIM = "laser.power_w=3e-3"
STANDING = {
    "screened": ("robust", DIM),
    "without trims": ("isca2024-closed", "receiver.tia.noise_a_per_rthz=1e-10"),
    "corrected": (
        "robust",
        DIM,
        "redundancy.policy=correct",
        "redundancy.redundant_moduli=[35, 37]",
    ),
    "two's complement, gain in steps, nonlinear converters": (
        "robust",
        DIM,
        "multiplier.encoding=twos-complement",
        "receiver.stage.step_db=1.0",
        "receiver.adc_inl_rms_lsb=0.4",
    ),
    "restless": ("robust", DIM, *RESTLESS),
    "single rail, fixed gain": (
        "robust",
        DIM,
        "multiplier.rails=single",
        "receiver.gain=fixed",
        "receiver.rail_mismatch_s=1e-10",
        "calibration.accept=any",
    ),
    "wander": ("robust", DIM, *(f"{k}={v}" for k, v in {**WANDER, **PILOTS}.items())),
    "warm": ("thermo-optic", "laser.power_w=4e-3", "calibration.accept=any"),
}
# What of these is drawn or looked up on the CPU goes to the device for every load of tiles.
MOVING = {
    "noisy drives": ("robust", *DRIVES, "calibration.accept=any"),
    "hot, MZI on one rail": (
        "thermo-optic",
        "laser.power_w=4e-3",
        "multiplier.rails=single",
        "multiplier.rail_drive=shared",
        "multiplier.switch.kind=mzi",
        "multiplier.heat.coupling.law.nearest_coupling=1e-3",
        "calibration.accept=any",
    ),
}


@pytest.fixture(
    params=[
        DEVICE,
        pytest.param(
            torch.device("cuda:0"),
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
        ),
    ],
    ids=["other", "cuda"],
)
def device(request: pytest.FixtureRequest) -> torch.device:
    return request.param  # type: ignore[no-any-return]


def within(device: torch.device) -> OtherDevice | nullcontext[None]:
    return OtherDevice() if device == DEVICE else nullcontext()


def product(core: TensorCore, a: Tensor, b: Tensor) -> Tensor:
    """A product of step 3 where its operands are, with a ledger of its own."""
    core.ledger.kinds.clear()
    with core.step(3):
        found = core.matmul(a, b)
    assert found.device == a.device
    return found


@pytest.mark.parametrize("name", [*STANDING, *MOVING])
def test_products_are_those_of_the_reference_there(name: str, device: torch.device) -> None:
    """On a device of the same numbers those of the CPU too; and no readout leaves it or comes."""
    screened, every = pair(*{**STANDING, **MOVING}[name], tensors=True)
    a, b = normal(11, 20, 16)
    on_cpu = product(every, a, b)
    errors = every.ledger.total.errors
    assert errors.total() > 0
    with within(device) as there:
        a, b = a.to(device), b.to(device)
        found, reference = (product(core, a, b) for core in (screened, every))
        if there is None:
            assert torch.equal(found, reference)
            assert screened.ledger.total.errors == every.ledger.total.errors
            return
        assert torch.equal(found.cpu(), on_cpu)
        assert torch.equal(reference.cpu(), on_cpu)
        assert screened.ledger.total.errors == every.ledger.total.errors == errors

        def travels(*operands: Tensor) -> int:
            """Numbers that a product moves, now that others have put there what they need."""
            there.moves.clear()
            product(screened, *operands)
            return sum(size * count for (_, size), count in there.moves.items())

        once, twice = travels(a, b), travels(a, torch.cat((b, b), dim=1))
        assert once == twice
        assert bool(once) == (name in MOVING)


@pytest.mark.parametrize("stacked", [False, True])
def test_gradients_are_made_there(stacked: bool, device: torch.device) -> None:
    core = pair(*STANDING["screened"], tensors=True)[0]
    shapes = ((24, 40), (40, 21), (24, 21))
    given = [gaussian(*(2,) * stacked, *shape, seed=n) for n, shape in enumerate(shapes)]

    def made(on: torch.device) -> list[Tensor]:
        a, b, upstream = (x.clone().to(on) for x in given)
        a, b = a.requires_grad_(), b.requires_grad_()
        with core.step(4):
            y = core.matmul(a, b)
        y.backward(upstream)
        assert a.grad is not None
        assert b.grad is not None
        assert {x.device for x in (y, a.grad, b.grad)} == {on}
        return [x.detach().cpu() for x in (y, a.grad, b.grad)]

    on_cpu, errors = made(torch.device("cpu")), core.ledger.total.errors
    assert all(core.ledger.kinds[kind].errors.total() for kind in ("matmul", "dx", "dw"))
    with within(device):
        there = made(device)
    if device == DEVICE:
        assert all(map(torch.equal, there, on_cpu))
    else:
        # Only readouts at an edge may be decided otherwise by the bits of another cosine.
        assert core.ledger.total.errors.total() == pytest.approx(2 * errors.total(), rel=0.01)
        unlike = [float((x != y).double().mean()) for x, y in zip(there, on_cpu, strict=True)]
        assert max(unlike) < 0.01


@pytest.mark.parametrize("rounding", ["truncate", "stochastic"])
@pytest.mark.parametrize("probability", [0.0, 0.01])
def test_exact_integers_are_the_same_on_every_device(
    rounding: str, probability: float, device: torch.device
) -> None:
    """And so are errors that are injected into them, whose random numbers are integers first."""
    machine = load_machine("robust", together(SMALL, [f"bfp.rounding={rounding}"]))
    errors = ResidueErrors(probability=probability) if probability else None
    core = TensorCore(machine, fidelity="integer", errors=errors)
    core._native = None
    a, b = normal(21, 40, 24)
    expected = product(core, a, b)
    assert bool(core.ledger.total.errors.total()) == bool(probability)
    with within(device):
        assert torch.equal(product(core, a.to(device), b.to(device)).cpu(), expected)


def test_fields_are_followed_on_the_cpu(device: torch.device) -> None:
    core = TensorCore(load_machine("robust", together(SMALL, [DIM])), fidelity="field")
    a, b = normal(9, 20, 5)
    expected = product(core, a, b)
    with within(device):
        assert torch.equal(product(core, a.to(device), b.to(device)).cpu(), expected)


def test_devices_without_fp64_leave_products_to_the_cpu() -> None:
    core = pair(*STANDING["screened"], tensors=True)[0]
    a, b = normal(11, 20, 16)
    expected = product(core, a, b)
    with OtherDevice() as there, patch.object(tensor_core, "_WITHOUT_FP64", {DEVICE.type}):
        found = product(core, a.to(DEVICE), b.to(DEVICE))
        assert ("cpu", b.numel()) in there.moves
        assert torch.equal(found.cpu(), expected)


def test_probes_keep_what_they_see_on_the_cpu(device: torch.device) -> None:
    core = pair(*STANDING["screened"], tensors=True)[0]
    a, b = normal(21, 40, 24)
    samples = []
    for on in (torch.device("cpu"), device):
        with within(on), core.probe(500) as probe:
            product(core, a.to(on), b.to(on))
        samples.append(probe.samples)
    for modulus, kept in samples[0].items():
        seen = samples[1][modulus]
        assert seen.device.type == "cpu"
        assert torch.allclose(seen, kept, rtol=0.0, atol=0.0 if device == DEVICE else 1e-6)


def test_random_words_are_the_same_on_every_device(device: torch.device) -> None:
    key = NoiseKey.from_seed(5)
    vector, tile = torch.arange(70, 90), torch.arange(3)
    keys, stream, index = [key, key.fold(1)], torch.arange(40) % 2, torch.arange(40) * (1 << 40)

    def drawn(on: torch.device) -> list[Tensor]:
        streams = ReadoutStreams.of(key, attempt=1)
        v, t = vector.to(on), tile.to(on)
        return [
            key.uniform(5, 1001, on),
            bits_at(keys, stream.to(on), index.to(on)),
            leading_bytes(streams, v, t, 10),
            *streams.rest.blocks(v[:, None], t),
            *StreamWords.of(key, 2, 3).blocks(torch.arange(40_000, device=on), t[0]),
        ]

    expected = drawn(torch.device("cpu"))
    with within(device):
        there = drawn(device)
        assert {x.device for x in there} == {device}
        assert all(torch.equal(x.cpu(), y) for x, y in zip(there, expected, strict=True))


def test_a_chip_is_moved_once_for_all_that_use_it(device: torch.device) -> None:
    core = pair(*STANDING["screened"], tensors=True)[0]
    chip = core.compiled
    assert chip.on(torch.device("cpu")) is chip
    with within(device):
        moved = chip.on(device)
        assert {arrays.device for arrays in moved.arrays.values()} == {device}
        assert core.with_bits(3).compiled.on(device) is moved
    # Copies of other processes find their own devices.
    again = pickle.loads(pickle.dumps(chip))
    assert device not in again._copies
    assert pickle.loads(pickle.dumps(chip.arrays[33].receiver.converter))._tables == {}


def test_operands_of_unlike_devices_are_refused() -> None:
    core = TensorCore("isca2024-ideal", fidelity="integer")
    with OtherDevice(), pytest.raises(InputError, match="must be on one device; move one by"):
        core.matmul(torch.ones(2, 2), torch.ones(2, 2).to(DEVICE))
