"""The command that shows what a machine costs each product of a network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from mirage_core import TensorCore, layer_fidelity, load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.networks import build_network
from tests.commands import failure, invoke, setting
from tests.figures import is_picture
from tests.machines import ONE_UNIT

DIM = [*ONE_UNIT, "laser.power_w=1e-4"]
EXACT = ("--fidelity", "integer")
MINE = """
from torch import nn

def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

def narrow():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))

def number():
    return 3

def normalised():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 10), nn.BatchNorm1d(10))

def frozen():
    return network().requires_grad_(False)
"""


@pytest.fixture(autouse=True)
def _mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somebodys_layers.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


def test_it_prints_draws_and_emits_the_rows_of_the_library(tmp_path: Path) -> None:
    target, out = tmp_path / "rows.json", tmp_path / "out"
    options = ["--batch", "5", "--json", str(target), "--out", str(out), *setting(DIM)]
    shown = invoke("show", "fidelity", "mlp", *options)
    told = json.loads(target.read_text())
    data = load_dataset("digits")
    x, y = data.train_x[:5], data.train_y[:5]
    rows = layer_fidelity(
        build_network("mlp", data, 0),
        TensorCore(load_machine("robust", DIM)),
        lambda model: F.cross_entropy(model(x), y),
    )
    assert told["products"] == [row.as_dict() for row in rows]
    assert [(row.layer, row.kind) for row in rows] == [
        ("1", "forward"),
        ("1", "dw"),
        ("3", "forward"),
        ("3", "dx"),
        ("3", "dw"),
    ]
    assert sum(row.dropped for row in rows) > 0
    assert "reading again" in shown
    assert f"{rows[0].sqnr_db:.1f}" in shown
    assert is_picture(out / "fidelity.png")


def test_ones_own_network_with_ones_own_weights_at_exact_integers(tmp_path: Path) -> None:
    """Of a weight of one in one place the product is the pixel that it takes."""
    weight = torch.zeros(10, 64)
    weight[:, 0] = 1.0
    torch.save({"1.weight": weight, "1.bias": torch.zeros(10)}, tmp_path / "weights.pt")
    given = ["--fidelity", "integer", "--weights", "weights.pt", "--json", "-"]
    shown = invoke("show", "fidelity", "somebodys_layers:network", *given)
    told = json.loads(shown[shown.index("{") :])
    forward, dw = told["products"]
    # Pixels at the corner are all dark: no signal and no error.
    assert forward["cosine"] is None
    assert forward["evaluated"] is None
    assert dw["light_sqnr_db"] is None
    assert dw["sqnr_db"] == dw["quantised_sqnr_db"]


def test_data_are_by_default_those_that_suit_the_network() -> None:
    given = ("--fidelity", "integer", "--batch", "1", "--json", "-")
    for model, data in (("small-yolo", "scenes"), ("small-transformer", "text")):
        shown = invoke("show", "fidelity", model, *given)
        assert json.loads(shown[shown.index("{\n") :])["data"] == data


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nosuch",), "model = 'nosuch': must be one of"),
        (("somebodys_layers:none",), "must name something that can be imported"),
        (("somebodys_layers:number",), "must make a torch.nn.Module, and makes a int"),
        (("somebodys_layers:narrow",), "must give outputs (2, 10) for two inputs"),
        (("small-yolo", "--data", "digits"), "learns detection, and digits is classification"),
        (
            ("somebodys_layers:normalised", "--batch", "1", *EXACT),
            "--batch = 1: leaves a batch of 1",
        ),
        (("somebodys_layers:frozen", *EXACT), "let weights require gradients"),
        (("mlp", "--batch", "0"), "--batch = 0: must be a whole number of at least 1"),
        (("mlp", "--seed", "-1"), "--seed = -1"),
        (("mlp", "--weights", "none.pt"), "weights = 'none.pt': must be an existing file"),
        (("mlp", "--fidelity", "exact"), "fidelity = 'exact': must be one of"),
    ],
)
def test_bad_input_is_refused_in_one_line(
    arguments: tuple[str, ...],
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert told in failure(capsys, monkeypatch, "show", "fidelity", *arguments)
