"""What is read again: as foretold from error rates, and as cores enter it in their ledgers."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import pytest
import torch

from circuits.analysis.predicted_errors import predict
from circuits.analysis.workload import Workload
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.core.tensor_core import TensorCore
from mirage_core.cost.array import ModularArray
from mirage_core.cost.re_reads import NOTHING_AGAIN, ReReads
from mirage_core.cost.run_bill import time_of
from mirage_core.cost.work import Work
from mirage_core.machine.loading import load_machine
from mirage_core.tracing.product import Product
from photonics.errors import InputError
from tests.close import close
from tests.tolerance import Z


def test_injected_errors_are_read_again_as_foretold() -> None:
    """Counts of one product against the closed form, within five of their own rms."""
    machine, rate = load_machine("robust", ["array.units=2", "array.rows=8"]), 0.02
    core = TensorCore(machine, fidelity="integer", seed=1, errors=ResidueErrors(probability=rate))
    a, b = random_operands(20, 40, 600)
    core.matmul(a, b)
    counts, product = core.ledger.total, Product("", "forward", 20, 40, 600)
    array, again = ModularArray.of(machine), ReReads.of(machine, rate)
    foretold = replace(array, re_reads=again)
    plain, work = (Work.of(product, "DF1", x) for x in (array, foretold))
    # What is read again pays for its readouts and symbols and for no sum, to the last one.
    assert counts.symbols == plain.symbols + counts.re_read_symbols
    assert set(counts.readouts.values()) == {plain.dots + counts.re_reads}
    done = Work.done(counts, array)
    assert (done.dots, done.sums) == (plain.dots + counts.re_reads, plain.sums)
    assert (done.moves, done.drives, done.tiles) == (plain.moves, plain.drives, plain.tiles)
    chances = [again.impossible**t for t in (1, 2, 3)]
    assert_foretold(counts.re_reads, int(plain.dots) * [chances])
    # 3 groups; 600 vectors past blocks of 8, 8 and 4 rows.
    symbols = [[1.0 - (1.0 - p) ** rows for p in chances] for rows in (8, 8, 4)]
    assert_foretold(counts.re_read_symbols, 3 * 600 * symbols)
    assert work.symbols - plain.symbols == close(3 * 600 * sum(map(sum, symbols)))
    late_s = (counts.re_read_symbols - (work.symbols - plain.symbols)) * array.symbol_s / 2
    assert time_of(counts, array) == close(foretold.time_s(product) + late_s, rel=1e-12)


@pytest.mark.slow  # 5 s
def test_light_is_read_again_as_its_budget_foretells() -> None:
    """Error rates predicted for every readout of a chip, and what its ledger counts."""
    few = ["array.units=1", "array.rows=4", "laser.power_w=5e-3", "redundancy.attempts=2"]
    machine = load_machine("robust", few)
    core = TensorCore(machine, fidelity="compact", seed=1)
    a, b = (15.0 * x for x in random_operands(4, 16, 3000))
    # Integers as they are: the largest of each group sets its exponent.
    a[:, 0], b[0] = 15.0, 15.0
    a, b = a.trunc(), b.trunc()
    core.matmul(a, b)
    counts = core.ledger.total
    array, unit = ModularArray.of(machine), torch.zeros(1, dtype=torch.long)
    data = Workload(b.T.long(), a.long()[None], unit)
    wrong = [predict(x, data).error_probability for x in core.compiled.arrays.values()]
    right = torch.stack([1.0 - x for x in wrong]).prod(0).flatten()
    chances = torch.stack([1.0 - right, (1.0 - right) ** 2], dim=1)
    assert_foretold(counts.re_reads, chances.tolist())
    # The mean rate alone leaves out products of two chances: readouts fare unequally, and those
    # near to a wrong level fail again.
    rate = float(torch.stack(wrong).mean())
    product = Product("", "forward", 4, 16, 3000)
    work = Work.of(product, "DF1", replace(array, re_reads=ReReads.of(machine, rate)))
    left_out = float(chances[:, 1].sum())
    assert abs(work.dots - work.sums - counts.re_reads) < 2.0 * left_out + Z * sqrt(counts.re_reads)
    assert left_out < 0.2 * counts.re_reads


def random_operands(m: int, k: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    a, b = (2.0 * torch.rand(size, generator=generator) - 1.0 for size in ((m, k), (k, n)))
    return a, b


def assert_foretold(count: int, chances: list[list[float]]) -> None:
    """A count is within Z of its rms: of each, that it comes once or more, twice or more, ..."""
    at_least = torch.tensor(chances, dtype=torch.float64)
    mean = at_least.sum(1)
    weights = 2.0 * torch.arange(1, at_least.shape[1] + 1) - 1.0
    variance = (weights * at_least).sum(1) - mean.square()
    assert abs(count - float(mean.sum())) < Z * float(variance.sum().sqrt())


def test_rates_and_policies_of_no_re_reads() -> None:
    paper, robust = load_machine("isca2024"), load_machine("robust")
    assert ReReads.of(paper, 0.0) == NOTHING_AGAIN
    assert ReReads.of(robust, 0.0) == ReReads(0.0, attempts=3)
    # One slip in either residue of three cannot be: p = 1 - (1 - e)^3 but for two slips at once.
    assert ReReads.of(robust, 1e-6).impossible == close(3e-6, rel=1e-5)
    with pytest.raises(InputError, match="machines that read again"):
        ReReads.of(paper, 0.01)
    with pytest.raises(InputError, match="between 0 and 1"):
        ReReads.of(robust, float("nan"))
