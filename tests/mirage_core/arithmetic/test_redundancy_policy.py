"""Policies of protection: what each holds, refuses and costs."""

from __future__ import annotations

import itertools
import json
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mirage_core import ModuliSet, load_machine
from mirage_core.arithmetic.redundancy_policy import Redundancy, sufficient_moduli
from photonics.errors import InputError
from tests.mirage_core.arithmetic.codes import code, distance_by_trying


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail, and not hang, where something does not come to an end."""

    def late(*_: object) -> None:
        raise AssertionError(f"not done within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"policy": "correct", "redundant_moduli": (35,)}, "detects 1 wrong and corrects none"),
        ({"policy": "correct"}, r"redundant_moduli = \(\).*use \(13, 19\)"),
        ({"policy": "correct", "redundant_moduli": (5, 7)}, "as few as 2"),
        ({"policy": "reread", "redundant_moduli": (34,)}, "32 and 34 share 2; near to it is"),
        (
            {"policy": "correct", "redundant_moduli": (34,)},
            r"redundancy\.redundant_moduli = \(34,\): .* 32 and 34 share 2; use \(13, 19\)",
        ),
        (
            {"policy": "reread", "redundant_moduli": (33, 37)},
            r"^redundancy\.redundant_moduli = \(33, 37\): must be coprime to \(31, 32, 33\) and "
            r"to each other, but 33 and 33 share 33; near to it is \(35, 37\)$",
        ),
        (
            {"policy": "reread", "redundant_moduli": (35, 66)},
            r"66 share 2; .*\(37, 65\)",
        ),
        ({"policy": "reread", "redundant_moduli": (35, 40)}, r"32 and 40 share 8"),
        ({"policy": "reread", "redundant_moduli": (35, 49)}, r"35 and 49 share 7"),
        # What is near must correct, too, where that is asked for: (5, 7) does not.
        ({"policy": "correct", "redundant_moduli": (3, 5)}, r"33 and 3 share 3; .*\(13, 19\)"),
        ({"policy": "reread", "redundant_moduli": (0,)}, r"= \(0,\): 0 is below 2; .*\(5,\)"),
        (
            {"policy": "reread", "redundant_moduli": (2**30 + 1, 2**30 + 7)},
            r"redundant_moduli = .* must be below 2\^62",
        ),
    ],
)
def test_redundancy_that_cannot_do_as_it_says_is_refused(
    policy: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Redundancy.model_validate(policy).check(ModuliSet((31, 32, 33)), 3600)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"policy": "none", "redundant_moduli": (35,)}, "not used by the policy none"),
        ({"policy": "none", "attempts": 2}, "attempts = 2: are not used by the policy none"),
        ({"policy": "drop", "attempts": 0}, "attempts = 0: are not used by the policy drop"),
        ({"policy": "reread", "attempts": 0}, "attempts = 0: reread needs at least one"),
    ],
)
def test_no_policy_holds_what_it_has_no_use_for(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Redundancy.model_validate(values)


def test_how_often_a_policy_reads_again() -> None:
    found = {
        (policy, attempts): Redundancy(policy=policy, attempts=attempts).re_reads
        for policy, attempts in [
            ("none", 3),
            ("drop", 3),
            ("reread", 3),
            ("correct", 3),
            ("reread", 1),
            ("correct", 0),
        ]
    }
    assert list(found.values()) == [0, 0, 3, 3, 1, 0]


@pytest.mark.parametrize("policy", ["none", "drop", "reread"])
def test_files_that_leave_out_the_attempts_mean_three(policy: str, tmp_path: Path) -> None:
    machine = load_machine("isca2024", [f"redundancy.policy={policy}"])
    dumped = machine.model_dump(mode="json")
    assert dumped["redundancy"]["attempts"] == 3
    dumped["redundancy"]["attempts"] = None
    (tmp_path / "before.json").write_text(json.dumps(dumped))
    assert load_machine(tmp_path / "before.json") == machine
    assert load_machine("robust", ["redundancy.attempts=none"]) == load_machine("robust")


def test_a_preset_shows_how_often_it_reads_again() -> None:
    shown = {leaf.name: leaf for leaf in load_machine("robust").parameters()}
    leaf = shown["redundancy.attempts"]
    assert leaf.value == 3
    assert leaf.source.startswith("choice; ")


@pytest.mark.parametrize(
    ("info", "limit"),
    [((31, 32, 33), 3600), ((211,), 50), ((16, 17), 100), ((3, 5, 64), 200), ((3, 4, 5, 7), 209)],
)
def test_suggested_moduli_correct_and_smaller_ones_do_not(
    info: tuple[int, ...], limit: int
) -> None:
    best = sufficient_moduli(ModuliSet(info), limit)
    assert best is not None
    assert distance_by_trying(code(*info, *best, limit=limit)) == 3
    for pair in itertools.combinations(range(2, best[1] + 1), 2):
        every = (*info, *pair)
        if math.lcm(*every) == math.prod(every) and pair[::-1] < best[::-1]:
            assert distance_by_trying(code(*every, limit=limit)) < 3


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        # The smallest of three moduli must exceed 7200 by itself.
        (["moduli=[8209]"], r"redundant_moduli = \(\): .*; use \(7201, 7202\), or the policy"),
        # Two more of which each pair exceeds 2^31 would take the product beyond 2^62.
        (
            ["moduli=[1000003, 1000033]", "bfp.mantissa_bits=10", "bfp.group_size=1024"],
            r"redundant_moduli = \(\): .* corrects none; use the policy reread$",
        ),
    ],
)
def test_the_search_for_redundant_moduli_ends(overrides: list[str], message: str) -> None:
    with within(5.0), pytest.raises(InputError, match=message):
        load_machine("isca2024", [*overrides, "redundancy.policy=correct"])


def test_no_moduli_are_suggested_to_those_that_do_not_hold_the_range() -> None:
    with within(5.0):
        assert sufficient_moduli(ModuliSet((3, 5)), 3600) is None
