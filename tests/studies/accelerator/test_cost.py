"""``mirage cost`` as its users meet it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.close import close
from tests.commands import failure, invoke, typed
from tests.figures import is_picture


def test_a_network_is_priced_in_both_bases_and_written(tmp_path: Path) -> None:
    out, target = tmp_path / "out", tmp_path / "cost.json"
    shown = invoke(
        "cost", "alexnet", "--batch", "4", "--dram", "900", "--sweep", "rows=16,32",
        "--dataflow", "DF1",
        "--scale-sim", str(tmp_path / "topology.csv"), "--accelforge", str(tmp_path / "t.yaml"),
        "--out", str(out), "--json", str(target),
    )  # fmt: skip
    for part in (
        "alexnet: training step of 4 on isca2024",
        "not settled: at 10 GHz",
        "--clock settled takes 0.494 GHz",
        "not closed: modulus 33 needs 38.1 dB more light",
        "Components, physics",
        "Components, published",
        "slowest of 8 layers",
        "H100",
        "the paper has 8 MB for each",
        "counts two operations and 7.40 W",
        "Sizes of the arrays",
    ):
        assert part in shown
    found = json.loads(target.read_text())
    assert found["parameters"] == 61_100_840
    for basis in ("physics", "published"):
        base = found["bases"][basis]
        parts = base["components"].values()
        total = sum(c["total_j"]["value"] for c in parts)
        assert total == close(base["energy_j"]["value"], rel=1e-9)
        assert sum(c["area_mm2"] for c in parts) == close(base["area_mm2"], rel=1e-9)
        rows = [r for r in found["products"] if r["basis"] == basis]
        assert sum(r["time_s"] for r in rows) == close(base["time_s"], rel=1e-9)
        assert sum(r["macs"] for r in rows) == found["macs"]
    assert len(found["sweep"]) == 2
    assert {r["computation"] for r in found["memory"]} == {"forward", "dx", "dw"}
    # What waits for DRAM is part of the time, and its energy of the energy.
    assert found["bases"]["physics"]["components"]["DRAM"]["total_j"]["value"] > 0.0
    waits_s = sum(r["stall_s"] for r in found["memory"])
    target2 = tmp_path / "bare.json"
    invoke(
        "cost", "alexnet", "--batch", "4", "--basis", "physics", "--dataflow", "DF1",
        "--json", str(target2),
    )  # fmt: skip
    bare = json.loads(target2.read_text())["bases"]["physics"]
    physics = found["bases"]["physics"]
    assert physics["time_s"] == close(bare["time_s"] + waits_s, rel=1e-9)
    assert physics["samples_per_s"] == close(4 / physics["time_s"], rel=1e-9)
    with (out / "products.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(found["products"])
    for name, rows in (("components", None), ("sweep", 2), ("memory", 3)):
        with (out / f"{name}.csv").open() as file:
            found_rows = list(csv.DictReader(file))
        assert rows is None or len(found_rows) == rows
    with (out / "components.csv").open() as file:
        table = {(r["basis"], r["component"]): r for r in csv.DictReader(file)}
    for row in table.values():
        per_s = float(row["power_w"]) * found["bases"][row["basis"]]["time_s"]
        paid = float(row["actions"]) * float(row["energy_per_action_j"]) + per_s
        assert float(row["energy_j"]) == close(paid, rel=1e-9)
        assert row["status"]
        assert row["source"]
    adc = table["physics", "ADC"]
    assert adc["action"] == "dot product of a row, in all moduli"
    assert adc["status"] == "derived"
    assert "3.5 times the law" in adc["source"]
    assert "6 in all" in adc["source"]
    assert float(adc["energy_per_action_high_j"]) == close(2.5 * float(adc["energy_per_action_j"]))
    assert len(found["component_rows"]) == len(table)
    assert is_picture(out / "energy.png")
    assert is_picture(out / "time.png")
    assert (tmp_path / "topology.csv").read_text().startswith("Layer,M,N,K")
    assert (tmp_path / "t.yaml").read_text().startswith("workload:")


def test_the_published_rates_come_out_of_the_command(tmp_path: Path) -> None:
    """ResNet-50 at inference: correct padding, and the paper's."""
    rates = []
    for extra in ([], ["--as-published"]):
        target = tmp_path / "rate.json"
        invoke(
            "cost", "resnet50", "--inference", "--basis", "published", *extra,
            "--json", str(target),
        )  # fmt: skip
        rates.append(json.loads(target.read_text())["bases"]["published"]["samples_per_s"])
    assert rates == close([9_918, 10_473], rel=1e-4)


