"""Products of the benchmark: what is measured, and when it refuses to."""

from __future__ import annotations

import pytest
import torch

from mirage_core import TensorCore
from mirage_core.native.library import library
from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.bench import products
from tests.machines import SMALL

SHAPE = (9, 20, 12)


def test_operands_are_of_their_kind_and_new_every_time() -> None:
    for data in ("network", "gradients", "normal"):
        a, b = products.operands(data, SHAPE, NoiseKey.from_seed(0))
        assert a.shape == (9, 20)
        assert b.shape == (20, 12)
        assert not torch.equal(a, products.operands(data, SHAPE, NoiseKey.from_seed(1))[0])
    _, activations = products.operands("network", SHAPE, NoiseKey.from_seed(0))
    assert float(activations.min()) == 0.0
    _, gradients = products.operands("gradients", (9, 200, 120), NoiseKey.from_seed(0))
    assert float((gradients == 0.0).float().mean()) == pytest.approx(0.5, abs=0.02)


def test_a_measurement_counts_its_readouts() -> None:
    core = TensorCore("robust", overrides=SMALL)
    found = products.measure(core, "network", SHAPE, 2)
    assert found["shape"] == "9x20x12"
    assert found["ratio"] > 0.0
    # Two products warm up and are not counted, and two are measured, of two groups each.
    counts = core.ledger.total
    assert counts.readouts.total() == 2 * 3 * 9 * 12 * 2 + 3 * counts.re_reads
    assert 0.0 <= found["evaluated"] <= 1.0
    assert found["path"] == core.path


@pytest.mark.parametrize("stay", [False, True])
def test_weights_stay_where_they_are_said_to(stay: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    core = TensorCore("robust", overrides=SMALL, fidelity="integer")
    real = core.matmul

    def spy(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        seen.append((a, b))
        return real(a, b)

    monkeypatch.setattr(core, "matmul", spy)
    products.measure(core, "network", SHAPE, 2, weights_stay=stay)
    assert all(torch.equal(a, seen[0][0]) for a, _ in seen) == stay
    assert not torch.equal(seen[0][1], seen[1][1])


def test_a_run_that_fell_back_fails() -> None:
    if library() is None:
        pytest.skip("there are no native kernels to fall back from")
    core = TensorCore("robust", overrides=SMALL)
    core._native = None
    with pytest.raises(InputError, match="were not used"):
        products.measure(core, "network", SHAPE, 2)


def test_what_kernels_do_not_know_may_take_another_path() -> None:
    strong = ["multiplier.heat.coupling.law.nearest_coupling=1e-3", "calibration.accept=any"]
    core = TensorCore("thermo-optic", overrides=["array.units=1", "array.rows=2", *strong])
    assert products.known_path(core) == core.path == "every readout"


def test_cases_are_measured_in_all_their_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def measure(core: TensorCore, *given: object) -> dict[str, object]:
        asked.append((core.fidelity, *given))
        return {"ratio": 1.0}

    monkeypatch.setattr(products, "measure", measure)
    once = products.Case("a", "robust", "normal", shapes=(SHAPE, SHAPE), least=True)
    often = products.Case("b", "robust", "network", fidelity="integer", shapes=(SHAPE,))
    found = products.measure_cases((once, often), 5)
    assert [row["case"] for row in found] == ["a", "a", "b"]
    assert asked == [
        *[("compact", "normal", SHAPE, 1, False)] * 2,
        ("integer", "network", SHAPE, 5, False),
    ]
