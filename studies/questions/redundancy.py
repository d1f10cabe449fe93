"""How many wrong readouts can training bear, and what does each protection make of them?

Residue errors are injected, independently and with a given probability on every readout of
all three products of an MLP on handwritten digits; everything else is exact.  A wrong residue is
a neighbour, one up or one down, or any other.  One test image is 0.28 %.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from mirage_core.arithmetic.error_probabilities import one_reading
from mirage_core.arithmetic.redundancy import RedundantCode
from mirage_core.arithmetic.residue_errors import ResidueErrors, WrongResidue
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.machine.loading import load_machine
from mirage_core.training.datasets import load_dataset
from mirage_core.training.trainer import Recipe, Trainer
from photonics.checks import whole_number
from studies.report import usage
from studies.report.chip_progress import show_chip_progress
from studies.report.figures import protections, save
from studies.report.files import make_output_folder, write_json
from studies.report.progress import progress, progress_bar, train_epochs
from studies.report.tables import console, print_table

SEEDS = (0, 1, 2)
RATES = (1e-4, 1e-3, 1e-2)

_SAFE = "moduli=[29,32,33]"
_DROP, _REREAD = "redundancy.policy=drop", "redundancy.policy=reread"
_CORRECT = "redundancy.policy=correct"
_ONE, _TWO = "redundancy.redundant_moduli=[35]", "redundancy.redundant_moduli=[35,37]"
_THREE_TIMES, _NEVER = "redundancy.attempts=3", "redundancy.attempts=0"


@dataclass(frozen=True)
class Protection:
    """What is changed in the paper's numbers, and which errors they meet."""

    overrides: tuple[str, ...] = ()
    kind: WrongResidue = "slip"

    @property
    def machine(self) -> MachineConfig:
        """The paper's numbers under this protection."""
        return load_machine("isca2024-ideal", self.overrides)


PROTECTIONS = {
    "{31,32,33} believed": Protection(),
    "{31,32,33} drop": Protection((_DROP,)),
    "{31,32,33} re-read x3": Protection((_REREAD, _THREE_TIMES)),
    "{29,32,33} drop": Protection((_SAFE, _DROP)),
    "{29,32,33} re-read x3": Protection((_SAFE, _REREAD, _THREE_TIMES)),
    "+35 re-read x3": Protection((_REREAD, _THREE_TIMES, _ONE)),
    "+35+37 correct": Protection((_CORRECT, _NEVER, _TWO)),
    "+35+37 correct, re-read x3": Protection((_CORRECT, _THREE_TIMES, _TWO)),
    "{29,32,33} re-read x3, any error": Protection((_SAFE, _REREAD, _THREE_TIMES), "uniform"),
    "+35+37 correct, any error": Protection((_CORRECT, _NEVER, _TWO), "uniform"),
    "+35+37 correct, re-read x3, any error": Protection((_CORRECT, _THREE_TIMES, _TWO), "uniform"),
}
"""By label; in braces the moduli that hold the range ({31,32,33} unless said), after a plus sign
the redundant ones.  Errors are slips by one unless it says "any error"."""


@dataclass(frozen=True)
class Outcome:
    """Training of one seed under one protection at one rate of errors.

    All but the accuracy are shares of all integers.

    Attributes:
        accuracy: on the test set, after the last epoch.
        wrong: integers that were not the exact dot product in the end.
        re_reads: readings of an integer after its first.
        corrected: readings that redundant residues put right (as they believe).
        detected: readings found impossible and beyond correction.
        undetected: integers accepted although wrong.
        dropped: integers given up.
    """

    accuracy: float
    wrong: float
    re_reads: float
    corrected: float
    detected: float
    undetected: float
    dropped: float


def train(name: str, rate: float, seed: int, epochs: int = 12) -> Outcome:
    """Train an MLP on digits under a protection, with errors of a given rate."""
    errors = ResidueErrors(probability=rate, kind=PROTECTIONS[name].kind)
    core = TensorCore(PROTECTIONS[name].machine, fidelity="integer", seed=seed, errors=errors)
    trainer = Trainer(Recipe(seed=seed, epochs=epochs), load_dataset("digits"), core)
    while len(trainer.history) < epochs:
        trainer.run_epoch()
    total = core.ledger.total
    return Outcome(
        trainer.history[-1].test_accuracy,
        *(
            count / total.integers
            for count in (
                total.wrong_integers,
                total.re_reads,
                total.corrected,
                total.detected,
                total.undetected,
                total.dropped,
            )
        ),
    )


