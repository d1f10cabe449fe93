"""The campaign: it passes on a correct build, and every deliberate fault makes it fail."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from circuits.receiver.converter import Converter
from circuits.units.dot_product import ModularDotProduct
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from mirage_core.machine.loading import load_machine
from photonics.random import NoiseKey
from studies.cli import main as cli
from studies.verification import (
    channel,
    claims,
    equivalence,
    error_rates,
    integers,
    outside_reference,
    phase_law,
    receiver_statistics,
    rows,
    tails,
)
from studies.verification.check import Check, Finding, compare, holm, verdict

IDEAL = load_machine("isca2024-ideal", ["array.units=1"])


def failed(finding: Finding) -> list[str]:
    return [c.name for c in holm(finding.checks) if c.status == "failed"]


FEW = ("exact integers", "receiver statistics, compact", "law of the phase", "error rates, shot")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some claims, quickly."""
    monkeypatch.setattr(claims, "CLAIMS", [c for c in claims.CLAIMS if c.name in FEW])


def verify(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["verify", "--quick", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.usefixtures("small")
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
    assert all((out / p).read_bytes().startswith(b"\x89PNG") for p in pictures)


def test_nothing_is_written_unasked_and_json_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(claims, "CLAIMS", claims.CLAIMS[:1])
    result = CliRunner().invoke(cli.app, ["verify", "--quick", "--json", "-"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["passed"] is True
    assert list(tmp_path.iterdir()) == []


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


def test_a_wrong_sign_of_q_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Converter.decide
    monkeypatch.setattr(Converter, "decide", lambda self, i, q, *c: real(self, i, -q, *c))
    # A residue and its negative are equal for zero alone: 30 · 30 pairs of 31 are nonzero.
    assert integers.every_pair(IDEAL, 31, 1).failures == 900
    assert integers.adversarial_dots(IDEAL).failures > 0
    for fidelity in ("field", "compact"):
        assert integers.random_dots(IDEAL, fidelity, 100).failures > 0
        assert integers.core_products(IDEAL, fidelity, 4).failures > 0


def test_exact_checks_fail_on_a_leaky_machine() -> None:
    leaky = load_machine("isca2024", ["array.units=1", "multiplier.ring.detuning_m=3e-10"])
    assert integers.every_pair(leaky, 33, 1).failures > 0
    assert integers.random_dots(leaky, "field", 100).failures > 0


def test_mantissas_of_the_ideal_sets_are_the_widest_that_fit() -> None:
    for moduli, bits in integers.IDEAL_SETS:
        half = (torch.tensor(moduli).prod().item() - 1) // 2
        assert 16 * (2**bits - 1) ** 2 <= half
    assert 16 * (2**4 - 1) ** 2 > (15 * 16 * 17 - 1) // 2


@pytest.mark.parametrize(
    ("part", "name", "sources"),
    [
        (TransimpedanceAmplifier, "noise_variance_a2", ["amplifier"]),
        (Photodiode, "shot_variance_a2", ["shot", "dark current"]),
    ],
)
@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_noise_of_the_wrong_size_is_noticed(
    part: type, name: str, sources: list[str], fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(part, name)
    monkeypatch.setattr(part, name, lambda self, *a: 1.1 * real(self, *a))
    finding = receiver_statistics.every_source(IDEAL, fidelity, 20_000)
    assert failed(finding) == [f"I and Q, {source}, {fidelity}" for source in sources]


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_laser_noise_of_the_wrong_size_is_noticed(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from devices.light.laser import Laser

    for name, source in (("intensity", "laser intensity"), ("phase", "laser linewidth")):
        method = {"intensity": "intensity_variance", "phase": "phase_variance_rad2"}[name]
        real = getattr(Laser, method)
        with monkeypatch.context() as patch:
            patch.setattr(Laser, method, lambda self, *a, real=real: 1.1 * real(self, *a))
            finding = receiver_statistics.every_source(IDEAL, fidelity, 20_000)
        assert failed(finding) == [f"I and Q, {source}, {fidelity}"]


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_rows_share_the_laser_and_nothing_else(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Rows that share nothing are not what theory says of a laser.
    real = rows.expected

    def nothing_shared(*of: object) -> object:
        return replace(real(*of), common=(0.0, 0.0))

    monkeypatch.setattr(rows, "expected", nothing_shared)
    wrong = [f"two rows, laser {source}, {fidelity}" for source in ("intensity", "linewidth")]
    assert failed(rows.every_source(IDEAL, fidelity, 10_000)) == wrong


def test_a_wrong_theory_of_error_rates_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, source in (("symbol_error_rate", "shot"), ("_phase_error_rate", "linewidth")):
        real = getattr(error_rates, name)
        with monkeypatch.context() as patch:
            patch.setattr(error_rates, name, lambda *a, real=real: 1.3 * real(*a))
            finding = error_rates.error_rates(IDEAL, source, {"compact": (1e-2,)})
        # Where theory also sets the linewidth, the smallest modulus errs as wrongly expected.
        assert {f"errors, {source}, m = {m}, compact" for m in (32, 33)} & set(failed(finding))


def test_every_source_and_fidelity_has_six_operating_points() -> None:
    for source in error_rates.SOURCES:
        for full in (False, True):
            rates = error_rates.rates_of(source, full)
            assert set(rates) == {"compact", "field"}
            assert all(len(set(r)) == 6 for r in rates.values())
    assert error_rates.ERRORS >= 400


def test_another_law_of_the_phase_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = phase_law.gamma
    monkeypatch.setattr(phase_law, "gamma", lambda machine: 1.1 * real(machine))
    assert len(failed(phase_law.phase_law(IDEAL, 1024))) == 6


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_tails_notice_wrong_noise(fidelity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    point = tails.tail(IDEAL, fidelity, 33, 1e-9, 1000).points[0]
    assert point["theory"] == pytest.approx(1e-9, rel=1e-6)
    real = TransimpedanceAmplifier.noise_variance_a2
    # One per cent of noise power is a fifth of the rate at 1e-9.
    monkeypatch.setattr(
        TransimpedanceAmplifier, "noise_variance_a2", lambda self, b: 1.01 * real(self, b)
    )
    assert tails.tail(IDEAL, fidelity, 33, 1e-9, 60_000).status == "failed"


def test_the_verdict_tells_what_was_not_told() -> None:
    checks = [Check("a", 1), Check("b", 0, skipped="it rains"), Check("c", 1, inconclusive="dark")]
    assert verdict(checks).startswith(
        "all checks decided passed | inconclusive, since dark: c | skipped, since it rains: b "
        "(1 passed, 0 failed, 1 inconclusive, 1 skipped; "
    )
    assert [c.holds for c in checks] == [True, True, False]
    assert replace(checks[2], undecidable=True).holds
    assert verdict([*checks, Check("d", 1, 1)]).startswith("FAILED: d | ")
    assert verdict(checks[1:]).startswith("nothing was decided")
    # A failure is one whatever else is open.
    assert Check("e", 1, 1, inconclusive="dark").status == "failed"


def test_differences_are_compared_with_what_is_unsure() -> None:
    # Surely within the margin, surely another, surely neither.
    assert compare(0.5, 0.4, 1.0) == "alike"
    assert compare(-0.9, 0.4, 1.0) == "different"
    assert compare(0.9, 1.0, 1.0) == "unsure"
    assert compare(math.nan, 0.1, 1.0) == compare(0.0, math.nan, 1.0) == "unsure"


def test_optics_that_differ_from_photontorch_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "CHIPS", ())
    real = outside_reference.ring_add_drop
    monkeypatch.setattr(outside_reference, "ring_add_drop", lambda *a: real(*a[:3], -a[3]))
    assert failed(outside_reference.outside_reference(IDEAL, 2)) == ["photontorch, ring"]


@pytest.mark.slow
def test_rows_of_chips_that_differ_from_photontorch_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "COMPARISONS", {})
    real = ModularDotProduct.powers
    monkeypatch.setattr(ModularDotProduct, "powers", lambda self, *a: (1 + 1e-8) * real(self, *a))
    wrong = ["photontorch, dot products"] + [
        f"photontorch, chip of {preset}" for preset in outside_reference.CHIPS
    ]
    assert failed(outside_reference.outside_reference(IDEAL, 1)) == wrong


def test_holm_judges_all_p_values_together() -> None:
    checks = [Check("a", 1, p_values=(0.5, 1e-5)), Check("b", 1, p_values=(2e-4, 0.01))]
    # Holm at 0.001 over four: 1e-5 < 0.001/4, 2e-4 < 0.001/3, 0.01 > 0.001/2.
    assert [c.failures for c in holm(checks)] == [1, 1]
    assert [c.failures for c in holm([Check("c", 1, 2), *checks])] == [2, 1, 1]
    assert [c.failures for c in holm([Check("b", 1, p_values=(2.6e-4,) * 4)])] == [0]


def test_equivalence_holds_and_one_word_adds_a_fidelity() -> None:
    finding = equivalence.equivalence(IDEAL, "robust", 1024, ("compact", "integer"))
    by_name = {c.name: c for c in holm(finding.checks)}
    # Too few readouts to show a difference below 1 %, and none that contradicts equality.
    compact = by_name["compact = field, robust, m = 33"]
    assert compact.points[0]["sigma_difference"] == pytest.approx(0.0, abs=0.1)
    assert min(compact.p_values) > 1e-3
    assert len(finding.figures) == 3
    for draw in finding.figures.values():
        draw().canvas.draw()
    # Exact integers make no errors, where the reference makes hundreds.
    assert by_name["integer = field, robust, m = 33"].status == "failed"


def test_a_channel_that_errs_too_seldom_is_noticed() -> None:
    rows = 10.0 + NoiseKey.from_seed(0).uniform(0, 4096)
    other = 10.0 + NoiseKey.from_seed(1).uniform(0, 4096)
    for share, status in ((1.0, "passed"), (0.95, "passed"), (0.8, "failed"), (1.2, "failed")):
        assert channel.errs_as_often(31, share * rows, other, 256).status == status
    # Few rows cannot show a margin of ten percent.
    assert channel.errs_as_often(31, rows[:4] ** 4, other[:4] ** 4, 256).status == "inconclusive"
