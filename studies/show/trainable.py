"""What can be trained by name: data sets and networks."""

from __future__ import annotations

from typing import Any

from mirage_core.training.datasets import SOURCES
from mirage_core.training.networks import NETWORKS
from studies.report.tables import console, print_table


def datasets() -> list[dict[str, Any]]:
    """Print the data sets, those of files too."""
    rows = [
        {
            "name": name,
            "task": source.task,
            "write": " or ".join(
                [name] * (source.make is not None) + [f"{name}:PATH"] * (source.read is not None)
            ),
            "about": source.about,
        }
        for name, source in SOURCES.items()
    ]
    print_table("Data sets", tuple(rows[0]), [tuple(r.values()) for r in rows])
    return rows


def networks() -> list[dict[str, Any]]:
    """Print the networks, and what they are trained with unless told otherwise."""
    shown = [
        (
            name,
            each.task,
            each.about,
            ", ".join(f"{field} {value}" for field, value in each.advice.items()) or "-",
        )
        for name, each in NETWORKS.items()
    ]
    print_table("Networks", ("name", "task", "about", "by default"), shown)
    console().print("or module:callable, which makes a network without arguments")
    return [
        {"name": name, "task": each.task, "about": each.about, "advice": dict(each.advice)}
        for name, each in NETWORKS.items()
    ]
