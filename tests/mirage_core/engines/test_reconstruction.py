"""Redundancy in the machine: policies, reading again, what is counted, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import mirage_core.engines.compact as compact_module
import mirage_core.engines.field as field_module
import mirage_core.engines.injected as injected_module
from circuits import compile_chip, fabricate
from mirage_core import ModuliSet, TensorCore, load_machine
from mirage_core.arithmetic.redundancy_policy import Redundancy
from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.engines import CompactEngine, FieldEngine, InjectedEngine
from mirage_core.engines.base import Readings
from mirage_core.engines.reconstruction import reconstruct
from photonics.random import NoiseKey
from photonics.readout_words import ReadoutStreams
from tests.machines import SMALL
from tests.mirage_core.engines.products import operands
from tests.mirage_core.engines.reconstruction_helpers import CORRECTING, NOISY, PROTECTED

KEY = NoiseKey.from_seed(0)


def test_a_block_is_reconstructed_as_its_policy_says() -> None:
    moduli = ModuliSet((29, 32, 33))
    exact = torch.zeros(1, 2, 5)
    exact[0, 1] = torch.tensor([7.0, -9.0, 11.0, 100.0, -3600.0])
    first = moduli.to_residues(exact.long())
    # A slip of 29 at (0, 1, 1), of 33 at (0, 1, 2), of 32 at (0, 1, 4); two that cancel at
    # (0, 0, 3): 7424 + 7424 is beyond M/2, but 12672 · 2 - 30624 = -5280 is illegal, too.
    for where, place, slip in (((1, 1), 0, 1), ((1, 2), 2, -1), ((1, 4), 1, 1), ((0, 3), 0, 2)):
        vector, row = where
        first[0, vector, row, place] = (first[0, vector, row, place] + slip) % moduli.moduli[place]
    asked: list[tuple[int, list[list[int]]]] = []

    def again(suspects: torch.Tensor, attempt: int) -> list[torch.Tensor]:
        """The first attempt mends (0, 0, 3) and (0, 1, 1), the second (0, 1, 4)."""
        asked.append((attempt, suspects.tolist()))
        good = {1: [(0, 3), (1, 1)], 2: [(1, 4)]}[attempt]
        rows = [
            moduli.to_residues(exact[tuple(s)].long()) if tuple(s[1:]) in good else first[tuple(s)]
            for s in suspects.tolist()
        ]
        return list(torch.stack(rows).unbind(-1))

    readings = Readings(slice(0, 2), slice(0, 5), exact, list(first.unbind(-1)), again, 2)
    block = reconstruct(readings, moduli, Redundancy(policy="reread", attempts=2), 3600)
    expected = exact.clone()
    expected[0, 1, 2] = 0
    assert torch.equal(block.dots.float(), expected)
    everyone = [[0, 0, 3], [0, 1, 1], [0, 1, 2], [0, 1, 4]]
    assert asked == [(1, everyone), (2, [[0, 1, 2], [0, 1, 4]])]
    assert (block.wrong, block.undetected, block.corrected) == (1, 0, 0)
    assert (block.re_reads, block.detected) == (4 + 2, 4 + 2 + 1)
    # Tiles of two rows: rows 3 | 1 | 2 | 4 lie in tiles 1 | 0 | 1 | 2; rows 2 and 3 in one tile
    # but of different vectors.
    assert block.re_read_symbols == 4 + 2
    # The slips of 29, 33, 32 and 29 again; then 33 and 32; then 33.
    assert block.errors == {29: 2, 32: 2, 33: 3}
    assert (block.counts.dropped, block.counts.symbols) == (1, 6)
    assert block.counts.readouts == {29: 6, 32: 6, 33: 6}

    dropped = reconstruct(readings, moduli, Redundancy(policy="drop"), 3600)
    assert dropped.dots[0, 1].tolist() == [7, 0, 0, 100, 0]
    # The zero of (0, 0, 3) is dropped, but right.
    assert (dropped.detected, dropped.wrong, dropped.re_reads) == (4, 3, 0)
    believed = reconstruct(readings, moduli, Redundancy(), 3600)
    assert (believed.wrong, believed.undetected, believed.detected) == (4, 4, 0)


def test_integers_of_one_symbol_are_read_again_together() -> None:
    moduli = ModuliSet((29, 32, 33))
    exact = torch.zeros(1, 1, 6)
    wrong = moduli.to_residues(torch.full((1, 1, 6), 5000)).unbind(-1)
    right = moduli.to_residues(torch.zeros(6, dtype=torch.int64)).unbind(-1)
    readings = Readings(
        slice(0, 1), slice(0, 6), exact, list(wrong), lambda *_: list(right), tile_rows=4
    )
    block = reconstruct(readings, moduli, Redundancy(policy="reread"), 3600)
    assert (block.re_reads, block.re_read_symbols) == (6, 2)


@pytest.mark.parametrize("rails", ["dual", "single"])
@pytest.mark.parametrize("fidelity", ["compact", "field", "injected"])
def test_reading_again_is_a_reading_with_the_noise_of_the_attempt(
    fidelity: str, rails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same readouts, read as a whole with the words of the attempt, and one by one again.
    laser = [f"multiplier.rails={rails}", "laser.linewidth_hz=2e7"]
    machine = load_machine("robust", [*NOISY, *laser, "moduli=[29, 32, 33]"])
    chip = fabricate(machine.design, machine.moduli, machine.array_shape, 0)
    engine, module = {
        "compact": (CompactEngine(compile_chip(chip), machine.moduli_set), compact_module),
        "field": (FieldEngine(chip, machine.moduli_set), field_module),
        "injected": (
            InjectedEngine(
                machine.moduli_set, ResidueErrors(probability=0.2), Redundancy(), tile_rows=8
            ),
            injected_module,
        ),
    }[fidelity]
    taken: list[Readings] = []

    def spy(readings: Readings, *rest: Any) -> Any:
        taken.append(readings)
        return reconstruct(readings, *rest)

    monkeypatch.setattr(module, "reconstruct", spy)
    o = operands(3, 19, 40, offset=5)
    list(engine.blocks(o, KEY))
    of, read = ReadoutStreams.of, FieldEngine._read
    with monkeypatch.context() as patched:
        patched.setattr(ReadoutStreams, "of", lambda key, _=0: of(key, 2))
        patched.setattr(FieldEngine, "_read", lambda *given: read(*given, 2))
        list(engine.blocks(o, KEY.fold("attempt", 2) if fidelity == "injected" else KEY))
    half = len(taken) // 2
    for before, whole in zip(taken[:half], taken[half:], strict=True):
        assert before.rows == whole.rows
        shape = before.exact.shape
        some = torch.ones(shape, dtype=torch.bool).nonzero()[torch.randperm(before.exact.numel())]
        some = some[: len(some) // 3]
        found = before.again(some, 2)
        for place in range(3):
            assert torch.equal(found[place].long(), whole.residues[place][tuple(some.T)].long())
            assert not torch.equal(
                found[place].long(), before.residues[place][tuple(some.T)].long()
            )


@pytest.mark.parametrize("policy", [PROTECTED, CORRECTING], ids=["reread", "correct"])
def test_protected_products_do_not_depend_on_tiling(
    policy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = load_machine("robust", [*NOISY, *policy])
    generator = torch.Generator().manual_seed(3)
    a = torch.randn(20, 38, generator=generator)
    b = torch.randn(38, 30, generator=generator)
    core = TensorCore(machine, seed=4)
    whole = core.matmul(a, b)
    assert core.ledger.total.re_reads > 100
    for name, size in (("_BLOCK_READOUTS", 700), ("_BLOCK_TABLE", 3000)):
        monkeypatch.setattr(compact_module, name, size)
        again = TensorCore(machine, seed=4)
        assert torch.equal(again.matmul(a, b), whole)
        assert again.ledger.as_dict() == core.ledger.as_dict()


@pytest.mark.parametrize("errors", [None, ResidueErrors(probability=0.03)])
def test_a_split_batch_is_protected_like_the_whole(errors: ResidueErrors | None) -> None:
    machine = load_machine("robust", [*NOISY, *PROTECTED])
    generator = torch.Generator().manual_seed(5)
    weight = torch.randn(10, 40, generator=generator)
    batch = torch.randn(24, 40, generator=generator)
    core = TensorCore(machine, fidelity="integer" if errors else "compact", errors=errors)
    with core.step(3):
        whole = core.matmul(batch, weight.T, stationary="b")
    assert core.ledger.total.re_reads > 10
    parts = []
    for first, last in ((0, 10), (10, 24)):
        with core.step(3, row_offset=first):
            parts.append(core.matmul(batch[first:last], weight.T, stationary="b"))
    assert torch.equal(torch.cat(parts), whole)


@pytest.mark.parametrize("fidelity", ["integer", "compact", "field"])
def test_the_ideal_limit_needs_no_protection_and_is_not_changed_by_it(fidelity: str) -> None:
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randn(20, 50, generator=generator), torch.randn(50, 30, generator=generator)
    plain = TensorCore("isca2024-ideal", fidelity="integer").matmul(a, b)
    for policy in (PROTECTED, CORRECTING, ["redundancy.policy=drop"]):
        machine = load_machine("isca2024-ideal", [*SMALL, *policy])
        core = TensorCore(machine, fidelity=fidelity)
        assert torch.equal(core.matmul(a, b), plain)
        counts = core.ledger.total
        assert set(counts.readouts) == set(machine.all_moduli.moduli)
        assert set(counts.readouts.values()) == {counts.integers}
        assert counts.errors.total() + counts.detected + counts.undetected + counts.corrected == 0
