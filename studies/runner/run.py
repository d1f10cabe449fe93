"""A study from its first point to its last: here with some workers, or beside other machines."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from json import JSONDecodeError
from multiprocessing.context import ForkServerContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage

from mirage_core.core.state import difference
from photonics.errors import InputError
from studies.metrics.registry import MODULES
from studies.runner.attempts import Attempts, Tally, study_of
from studies.runner.jobs import Jobs
from studies.runner.rows import made_by
from studies.runner.storage import close_storage, open_storage
from studies.runner.study import Study
from studies.runner.study_file import checked_study
from studies.runner.worker import Worker

FORMAT = 1
"""Version of what is written to storages."""
LEASE_S = 60.0
# Workers that die one after the other without a single job done.
_MOST_DEATHS = 40
_POLL_S = 0.2
_GRACE_S = 20.0
_TOLD = 3


@dataclass(frozen=True)
class Order:
    """What is to be run, in a form that other processes understand.

    Attributes:
        source: name or file of the study.
        full: in its full form, or the quick one.
        fields: of the study that are otherwise, such as ``replicas``.
        storage: path or URL.
        lease_s: time without a pulse after which an attempt is taken over.
    """

    source: str
    storage: str
    full: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)
    lease_s: float = LEASE_S

    def study(self) -> Study:
        """The study that is meant, checked."""
        return checked_study(self.source, self.full, self.fields)

    @property
    def form(self) -> str:
        """Full or quick; empty where there is but one."""
        return "full" if self.full else "quick"

    @property
    def name_in_storage(self) -> str:
        """Name that it goes by in a storage, where quick and full forms stand side by side."""
        return f"{Path(self.source).stem} ({self.form})"


@dataclass(frozen=True)
class Opened:
    """A study with the storage that it is in, to be closed after use."""

    jobs: Jobs
    attempts: Attempts

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        close_storage(self.attempts.storage)


def open_order(order: Order) -> Opened:
    """Find or make the study in its storage.

    Raises:
        InputError: if the storage cannot be used, or holds something else under this name.
    """
    study = order.study()
    storage = open_storage(order.storage)
    with contextlib.ExitStack() as failed, _reachable(order.storage):
        failed.callback(close_storage, storage)
        study_id = study_of(
            storage, order.name_in_storage, list(study.directions.values()), list(study.directions)
        )
        _check_identity(storage, study_id, study, order.storage)
        failed.pop_all()
    jobs = Jobs(study)
    return Opened(jobs, Attempts(storage, study_id, order.lease_s, keys=jobs.keys))


def _check_identity(storage: BaseStorage, study_id: int, study: Study, place: str) -> None:
    """Refuse what was begun by another version, by other code, or as another study."""
    told = {"format": FORMAT, "made by": made_by(), "question": study.question}
    settings = {f"setting of {n}": json.loads(json.dumps(s)) for n, s in study.settings.items()}
    told |= settings or {"study": study.digest}
    found = storage.get_study_user_attrs(study_id)
    for name, value in told.items():
        if name not in found:
            storage.set_study_user_attr(study_id, name, value)
    remedy = "begin again with --overwrite, or name another --out"
    if found.get("format", FORMAT) != FORMAT:
        allowed = f"was written in format {found['format']}, and this is {FORMAT}"
        raise InputError("--storage", place, allowed, remedy)
    if found.get("study", study.digest) != study.digest:
        allowed = "holds another study of this name, or an older form of it"
        raise InputError("--storage", place, allowed, remedy)
    for name, setting in settings.items():
        changed = difference(found.get(name, setting), setting)
        if changed:
            allowed = f"was begun with another {name}: {changed}"
            raise InputError("--storage", place, allowed, remedy)
    if found.get("made by", made_by()) != made_by():
        allowed = f"was begun with {found['made by']}, and this is {made_by()}"
        raise InputError("--storage", place, allowed, remedy)


@contextlib.contextmanager
def _reachable(place: str) -> Iterator[None]:
    try:
        yield
    except StorageInternalError as error:
        said = " ".join(str(error.__cause__ or error).split())[:160]
        raise InputError("--storage", place, f"cannot be used: {said}") from None
    except (KeyError, JSONDecodeError) as error:
        raise InputError("--storage", place, f"is no journal of studies ({error})") from None


Progress = Callable[[int, int], None]


def run(order: Order, workers: int, on_progress: Progress = lambda done, total: None) -> bool:
    """Run what is left of a study; false if it was told to stop before its end.

    Args:
        order: what is to be run.
        workers: processes; one is this process itself.
        on_progress: is told how many jobs are over, of how many.
    """
    with open_order(order) as opened, _reachable(order.storage):
        tell = _Told(opened, on_progress)
        if workers > 1:
            return _Pool(order, workers, tell).run()
        tell()
        return Worker(opened.jobs, opened.attempts, 0.0, tell.again).run()


class _Told:
    """Tells progress, at most a few times a second."""

    def __init__(self, opened: Opened, on_progress: Progress) -> None:
        self.opened, self._tell = opened, on_progress
        self._last = 0.0
        self.over = 0

    def __call__(self) -> int:
        """Look, and tell."""
        tally = self.opened.attempts.refresh()
        self.over = over_count(tally, len(self.opened.jobs))
        self._tell(self.over, len(self.opened.jobs))
        self._last = time.monotonic()
        return self.over

    def again(self) -> None:
        """Tell if the last time is a while ago."""
        if time.monotonic() - self._last > _POLL_S:
            self()


def over_count(tally: Tally, total: int) -> int:
    """How many jobs nothing is left to do for."""
    failed = sum(tally.has_failed(job) for job in {*tally.errors, *tally.lost} if job < total)
    finished = sum(job < total for job in tally.finished)
    return finished + failed - sum(tally.has_failed(job) for job in tally.finished)


def _context() -> SpawnContext | ForkServerContext:
    """How processes are made: by one that has loaded everything, and computed nothing."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *MODULES])
    return context


