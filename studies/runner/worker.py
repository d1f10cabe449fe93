"""A worker: claims jobs one after the other, until nothing is left or somebody says stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from optuna.exceptions import UpdateFinishedTrialError

from photonics.errors import InputError
from photonics.random import NoiseKey
from studies.runner.attempts import Attempt, Attempts, Outcome
from studies.runner.evaluate import evaluate
from studies.runner.identity import this_worker
from studies.runner.jobs import Jobs

# Time in s between looks at jobs that others have.
_WAIT_S = (0.05, 1.0)
_BEATS_IN_A_LEASE = 4


class Worker:
    """Works on the jobs of a study.

    Args:
        jobs: all there are.
        attempts: those that this worker sees and makes.
        offset: from 0 to below 1, where in the list it begins; by its name if not given.
        on_job: is told after every job.
    """

    def __init__(
        self,
        jobs: Jobs,
        attempts: Attempts,
        offset: float | None = None,
        on_job: Callable[[], None] = lambda: None,
    ) -> None:
        self.jobs, self.attempts, self.on_job = jobs, attempts, on_job
        if offset is None:
            offset = float(NoiseKey.from_seed(0).fold(this_worker()).uniform(0, 1))
        self._todo = list(jobs.order(offset))
        self._done = 0

    def run(self) -> bool:
        """Work until no job is left: true; or until told to stop by a signal: false."""
        wait_s = _WAIT_S[0]
        with _Stop() as stop, _Pulse(self.attempts) as pulse:
            parent = os.getppid()
            while not stop.asked and os.getppid() == parent:
                attempt = self._next()
                if attempt is None:
                    if self._nothing_left():
                        return True
                    time.sleep(wait_s)
                    wait_s = min(2.0 * wait_s, _WAIT_S[1])
                    continue
                wait_s = _WAIT_S[0]
                with pulse.of(attempt):
                    outcome = self._work(attempt, stop)
                self.attempts.finish(attempt, outcome)
                self.on_job()
        return False

    def _next(self) -> Attempt | None:
        tally = self.attempts.refresh()
        todo = self._todo
        while self._done < len(todo) and tally.is_over(todo[self._done]):
            self._done += 1
        # What has failed once is tried again after all else.
        waiting = [job for job in todo[self._done :] if job in tally.errors] if tally.errors else []
        fresh = (todo[i] for i in range(self._done, len(todo)) if todo[i] not in tally.errors)
        found = self.attempts.claim(fresh, self.jobs.describe)
        return found or self.attempts.claim(waiting, self.jobs.describe)

    def _nothing_left(self) -> bool:
        tally = self.attempts.refresh()
        return all(tally.is_over(job) for job in self._todo[self._done :])

    def _work(self, attempt: Attempt, stop: _Stop) -> Outcome:
        attempts, job = self.attempts, attempt.job
        try:
            point = self.jobs.point(
                job, attempts.storage, attempts.study_id, attempt.trial_id, attempts.tally
            )
            with stop.at_once():
                return evaluate(self.jobs.study, point, self.jobs.replicas(job))
        except (KeyboardInterrupt, UpdateFinishedTrialError):
            # Told to stop, or lost before it had a point: nothing has come of it.
            return Outcome("stopped", {})


class _Stop:
    """Signals to stop: at once while a point is measured, else after what is being stored."""

    def __init__(self) -> None:
        self.asked = False
        self._measuring = False
        self._before: dict[int, object] = {}

    def __enter__(self) -> _Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
        if self._measuring:
            self._measuring = False
            raise KeyboardInterrupt

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within this a signal interrupts."""
        if self.asked:
            raise KeyboardInterrupt
        self._measuring = True
        try:
            yield
        finally:
            self._measuring = False


class _Pulse:
    """A thread that shows that a long attempt is alive."""

    def __init__(self, attempts: Attempts) -> None:
        self._attempts, self._every_s = attempts, attempts.lease_s / _BEATS_IN_A_LEASE
        self._lock, self._over = threading.Lock(), threading.Event()
        self._current: Attempt | None = None
        self._since = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Pulse:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @contextmanager
    def of(self, attempt: Attempt) -> Iterator[None]:
        """Within this the attempt is shown to be alive."""
        self._take_up(attempt)
        try:
            yield
        finally:
            self._take_up(None)

    def _take_up(self, attempt: Attempt | None) -> None:
        with self._lock:
            self._current, self._since = attempt, time.monotonic()

    def _run(self) -> None:
        count = 0
        while not self._over.wait(self._every_s / 2.0):
            with self._lock:
                current = self._current
                if current is None or time.monotonic() - self._since < self._every_s:
                    continue
                self._since, count = time.monotonic(), count + 1
                # A disk that is full is told of where a result is to be kept.
                with suppress(InputError):
                    self._attempts.beat(current, count)
