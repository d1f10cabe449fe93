"""Chips kept on disk: found again bit for bit, and never in the way."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import scipy
import torch

from circuits import ArrayShape, bring_up, load_chip
from circuits.chip import cache
from circuits.chip.file import _tensors
from circuits.control import bring_up as making
from mirage_core import load_machine
from tests.circuits.designs import Prism

SHAPE = ArrayShape(2, 4, 4)
DESIGN = load_machine("robust", ["calibration.reads=400", "bfp.group_size=4"]).design
OTHER = load_machine("robust", ["calibration.reads=401", "bfp.group_size=4"]).design


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache on disk, and none in memory."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "chips"))
    monkeypatch.setattr(making, "keep_chip", cache.keep_chip)
    making._bring_up.cache_clear()
    return tmp_path / "chips"


def made(design: object = DESIGN, seed: int = 0) -> dict[str, torch.Tensor]:
    """Tensors of a chip, as a new process would get it."""
    making._bring_up.cache_clear()
    return _tensors(bring_up(design, (7, 31), SHAPE, seed))  # type: ignore[arg-type]


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[k], other[k]) for k in one)


def forbid_making(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "calibrate", lambda chip: pytest.fail("was made again"))


def test_a_chip_is_made_once_and_found_bit_for_bit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made()
    assert len(list(folder.iterdir())) == 1
    forbid_making(monkeypatch)
    assert same(made(), first)


def test_a_chip_with_somebodys_own_part_is_made_anew(folder: Path) -> None:
    """Its code may have changed, and the digest does not cover it."""
    own = DESIGN.changed({"multiplier.switch": Prism()})
    assert cache.own_kinds(own) == (Prism,)
    assert cache.own_kinds(DESIGN) == ()
    made(own.changed({"calibration.accept": "any"}))
    assert not folder.exists()


def test_whatever_a_chip_depends_on_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = DESIGN.model_dump_json()
    names = [
        cache.chip_name(text, (7, 31), SHAPE, 0),
        cache.chip_name(OTHER.model_dump_json(), (7, 31), SHAPE, 0),
        cache.chip_name(text, (31, 7), SHAPE, 0),
        cache.chip_name(text, (7, 31), ArrayShape(2, 4, 5), 0),
        cache.chip_name(text, (7, 31), SHAPE, 1),
    ]
    monkeypatch.setattr(cache, "_made_by", lambda: "other code")
    names.append(cache.chip_name(text, (7, 31), SHAPE, 0))
    assert len(set(names)) == len(names)


def test_any_change_of_the_code_names_other_chips(tmp_path: Path) -> None:
    """A line more, a file more, a file that is called otherwise."""
    folder = tmp_path / "circuits"
    shutil.copytree(Path(making.__file__).parents[1], folder)
    found = [cache.source_digest(folder)]
    with (folder / "chip" / "drift.py").open("a") as source:
        source.write("# One line more.\n")
    found.append(cache.source_digest(folder))
    (folder / "chip" / "more.py").touch()
    found.append(cache.source_digest(folder))
    (folder / "chip" / "more.py").rename(folder / "chip" / "other.py")
    found.append(cache.source_digest(folder))
    assert len(set(found)) == 4
    (folder / "chip" / "notes.txt").touch()
    assert cache.source_digest(folder) == found[-1]


@pytest.mark.parametrize("content", [b"", b"no chip", None], ids=["empty", "foreign", "cut"])
def test_damaged_files_are_made_again(folder: Path, content: bytes | None) -> None:
    first = made()
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-9] if content is None else content)
    assert same(made(), first)
    assert same(_tensors(load_chip(file)), first)


def test_a_folder_that_is_none_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "keep_chip", cache.keep_chip)
    first = made()
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        monkeypatch.setenv(cache.FOLDER_VARIABLE, str(place))
        assert same(made(), first)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_error(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    made()
    assert list(folder.iterdir()) == []


def test_the_cache_can_be_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "keep_chip", cache.keep_chip)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(cache.FOLDER_VARIABLE, "off")
    assert cache.cache_folder() is None
    made()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(cache.FOLDER_VARIABLE, "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert cache.cache_folder() == tmp_path / "mirage-photonics" / "chips"


def test_those_used_longest_ago_are_dropped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made()
    (first,) = folder.iterdir()
    monkeypatch.setattr(cache, "_MOST_BYTES", int(2.5 * first.stat().st_size))
    made(seed=1)
    (second,) = set(folder.iterdir()) - {first}
    foreign = folder / "mine.chip"
    foreign.write_bytes(bytes(100_000))
    for age, file in enumerate((first, second)):
        os.utime(file, (age, age))
    # To find one is to use it.
    made()
    made(seed=2)
    assert first in folder.iterdir()
    assert second not in folder.iterdir()
    assert foreign in folder.iterdir()
    assert len(list(folder.iterdir())) == 3


@pytest.mark.slow  # 6 s
def test_two_processes_make_one_chip_at_once(folder: Path) -> None:
    code = (
        "from tests.circuits.chip.test_cache import made\n"
        "print(float(made()['trims.31.digit_rad'].sum()))"
    )
    root = Path(__file__).parents[3]
    environment = os.environ | {"PYTHONPATH": str(root)}
    command = [sys.executable, "-c", code]
    runs = [
        subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    found = {run.communicate()[0] for run in runs}
    assert found == {f"{float(made()['trims.31.digit_rad'].sum())}\n"}
    assert all(run.returncode == 0 for run in runs)
    assert len(list(folder.iterdir())) == 1


def test_code_that_changed_since_it_was_imported_keeps_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What old code makes would bear the name of what the new code makes."""
    imported = cache._made_by()
    monkeypatch.setattr(cache, "source_digest", lambda path: "edited")
    chip = made()
    assert cache._made_by() == imported
    assert not folder.exists()
    monkeypatch.undo()
    assert same(chip, made())


def test_a_chip_under_the_name_of_another_is_made_again(folder: Path) -> None:
    chip = made(seed=1)
    (first,) = folder.glob("*.chip")
    right = made(seed=0)
    (second,) = set(folder.glob("*.chip")) - {first}
    shutil.copyfile(first, second)
    assert same(made(seed=0), right)
    assert not same(right, chip)


def test_names_know_all_that_makes_a_chip(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each package of the code, and every library that computes with it."""
    found, seen = [cache._made_by.__wrapped__()], []
    monkeypatch.setattr(cache, "source_digest", lambda path: seen.append(path.name) or path.name)
    cache._made_by.__wrapped__()
    assert seen == ["photonics", "devices", "circuits"]
    monkeypatch.undo()
    for module in (torch, numpy, scipy):
        with monkeypatch.context() as other:
            other.setattr(module, "__version__", "0.0")
            found.append(cache._made_by.__wrapped__())
    assert len(set(found)) == len(found)