class _Pool:
    """Workers of this machine: one process each, replaced where one dies."""

    def __init__(self, order: Order, workers: int, tell: _Told) -> None:
        self.order, self.workers, self.tell = order, workers, tell
        self._context = _context()
        self._stopped = False

    def run(self) -> bool:
        """Until all is over: true, or until told to stop: false."""
        before = {s: signal.signal(s, self._stop) for s in (signal.SIGINT, signal.SIGTERM)}
        running = [self._start(i) for i in range(self.workers)]
        try:
            return self._watch(running)
        finally:
            _end(running)
            for number, handler in before.items():
                signal.signal(number, handler)
            self.tell()

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True

    def _start(self, number: int) -> BaseProcess:
        process = self._context.Process(
            target=work, args=(self.order, number / self.workers), daemon=True
        )
        process.start()
        return process

    def _watch(self, running: list[BaseProcess]) -> bool:
        deaths, over = 0, self.tell()
        while not self._stopped:
            time.sleep(_POLL_S)
            if self.tell() > over:
                deaths, over = 0, self.tell.over
            for i, process in enumerate(running):
                if process.is_alive():
                    continue
                if process.exitcode == _TOLD:
                    raise InputError(
                        "--workers", self.workers, "a worker could not go on, see above"
                    )
                if process.exitcode != 0:
                    deaths += 1
                    if deaths > _MOST_DEATHS:
                        allowed = "workers die one after the other, and nothing gets done"
                        raise InputError("--workers", self.workers, allowed, "try --workers 1")
                    running[i] = self._start(i)
            if all(p.exitcode == 0 for p in running):
                return True
        return False


def _end(running: list[BaseProcess]) -> None:
    """Tell workers to stop, and end those that do not."""
    for process in running:
        if process.is_alive():
            process.terminate()
    until = time.monotonic() + _GRACE_S
    for process in running:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()


def work(order: Order, offset: float) -> None:
    """What a process of its own does: exit status 0 at the end, 3 if it cannot go on."""
    try:
        with open_order(order) as opened, _reachable(order.storage):
            Worker(opened.jobs, opened.attempts, offset).run()
    except InputError as error:
        sys.stderr.write(f"mirage: {error}\n")
        sys.exit(_TOLD)
    except KeyboardInterrupt:
        sys.exit(0)
