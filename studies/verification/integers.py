"""Modular arithmetic in light against exact integers, without noise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from circuits.units.dot_product import ModularDotProduct
from mirage_core.core.tensor_core import TensorCore
from mirage_core.machine.config import MachineConfig
from photonics.random import NoiseKey
from studies.verification.check import Check, Finding
from studies.verification.machines import noise_free, of_preset
from studies.verification.sampling import decided, mantissas, operands

IDEAL_SETS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((29, 32, 33), 4),
    ((15, 16, 17), 3),
    ((63, 64, 65), 6),
)
"""Moduli, and the widest mantissas whose dot products of 16 stay within their range."""

# Dot products of one pair of matrices: enough different rows and vectors, little memory.
_ROWS, _VECTORS = 256, 1024


def every_pair(machine: MachineConfig, modulus: int, length: int) -> Check:
    """Every pair of residues, in all multipliers of a row at once."""
    code = machine.design.multiplier.code(modulus)
    x, w = torch.meshgrid(torch.tensor(code.values), torch.arange(modulus), indexing="ij")
    chain = (*x.shape, length)
    mdpu = ModularDotProduct(modulus, length, machine.design)
    read = mdpu.read(x[..., None].expand(chain), w[..., None].expand(chain))
    wrong = int((read != torch.remainder(length * x * w, modulus)).sum())
    row = "" if length == 1 else f"{length} times, "
    return Check(f"every pair x·w, {row}mod {modulus}", x.numel(), wrong, "field, no noise")


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


def adversarial_dots(machine: MachineConfig) -> Check:
    """All pairs of patterns: zeros, maxima of either sign, alternations, single elements."""
    top, length = machine.bfp.max_mantissa, machine.bfp.group_size
    patterns = _patterns(top, length)
    first, second = torch.meshgrid(*[torch.arange(len(patterns))] * 2, indexing="ij")
    x, w = patterns[first.flatten()], patterns[second.flatten()]
    moduli = machine.all_moduli
    read = [ModularDotProduct(m, length, machine.design).read(x, w) for m in moduli.moduli]
    wrong = int((moduli.combine(read) != (x * w).sum(-1)).sum())
    name = f"adversarial dots {set_name(machine.moduli)}"
    return Check(name, len(x), wrong, f"{length} products to ±{top**2}, no noise")


def _patterns(top: int, length: int) -> Tensor:
    full = torch.full((length,), top)
    sign = 1 - 2 * (torch.arange(length) % 2)
    single = torch.eye(length, dtype=torch.int64)
    return torch.stack(
        [
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
    )


def random_dots(machine: MachineConfig, fidelity: str, count: int) -> Check:
    """At least ``count`` random dot products through light, converters, decision and CRT."""
    core = TensorCore(noise_free(machine), fidelity=fidelity)
    root = NoiseKey.from_seed(0).fold("verify", "random dots")
    done = wrong = matrices = 0
    while done < count:
        key = root.fold(matrices)
        vectors = min(_VECTORS, -(-(count - done) // _ROWS))
        streamed, stationary = operands(core, key, vectors, _ROWS)
        for dots, exact in decided(core, streamed, stationary, key):
            wrong += int((dots != exact).sum())
            done += exact.numel()
        matrices += 1
    name = f"random dots {set_name(machine.moduli)}, {fidelity}"
    top, length = machine.bfp.max_mantissa, machine.bfp.group_size
    return Check(name, done, wrong, f"{length} products to ±{top**2}, no noise")


def set_name(moduli: Sequence[int]) -> str:
    """{31, 32, 33}."""
    return "{" + ", ".join(str(m) for m in moduli) + "}"


def core_products(machine: MachineConfig, fidelity: str, rows: int) -> Check:
    """A product of matrices over several groups through the tensor core, against integers."""
    top, length = machine.bfp.max_mantissa, machine.bfp.group_size
    key = NoiseKey.from_seed(1).fold("verify")
    a, b = (mantissas(key.fold(name), top, rows, 3 * length).double() for name in "ab")
    # A largest element in every group makes the shared exponent that of the integers.
    a[:, ::length], b[:, ::length] = top, top
    core = TensorCore(noise_free(machine), fidelity=fidelity)
    product = core.matmul(a.float(), b.T.float())
    wrong = int((product.double() != a @ b.T).sum())
    return Check(f"tensor core, {fidelity}", rows**2, wrong, "float in and out, three groups")


def exact(machine: MachineConfig, dots: int, rows: int) -> Finding:
    """Everything that can be exhausted, and random and adversarial dot products.

    Args:
        machine: any; its noise is left out.
        dots: random dot products at each fidelity.
        rows: of the square products of the tensor core; a tenth as many in the field.
    """
    moduli, length = machine.all_moduli.moduli, machine.bfp.group_size
    return Finding(
        [
            *(every_pair(machine, m, 1) for m in moduli),
            *(every_pair(machine, m, length) for m in moduli),
            every_integer(machine),
            adversarial_dots(machine),
            random_dots(machine, "field", dots),
            random_dots(machine, "compact", dots),
            core_products(machine, "integer", rows),
            core_products(machine, "compact", rows),
            core_products(machine, "field", rows // 10),
        ]
    )


def ideal_limit(machine: MachineConfig, moduli: tuple[int, ...], bits: int, dots: int) -> Finding:
    """Random dot products on the ideal machine of other moduli, through the fields."""
    format_ = {"moduli": list(moduli), "bfp.mantissa_bits": bits}
    return Finding([random_dots(of_preset("isca2024-ideal", machine, format_), "field", dots)])
