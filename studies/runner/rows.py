"""Results of a study as rows, one for each point and replica, whoever worked on it."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial

from circuits.chip.cache import source_digest
from photonics.files import encoded, write_whole
from studies.report.files import versions, write_csv
from studies.runner.attempts import MOST_LOST, Tally
from studies.runner.jobs import Jobs

Row = dict[str, Any]
DONE, REFUSED, FAILED, OPEN = STATES = "done", "refused", "failed", "open"
# What makes the numbers of a study.
PACKAGES = ("photonics", "devices", "circuits", "mirage_core", "studies.metrics")
"""Packages whose code numbers depend on."""


@lru_cache(maxsize=1)
def made_by() -> str:
    """Versions of what computes, and a digest of the code, in one line."""
    digest = sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            digest.update(source_digest(Path(folder)).encode())
    found = versions()
    told = [f"{name} {found[name]}" for name in ("mirage-photonics", "python", "torch", "numpy")]
    return "; ".join([*told, f"code {digest.hexdigest()[:12]}"])


def rows(jobs: Jobs, tally: Tally) -> list[Row]:
    """All rows in the order of the study's list; those not finished yet are ``open``.

    Every row has the columns of :func:`columns`.
    """
    study = jobs.study
    found = []
    for job in range(len(jobs)):
        trial = tally.finished.get(job)
        said, status = _told(job, trial, tally)
        point = dict(trial.params) if trial is not None else {}
        if not study.adaptive:
            point = dict(jobs.plan[jobs.number(job)])
        by_replica = {one["replica"]: one for one in said.get("replicas", ())}
        for replica in jobs.replicas(job):
            one = by_replica.get(replica, {})
            measured = one.get("metrics", {})
            why = one.get("why", said.get("why", ""))
            # Of a point on several chips some may be refused.
            ended = (REFUSED if why else DONE) if one else status
            found.append(
                {
                    "study": study.name,
                    "point": jobs.number(job),
                    "replica": replica,
                    **{name: point.get(name) for name in study.axis_names},
                    **{name: measured.get(name, math.nan) for name in study.known},
                    "status": ended,
                    "why": why,
                    "chip_seed": one.get("chip_seed", study.seed + replica),
                    "noise_seed": one.get("seed", study.seed + replica),
                    "machine_digest": one.get("machine", ""),
                    "study_digest": study.digest[:16],
                    "versions": made_by(),
                    "seconds": said.get("seconds", math.nan),
                }
            )
    return found


def _told(job: int, trial: FrozenTrial | None, tally: Tally) -> tuple[Mapping[str, Any], str]:
    if trial is not None:
        return trial.user_attrs["result"], DONE if trial.values is not None else REFUSED
    if not tally.has_failed(job):
        return {}, OPEN
    errors = tally.errors.get(job, [])
    if errors:
        return errors[-1].user_attrs["result"], FAILED
    return {"why": f"took its worker with it {MOST_LOST} times"}, FAILED


def write_rows(folder: Path, found: Sequence[Row]) -> None:
    """Write ``table.csv`` and ``table.parquet``, atomically."""
    write_csv(folder / "table.csv", [_without_time(row) for row in found])
    write_whole(folder / "table.parquet", _parquet(found), "--out")


def _without_time(row: Row) -> Row:
    """A row whose text is the same whoever made it, and however fast."""
    return {
        name: "" if isinstance(value, float) and math.isnan(value) else value
        for name, value in row.items()
        if name != "seconds"
    }


def _parquet(found: Sequence[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, list[Any]] = {name: [row[name] for row in found] for name in found[0]}
    table = pa.table({name: _column(values) for name, values in columns.items()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def _column(values: list[Any]) -> list[Any]:
    """Values of one type; mixed ones as texts."""
    types = {type(v) for v in values if v is not None}
    if types <= {int, float} and float in types:
        return [None if v is None else float(v) for v in values]
    if types == {str}:
        # Names of files may be in another encoding.
        return [None if v is None else encoded(v).decode("utf-8", "replace") for v in values]
    return values if len(types) <= 1 else [None if v is None else json.dumps(v) for v in values]
