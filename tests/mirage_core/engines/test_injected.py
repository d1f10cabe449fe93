"""Injected errors: as many as asked for, and protected as those of the light."""

from __future__ import annotations

import copy
import math
import pickle

import pytest
import torch

import mirage_core.engines.injected as injected_module
from mirage_core import ModuliSet, TensorCore, load_machine
from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.redundancy_policy import Redundancy
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core.ledger import Counts
from mirage_core.engines import InjectedEngine, Operands
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.machines import SMALL
from tests.mirage_core.engines.products import operands
from tests.mirage_core.engines.reconstruction_helpers import assert_count
from tests.tolerance import Z

KEY = NoiseKey.from_seed(0)


def counted(engine: InjectedEngine, o: Operands) -> Counts:
    return sum((block.counts for block in engine.blocks(o, KEY)), Counts())


@pytest.mark.parametrize("kind", ["slip", "uniform"])
@pytest.mark.parametrize(
    ("moduli", "policy", "attempts"),
    [
        ((31, 32, 33), "drop", 3),
        ((31, 32, 33), "reread", 1),
        ((29, 32, 33), "reread", 3),
        ((31, 32, 33, 35), "reread", 2),
        ((31, 32, 33, 35, 37), "correct", 1),
        ((31, 32, 33, 13, 19), "correct", 2),
    ],
)
def test_counts_are_those_of_the_closed_form(
    moduli: tuple[int, ...], policy: str, attempts: int, kind: str
) -> None:
    law = ResidueErrors(probability=0.04, kind=kind)  # type: ignore[arg-type]
    redundancy = Redundancy(policy=policy, attempts=attempts, redundant_moduli=moduli[3:])  # type: ignore[arg-type]
    o = operands(4, 16, 1200)
    counts = counted(InjectedEngine(ModuliSet(moduli), law, redundancy, tile_rows=8), o)
    code = RedundantCode(ModuliSet(moduli), 3600)
    x = o.exact_dots(slice(0, 1200), slice(0, 16)).long().flatten()
    once = one_reading(code, law, x, policy == "correct")
    after = once.after(redundancy.re_reads)
    assert_count(counts.undetected, after.undetected)
    assert_count(counts.dropped, after.detected)
    readings = len(x) + counts.re_reads
    assert_count(counts.errors.total(), torch.full((readings * len(moduli),), law.probability))
    # Readings again of one integer: r or more with probability p_d^r.
    tries = torch.arange(1, redundancy.re_reads + 1, dtype=torch.float64)
    more = once.detected.unsqueeze(-1) ** tries
    mean = more.sum(-1)
    variance = ((2 * tries - 1) * more).sum(-1) - mean**2
    assert abs(counts.re_reads - float(mean.sum())) <= Z * math.sqrt(float(variance.sum()))
    # Accepted only thanks to correction, in whichever reading.
    plain = one_reading(code, law, x, False)
    gained = (plain.detected - once.detected) * after.correct / once.correct
    assert_count(counts.corrected, gained)
    assert (counts.corrected > 400) == (policy == "correct")


def test_drawn_errors_do_not_depend_on_tiling(monkeypatch: pytest.MonkeyPatch) -> None:
    redundancy = Redundancy(policy="reread", attempts=2)
    law = ResidueErrors(probability=0.05)
    engine = InjectedEngine(ModuliSet((29, 32, 33)), law, redundancy, tile_rows=8)
    o = operands(3, 19, 300)
    whole = counted(engine, o)
    dots = torch.cat([b.dots for b in engine.blocks(o, KEY)], dim=1)
    monkeypatch.setattr(injected_module, "_BLOCK", 500)
    blocks = list(engine.blocks(o, KEY))
    assert len(blocks) > 10
    assert torch.equal(torch.cat([b.dots for b in blocks], dim=1), dots)
    assert counted(engine, o) == whole


def test_a_core_with_injected_errors() -> None:
    machine = load_machine("isca2024-ideal", SMALL)
    law = ResidueErrors(probability=0.01)
    a, b = torch.randn(16, 64), torch.randn(64, 32)
    core = TensorCore(machine, fidelity="integer", errors=law, seed=3)
    again = pickle.loads(pickle.dumps(core))
    assert copy.deepcopy(core) is core
    first = core.matmul(a, b)
    assert torch.equal(again.matmul(a, b), first)
    assert not torch.equal(core.matmul(a, b), first)
    assert core.ledger.total.wrong_integers == core.ledger.total.undetected > 0
    assert core.ledger.as_dict() == type(core.ledger).from_dict(core.ledger.as_dict()).as_dict()
    none = TensorCore(machine, fidelity="integer", errors=ResidueErrors())
    assert torch.equal(none.matmul(a, b), TensorCore(machine, fidelity="integer").matmul(a, b))
    with pytest.raises(InputError, match="fidelity compact has errors of its own"):
        TensorCore(machine, errors=law)
    with pytest.raises(InputError, match="no light to probe"), core.probe():
        pass
