"""The whole campaign: all steps with progress, one table, one verdict, files where asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from mirage_core.machine.config import MachineConfig
from studies.report.figures import save
from studies.report.files import make_output_folder, versions, write_json
from studies.report.progress import progress
from studies.report.tables import console, print_table
from studies.verification import (
    chips,
    error_rates,
    integers,
    predicted_rates,
    receiver_statistics,
    rows,
)
from studies.verification.channel import KINDS, channel_odds
from studies.verification.check import (
    FAMILY_LEVEL,
    Check,
    Finding,
    Step,
    holm,
    tally,
    verdict,
)
from studies.verification.device_spread import device_spread
from studies.verification.end_to_end import end_to_end
from studies.verification.equivalence import MACHINES, equivalence
from studies.verification.outside_reference import outside_reference
from studies.verification.phase_law import phase_law
from studies.verification.sampling import LIT
from studies.verification.tails import tails


def steps(machine: MachineConfig, full: bool) -> list[Step]:
    """What is run; the exact checks are of the given machine, the others of its moduli."""
    dots = 10_000_000 if full else 1_000_000
    limits = [(m, b) for m, b in integers.IDEAL_SETS if m != machine.moduli]
    return [
        Step("exact integers", partial(integers.exact, machine, dots)),
        *(
            Step(
                f"ideal limit {integers.set_name(moduli)}",
                partial(integers.ideal_limit, machine, moduli, bits, dots if full else dots // 4),
            )
            for moduli, bits in limits
        ),
        *(
            Step(
                f"{title}, {fidelity}",
                partial(study.every_source, machine, fidelity, 1_000_000 if full else 200_000),
            )
            for title, study in (("receiver statistics", receiver_statistics), ("rows", rows))
            for fidelity in LIT
        ),
        Step("law of the phase", partial(phase_law, machine, 32768 if full else 8192)),
        *(
            Step(
                f"error rates, {source}",
                partial(
                    error_rates.error_rates, machine, source, error_rates.rates_of(source, full)
                ),
            )
            for source in error_rates.SOURCES
        ),
        *(
            Step(
                f"predicted error rates, {preset}",
                partial(predicted_rates.predicted_rates, machine, preset, 32 if full else 8),
            )
            for preset in predicted_rates.MACHINES
        ),
        Step("tails", partial(tails, machine, 1_000_000 if full else 200_000)),
        *(
            Step(
                f"equivalence, {name}",
                partial(equivalence, machine, name, 131072 if full else 32768),
            )
            for name in MACHINES
        ),
        Step(
            "channel",
            partial(channel_odds, machine, 1024, tuple(KINDS))
            if full
            else partial(channel_odds, machine, 512),
        ),
        *(
            [
                Step("device spread", partial(device_spread, machine)),
                Step("end to end", partial(end_to_end, machine)),
            ]
            if full
            else []
        ),
        Step("calibration", partial(chips.calibration, machine, 4096 if full else 1024)),
        Step(
            "photontorch",
            partial(outside_reference, machine, 400 if full else 100, 8 if full else 1),
        ),
    ]


def run(plan: list[Step]) -> Finding:
    """Run every step, with progress, and judge all checks together."""
    checks: list[Check] = []
    figures = {}
    with progress("verify", len(plan)) as advance:
        for step in plan:
            advance(0, step.name)
            start = perf_counter()
            found = step.run()
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
                ": ".join(x for x in (c.skipped, c.detail) if x),
                f"{min(c.p_values):.4f}" if c.p_values else "",
                f"{c.seconds:.1f}",
            )
            for c in checks
        ],
        text=("", "detail"),
    )
    console().print(verdict(checks))


def campaign(machine: MachineConfig, full: bool, out: Path | None = None) -> dict[str, Any]:
    """Run every check, print the table, return everything as plain data.

    Args:
        machine: of the exact checks; the others take its moduli and mantissas.
        full: ten times as many cases, deeper error rates, device spread, and training end to end.
        out: folder for ``verify.json`` and figures; nothing is written without one.
    """
    if out is not None:
        make_output_folder(out)
    start = perf_counter()
    found = run(steps(machine, full))
    report(machine, found.checks)
    counts = tally(found.checks)
    result = {
        "machine": machine.model_dump(mode="json"),
        "full": full,
        "passed": counts["failed"] == 0,
        "counts": counts,
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
