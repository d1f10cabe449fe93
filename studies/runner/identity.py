"""Who works: a name for this process that others can tell alive from dead."""

from __future__ import annotations

import os
import platform
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=4)
def _named(pid: int) -> str:
    return "/".join((_here(), str(pid), _started(pid) or "?"))


def this_worker() -> str:
    """Host, boot and namespace; process; and when it started, so that numbers used again differ."""
    return _named(os.getpid())


def is_dead(worker: str) -> bool:
    """Whether a worker is known not to run any more; of other hosts nothing is known."""
    here, _, rest = worker.rpartition("/")
    here, _, pid = here.rpartition("/")
    if here != _here() or not pid.isdigit() or rest == "?":
        return False
    return _started(int(pid)) != rest


@lru_cache(maxsize=1)
def _here() -> str:
    """This host since it booted, as far as process numbers hold."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
        namespace = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        boot, namespace = "?", "?"
    return f"{platform.node()}/{boot}/{namespace}"


def _started(pid: int) -> str | None:
    """When a process started, in ticks since boot; none if there is none, or a corpse."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
