"""The campaign: it passes on a correct build, and fails where a decision is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from circuits.receiver.converter import Converter
from studies.verification import claims
from tests.commands import typed
from tests.figures import is_picture

FEW = ("exact integers", "receiver statistics, compact", "law of the phase", "error rates, shot")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some claims, quickly."""
    monkeypatch.setattr(claims, "CLAIMS", [c for c in claims.CLAIMS if c.name in FEW])


def verify(*arguments: str) -> tuple[int, str]:
    result = typed("verify", "--quick", *arguments)
    return result.exit_code, result.output


@pytest.mark.usefixtures("small")
@pytest.mark.slow  # 4 s
def test_a_correct_build_passes_and_writes_what_it_found(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    status, shown = verify("--out", str(out))
    assert status == 0
    assert "all checks decided passed" in shown
    found = json.loads((out / "verify.json").read_text())
    assert (found["passed"], found["depth"]) == (True, "quick")
    assert found["machine"]["name"] == "isca2024-ideal"
    assert found["counts"]["failed"] == 0
    assert sum(found["counts"].values()) == len(found["checks"]) > 10
    rates = [c for c in found["checks"] if c["name"].startswith("errors, shot")]
    assert all(p["errors"] >= 400 for c in rates for p in c["points"])
    pictures = {p.name for p in out.iterdir()} - {"verify.json"}
    assert pictures == {"error_rate_shot.png", "phase_histograms.png"}
    assert all(is_picture(out / p) for p in pictures)


@pytest.mark.slow  # 4 s
def test_nothing_is_written_unasked_and_json_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(claims, "CLAIMS", claims.CLAIMS[:1])
    result = typed("verify", "--quick", "--json", "-")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["passed"] is True
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # 6 s
@pytest.mark.usefixtures("small")
def test_a_wrong_decision_fails_the_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Converter._nearest

    def off_by_one(self: Converter, i: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        return torch.remainder(real(self, i, q) + 1, self.modulus)

    monkeypatch.setattr(Converter, "_nearest", off_by_one)
    status, shown = verify()
    assert status == 1
    assert "FAILED: every pair x·w, mod 31" in shown
    assert "all checks" not in shown
