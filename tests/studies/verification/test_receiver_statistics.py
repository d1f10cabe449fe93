"""Noise of the wrong size is noticed, source by source."""

from __future__ import annotations

from typing import Any

import pytest

from circuits.receiver import diodes
from devices.electronics import photodiode
from devices.electronics.amplifier import TransimpedanceAmplifier
from studies.verification import receiver_statistics
from tests.studies.verification.findings import IDEAL, failed


@pytest.mark.parametrize(
    ("places", "name", "sources"),
    [
        ([TransimpedanceAmplifier], "noise_variance_a2", ["amplifier"]),
        # The fields ask for the noise of each diode, the compact model for that of the design.
        ([photodiode, diodes], "shot_variance_a2", ["shot", "dark current"]),
    ],
)
@pytest.mark.parametrize("fidelity", ["compact", "field"])
def test_noise_of_the_wrong_size_is_noticed(
    places: list[Any],
    name: str,
    sources: list[str],
    fidelity: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = getattr(places[0], name)
    for place in places:
        monkeypatch.setattr(place, name, lambda *a: 1.1 * real(*a))
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
