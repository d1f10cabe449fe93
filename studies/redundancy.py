"""How many wrong readouts can training bear, and what does each protection make of them?

Residue errors are drawn by decree, ±1 with a given probability on every readout of all three
products of an MLP on handwritten digits; everything else is exact.  One test image is 0.28 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mirage_core.arithmetic.residue_errors import ResidueErrors
from mirage_core.learning.datasets import load_dataset
from mirage_core.learning.training import Recipe, Trainer
from mirage_core.machine import MachineConfig, load_machine
from mirage_core.tensor_core import TensorCore
from studies.output import console, make_output_folder, print_table, write_json
from studies.train import progress_bar, train_epochs

SEEDS = (0, 1, 2)
RATES = (1e-4, 1e-3, 1e-2)
PROTECTIONS = {
    "{31,32,33} believed": (),
    "{31,32,33} drop": ("redundancy.policy=drop",),
    "{31,32,33} re-read": ("redundancy.policy=reread",),
    "{29,32,33} drop": ("moduli=[29,32,33]", "redundancy.policy=drop"),
    "{29,32,33} re-read": ("moduli=[29,32,33]", "redundancy.policy=reread"),
    "+35 re-read": ("redundancy.policy=reread", "redundancy.redundant_moduli=[35]"),
    "+35+37 correct": ("redundancy.policy=correct", "redundancy.redundant_moduli=[35,37]"),
}


@dataclass(frozen=True)
class Outcome:
    """Training of one seed under one protection at one rate of errors.

    Attributes:
        accuracy: on the test set, after the last epoch.
        wrong: wrong integers over all integers.
        re_reads: integers read again over all integers.
    """

    accuracy: float
    wrong: float
    re_reads: float


def protected(name: str) -> MachineConfig:
    """The paper's numbers under one of the protections."""
    return load_machine("isca2024-ideal", PROTECTIONS[name])


def train(machine: MachineConfig, rate: float, seed: int, epochs: int = 12) -> Outcome:
    """Train an MLP on digits with errors of a given rate."""
    errors = ResidueErrors(probability=rate)
    core = TensorCore(machine, fidelity="integer", seed=seed, errors=errors)
    trainer = Trainer(Recipe(seed=seed, epochs=epochs), load_dataset("digits"), core)
    while len(trainer.history) < epochs:
        trainer.run_epoch()
    total = core.ledger.total
    return Outcome(
        trainer.history[-1].test_accuracy,
        total.wrong_integers / total.integers,
        total.re_reads / total.integers,
    )


def fp32_accuracy(seed: int) -> float:
    """Test accuracy of the FP32 twin."""
    trainer = Trainer(Recipe(seed=seed), load_dataset("digits"))
    with progress_bar() as progress:
        for _ in train_epochs(trainer, progress, f"FP32, seed {seed}"):
            pass
    return trainer.history[-1].test_accuracy


def run(out: Path) -> None:
    """Train under every protection at every rate, print the table, write it to ``out``."""
    make_output_folder(out)
    fp32 = [fp32_accuracy(seed) for seed in SEEDS]
    found: dict[str, dict[float, list[Outcome]]] = {}
    with progress_bar() as progress:
        task = progress.add_task("protections", total=len(PROTECTIONS) * len(RATES), note="")
        for name in PROTECTIONS:
            machine, found[name] = protected(name), {}
            for rate in RATES:
                progress.update(task, note=f"{name}, {rate:.0e}")
                found[name][rate] = [train(machine, rate, seed) for seed in SEEDS]
                progress.advance(task)
    print_table(
        "Test accuracy, mean of three seeds; in brackets wrong integers, re-reads per integer",
        ("protection", *(f"p = {rate:.0e}" for rate in RATES)),
        [(name, *(_cell(found[name][rate]) for rate in RATES)) for name in PROTECTIONS],
    )
    console().print(f"FP32: {100 * _mean(fp32):.2f} %")
    table = {
        name: {f"{rate:g}": [vars(o) for o in outcomes] for rate, outcomes in rates.items()}
        for name, rates in found.items()
    }
    write_json(out / "redundancy.json", {"fp32": fp32, "protections": table})


def _cell(outcomes: list[Outcome]) -> str:
    accuracy, wrong, again = (
        _mean([getattr(o, n) for o in outcomes]) for n in ("accuracy", "wrong", "re_reads")
    )
    return f"{100 * accuracy:.2f} % ({wrong:.1e}, {again:.1e})"


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


if __name__ == "__main__":
    run(Path("runs/redundancy"))
