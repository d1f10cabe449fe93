"""Commands that train: bits that move, and products on light."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tests.commands import failure, invoke

COMMON = ("train", "--fidelity", "integer", "--batch", "512", "--set", "array.units=1")


def test_bits_and_places_are_options_and_fields_of_a_recipe(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    moving = ("--epochs", "2", "--bits", "2,4@0.5", "--on-light", "forward,dx")
    shown = invoke(*COMMON, *moving, "--out", str(one))
    found = json.loads((one / "metrics.json").read_text())
    macs = {bits: kinds["forward"]["macs"] for bits, kinds in found["phases"].items()}
    assert set(macs) == {"2", "4"}
    assert sum(macs.values()) == found["ledger"]["forward"]["macs"]
    assert found["ledger"]["dw"]["integers"] == 0
    assert found["ledger"]["dx"]["integers"] > 0
    assert "with mantissas of 2 bits: " in shown
    assert "products in number formats are not in it" in shown
    # The recipe beside the result makes it again; without moving bits it is another training.
    invoke("train", "--recipe", str(one / "recipe.toml"), "--out", str(two))
    first, second = (torch.load(each / "weights.pt") for each in (one, two))
    assert all(torch.equal(first[name], second[name]) for name in first)
    again = ("train", "--recipe", str(one / "recipe.toml"), "--bits", "4", "--overwrite")
    invoke(*again, "--out", str(two))
    second = torch.load(two / "weights.pt")
    assert not all(torch.equal(first[name], second[name]) for name in first)


def test_layers_take_products_elsewhere_by_a_recipe(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(
        'epochs = 1\n[products]\n"1" = {forward = "integer", dw = "hfp8"}\n"*" = {dw = "fp32"}\n'
    )
    out = tmp_path / "out"
    invoke(*COMMON, "--recipe", str(tmp_path / "r.toml"), "--out", str(out))
    ledger = json.loads((out / "metrics.json").read_text())["ledger"]
    assert ledger["dw"]["integers"] == 0
    assert ledger["forward"]["integers"] > 0
    saved = json.loads((out / "config.json").read_text())["products"]
    assert saved == {"1": {"forward": "integer", "dw": "hfp8"}, "*": {"dw": "fp32"}}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--bits", "3,x"), "--bits = '3,x'"),
        (("--bits", "9"), "mantissa_bits = 9: must be at most 4"),
        (("--bits", "3,4"), "precision.phases"),
        (("--on-light", "forward,dz"), "--on-light = 'forward,dz'"),
        (("--bits", "3", "--epochs", "4", "--resume"), "another precision"),
        (("--on-light", "dx", "--resume"), "another products"),
        (("--overwrite", "--resume"), "--resume = True: cannot be had with --overwrite"),
    ],
)
def test_mistakes_get_one_line(
    arguments: tuple[str, ...],
    part: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "--resume" in arguments:
        invoke(*COMMON, "--epochs", "0", "--out", str(tmp_path))
        capsys.readouterr()
    assert part in failure(capsys, monkeypatch, *COMMON, *arguments, "--out", str(tmp_path))
