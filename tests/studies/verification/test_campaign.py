"""The campaign: it passes on a correct build, and every deliberate fault makes it fail."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from circuits.receiver.converter import Converter
from circuits.units.dot_product import ModularDotProduct
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from photonics.random import NoiseKey
from studies.cli import main as cli
from studies.verification import (
    campaign,
    channel,
    equivalence,
    error_rates,
    integers,
    outside_reference,
    phase_law,
    receiver_statistics,
    rows,
    tails,
)
from studies.verification.check import Check, Finding, Step, holm, verdict

IDEAL = load_machine("isca2024-ideal", ["array.units=1"])


def failed(finding: Finding) -> list[str]:
    return [c.name for c in holm(finding.checks) if c.status == "failed"]


def small_plan(machine: MachineConfig, full: bool) -> list[Step]:
    """Every kind of check, with few cases."""
    rates = {"compact": (1e-1, 1e-2), "field": (1e-1,)}
    return [
        Step("pairs", lambda: Finding([integers.every_pair(machine, 31, 1)])),
        Step("dots", lambda: Finding([integers.random_dots(machine, "field", 500)])),
        Step("receiver", partial(receiver_statistics.every_source, machine, "compact", 2000)),
        Step("phase", partial(phase_law.phase_law, machine, 64)),
        Step("rates", partial(error_rates.error_rates, machine, "shot", rates)),
        Step("tails", lambda: Finding([tails.tail(machine, "compact", 31, 1e-6, 20_000)])),
        Step("photontorch", partial(outside_reference.outside_reference, machine, 2)),
    ]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "steps", small_plan)
    monkeypatch.setattr(outside_reference, "CHIPS", ())


def verify(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["verify", *arguments], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.mark.usefixtures("small")
def test_a_correct_build_passes_and_writes_what_it_found(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    status, shown = verify("--out", str(out))
    assert status == 0
    assert "all checks made passed" in shown
    found = json.loads((out / "verify.json").read_text())
    assert found["passed"] is True
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
    monkeypatch.setattr(campaign, "steps", lambda *_: small_plan(*_)[:1])
    result = CliRunner().invoke(cli.app, ["verify", "--json", "-"])
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


def test_exact_checks_pass_on_the_ideal_machine_and_fail_on_a_leaky_one() -> None:
    for check in (
        integers.every_pair(IDEAL, 33, 16),
        integers.adversarial_dots(IDEAL),
        integers.every_integer(IDEAL),
        integers.core_products(IDEAL, "integer", 8),
        integers.ideal_limit(IDEAL, (15, 16, 17), 3, 300).checks[0],
        integers.random_dots(IDEAL, "compact", 300),
    ):
        assert check.status == "passed", check
        assert check.cases > 0
    leaky = load_machine("isca2024", ["multiplier.ring.detuning_m=3e-10"])
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

    assert failed(receiver_statistics.every_source(IDEAL, fidelity, 20_000)) == []
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
    assert failed(rows.every_source(IDEAL, fidelity, 10_000)) == []
    # Rows that share nothing are not what theory says of a laser.
    real = rows.expected

    def nothing_shared(*of: object) -> object:
        return replace(real(*of), common=(0.0, 0.0))

    monkeypatch.setattr(rows, "expected", nothing_shared)
    wrong = [f"two rows, laser {source}, {fidelity}" for source in ("intensity", "linewidth")]
    assert failed(rows.every_source(IDEAL, fidelity, 10_000)) == wrong


def test_error_rates_meet_theory_and_a_wrong_theory_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rates = {"compact": (1e-1, 1e-2), "field": (1e-1,)}
    for source in error_rates.SOURCES:
        assert failed(error_rates.error_rates(IDEAL, source, rates)) == []
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


def test_the_law_of_the_phase_is_that_of_theory(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failed(phase_law.phase_law(IDEAL, 1024)) == []
    real = phase_law.gamma
    monkeypatch.setattr(phase_law, "gamma", lambda machine: 1.1 * real(machine))
    assert len(failed(phase_law.phase_law(IDEAL, 1024))) == 6


@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_tails_reach_one_in_a_milliard_and_notice_wrong_noise(
    fidelity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = tails.tail(IDEAL, fidelity, 33, 1e-9, 60_000)
    assert check.status == "passed", check
    assert check.points[0]["theory"] == pytest.approx(1e-9, rel=1e-6)
    real = TransimpedanceAmplifier.noise_variance_a2
    # One per cent of noise power is a fifth of the rate at 1e-9.
    monkeypatch.setattr(
        TransimpedanceAmplifier, "noise_variance_a2", lambda self, b: 1.01 * real(self, b)
    )
    assert tails.tail(IDEAL, fidelity, 33, 1e-9, 60_000).status == "failed"


def test_photontorch_is_skipped_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "photontorch", None)
    checks = outside_reference.outside_reference(IDEAL, 2).checks
    assert {c.status for c in checks} == {"skipped"}
    line = verdict([Check("a", 1), *checks])
    assert "skipped, since photontorch is not installed: photontorch, waveguide; " in line
    assert "(1 passed, 0 failed, 7 skipped; " in line


def test_optics_that_differ_from_photontorch_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "CHIPS", ())
    real = outside_reference.ring_add_drop
    monkeypatch.setattr(outside_reference, "ring_add_drop", lambda *a: real(*a[:3], -a[3]))
    assert failed(outside_reference.outside_reference(IDEAL, 2)) == ["photontorch, ring"]


@pytest.mark.slow
def test_chips_are_held_against_photontorch_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("photontorch")
    monkeypatch.setattr(outside_reference, "COMPARISONS", {})
    found = outside_reference.outside_reference(IDEAL, 1, 2)
    rows = {c.name: c.cases for c in found.checks}
    assert rows == {
        "photontorch, dot products": 1,
        "photontorch, chip of robust": 6,
        "photontorch, chip of thermo-optic": 6,
    }
    assert failed(found) == []
    real = ModularDotProduct.powers
    monkeypatch.setattr(ModularDotProduct, "powers", lambda self, *a: (1 + 1e-8) * real(self, *a))
    assert failed(outside_reference.outside_reference(IDEAL, 1)) == list(rows)


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
    assert channel.errs_as_often(31, rows[:4] ** 4, other[:4] ** 4, 256).status == "failed"


@pytest.mark.slow
def test_the_channel_errs_as_often_as_the_compact_model() -> None:
    found = channel.channel_odds(IDEAL, 256)
    assert [c.status for c in found.checks] == ["passed"] * 3
