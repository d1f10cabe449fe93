"""Machines of which every readout is evaluated, and readouts that are left to the reference."""

from __future__ import annotations

import pytest

from mirage_core.engines import CompactEngine
from mirage_core.native import arrays
from mirage_core.native.library import Library
from tests.machines import NOISY, RESTLESS
from tests.mirage_core.native.kernels import INSTRUCTIONS, network_like, normal, pair
from tests.mirage_core.native.test_engine import assert_same

ANY = "calibration.accept=any"
MACHINES = {
    "the paper's": ("isca2024",),
    "filtered": ("robust", "receiver.memory=filtered", "laser.power_w=2e-3", ANY),
    "restless": ("robust", *RESTLESS, ANY),
    "single rail": ("robust", "multiplier.rails=single", "laser.linewidth_hz=2e7", *NOISY),
    "dark": ("robust", "laser.power_w=5e-5", ANY),
}


@pytest.mark.parametrize("name", MACHINES)
def test_machines_that_cannot_be_screened_decide_alike(name: str) -> None:
    fast, slow = pair(*MACHINES[name])
    assert fast.path.startswith("native")
    assert_same(fast, slow, *network_like(21, 50, 40))
    assert_same(fast, slow, *normal(21, 50, 40))
    assert fast.ledger.total.errors.total() > 0


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_every_instruction_set_decides_alike(instructions: str) -> None:
    fast, slow = pair(*MACHINES["restless"], instructions=instructions)
    assert_same(fast, slow, *normal(43, 50, 30))


@pytest.mark.parametrize("memory", ["settled", "filtered"])
def test_noise_of_drives_turns_rows_alike(memory: str) -> None:
    noise = [
        "multiplier.dac.noise_v=2e-3",
        "multiplier.drive_inl_rms=0",
        f"receiver.memory={memory}",
    ]
    fast, slow = pair("robust", *noise, ANY)
    assert_same(fast, slow, *normal(21, 50, 40))
    still, _ = pair("robust", f"receiver.memory={memory}", ANY)
    still.matmul(*normal(21, 50, 40))
    assert fast.ledger.total.errors != still.ledger.total.errors


def test_what_is_remembered_does_not_depend_on_how_work_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fast, slow = pair(*MACHINES["restless"])
    monkeypatch.setattr("mirage_core.native.engine._PART", 7)
    assert_same(fast, slow, *normal(21, 50, 40))


def test_most_readouts_in_doubt_are_evaluated_without_a_screen() -> None:
    """More vectors than are sampled: the rest is not screened first."""
    fast, slow = pair(*MACHINES["dark"])
    assert_same(fast, slow, *normal(9, 20, 200))
    assert fast.ledger.total.screened < 0.05 * fast.ledger.total.readouts.total()


@pytest.mark.parametrize("name", ["screened", "filtered"])
def test_what_is_left_open_is_decided_by_the_reference(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kernels that leave open whatever they evaluate, first readings and those that follow."""
    monkeypatch.setattr(arrays, "_NEAR", 1.0)
    machines = {**MACHINES, "screened": ("robust", "laser.power_w=2e-3")}
    fast, slow = pair(*machines[name])
    a, b = normal(2 * 9, 20, 6)
    assert_same(fast, slow, a.unflatten(0, (2, 9)), b.expand(2, -1, -1))
    counts = fast.ledger.total
    assert counts.handed_back >= counts.readouts.total() - counts.screened > 0
    assert counts.re_reads > 0


@pytest.mark.parametrize(("power", "laid_out"), [("3e-3", False), ("7e-4", True)])
def test_memory_for_all_integers_is_taken_only_where_most_change(
    power: str, laid_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles of few rows are read densely by chance, on machines that are seldom wrong."""
    fast, slow = pair("robust", f"laser.power_w={power}", ANY)
    found: list[int | None] = []
    release = Library.release

    def note(self: Library, memory: int | None) -> None:
        found.append(memory)
        release(self, memory)

    monkeypatch.setattr(Library, "release", note)
    assert_same(fast, slow, *normal(9, 480, 160))
    # The last of each product is that of all integers.
    assert (found[-1] is not None) is laid_out
    assert found.count(None) == (0 if laid_out else len(found) // 2)


def test_an_error_of_the_reference_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_NEAR", 1.0)
    fast, _ = pair("robust", "laser.power_w=2e-3")

    def fail(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(CompactEngine, "read_one", fail)
    with pytest.raises(KeyboardInterrupt):
        fast.matmul(*normal(9, 40, 30))
