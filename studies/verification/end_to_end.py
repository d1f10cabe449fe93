r"""Does a network that learns through the channel fare as one that learns through light?

A small network learns digits on one calibrated chip, run by run with weights, data order and noise
of its own: through exact integers, through the compact model and through the channel.  Readings err
in some thousandths, and what cannot be is dropped, so that errors cost a little and no more; they
must cost beyond doubt, or the comparison would prove nothing.  Two fidelities are decoded in pairs,
run by run, by two one-sided t-tests within margins set beforehand:

* the loss of the last epoch, within a share of what errors add to it;
* the relative error of products that training makes, rms, of each kind.

The channel answers for many sets of drives, not for the one of a product: where a few rows make all
the errors of a kind, runs are so unlike that twelve of them cannot decide, and the check says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import torch
from scipy.stats import ttest_rel
from torch import Tensor

from circuits.chip.chip import Chip
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from mirage_core.training.datasets import Dataset, load_dataset
from mirage_core.training.trainer import Recipe, Trainer
from photonics.random import NoiseKey
from studies.verification.check import FAMILY_LEVEL, Check, Finding, Outcome, compare
from studies.verification.machines import of_preset, powered

RUNS = 24

LOSS_WITHIN = 0.15
"""Largest difference of the losses, over what errors add to the loss."""

ERROR_WITHIN = 0.15
"""Largest relative difference of the relative errors of products."""

LEAST_RATE, MOST_RATE = 1e-3, 1e-2
"""Wrong residues among those read in training, in the compact model."""

# One redundant modulus: an integer that is wrong is almost always seen, and counts as zero.
_CHANGES: dict[str, Any] = {"redundancy.policy": "drop", "redundancy.redundant_moduli": [35]}
_ERROR_RATE = 0.55
_IMAGES, _EPOCHS, _RECORDED_EPOCH = 640, 4, 2
# Gradients err so seldom that their product is made more often.
_DRAWS = {"forward": 16, "dx": 64, "dw": 4}


class _RunCore(TensorCore):
    """A core whose runs differ in their noise alone, so that error laws are worked out once.

    It can keep the operands of its products, by kind.
    """

    run = 0
    kept: dict[str, list[tuple[Tensor, Tensor]]] | None = None

    def gemm(
        self,
        stationary: Tensor,
        streamed: Tensor,
        key: NoiseKey,
        kind: str,
        row_offset: int = 0,
        time_step: int = 0,
    ) -> Tensor:
        """Multiply with the noise of this run."""
        if self.kept is not None:
            self.kept.setdefault(kind, []).append((stationary.detach(), streamed.detach()))
        key = key.fold("run", self.run)
        return super().gemm(stationary, streamed, key, kind, row_offset, time_step)


@dataclass(frozen=True)
class Pairs:
    """One number of every run in both fidelities, float64 (runs,)."""

    channel: Tensor
    compact: Tensor

    @property
    def p_value(self) -> float:
        """Of the paired t-test that they are equal in the mean."""
        return float(ttest_rel(self.channel.numpy(), self.compact.numpy()).pvalue)

    @property
    def interval(self) -> tuple[float, float]:
        """Mean of channel less compact, and how far off it may be at the family-wise level."""
        found = ttest_rel(self.channel.numpy(), self.compact.numpy())
        low, high = found.confidence_interval(1.0 - FAMILY_LEVEL)
        return float(low + high) / 2.0, float(high - low) / 2.0

    def compared(self, margin: float) -> Outcome:
        """Whether they differ by less than a margin in the mean."""
        return compare(*self.interval, margin)


def end_to_end(like: MachineConfig, runs: int = RUNS) -> Finding:
    """Training loss and errors of products, channel against compact.

    Args:
        like: machine whose moduli and mantissas are taken.
        runs: how many trainings of each.
    """
    machine = powered(of_preset("robust", like, _CHANGES), _ERROR_RATE)
    cores = _cores(machine, TensorCore(machine).chip)
    data = load_dataset("digits")
    few = replace(data, train_x=data.train_x[:_IMAGES], train_y=data.train_y[:_IMAGES])
    losses = {f: torch.tensor([_loss(c, few, r) for r in range(runs)]) for f, c in cores.items()}
    counts = {f: dict(c.ledger.kinds) for f, c in cores.items()}
    rates = {f: {k: n.residue_error_rate for k, n in kinds.items()} for f, kinds in counts.items()}
    rate = cores["compact"].ledger.total.residue_error_rate
    errors: dict[str, list[tuple[float, float]]] = {}
    for run in range(runs):
        for kind, operands in _operands(machine, few, run).items():
            pair = [_relative_error(cores, f, kind, operands, run) for f in ("channel", "compact")]
            errors.setdefault(kind, []).append((pair[0], pair[1]))
    checks = [loss_check(Pairs(losses["channel"], losses["compact"]), losses["integer"], rate)]
    for kind, found in errors.items():
        channel, compact = torch.tensor(found, dtype=torch.float64).unbind(1)
        kind_rates = {f: rates[f][kind] for f in ("channel", "compact")}
        checks.append(error_check(kind, Pairs(channel, compact), kind_rates))
    return Finding(checks)


def loss_check(losses: Pairs, exact: Tensor, rate: float) -> Check:
    """Losses alike within a share of what errors add; errors that do add, and are not too many.

    Args:
        losses: of the last epoch.
        exact: of the same runs without errors, (runs,).
        rate: wrong residues over those read.
    """
    rise = Pairs(losses.compact, exact).interval
    added, (mean, unsure) = rise[0], losses.interval
    margin = LOSS_WITHIN * added
    outcome = losses.compared(margin)
    inconclusive = "the losses of the runs are too unlike" if outcome == "unsure" else ""
    if not (rise[0] > rise[1] and LEAST_RATE <= rate <= MOST_RATE):
        inconclusive = "errors do not add to the loss, or are out of range"
    detail = (
        f"errors add {added:.4f}±{rise[1]:.4f} to {float(exact.mean()):.4f}; channel - compact "
        f"{mean:+.4f}±{unsure:.4f}, margin {margin:.4f} (p {losses.p_value:.2g}); "
        f"{rate:.1e} residues wrong"
    )
    point = {
        "channel": losses.channel.tolist(),
        "compact": losses.compact.tolist(),
        "integer": exact.tolist(),
        "p_value": losses.p_value,
    }
    name = "training loss, channel = compact"
    differs = int(outcome == "different")
    return Check(name, len(exact), differs, detail, points=(point,), inconclusive=inconclusive)


def error_check(kind: str, errors: Pairs, rates: dict[str, float]) -> Check:
    """Relative errors of one kind of product alike within a relative margin; pairs of ratios.

    Args:
        kind: of product.
        errors: of every run.
        rates: wrong residues of that kind in training, by fidelity.
    """
    name = f"products, channel = compact, {kind}"
    cases = len(errors.compact)
    if not (errors.compact.min() > 0.0 and errors.channel.min() > 0.0):
        return Check(name, cases, inconclusive="runs without any error have no ratio")
    logs = Pairs(errors.channel.log(), errors.compact.log())
    (mean, unsure), margin = logs.interval, math.log1p(ERROR_WITHIN)
    outcome = logs.compared(margin)
    detail = (
        f"relative error {float(errors.compact.mean()):.3g} x {math.exp(mean):.3f} "
        f"(x/÷ {math.exp(unsure):.3f}, p {logs.p_value:.2g}); residues wrong "
        f"{rates['compact']:.1e}, channel {rates['channel']:.1e}"
    )
    point = {
        "channel": errors.channel.tolist(),
        "compact": errors.compact.tolist(),
        "p_value": logs.p_value,
        "rates": rates,
    }
    few = outcome == "unsure"
    return Check(
        name,
        cases,
        int(outcome == "different"),
        detail,
        points=(point,),
        inconclusive="a few rows make their errors" if few else "",
        undecidable=few,
    )


def _cores(machine: MachineConfig, chip: Chip) -> dict[str, _RunCore]:
    fidelities = ("integer", "compact", "channel")
    return {f: _RunCore(machine, fidelity=f, chip=chip) for f in fidelities}


def _loss(core: _RunCore, data: Dataset, run: int) -> float:
    """Mean loss of the last epoch of a run."""
    core.run = run
    trainer = Trainer(Recipe(epochs=_EPOCHS, seed=run), _untested(data), core)
    return [trainer.run_epoch().train_loss for _ in range(_EPOCHS)][-1]


def _untested(data: Dataset) -> Dataset:
    """These data with a test set of one image: nothing is asked of it."""
    return replace(data, test_x=data.test_x[:1], test_y=data.test_y[:1])


def _operands(
    machine: MachineConfig, data: Dataset, run: int
) -> dict[str, list[tuple[Tensor, Tensor]]]:
    """Operands of the last step of an epoch in the midst of an exact training, by kind."""
    core = _RunCore(machine, fidelity="integer")
    trainer = Trainer(Recipe(epochs=_EPOCHS, seed=run), _untested(data), core)
    for _ in range(_RECORDED_EPOCH - 1):
        trainer.run_epoch()

    core.kept, kept = {}, dict[str, list[tuple[Tensor, Tensor]]]()

    def after_step(_: float) -> None:
        if trainer.step % trainer.steps_per_epoch == 0:
            kept.update(core.kept or {})
        core.kept = {}

    trainer.run_epoch(after_step)
    return kept


def _relative_error(
    cores: dict[str, _RunCore],
    fidelity: str,
    kind: str,
    operands: list[tuple[Tensor, Tensor]],
    run: int,
) -> float:
    """Error of products over the products without errors, both rms."""
    core, exact = cores[fidelity], cores["integer"]
    core.run = run
    off = power = 0.0
    for layer, (stationary, streamed) in enumerate(operands):
        key = NoiseKey.from_seed(13).fold("verify", "end to end", kind, layer)
        right = exact.gemm(stationary, streamed, key, kind).double()
        for draw in range(_DRAWS[kind]):
            found = core.gemm(stationary, streamed, key.fold("draw", draw), kind).double()
            off += float((found - right).square().sum())
            power += float(right.square().sum())
    return math.sqrt(off / power)
