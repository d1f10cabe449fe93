"""What benchmarks have found so far on machines like this one, and what has become slower."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from photonics.documents import json_of
from photonics.errors import InputError
from photonics.files import read_text
from studies.report.files import versions

# Medians scatter by less, even on a machine with other work.
_SLOWER = 1.25


def machine_name() -> str:
    """Name of the processor."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        if names:
            return names[0].partition(":")[2].strip()
    return platform.processor() or platform.machine()


def record(found: dict[str, Any], threads: int) -> dict[str, Any]:
    """What is kept of a run: when, where, by what, and its ratios."""
    products = {
        f"{row['case']}, {row['shape']}": round(row["ratio"], 3) for row in found["products"]
    }
    steps = {f"step, {row['network']}": round(row["ratio"], 3) for row in found["steps"]}
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": machine_name(),
        "path": found["products"][0]["path"],
        "threads": threads,
        **versions(),
        "ratios": {**products, **steps},
    }


def read(path: Path) -> list[dict[str, Any]]:
    """Runs that a file holds, a line of JSON each, the oldest first; none where there is no file.

    Raises:
        InputError: for lines that hold no run.
    """
    if not path.exists():
        return []
    runs = []
    for number, line in enumerate(read_text(path, "--history")[1].splitlines(), 1):
        try:
            run = json_of(line)
            run["ratios"], run["processor"], run["path"], run["threads"]
        except (ValueError, KeyError, TypeError):
            allowed = "must be a run of the benchmark, in JSON"
            raise InputError(f"{path}:{number}", line[:40], allowed, "remove the line") from None
        runs.append(run)
    return runs


def alike(runs: list[dict[str, Any]], run: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the same processor, path and threads."""
    same = ("processor", "path", "threads")
    return [one for one in runs if all(one[name] == run[name] for name in same)]


def slower(before: list[dict[str, Any]], run: dict[str, Any]) -> list[str]:
    """What takes longer than in the best of the runs before, in words."""
    found = []
    for name, ratio in run["ratios"].items():
        best = min((one["ratios"][name] for one in before if name in one["ratios"]), default=None)
        if best is not None and ratio > _SLOWER * best:
            found.append(f"{name}: {ratio:.3g} times FP32, where it was {best:.3g}")
    return found


def figure(runs: list[dict[str, Any]]) -> Figure:
    """Ratios of the last run as bars, those of the runs before as dots."""
    last, names = runs[-1]["ratios"], list(runs[-1]["ratios"])
    made = Figure(figsize=(8.0, 0.8 + 0.22 * len(names)), layout="constrained")
    axes = made.subplots()
    axes.barh(names, [last[name] for name in names], color="0.8", label="this run")
    for number, run in enumerate(runs[:-1]):
        known = [name for name in names if name in run["ratios"]]
        label = "runs before" if number == 0 else None
        axes.plot([run["ratios"][name] for name in known], known, "k.", ms=3, label=label)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_xlabel("CPU time over that of FP32")
    axes.set_title(f"{runs[-1]['processor']}, {runs[-1]['path']}, {runs[-1]['threads']} thread(s)")
    axes.tick_params(axis="y", labelsize=7)
    axes.legend(fontsize=7)
    return made
