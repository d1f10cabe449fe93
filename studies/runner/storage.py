"""Where the attempts of a study are kept: a journal file, or a PostgreSQL for many machines.

The journal is Optuna's, one line for each change.  A line that a killed process has cut short is
made blank by the next one that writes, and its lock goes with the process that held it, so nobody
waits for the dead.  Nothing is ever cut off: a writer that was frozen and wakes late harms nobody.
SQLite is refused: its lock does not keep two workers from one point.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from photonics.errors import InputError
from photonics.files import regular_file, unwritable

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

_DATABASES = ("postgresql",)
# A lock held for longer belongs to a frozen process: to write a line takes milliseconds.
_FROZEN_S = 20.0
_POLL_S = (1e-4, 1e-2)


def open_storage(place: str) -> BaseStorage:
    """The storage at a path or a URL, made if it is not there.

    Raises:
        InputError: if it cannot be reached or read, or is of a kind that loses points.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if "://" in place:
        return _database(place)
    path = Path(place)
    if path.exists():
        regular_file(path, "--storage")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(Journal(str(path)))
    except OSError as error:
        raise unwritable("--storage", place, error) from None
    except Exception:  # whatever a false line may raise
        allowed = "is no journal of studies"
        raise InputError("--storage", place, allowed, "name another file") from None


def _database(url: str) -> BaseStorage:
    kind = url.partition("://")[0].partition("+")[0]
    if kind not in _DATABASES:
        allowed = "must be a path or a postgresql:// address"
        why = "SQLite gives one point to two workers" if kind == "sqlite" else ""
        raise InputError("--storage", url, allowed, why)
    try:
        # The driver that comes with this package, unless another one is named.
        named = url if "+" in url.partition("://")[0] else url.replace("://", "+psycopg://", 1)
        return optuna.storages.get_storage(named)
    except ImportError:
        remedy = "pip install 'mirage-photonics[postgresql]'"
        raise InputError("--storage", url, "needs a driver", remedy) from None
    except Exception as error:
        said = " ".join(str(error.__cause__ or error).split())[:160]
        raise InputError(
            "--storage", _without_password(url), f"cannot be reached: {said}"
        ) from None


def close_storage(storage: BaseStorage) -> None:
    """Close the connections to a database; journals hold nothing open."""
    engine = getattr(getattr(storage, "_backend", None), "engine", None)
    if engine is not None:
        storage.remove_session()
        engine.dispose()


def _without_password(url: str) -> str:
    start, at, host = url.rpartition("@")
    scheme, slashes, user = start.partition("://")
    return f"{scheme}{slashes}{user.partition(':')[0]}{at}{host}" if at else url


class Journal(JournalFileBackend):
    """Optuna's journal file, with a lock that the system takes from the dead, and no torn lines."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write whole lines behind the last whole line, and see them on the disk."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        # Optuna's own lock is a file whose presence counts; this one stays, under another name.
        try:
            with _locked(f"{self.path}.flock"):
                self._append(text.encode())
        except OSError as error:
            raise unwritable("--storage", self.path, error) from None

    def _append(self, data: bytes) -> None:
        _blank_torn_line(self.path)
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            _write_all(file, data)
            os.fsync(file)
        finally:
            os.close(file)


def _write_all(file: int, data: bytes) -> None:
    """Write all of it: a disk that is nearly full takes a part, and refuses the next one."""
    while data:
        data = data[os.write(file, data) :]


def _blank_torn_line(path: str) -> None:
    """Write blanks over what follows the last whole line: they may lead the next one."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        end = os.lseek(file, 0, os.SEEK_END)
        keep, read = end, b""
        while keep > 0 and b"\n" not in read:
            start = max(0, keep - (1 << 16))
            read = os.pread(file, keep - start, start)
            keep = start
        keep += read.rfind(b"\n") + 1
        if keep < end:
            os.pwrite(file, b" " * (end - keep), keep)
    finally:
        os.close(file)


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """The exclusive right to write; taken from a holder that is frozen."""
    file = _acquire(path)
    try:
        yield
    finally:
        os.close(file)


def _acquire(path: str) -> int:
    if fcntl is None:
        raise OSError(0, "journals need a system with flock", path)
    began, wait_s, held = time.monotonic(), _POLL_S[0], 0
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if os.fstat(file).st_ino != held:
                began, held = time.monotonic(), os.fstat(file).st_ino
            os.close(file)
        else:
            # Another process may have taken the name away from a frozen holder's file.
            with contextlib.suppress(FileNotFoundError):
                if Path(path).stat().st_ino == os.fstat(file).st_ino:
                    return file
            os.close(file)
            continue
        if time.monotonic() - began > _FROZEN_S:
            with contextlib.suppress(FileNotFoundError):
                Path(path).unlink()
            began = time.monotonic()
        time.sleep(wait_s)
        wait_s = min(2.0 * wait_s, _POLL_S[1])
