"""A PostgreSQL of the tests' own: on a private socket, without a port, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_BINARIES = ("initdb", "postgres", "pg_ctl")
# PostgreSQL refuses to run as root.
_UNPRIVILEGED = "nobody"


def _binary(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return shutil.which(name) or (str(places[0]) if places else None)


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Its address; skips the test where there is no PostgreSQL or no driver."""
    found = {name: _binary(name) for name in _BINARIES}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        pytest.skip(f"no {missing[0]}: install postgresql to test studies on many machines")
    pytest.importorskip("psycopg", reason="no driver: pip install psycopg[binary]")
    folder = Path(tempfile.mkdtemp(prefix="mirage-pg-"))
    user = _UNPRIVILEGED if os.getuid() == 0 else None
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)

    def run(name: str, *options: str) -> None:
        subprocess.run(
            [str(found[name]), *options], user=user, check=True, capture_output=True, cwd=folder
        )

    data = folder / "data"
    try:
        run("initdb", "-D", str(data), "-U", "mirage", "--auth=trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        log = str(folder / "log")
        run("pg_ctl", "-D", str(data), "-o", options, "-l", log, "-w", "start")
        try:
            yield f"postgresql://mirage@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
