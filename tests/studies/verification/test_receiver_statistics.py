"""Noise of the wrong size is noticed, source by source."""

from __future__ import annotations

import pytest

from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from studies.verification import receiver_statistics
from tests.studies.verification.findings import IDEAL, failed


@pytest.mark.parametrize(
    ("part", "name", "sources"),
    [
        (TransimpedanceAmplifier, "noise_variance_a2", ["amplifier"]),
        (Photodiode, "shot_variance_a2", ["shot", "dark current"]),
    ],
)
@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_noise_of_the_wrong_size_is_noticed(
    part: type,
    name: str,
    sources: list[str],
    fidelity: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = getattr(part, name)
    monkeypatch.setattr(part, name, lambda *a: 1.1 * real(*a))
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
