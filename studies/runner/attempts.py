"""Who works on which job: the study's list of jobs is the truth, trials are attempts at them.

A job is a point and a replica.  A worker claims one by a trial that runs and names the job.  Trials
of a storage are numbered in the order in which they were made, for all who look.  So of several
attempts at one job, the first that is not dead has it, and whoever made a later one gives it up
before it has begun.

An attempt is dead if its process is known to be gone, or if its pulse has stood still for as long
as a lease by the clock of whoever looks.  It is declared lost before anyone else begins, and no
trial can be finished once it is lost: so no job is finished twice.  What a worker that was only
frozen finds later is recorded in a trial of its own, which counts as nothing.

States: ``COMPLETE`` is a result, ``PRUNED`` a machine that cannot be (its reason is the result),
``FAIL`` an attempt that came to nothing: an error, lost, stopped, surplus or late.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial
from pydantic import BaseModel, Field, ValidationError

from devices.parameters.problems import dotted
from photonics.errors import InputError
from studies.runner.identity import is_dead, this_worker

MOST_ERRORS = 2
"""A job whose attempts end in an error is tried once more."""
MOST_LOST = 6
"""A job that takes its workers with it as often as this counts as failed."""
Direction = Literal["minimize", "maximize"]
_STATES = {"done": TrialState.COMPLETE, "refused": TrialState.PRUNED}


@dataclass(frozen=True)
class Outcome:
    """What an attempt came to.

    Attributes:
        kind: ``done``, ``refused``, ``error`` or ``stopped``.
        result: plain data that is kept.
        values: of the objectives, where it is done.
        constraints: by how much each is broken, at most 0 where it is kept.
    """

    kind: str
    result: Mapping[str, Any]
    values: tuple[float, ...] = ()
    constraints: Mapping[str, float] = field(default_factory=dict)


class _Replica(BaseModel):
    """What is told of a replica, as far as rows need it."""

    replica: int
    metrics: dict[str, float | None] = {}


class _Result(BaseModel):
    """What is told of a job, as far as rows need it."""

    replicas: list[_Replica] = []
    why: str = ""
    seconds: float = 0.0


class _Told(BaseModel):
    """What a trial tells that is over."""

    job: Annotated[int, Field(ge=0, strict=True)] | Annotated[str, Field(strict=True)]
    outcome: str = ""
    result: _Result | None = None


def _require_whole(trial: FrozenTrial) -> None:
    """Refuse a trial that a storage has damaged."""
    try:
        told = _Told.model_validate(trial.user_attrs)
    except ValidationError as error:
        first, *_ = error.errors()
        said = f"{dotted(first['loc'])}: {first['msg']}"
    else:
        needed = trial.state in _STATES.values() or told.outcome == "error"
        said = "there is no result" if needed and told.result is None else ""
    if said:
        allowed = f"is damaged in its storage: {said}"
        raise InputError("trial", trial.number, allowed, "begin again with --overwrite")


@dataclass(frozen=True)
class Description:
    """What a trial says of its job.

    Attributes:
        parameters: values of axes, by name.
        distributions: of the same.
        attributes: anything else that is plain data.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    distributions: Mapping[str, BaseDistribution] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Attempt(NamedTuple):
    """A job that this worker has.

    Attributes:
        trial_id: of the storage.
        job: index in the study's list.
    """

    trial_id: int
    job: int


class Tally:
    """What the trials say of the jobs.

    Args:
        keys: what trials call the jobs, in their order; none where they go by their numbers.
    """

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._jobs = {key: job for job, key in enumerate(keys)}
        self.finished: dict[int, FrozenTrial] = {}
        self.errors: dict[int, list[FrozenTrial]] = {}
        self.lost: Counter[int] = Counter()
        self.running: dict[int, FrozenTrial] = {}
        self._seen = 0

    def read(self, trials: list[FrozenTrial]) -> None:
        """Take in all trials of the storage, those that have been read before at no cost."""
        for number in [*self.running, *range(self._seen, len(trials))]:
            self._take(trials[number])
        self._seen = len(trials)

    def job_of(self, trial: FrozenTrial) -> int | None:
        """The job that a trial is of; none for one that is not asked for."""
        told: Any = trial.user_attrs.get("job")
        if self._jobs:
            return self._jobs.get(told) if isinstance(told, str) else None
        return told if isinstance(told, int) else None

    def _take(self, trial: FrozenTrial) -> None:
        job = self.job_of(trial)
        if trial.state in (TrialState.RUNNING, TrialState.WAITING):
            self.running[trial.number] = trial
            return
        self.running.pop(trial.number, None)
        if job is None:
            return
        _require_whole(trial)
        if trial.state in _STATES.values():
            self.finished.setdefault(job, trial)
        elif trial.user_attrs.get("outcome") == "error":
            self.errors.setdefault(job, []).append(trial)
        elif "outcome" not in trial.user_attrs:
            self.lost[job] += 1

    def is_over(self, job: int) -> bool:
        """Whether nothing more is to be done for a job."""
        return job in self.finished or self.has_failed(job)

    def has_failed(self, job: int) -> bool:
        """Whether a job has been given up."""
        return len(self.errors.get(job, ())) >= MOST_ERRORS or self.lost[job] >= MOST_LOST


