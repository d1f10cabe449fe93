"""``mirage cost`` and ``mirage paper`` as they are typed: mistakes, and JSON by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import failure, typed


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("lenet",), ["network = 'lenet'", "must be one of alexnet"]),
        (("alexnet", "--batch", "0"), ["--batch = 0"]),
        (("alexnet", "--basis", "guess"), ["--basis = 'guess'", "physics, published, both"]),
        (("alexnet", "--dataflow", "DF3"), ["DF3", "take DF1, DF2"]),
        (("alexnet", "--dataflow", "DF4"), ["--dataflow = 'DF4'"]),
        (("alexnet", "--set", "array.rows=0"), ["array.rows = 0"]),
        (("alexnet", "--dram", "0"), ["--dram = 0"]),
        (("alexnet", "--dram", "9", "--sram", "0"), ["--sram = 0"]),
        (("alexnet", "--dram", "9", "--order", "any"), ["order = 'any'"]),
        (("alexnet", "--sweep", "rows=0"), ["--sweep", "at least 1"]),
        (("alexnet", "--light", "closed"), ["laser", "22.4 dB beyond", "group_size=7"]),
        (("alexnet", "--components", "{tmp}/none.toml"), ["--components", "an existing file"]),
        (
            ("alexnet", "--preset", "robust", "--basis", "both"),
            ["for which the paper prints prices"],
        ),
        (("alexnet", "--error-rate", "-1"), ["--error-rate = -1"]),
        (("alexnet", "--scale-sim", "{tmp}"), ["--scale-sim", "is a folder"]),
        (("alexnet", "--out", "{tmp}/file/x"), ["--out", "cannot be written"]),
    ],
)
def test_mistakes_get_one_line(
    arguments: tuple[str, ...],
    parts: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    words = [a.format(tmp=tmp_path) for a in arguments]
    message = failure(capsys, monkeypatch, "cost", *words)
    for part in parts:
        assert part in message


def test_json_stands_alone() -> None:
    result = typed("cost", "alexnet", "--batch", "1", "--basis", "published", "--json", "-")
    assert json.loads(result.stdout)["batch"] == 1
    assert "Components" in result.stderr
