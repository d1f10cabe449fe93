"""The machine that is verified, and what of a finding failed."""

from __future__ import annotations

from mirage_core.machine.loading import load_machine
from studies.verification.check import Finding, holm

IDEAL = load_machine("isca2024-ideal", ["array.units=1"])


def failed(finding: Finding) -> list[str]:
    return [c.name for c in holm(finding.checks) if c.status == "failed"]
