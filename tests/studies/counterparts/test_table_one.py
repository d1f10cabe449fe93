"""Table I: what is published, what is read, and by which command it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirage_core.cost.published.figures import NETWORKS as PUBLISHED
from mirage_core.cost.published.figures import figures
from photonics.errors import InputError
from studies.comparison.contestants import contestants
from studies.counterparts import table_one
from studies.counterparts.counterpart import Span
from studies.counterparts.kept import KEPT, lines_of
from studies.counterparts.table_one import NETWORKS, published, rows
from studies.runner.finished import read
from studies.training_plan import plan
from tests.close import close
from tests.studies.counterparts.made_up import comparison

MLP, CNN, RESNET = NETWORKS


def test_what_the_paper_prints() -> None:
    """ResNet-50 in INT8, the extremes of Mirage and INT8, and who is within a point of FP32."""
    told = figures()["table1_accuracy"]
    assert set(told) - {"formats"} == set(PUBLISHED) - {"AlexNet"}
    assert told["ResNet50"][told["formats"].index("INT8")] == 71.01
    mirage, int8 = published("Mirage"), published("INT8")
    assert mirage is not None
    assert int8 is not None
    assert (mirage.low, mirage.high) == (close(-0.24), close(-0.01))
    assert (int8.low, int8.high) == (close(-12.24), close(-2.3))
    spans = {name: published(name) for name in told["formats"]}
    assert {name for name, s in spans.items() if s and s.reading == "beyond"} == {"INT8"}
    assert {s.reading for s in spans.values() if s} == {"within", "beyond"}
    assert published("") is None


def test_rows_stand_beside_their_columns(tmp_path: Path) -> None:
    lost = {
        "int8": (-0.02, -0.03, -0.011),
        "isca2024:integer": (-0.002, -0.012, 0.008),
        "robust:compact": (-0.001, -0.002, 0.0),
        # Alike on all seeds.
        "bfloat16": (0.0, "", ""),
    }
    comparison(tmp_path, MLP, lost)
    found, missing = rows(tmp_path)
    assert missing == [f"{name} is not among the results" for name in (CNN, RESNET)]
    assert [(r.network, r.item, r.verdict) for r in found] == [
        ("mlp", "INT8", "in line"),
        ("mlp", "Mirage, integers as published", "undecided"),
        ("mlp", "Mirage, light of robust", "not in the paper"),
        ("mlp", "bfloat16", "in line"),
    ]
    assert found[0].value == close(-2.0)
    assert (found[0].found.low, found[0].found.high) == (close(-3.0), close(-1.1))
    assert found[0].published == published("INT8")
    assert found[3].found == Span(0.0, 0.0)
    assert {r.seeds for r in found} == {3}


@pytest.mark.parametrize(
    "lost",
    [
        {"int8": ("many", -0.1, 0.1)},
        {"int8": ("nan", -0.1, 0.1)},
        {"int9": (0.0, -0.1, 0.1)},
    ],
)
def test_what_is_damaged_is_refused(
    lost: dict[str, tuple[object, object, object]], tmp_path: Path
) -> None:
    comparison(tmp_path, CNN, lost)
    with pytest.raises(InputError, match=f"{CNN}/comparison.csv.*cannot be read.*--rerun"):
        rows(tmp_path)


def test_every_contestant_has_a_name() -> None:
    for network in NETWORKS.values():
        _, *others = contestants(network.names, network.plan)
        assert {one.name for one in others} <= set(table_one._NAMES)
        assert len(others) == 11


@pytest.mark.parametrize("name", [n for n in NETWORKS if (KEPT / n).is_dir()])
def test_kept_results_are_those_of_the_plan(name: str) -> None:
    """Command, recipe and seeds are those that this file names."""
    kept, network = read(KEPT / name / "answer.json"), NETWORKS[name]
    words = ["mirage compare --recipe recipe.toml --with", network.names, "--seeds"]
    assert kept.command == " ".join([*words, str(network.seeds)])
    assert plan(KEPT / name / "recipe.toml", {}) == network.plan
    lines = lines_of(KEPT / name / "comparison.csv")
    assert {line["seeds"] for line in lines} == {str(network.seeds)}
