"""Machines with light that protect their integers: what it mends, and what is refused."""

from __future__ import annotations

import math

import pytest
import torch

from circuits import fabricate
from circuits.analysis.link import LinkBudget
from mirage_core import TensorCore, load_machine
from photonics.errors import InputError
from photonics.statistics import required_gamma, symbol_error_rate
from tests.machines import LINEAR
from tests.mirage_core.engines.reconstruction_helpers import (
    CORRECTING,
    PROTECTED,
    SMALL,
    assert_count,
)
from tests.tolerance import Z


def test_protection_repairs_the_machine_with_light() -> None:
    # Noise alone, one readout in 200 wrong: reading again or correcting mends the product.
    ideal = load_machine("isca2024-ideal")
    amplitude_a = LinkBudget(ideal.design, 32, 16).at_loss(0.0).amplitude_a
    sigma_a = amplitude_a / math.sqrt(2.0 * required_gamma(5e-3, 32))
    density = sigma_a / math.sqrt(ideal.design.receiver.noise_bandwidth_hz)
    noise = f"receiver.tia.noise_a_per_rthz={density!r}"
    overrides = ["array.units=1", "receiver.adc_extra_bits=8", noise]
    generator = torch.Generator().manual_seed(2)
    a = torch.randint(-15, 16, (32, 16), generator=generator).float()
    b = torch.randint(-15, 16, (16, 2000), generator=generator).float()
    wrong = {}
    for name, policy in {"none": [], "reread": PROTECTED, "correct": CORRECTING}.items():
        machine = load_machine("isca2024-ideal", [*overrides, *policy])
        core = TensorCore(machine)
        core.matmul(a, b)
        counts = core.ledger.total
        assert 1e-3 < counts.residue_error_rate < 1e-2
        wrong[name] = counts.wrong_integers
    assert wrong["none"] > 400
    assert max(wrong["reread"], wrong["correct"]) < wrong["none"] / 100


def test_closed_form_probabilities_hold_in_the_light_of_receivers_that_are_independent() -> None:
    # Receiver noise alone, the same for all moduli: closed-form rates, from which follows how
    # many integers have one wrong residue (put right) and more (not put right), if independent.
    ideal = load_machine("isca2024-ideal")
    budgets = {m: LinkBudget(ideal.design, m, 16) for m in (31, 32, 33, 35, 37)}
    sigma_a = budgets[32].at_loss(0.0).amplitude_a / math.sqrt(2.0 * required_gamma(3e-2, 32))
    density = sigma_a / math.sqrt(ideal.design.receiver.noise_bandwidth_hz)
    rates = {
        m: float(symbol_error_rate((b.at_loss(0.0).amplitude_a / sigma_a) ** 2 / 2, m))
        for m, b in budgets.items()
    }
    overrides = ["array.units=1", "receiver.adc_extra_bits=8", "redundancy.attempts=0"]
    noise = f"receiver.tia.noise_a_per_rthz={density!r}"
    core = TensorCore(load_machine("isca2024-ideal", [*CORRECTING, *overrides, noise]))
    generator = torch.Generator().manual_seed(6)
    a = torch.randint(-15, 16, (32, 16), generator=generator).float()
    b = torch.randint(-15, 16, (16, 2000), generator=generator).float()
    core.matmul(a, b)
    counts = core.ledger.total
    for modulus, rate in rates.items():
        assert_count(counts.errors[modulus], torch.full((counts.integers,), rate))
    right = math.prod(1.0 - p for p in rates.values())
    one = right * sum(p / (1.0 - p) for p in rates.values())
    assert_count(counts.corrected, torch.full((counts.integers,), one))
    more = counts.detected + counts.undetected
    assert more > 300
    assert_count(more, torch.full((counts.integers,), 1.0 - right - one))


def test_laser_noise_makes_the_integers_of_a_symbol_fail_together() -> None:
    # Phase noise of the laser alone: the rows of an array read the same wrong angle.
    noise = [
        "laser.linewidth_hz=1.5e8",
        "receiver.rail_mismatch_s=1e-11",
        "receiver.tia.bandwidth_hz=10e9",
        "receiver.adc_extra_bits=8",
    ]
    machine = load_machine("isca2024-ideal", ["array.units=1", *noise])
    core = TensorCore(machine)
    a = torch.randint(1, 16, (32, 16), generator=torch.Generator().manual_seed(7)).float()
    b = torch.randint(1, 16, (16, 1000), generator=torch.Generator().manual_seed(8)).float()
    wrong = core.matmul(a, b) != TensorCore("isca2024-ideal", fidelity="integer").matmul(a, b)
    symbols = wrong.double().sum(0)
    rate = float(wrong.double().mean())
    assert 1e-3 < rate < 0.5
    # Independent rows would have the variance of a binomial, 32 p (1 - p).
    binomial = 32 * rate * (1 - rate)
    assert float(symbols.var()) > binomial * (1 + Z * math.sqrt(2 / 1000))
    assert float(symbols.var()) > 5 * binomial


@pytest.mark.parametrize(
    ("overrides", "parts"),
    [
        (["redundancy.policy=correct"], ["redundancy.redundant_moduli = ()", "use (13, 19)"]),
        (["redundancy.policy=fix"], ["redundancy.policy = 'fix'", "'reread'"]),
        (["redundancy.policy=reread", "redundancy.attempts=0"], ["attempts = 0", "drop"]),
        (["redundancy.redundant_moduli=[35]"], ["not used by the policy none"]),
        (["redundancy.policy=drop", "redundancy.redundant_moduli=[62]"], ["share"]),
        (
            ["redundancy.policy=drop", "redundancy.attempts=5"],
            ["redundancy.attempts = 5", "not used by the policy drop", "reread or correct"],
        ),
        (["redundancy.attempts=1"], ["redundancy.attempts = 1", "not used by the policy none"]),
        (["redundancy.attempt=1"], ["no such field", "did you mean attempts?"]),
        (["moduli=[13, 19, 23]", "redundancy.policy=drop"], ["short by 760"]),
    ],
)
def test_impossible_protection_is_refused_with_the_machine(
    overrides: list[str], parts: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        load_machine("isca2024", overrides)
    for part in parts:
        assert part in str(error.value)


def test_a_policy_is_changed_without_a_word_about_attempts() -> None:
    for policy in ("none", "drop"):
        machine = load_machine("robust", [f"redundancy.policy={policy}"])
        assert machine.redundancy.re_reads == 0


def test_redundant_moduli_have_arrays_of_their_own() -> None:
    power = "modulus_power_w.37=1e-3"
    machine = load_machine("isca2024", [*SMALL, *LINEAR, *CORRECTING, power])
    assert machine.moduli == (31, 32, 33)
    assert machine.all_moduli.moduli == (31, 32, 33, 35, 37)
    assert machine.design.row_power_w(37) == 1e-3
    assert set(TensorCore(machine).chip.moduli) == {31, 32, 33, 35, 37}
    lacking = fabricate(machine.design, machine.moduli, machine.array_shape, 0)
    with pytest.raises(InputError, match=r"no array for moduli \[35, 37\]"):
        TensorCore(machine, chip=lacking)
    with pytest.raises(InputError, match="modulus_power_w"):
        load_machine("isca2024", [power])
