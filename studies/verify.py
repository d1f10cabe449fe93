"""Check modular phase arithmetic against exact integers, and error rates against theory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import torch
from scipy.stats import binomtest
from torch import Tensor

from circuits.budget import Budget
from circuits.dot_product import ModularDotProduct
from mirage_core.machine import MachineConfig, load_machine
from mirage_core.tensor_core import TensorCore
from photonics.random import NoiseKey
from photonics.statistics import required_gamma
from studies.output import console, print_table
from studies.train import progress_bar

FAMILY_LEVEL = 0.001
_CHUNK = 1 << 14


@dataclass(frozen=True)
class Check:
    """Outcome of one check.

    Attributes:
        name: what was compared with what.
        cases: how many comparisons.
        failures: how many differed; for a rate, 1 if it was rejected.
        detail: for a reader.
        p_value: of the observed count, for error rates.
        seconds: how long it took.
    """

    name: str
    cases: int
    failures: int
    detail: str = ""
    p_value: float | None = None
    seconds: float = 0.0


def every_pair(machine: MachineConfig, modulus: int) -> Check:
    """Every product x·w of residues through one optical multiplier without noise."""
    values = torch.arange(modulus)
    x, w = torch.meshgrid(values, values, indexing="ij")
    mdpu = ModularDotProduct(modulus, 1, machine)
    read = mdpu.read(x[..., None], w[..., None])
    wrong = int((read != torch.remainder(x * w, modulus)).sum())
    return Check(f"every pair x·w mod {modulus}", modulus**2, wrong, "fields, no noise")


def random_dots(machine: MachineConfig, count: int, adversarial: bool) -> Check:
    """Dot products of mantissas through the fields of every modulus, without noise."""
    top, length = machine.bfp.max_mantissa, machine.bfp.group_size
    if adversarial:
        x, w = _adversarial(top, length)
    else:
        key = NoiseKey.from_seed(0).fold("verify")
        x, w = (
            (key.fold(name).uniform(0, count * length) * (2 * top + 1)).long().view(count, -1) - top
            for name in "xw"
        )
    wrong = 0
    for part in torch.arange(len(x)).split(_CHUNK):
        exact = (x[part] * w[part]).sum(-1)
        lanes = [
            ModularDotProduct(m, length, machine).read(x[part], w[part])
            for m in machine.lane_set.moduli
        ]
        wrong += int((machine.lane_set.combine(lanes) != exact).sum())
    kind = "adversarial" if adversarial else "random"
    return Check(f"{kind} {length}-element dot products", len(x), wrong, "fields, no noise, CRT")


def _adversarial(top: int, length: int) -> tuple[Tensor, Tensor]:
    """All pairs of patterns: zeros, maxima of either sign, alternations, single elements."""
    full = torch.full((length,), top)
    sign = 1 - 2 * (torch.arange(length) % 2)
    single = torch.eye(length, dtype=torch.int64)
    patterns = [
        torch.zeros_like(full),
        full,
        -full,
        full * sign,
        -full * sign,
        torch.ones_like(full),
        -torch.ones_like(full),
        full * (sign > 0),
        full * (sign < 0),
        *(top * single),
        *(-top * single),
    ]
    stack = torch.stack(patterns)
    first, second = torch.meshgrid(*[torch.arange(len(stack))] * 2, indexing="ij")
    return stack[first.flatten()], stack[second.flatten()]


def every_integer(machine: MachineConfig) -> Check:
    """Every tuple of residues names one integer, and that integer has those residues."""
    moduli = machine.moduli_set
    grids = torch.meshgrid(*[torch.arange(m) for m in moduli.moduli], indexing="ij")
    residues = torch.stack([g.flatten() for g in grids], dim=-1)
    integers = moduli.from_residues(residues)
    wrong = int((moduli.to_residues(integers) != residues).any(-1).sum())
    distinct = int(integers.unique().numel())
    half = moduli.product // 2
    outside = int(((integers < -half) | (integers > half)).sum())
    failures = wrong + outside + (moduli.product - distinct)
    return Check("every tuple of residues", moduli.product, failures, "CRT there and back")


def core_products(machine: MachineConfig, fidelity: str, rows: int) -> Check:
    """A product of matrices through the tensor core against FP32 integers."""
    top, length = machine.bfp.max_mantissa, machine.bfp.group_size
    key = NoiseKey.from_seed(1).fold("verify")
    a, b = (
        ((key.fold(name).uniform(0, rows * length) * (2 * top + 1)).floor() - top).view(rows, -1)
        for name in "ab"
    )
    # A largest element in every group makes the shared exponent that of the integers.
    a[:, 0], b[:, 0] = top, top
    core = TensorCore(machine, fidelity=fidelity)
    product = core.matmul(a.float(), b.T.float())
    wrong = int((product.double() != a @ b.T).sum())
    return Check(f"tensor core, {fidelity}", rows**2, wrong, "float in, float out")


def error_rates(fidelity: str, rates: tuple[float, ...], errors: int) -> Iterator[Check]:
    """Symbol error rates of white noise alone against M-ary phase-shift keying.

    The machine is ideal but for the amplifier, whose noise is set for the wanted error rate, and
    for converters so wide that quantisation does not count.
    """
    for rate in rates:
        machine = _white_noise_machine(rate)
        core = TensorCore(machine, fidelity=fidelity, seed=round(-1000 * math.log10(rate)))
        rows, length = machine.array.rows, machine.bfp.group_size
        vectors = math.ceil(errors / rate / rows)
        key = NoiseKey.from_seed(2).fold("verify", fidelity)
        top = machine.bfp.max_mantissa
        w, x = (
            ((key.fold(name).uniform(0, n * length) * (2 * top + 1)).floor() - top).view(n, -1)
            for name, n in (("w", rows), ("x", vectors))
        )
        core.matmul(w.float(), x.T.float())
        total = core.ledger.total
        for modulus in machine.moduli:
            expected = Budget(machine, modulus, length).at_loss(0.0).symbol_error_rate
            trials, found = total.readouts[modulus], total.errors[modulus]
            p_value = float(binomtest(found, trials, expected).pvalue)
            detail = f"{found} errors, {found / trials:.4e} against {expected:.4e}"
            name = f"error rate, m = {modulus}, {fidelity}"
            yield Check(name, trials, 0, detail, p_value)


def _white_noise_machine(rate: float) -> MachineConfig:
    ideal = load_machine("isca2024-ideal", ["receiver.adc_extra_bits=8", "array.units=1"])
    amplitude_a = Budget(ideal, 32, 16).at_loss(0.0).amplitude_a
    sigma_a = amplitude_a / math.sqrt(2.0 * required_gamma(rate, 32))
    density = sigma_a / math.sqrt(ideal.receiver.noise_bandwidth_hz)
    return load_machine(
        "isca2024-ideal",
        [
            "receiver.adc_extra_bits=8",
            "array.units=1",
            f"receiver.tia.noise_a_per_rthz={density!r}",
        ],
    )


def run(machine: MachineConfig, full: bool) -> list[Check]:
    """Run every check, with progress; the machine is that of the exact checks."""
    dots = 10_000_000 if full else 1_000_000
    steps: list[tuple[str, Callable[[], list[Check]]]] = [
        ("every pair", lambda: [every_pair(machine, m) for m in machine.lane_set.moduli]),
        ("every tuple of residues", lambda: [every_integer(machine)]),
        ("adversarial dot products", lambda: [random_dots(machine, 0, adversarial=True)]),
        ("random dot products", lambda: [random_dots(machine, dots, adversarial=False)]),
        (
            "tensor core",
            lambda: [
                core_products(machine, "integer", 1000),
                core_products(machine, "compact", 1000),
                core_products(machine, "field", 100),
            ],
        ),
        (
            "error rates, compact",
            lambda: list(error_rates("compact", (1e-1, 1e-2, 1e-3, 1e-4), 800)),
        ),
        ("error rates, field", lambda: list(error_rates("field", (1e-1, 1e-2, 1e-3), 800))),
    ]
    checks: list[Check] = []
    with progress_bar() as progress:
        task = progress.add_task("verify", total=len(steps), note="")
        for name, step in steps:
            progress.update(task, note=name)
            start = perf_counter()
            found = step()
            each = (perf_counter() - start) / len(found)
            checks += [Check(**{**asdict(c), "seconds": each}) for c in found]
            progress.advance(task)
    return _judge_rates(checks)


def _judge_rates(checks: list[Check]) -> list[Check]:
    """Holm's procedure over all error rates, at one family-wise level."""
    rated = [i for i, c in enumerate(checks) if c.p_value is not None]
    order = sorted(rated, key=lambda i: checks[i].p_value or 0.0)
    for rank, i in enumerate(order):
        check = checks[i]
        if (check.p_value or 0.0) > FAMILY_LEVEL / (len(order) - rank):
            break
        checks[i] = Check(**{**asdict(check), "failures": 1})
    return checks


def report(machine: MachineConfig, checks: list[Check]) -> bool:
    """Print the table; returns whether everything passed."""
    print_table(
        f"Verification of {machine.name}",
        ("check", "cases", "failures", "detail", "p-value", "s"),
        [
            (
                c.name,
                f"{c.cases:,}",
                str(c.failures),
                c.detail,
                "" if c.p_value is None else f"{c.p_value:.3f}",
                f"{c.seconds:.1f}",
            )
            for c in checks
        ],
    )
    failed = [c.name for c in checks if c.failures]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "all checks passed"
    console().print(f"{verdict} ({len(checks)} checks, family-wise level {FAMILY_LEVEL})")
    return not failed


def as_json(machine: MachineConfig, checks: list[Check]) -> dict[str, Any]:
    """The campaign as plain data."""
    return {
        "machine": machine.name,
        "checks": [asdict(c) for c in checks],
        "passed": not any(c.failures for c in checks),
        "family_level": FAMILY_LEVEL,
    }