@pytest.mark.slow  # 9 s
def test_options_change_what_they_say(tmp_path: Path) -> None:
    def found(*options: str) -> dict[str, float]:
        target = tmp_path / "x.json"
        arguments = ("cost", "mobilenetv2", "--batch", "2", "--basis", "physics", *options)
        invoke(*arguments, "--json", str(target))
        base: dict[str, float] = json.loads(target.read_text())["bases"]["physics"]
        return base

    plain = found()
    assert found("--clock", "settled")["time_s"] > 3 * plain["time_s"]
    assert found("--double-buffered")["time_s"] < plain["time_s"]
    assert found("--side-by-side")["time_s"] < 0.8 * plain["time_s"]
    assert found("--dataflow", "DF2")["time_s"] > plain["time_s"]
    reread = ("--set", "redundancy.policy=reread", "--error-rate", "0.01")
    assert plain["time_s"] < found(*reread)["time_s"] < 2.0 * plain["time_s"]
    # One of three residues wrong: 3 %, and less once more.
    assert "read again, of integers" in typed("cost", "mobilenetv2", "--batch", "2", *reread).stdout
    small, large = (
        json.loads(
            typed(
                "cost", "alexnet", "--batch", "2", "--dram", "9", "--sram", size, "--json", "-"
            ).stdout
        )["memory"]
        for size in ("0.1", "1000")
    )
    assert sum(r["dram_bytes"] for r in small) > 1.3 * sum(r["dram_bytes"] for r in large)
    light = ("--preset", "robust", "--data", "sparse")
    set_w, closed_w = (
        found(*light, *more)["components"]["laser"]["power_w"]  # type: ignore[index]
        for more in ((), ("--light", "closed"))
    )
    assert closed_w < 0.2 * set_w
    prices = tmp_path / "mine.toml"
    prices.write_text('["switch trimmers"]\npower_w = 0.0\nsource = "post-fabrication trimming"\n')
    mine = found("--components", str(prices))
    assert mine["energy_j"]["value"] < 0.5 * plain["energy_j"]["value"]  # type: ignore[index]
    assert mine["components"]["switch trimmers"]["status"] == "yours"  # type: ignore[index]


def test_own_prices_change_one_basis_and_leave_the_printed_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The example of docs/accelerator.md, and a component that both bases have."""
    text = Path("docs/accelerator.md").read_text().partition("```toml\n")[2].partition("```")[0]
    prices = tmp_path / "mine.toml"
    prices.write_text(f"{text}\n[laser]\npower_w = 1.0\n")
    target = tmp_path / "x.json"
    asked = ("cost", "alexnet", "--batch", "1", "--inference", "--components", str(prices))
    invoke(*asked, "--json", str(target))
    bases = json.loads(target.read_text())["bases"]
    own, printed = (bases[basis]["components"] for basis in ("physics", "published"))
    assert own["switch trimmers"]["power_w"] == 0.0
    assert (own["laser"]["power_w"], own["laser"]["status"]) == (1.0, "yours")
    assert printed["laser"]["power_w"] == close(0.144 * 19.95)
    assert printed["laser"]["status"] == "printed"
    message = failure(capsys, monkeypatch, *asked, "--basis", "published")
    assert "has prices of the basis physics alone" in message


@pytest.mark.parametrize(
    "option", [("--clock", "settled"), ("--light", "closed"), ("--data", "worst")]
)
def test_what_the_printed_machine_cannot_take_is_refused(
    option: tuple[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("cost", "alexnet", "--batch", "1", "--inference", "--basis", "published")
    message = failure(capsys, monkeypatch, *asked, *option)
    assert f"{option[0]} = '{option[1]}': is for the basis physics alone" in message


def test_products_that_are_not_counted_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "somebodys_distance.py").write_text(
        "import torch\n"
        "class Distance(torch.nn.Linear):\n"
        "    def __init__(self): super().__init__(4, 4)\n"
        "    def forward(self, x): return torch.cdist(super().forward(x), x)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    shown = invoke("cost", "somebodys_distance:Distance", "--input", "4", "--inference")
    assert "not counted: aten::_euclidean_dist in (root)" in shown
