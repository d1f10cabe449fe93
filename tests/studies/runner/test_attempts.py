"""Who has a job: the first live attempt, and nobody twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from studies.runner import attempts as module
from studies.runner.attempts import (
    MOST_LOST,
    Attempt,
    Attempts,
    Description,
    Outcome,
    study_of,
)
from studies.runner.storage import open_storage

LEASE_S = 10.0


class Clock:
    """A time that tests move on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage(tmp_path: Path) -> BaseStorage:
    return open_storage(str(tmp_path / "journal"))


@pytest.fixture
def worker(storage: BaseStorage, clock: Clock) -> Attempts:
    return seer(storage, clock)


def seer(storage: BaseStorage, clock: Clock) -> Attempts:
    """One more worker; all are this process, which is alive."""
    study = study_of(storage, "x", ["minimize"], ["loss"])
    found = Attempts(storage, study, LEASE_S, clock)
    found.refresh()
    return found


def describe(job: int) -> Description:
    return Description(attributes={"point": job})


def claim(worker: Attempts, *jobs: int) -> Attempt | None:
    worker.refresh()
    return worker.claim(jobs, describe)


def done(value: float = 1.0) -> Outcome:
    return Outcome("done", {"loss": value}, (value,))


def states(worker: Attempts) -> list[str]:
    trials = worker.storage.get_all_trials(worker.study_id)
    return [str(t.user_attrs.get("outcome", t.state.name)) for t in trials]


def test_a_job_that_is_taken_is_passed_over(storage: BaseStorage, clock: Clock) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    first, second = claim(one, 0, 1), claim(two, 0, 1)
    assert first is not None
    assert second is not None
    assert (first.job, second.job) == (0, 1)
    assert claim(one, 0, 1) is None


def test_of_two_that_claim_at_once_the_first_has_it(storage: BaseStorage, clock: Clock) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    # Both have looked before either has made its attempt.
    first = one.claim([0], describe)
    second = two.claim([0], describe)
    assert first is not None
    assert second is None
    assert states(one) == ["RUNNING", "surplus"]


def test_a_finished_job_is_never_claimed_again(storage: BaseStorage, clock: Clock) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    attempt = claim(one, 0)
    assert attempt is not None
    assert one.finish(attempt, done())
    assert two.claim([0], describe) is None
    assert claim(two, 0) is None
    assert two.tally.finished[0].values == [1.0]


def test_a_pulse_that_stands_still_for_a_lease_is_dead(storage: BaseStorage, clock: Clock) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    attempt = claim(one, 0)
    assert attempt is not None
    assert claim(two, 0) is None
    clock.now = LEASE_S - 1
    assert one.beat(attempt, 1)
    assert claim(two, 0) is None
    clock.now = 2 * LEASE_S - 2
    assert claim(two, 0) is None
    clock.now = 2 * LEASE_S
    again = claim(two, 0)
    assert again is not None
    assert not one.beat(attempt, 2)
    # What the frozen one finds is kept, and counts as nothing.
    assert not one.finish(attempt, done(7.0))
    assert two.finish(again, done(1.0))
    assert two.refresh().finished[0].values == [1.0]
    assert states(two) == ["FAIL", "COMPLETE", "late"]


def test_a_claim_that_was_lost_before_it_was_seen_is_given_up(
    storage: BaseStorage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    made = one.storage.create_new_trial

    def frozen(study_id: int, template_trial: object) -> int:
        # It stands still behind its claim for longer than a lease, and another one takes over.
        monkeypatch.setattr(one.storage, "create_new_trial", made)
        trial_id = made(study_id, template_trial=template_trial)
        assert claim(two, 0) is None
        clock.now = 2 * LEASE_S
        again = claim(two, 0)
        assert again is not None
        assert two.finish(again, done(1.0))
        return trial_id

    monkeypatch.setattr(one.storage, "create_new_trial", frozen)
    assert one.claim([0], describe) is None
    assert states(two) == ["FAIL", "COMPLETE"]


def test_an_attempt_that_is_finished_first_counts_although_a_lease_was_over(
    storage: BaseStorage, clock: Clock
) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    attempt = claim(one, 0)
    assert attempt is not None
    claim(two, 0)
    clock.now = 2 * LEASE_S
    # The other sees a dead attempt, and in the same moment it is finished.
    assert one.finish(attempt, done(3.0))
    assert two.claim([0], describe) is None
    assert two.refresh().finished[0].values == [3.0]
    assert TrialState.COMPLETE.name in states(two)
    assert states(two).count("COMPLETE") == 1


def test_an_attempt_of_a_process_that_is_gone_is_dead_at_once(
    storage: BaseStorage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = seer(storage, clock), seer(storage, clock)
    assert claim(one, 0) is not None
    monkeypatch.setattr(module, "is_dead", lambda worker: True)
    assert claim(two, 0) is not None
    assert two.tally.lost[0] == 1


def test_an_error_is_tried_once_more_and_then_is_the_result(worker: Attempts) -> None:
    for _ in range(2):
        attempt = claim(worker, 0)
        assert attempt is not None
        worker.finish(attempt, Outcome("error", {"why": "broken"}))
    assert claim(worker, 0) is None
    assert worker.tally.has_failed(0)
    assert worker.tally.errors[0][-1].user_attrs["result"]["why"] == "broken"


def test_stopping_is_no_error(worker: Attempts) -> None:
    for _ in range(5):
        attempt = claim(worker, 0)
        assert attempt is not None
        worker.finish(attempt, Outcome("stopped", {}))
    assert claim(worker, 0) is not None


def test_a_job_that_takes_its_workers_with_it_is_given_up(
    worker: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_dead", lambda worker: True)
    made = 0
    while claim(worker, 0) is not None:
        made += 1
        assert made < 2 * MOST_LOST
    assert made == MOST_LOST


def test_a_machine_that_cannot_be_is_a_result(worker: Attempts) -> None:
    attempt = claim(worker, 0)
    assert attempt is not None
    worker.finish(attempt, Outcome("refused", {"why": "no light"}))
    assert claim(worker, 0) is None
    trial = worker.tally.finished[0]
    assert trial.state is TrialState.PRUNED
    assert trial.user_attrs["result"]["why"] == "no light"
