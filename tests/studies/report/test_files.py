"""Files that are whole or not there, and what is no regular file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
import torch

from photonics.errors import InputError
from photonics.files import write_whole
from photonics.sealed_file import SealedFormat
from studies.report.files import emit_json, make_output_folder, make_room_for

SEALED = SealedFormat("box", "mirage box", 1, "box.save", "make it anew")
WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_whole(path, b"new", "mine"),
    "json": lambda path: emit_json(str(path), {"new": 1}),
    "sealed": lambda path: SEALED.write(path, {}, {"x": torch.ones(2)}),
}
writers = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


@writers
@pytest.mark.parametrize("stopped", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("step", ["write_bytes", "replace"])
def test_what_is_not_written_whole_leaves_what_was_there(
    write: Callable[[Path], None],
    stopped: BaseException,
    step: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "result"
    target.write_bytes(b"old")

    def stop(self: Path, given: object) -> None:
        self.touch()
        raise stopped

    monkeypatch.setattr(Path, step, stop)
    with pytest.raises((InputError, KeyboardInterrupt)) as refused:
        write(target)
    assert "disk full" in str(refused.value) or isinstance(stopped, KeyboardInterrupt)
    assert [p.name for p in tmp_path.iterdir()] == ["result"]
    assert target.read_bytes() == b"old"


@writers
def test_a_link_stays_one(write: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    real, link = tmp_path / "place" / "real", tmp_path / "link"
    link.symlink_to("place/real")
    for _ in ("not there yet", "there"):
        make_room_for(link, "--json")
        write(link)
        assert link.is_symlink()
        assert real.stat().st_size > 0
    assert {p.name for p in real.parent.iterdir()} == {"real"}


def test_a_link_to_nowhere_gets_a_folder_to_lead_to(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("new/real")
    make_room_for(link, "--json")
    emit_json(str(link), 1)
    assert json.loads((tmp_path / "new" / "real").read_text()) == 1


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    make_room_for(pipe, "--json")
    reader = Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    emit_json(str(pipe), {"a": 1})
    reader.join(10.0)
    assert json.loads(read[0]) == {"a": 1}
    assert pipe.is_fifo()
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_pipe_that_may_not_be_written_is_refused_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match=r"--json.*cannot be written \(Permission denied\)"):
        make_room_for(tmp_path / "pipe", "--json")


def test_output_folder_is_made(tmp_path: Path) -> None:
    assert make_output_folder(tmp_path / "a" / "b").is_dir()


def test_a_name_that_no_file_can_have_is_refused() -> None:
    allowed = r"cannot be written \(.*null"
    with pytest.raises(InputError, match=f"--json = .*{allowed}"):
        make_room_for(Path("\0"), "--json")
    with pytest.raises(InputError, match=f"--out = .*{allowed}"):
        make_output_folder(Path("\0"))
