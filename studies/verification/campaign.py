"""The whole campaign: all claims with progress, one table, one verdict, files where asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from mirage_core.machine.config import MachineConfig
from studies.report.figures import save
from studies.report.files import make_output_folder, versions, write_json
from studies.report.progress import progress
from studies.report.tables import console, print_table
from studies.verification.check import FAMILY_LEVEL, Check, Finding, holm, tally, verdict
from studies.verification.claims import Claim, Depth, claims_at


def run(claims: Sequence[Claim], machine: MachineConfig, depth: Depth) -> Finding:
    """Check every claim, with progress, and test all p-values together."""
    checks: list[Check] = []
    figures = {}
    with progress("verify", len(claims)) as advance:
        for claim in claims:
            advance(0, claim.name)
            start = perf_counter()
            found = claim.find_out(machine, depth)
            each = (perf_counter() - start) / len(found.checks)
            checks += [replace(check, seconds=each) for check in found.checks]
            figures.update(found.figures)
            advance()
    return Finding(holm(checks), figures)


def report(machine: MachineConfig, checks: list[Check]) -> None:
    """Print the table and the verdict."""
    print_table(
        f"Verification of {machine.name}",
        ("check", "", "cases", "wrong", "detail", "least p", "s"),
        [
            (
                c.name,
                c.status,
                f"{c.cases:,}",
                str(c.failures),
                ": ".join(x for x in (c.skipped or c.inconclusive, c.detail) if x),
                f"{min(c.p_values):.4f}" if c.p_values else "",
                f"{c.seconds:.1f}",
            )
            for c in checks
        ],
        text=("", "detail"),
    )
    console().print(verdict(checks))


def campaign(machine: MachineConfig, depth: Depth, out: Path | None = None) -> dict[str, Any]:
    """Run every check, print the table, return everything as plain data.

    Args:
        machine: of the exact checks; the others take its moduli and mantissas.
        depth: how many cases, and whether the claims that take long are checked.
        out: folder for ``verify.json`` and figures; nothing is written without one.
    """
    if out is not None:
        make_output_folder(out)
    start = perf_counter()
    found = run(claims_at(depth), machine, depth)
    report(machine, found.checks)
    result = {
        "machine": machine.model_dump(mode="json"),
        "depth": depth,
        "passed": all(check.holds for check in found.checks),
        "counts": tally(found.checks),
        "verdict": verdict(found.checks),
        "family_level": FAMILY_LEVEL,
        "seconds": round(perf_counter() - start, 1),
        "versions": versions(),
        "checks": [c.as_dict() for c in found.checks],
    }
    if out is not None:
        write_json(out / "verify.json", result)
        for name, draw in found.figures.items():
            save(draw(), out / f"{name}.png")
        console().print(f"written to {out}")
    return result
