"""Modules of somebody else's, found from the present folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mirage_core.networks.own import imported
from photonics.errors import InputError


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own, from which nothing is imported yet, as for an installed program."""
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p and Path(p) != Path.cwd()])
    monkeypatch.chdir(tmp_path)


def test_the_present_folder_comes_last_and_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "mine_alone.py").write_text("made = 3\n")
    assert imported("model", "mine_alone:made", "") == 3
    assert sys.path[-1] == str(tmp_path)


@pytest.mark.parametrize("name", ["wave", "wave/__init__"])
def test_a_file_that_is_named_as_another_module_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("made = 3\n")
    with pytest.raises(InputError, match=rf"give {name}.py another name: .*wave.py has it$"):
        imported("model", "wave:made", "or another")
    path.unlink()
    with pytest.raises(InputError, match=r"module 'wave' has no attribute 'made'; or another$"):
        imported("model", "wave:made", "or another")


def test_a_module_that_ends_the_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine_ending.py").write_text("raise SystemExit(0)\n")
    with pytest.raises(InputError, match="can be imported: SystemExit: 0; or another"):
        imported("model", "mine_ending:made", "or another")
    (tmp_path / "mine_interrupted.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        imported("model", "mine_interrupted:made", "")
