"""``mirage paper table1 | fig5a``: what is printed, written, missing, and made anew."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.accelerator import paper
from studies.counterparts import command, table_one
from studies.counterparts.table_one import NETWORKS
from studies.runner.command import StudyCommand
from tests.commands import failure
from tests.figures import is_picture
from tests.studies.counterparts.made_up import comparison, precision

MLP = next(iter(NETWORKS))
LOST = {"int8": (-0.001, -0.002, 0.0), "fast": (-0.004, -0.02, 0.01), "mxfp4": (-0.1, -0.2, -0.05)}


def test_a_part_is_printed_with_verdicts_and_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comparison(tmp_path, MLP, LOST)
    told = paper.show("table1", tmp_path / "out", results=tmp_path)
    shown = capsys.readouterr().out
    for part in (
        "-12.2 to -2.3",
        "-0.1 [-0.2, 0]",
        "A counterpart, no recomputation",
        "1 at odds, 1 undecided, 1 not in the paper.",
        "mlp: 0 of 1 pairs of formats that the paper tells apart by more than a point are in",
        "compare-formats-cnn is not among the results: mirage paper table1 --rerun makes it",
    ):
        assert part in shown
    assert [row["verdict"] for row in told["table1"]] == [
        "at odds", "undecided", "not in the paper",
    ]  # fmt: skip
    with (tmp_path / "out" / "table1.csv").open() as file:
        assert [line["item"] for line in csv.DictReader(file)] == ["INT8", "FAST", "MXFP4"]
    assert is_picture(tmp_path / "out" / "table1.png")
    assert not (tmp_path / "out" / "paper.csv").exists()


def test_the_overview_counts_verdicts_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precision(tmp_path, {("MLP", "truncate", "4 bits, g = 16"): (0.0, 0.001, 0.002)})
    found = command.overview(tmp_path)
    shown = capsys.readouterr().out
    assert [(name, len(rows)) for name, rows in found.items()] == [("table1", 0), ("fig5a", 1)]
    assert "table1: compare-formats-resnet is not among the results: mirage paper table1" in shown
    assert "fig5a: the full" not in shown


def test_without_results_one_line_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        command.show("fig5a", tmp_path)
    (line,) = str(refused.value).splitlines()
    assert line == (
        "results = 'fig5a': the full form of study precision is not among the results; "
        "mirage paper fig5a --rerun makes it"
    )


def test_results_are_made_anew_by_the_commands_of_their_studies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[str, int]] = []

    def run(asked: StudyCommand, workers: int) -> None:
        ran.append((asked.published, workers))
        if asked.folder.name == MLP:
            comparison(tmp_path, MLP, LOST)

    monkeypatch.setattr(StudyCommand, "run", run)
    monkeypatch.setattr(table_one, "NETWORKS", {MLP: NETWORKS[MLP]})
    told = paper.show("table1", tmp_path, anew=True, workers=2)
    assert len(told["table1"]) == len(LOST)
    command.rerun("fig5a", tmp_path, 1)
    assert ran == [
        (f"mirage compare --recipe recipe.toml --with {NETWORKS[MLP].names} --seeds 5", 2),
        ("mirage study run precision --full", 1),
    ]


def test_mistakes_get_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for typed, part in (
        (("table2", "--rerun"), "is for what is trained, table1, fig5a"),
        (("--rerun",), "--rerun"),
        (("fig5a", "--rerun", "--workers", "0"), "--workers = 0"),
        (("table9",), "must be one of table2"),
    ):
        assert part in failure(capsys, monkeypatch, "paper", *typed)