def predicted_wrong(name: str, rate: float) -> float:
    """Closed-form share of wrong integers, for dot products that are small but not zero."""
    protection = PROTECTIONS[name]
    machine = protection.machine
    errors = ResidueErrors(probability=rate, kind=protection.kind)
    if machine.redundancy.policy == "none":
        return 1.0 - (1.0 - rate) ** len(machine.all_moduli.moduli)
    code = RedundantCode(machine.all_moduli, machine.bfp.max_dot)
    once = one_reading(code, errors, torch.tensor(0), machine.redundancy.policy == "correct")
    after = once.after(machine.redundancy.re_reads)
    return float(after.detected + after.undetected)


def fp32_accuracy(seed: int) -> float:
    """Test accuracy of the FP32 twin."""
    trainer = Trainer(Recipe(seed=seed), load_dataset("digits"))
    with progress_bar() as bar:
        for _ in train_epochs(trainer, bar, f"FP32, seed {seed}"):
            pass
    return trainer.history[-1].test_accuracy


def run(
    out: Annotated[Path, typer.Option(help="folder for table and figure")] = Path(
        "runs/redundancy"
    ),
    epochs: Annotated[int, typer.Option(help="passes over the training set")] = 12,
    seeds: Annotated[int, typer.Option(help="how many, from 0")] = len(SEEDS),
) -> None:
    """Train under every protection at every rate; print the table, write it and a figure."""
    whole_number("--epochs", epochs, 1)
    whole_number("--seeds", seeds, 1)
    show_chip_progress()
    make_output_folder(out)
    fp32 = [fp32_accuracy(seed) for seed in range(seeds)]
    found: dict[str, dict[float, list[Outcome]]] = {name: {} for name in PROTECTIONS}
    with progress("protections", len(PROTECTIONS) * len(RATES)) as advance:
        for name in PROTECTIONS:
            for rate in RATES:
                advance(0, f"{name}, {rate:.0e}")
                found[name][rate] = [train(name, rate, seed, epochs) for seed in range(seeds)]
                advance()
    shares = [f.name for f in fields(Outcome)][2:]
    print_table(
        f"Training under wrong readouts, mean of {seeds} seeds; shares of all integers",
        (
            "protection",
            "p",
            "accuracy",
            "wrong",
            "predicted",
            *(s.replace("_", "-") for s in shares),
        ),
        [
            _row(name, rate, outcomes, shares)
            for name, rates in found.items()
            for rate, outcomes in rates.items()
        ],
    )
    console().print(
        "predicted: closed form, for integers that are small but not zero, with independent "
        f"errors; a zero that is\ndropped is right. FP32: {100 * _mean(fp32):.2f} %"
    )
    table = {
        name: {
            f"{rate:g}": {
                "predicted_wrong": predicted_wrong(name, rate),
                "seeds": [asdict(o) for o in outcomes],
            }
            for rate, outcomes in rates.items()
        }
        for name, rates in found.items()
    }
    write_json(out / "redundancy.json", {"fp32": fp32, "protections": table})
    accuracies = {
        name: {rate: _mean([o.accuracy for o in outcomes]) for rate, outcomes in rates.items()}
        for name, rates in found.items()
    }
    save(protections(accuracies, _mean(fp32)), out / "redundancy.png")
    console().print(f"written to {out}: redundancy.json, redundancy.png")


def _row(name: str, rate: float, outcomes: list[Outcome], shares: list[str]) -> tuple[str, ...]:
    def mean(field: str) -> float:
        values: list[Any] = [getattr(o, field) for o in outcomes]
        return _mean(values)

    return (
        name,
        f"{rate:.0e}",
        f"{100 * mean('accuracy'):.2f} %",
        f"{mean('wrong'):.1e}",
        f"{predicted_wrong(name, rate):.1e}",
        *(f"{mean(share):.1e}" if mean(share) else "0" for share in shares),
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    usage.run(run)
