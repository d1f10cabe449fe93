"""What light, format and errors cost each product of a network."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

import mirage_core as mirage
from mirage_core.fidelity.layers import ProductFidelity
from photonics.errors import InputError
from tests.machines import SMALL
from tests.mirage_core.fidelity.test_repeats import with_row_turned
from tests.mirage_core.helpers import gaussian

# 8-bit mantissas in groups of 16 need ±16 · 255² = ±1040400, and these hold ±1048511.
WIDE = ("bfp.mantissa_bits=8", "moduli=[127, 128, 129]")
X, Y = gaussian(12, 32), torch.arange(12) % 5


def network() -> nn.Sequential:
    torch.manual_seed(0)
    shared = nn.Linear(16, 16)
    return nn.Sequential(nn.Linear(32, 16), nn.Tanh(), shared, nn.Tanh(), shared, nn.Linear(16, 5))


def loss(model: nn.Module) -> torch.Tensor:
    return nn.functional.cross_entropy(model(X), Y)


def by_place(core: mirage.TensorCore) -> dict[tuple[str, str], ProductFidelity]:
    rows = mirage.layer_fidelity(network(), core, loss)
    return {(row.layer, row.kind): row for row in rows}


def test_without_light_all_that_is_lost_is_lost_by_the_format() -> None:
    wide = mirage.TensorCore("isca2024-ideal", overrides=WIDE, fidelity="integer")
    narrow = mirage.TensorCore("isca2024-ideal", fidelity="integer")
    found, coarse = by_place(wide), by_place(narrow)
    places = [(layer, kind) for layer in "025" for kind in ("forward", "dx", "dw")]
    assert list(found) == [place for place in places if place != ("0", "dx")]
    for place, row in found.items():
        assert row.sqnr_db == row.quantised_sqnr_db
        assert row.light_sqnr_db == math.inf
        assert row.random_errors == row.persistent_errors == row.wrong == row.dropped == 0
        assert row.evaluated is None
        assert row.cosine is not None
        assert row.cosine > 0.999
        # Four bits more are 24 dB more; a product of few numbers scatters by some dB.
        assert row.sqnr_db - coarse[place].sqnr_db == pytest.approx(24, abs=8)
    assert found["0", "forward"].as_dict()["light_sqnr_db"] is None


@pytest.mark.parametrize("bits", [3, 5])
def test_a_plain_quantiser_has_the_ratio_of_the_closed_form(bits: int) -> None:
    """Numbers uniform over all cells of ±(2^b - 1) steps Δ, times one.

    They reach A = (2^b - 1/2) Δ, and errors are uniform over a step: A²/3 over Δ²/12 is
    (2^(b+1) - 1)².  Of n numbers the mean square error scatters by 0.894/√n of itself, and the mean
    square by as much: both are of a uniform number, whose square has √(4/5) of its mean as rms.
    """
    count = 2048 * 16
    uniform = torch.rand(2048, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    x = uniform * (1 - 2.0 ** (-bits - 1))
    layer = nn.Linear(16, 16, bias=False)
    nn.init.eye_(layer.weight)
    settings = (f"bfp.mantissa_bits={bits}", "bfp.rounding=nearest")
    core = mirage.TensorCore("isca2024-ideal", overrides=settings, fidelity="integer")
    row, *_ = mirage.layer_fidelity(layer, core, lambda model: model(x).sum())
    sigma_db = 10 / math.log(10) * math.sqrt(2 * 0.8 / count)
    expected = 20 * math.log10(2 ** (bits + 1) - 1)
    assert row.quantised_sqnr_db == pytest.approx(expected, abs=5 * sigma_db)


def test_cosines_are_of_what_the_whole_network_computes() -> None:
    core = mirage.TensorCore("isca2024-ideal", fidelity="integer").with_bits(2)
    found = by_place(core)
    plain = network()
    lit = mirage.convert(copy.deepcopy(plain), core)
    with core.step(0):
        loss(lit).backward()
    loss(plain).backward()
    for layer in "025":
        pair = (model[int(layer)].weight.grad.flatten() for model in (plain, lit))
        expected = float(torch.cosine_similarity(*pair, dim=0))
        assert found[layer, "dw"].cosine == pytest.approx(expected, abs=1e-5)
        assert expected < 0.999
    products = [(model[0](X) - model[0].bias).detach().flatten() for model in (plain, lit)]
    forward = float(torch.cosine_similarity(*products, dim=0))
    assert found["0", "forward"].cosine == pytest.approx(forward, abs=1e-5)


def test_errors_of_a_known_rate_are_found_by_chance_alone() -> None:
    """Of N = 3 n readouts the mean of two readings scatters by √(N p / 2)."""
    chance = 0.03
    errors = mirage.ResidueErrors(probability=chance)
    core = mirage.TensorCore("isca2024-ideal", fidelity="integer", errors=errors)
    found = by_place(core).values()
    for row in found:
        readouts = 3 * row.integers
        total = row.random_errors + row.persistent_errors
        assert abs(total - readouts * chance) < 5 * math.sqrt(readouts * chance / 2)
        assert row.persistent_errors < 5 * math.sqrt(3 * readouts) * chance
        assert row.light_sqnr_db < row.quantised_sqnr_db
        assert row.evaluated is None
    # They are those of the first step of a run.
    run = mirage.TensorCore("isca2024-ideal", fidelity="integer", errors=errors)
    with run.step(0):
        loss(mirage.convert(network(), run)).backward()
    assert sum(row.wrong for row in found) == run.ledger.total.wrong_integers > 0


def test_a_row_that_is_off_makes_errors_that_stay_and_integers_that_are_dropped() -> None:
    """Slips of 31 among 31, 32 and 33 are always noticed; reading again does not help."""
    settings = [*SMALL, "redundancy.policy=reread"]
    made = mirage.TensorCore("isca2024-ideal", overrides=settings)
    chip = with_row_turned(made.compiled, 31, 3)
    core = mirage.TensorCore(made.machine, chip=chip)
    model = nn.Linear(32, 16, bias=False)
    x = gaussian(50, 32)
    row, *_ = mirage.layer_fidelity(model, core, lambda on: on(x).square().sum())
    assert row.persistent_errors == pytest.approx(100)
    assert row.random_errors == pytest.approx(0, abs=1e-9)
    assert row.dropped == 100
    assert row.light_sqnr_db < 20
    assert row.evaluated is not None
    assert 0 < row.evaluated < 1
    assert core.ledger.total.gemms == 0
    assert type(model) is nn.Linear
    assert model.weight.grad is None


def test_what_is_no_model_core_or_loss_is_refused() -> None:
    core = mirage.TensorCore("isca2024-ideal", fidelity="integer")
    with pytest.raises(InputError, match="core = "):
        mirage.layer_fidelity(network(), "robust", loss)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="must return a number"):
        mirage.layer_fidelity(network(), core, lambda model: model(X))