class Attempts:
    """The attempts of one study, seen and made by one worker.

    Args:
        storage: that holds them.
        study_id: of the study in it.
        lease_s: time in s without a pulse after which an attempt is dead.
        clock: monotonic time in s.
        keys: what trials call the jobs, as of :class:`Tally`.
    """

    def __init__(
        self,
        storage: BaseStorage,
        study_id: int,
        lease_s: float,
        clock: Callable[[], float] = time.monotonic,
        keys: Sequence[str] = (),
    ) -> None:
        self.storage, self.study_id, self.lease_s, self.clock = storage, study_id, lease_s, clock
        self.tally, self._keys = Tally(keys), keys
        self._pulses: dict[int, tuple[Any, float]] = {}

    def refresh(self) -> Tally:
        """Read what has changed."""
        self.tally.read(self.storage.get_all_trials(self.study_id, deepcopy=False))
        return self.tally

    def claim(
        self,
        jobs: Iterable[int],
        describe: Callable[[int], Description],
    ) -> Attempt | None:
        """The first of some jobs that nobody has; none if somebody works on each.

        Args:
            jobs: in the order of preference.
            describe: what the trial of a job says of it.
        """
        taken = self._taken()
        for job in jobs:
            if job in taken or self.tally.is_over(job):
                continue
            trial_id = self._trial(TrialState.RUNNING, job, describe(job))
            self.refresh()
            if self._has_it(trial_id, job):
                return Attempt(trial_id, job)
            self._give_up(trial_id)
            taken = self._taken()
        return None

    def finish(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Record what an attempt came to; false if it had been lost meanwhile, and is late."""
        state = _STATES.get(outcome.kind, TrialState.FAIL)
        try:
            self.storage.set_trial_user_attr(attempt.trial_id, "result", dict(outcome.result))
            if state is TrialState.FAIL:
                self.storage.set_trial_user_attr(attempt.trial_id, "outcome", outcome.kind)
            for name, excess in outcome.constraints.items():
                self.storage.set_trial_system_attr(attempt.trial_id, f"constraints:{name}", excess)
            values = outcome.values if state is TrialState.COMPLETE else None
            self.storage.set_trial_state_values(attempt.trial_id, state, values)
        except UpdateFinishedTrialError:
            attributes = {"outcome": "late", "result": dict(outcome.result)}
            self._trial(TrialState.FAIL, attempt.job, Description(attributes=attributes))
            return False
        return True

    def beat(self, attempt: Attempt, count: int) -> bool:
        """Show that an attempt is alive; false once it has been lost."""
        try:
            self.storage.set_trial_user_attr(attempt.trial_id, "pulse", count)
        except UpdateFinishedTrialError:
            return False
        return True

    def _trial(self, state: TrialState, job: int, said: Description) -> int:
        template = create_trial(
            state=state,
            params=dict(said.parameters),
            distributions=dict(said.distributions),
            user_attrs={
                "job": self._keys[job] if self._keys else job,
                "worker": this_worker(),
                **said.attributes,
            },
        )
        return self.storage.create_new_trial(self.study_id, template_trial=template)

    def _has_it(self, trial_id: int, job: int) -> bool:
        """Whether no live attempt came before; those that are dead are declared lost."""
        if self.tally.is_over(job):
            return False
        for trial in self._attempts_at(job):
            if trial._trial_id == trial_id:
                return True
            if not self._is_dead(trial):
                return False
            self._declare_lost(trial)
            if self.refresh().is_over(job):
                return False
        return False

    def _attempts_at(self, job: int) -> list[FrozenTrial]:
        running = self.tally.running
        return [running[n] for n in sorted(running) if self.tally.job_of(running[n]) == job]

    def _taken(self) -> set[int | None]:
        """Jobs that a live attempt has."""
        alive = (t for t in self.tally.running.values() if not self._is_dead(t))
        return {self.tally.job_of(trial) for trial in alive}

    def _is_dead(self, trial: FrozenTrial) -> bool:
        if is_dead(str(trial.user_attrs.get("worker", "?"))):
            return True
        pulse, now = trial.user_attrs.get("pulse"), self.clock()
        known = self._pulses.get(trial.number)
        if known is None or known[0] != pulse:
            self._pulses[trial.number] = (pulse, now)
            return False
        return now - known[1] > self.lease_s

    def _declare_lost(self, trial: FrozenTrial) -> None:
        try:
            self.storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return

    def _give_up(self, trial_id: int) -> None:
        """End an attempt that has not begun; others have if this worker stood still meanwhile."""
        try:
            self.storage.set_trial_user_attr(trial_id, "outcome", "surplus")
            self.storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except UpdateFinishedTrialError:
            return


def study_of(
    storage: BaseStorage, name: str, directions: Sequence[Direction], metric_names: list[str]
) -> int:
    """Identity of a study in a storage, made if it is not there."""
    study = optuna.create_study(
        storage=storage, study_name=name, directions=directions, load_if_exists=True
    )
    if study.metric_names is None:
        study.set_metric_names(metric_names)
    return storage.get_study_id_from_name(name)
