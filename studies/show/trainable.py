"""What can be trained by name: data sets and networks."""

from __future__ import annotations

from typing import Any

from mirage_core.training.datasets import dataset_names, load_dataset
from mirage_core.training.networks import network_names
from studies.report.tables import console, print_table


def datasets() -> list[dict[str, Any]]:
    """Print the data sets."""
    rows = []
    for name in dataset_names():
        data = load_dataset(name)
        shape = "x".join(str(n) for n in data.train_x.shape[1:])
        rows.append(
            {
                "name": name,
                "train": len(data.train_y),
                "test": len(data.test_y),
                "image": shape,
                "classes": data.classes,
                "source": data.source,
            }
        )
    print_table("Data sets", tuple(rows[0]), [tuple(str(v) for v in r.values()) for r in rows])
    return rows


def networks() -> list[str]:
    """Print the networks."""
    for name in network_names():
        console().print(name)
    return network_names()
