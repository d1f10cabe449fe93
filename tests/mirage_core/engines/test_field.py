"""One machine, two depths of light: compact and field, alike with everything on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2_contingency, fisher_exact, ks_2samp

from circuits.analysis.link import LinkBudget
from circuits.chip.compiling import digit_tables
from mirage_core import MachineConfig, TensorCore, load_machine
from tests.machines import HEATED, LINEAR, NOISY, RESTLESS, SMALL, together
from tests.measured_heaters import by_row, by_stencil
from tests.tolerance import assert_mean, holm_rejections


def probed(  # type: ignore[no-untyped-def]
    machine: MachineConfig,
    fidelity: str,
    chip_of: TensorCore,
    seed: int,
    vectors: int,
    rows: int = 8,
):
    """Readouts (I, Q, sent, decided) by modulus of one product, on the chip of another core."""
    core = TensorCore(machine, fidelity=fidelity, seed=seed, chip=chip_of.chip)
    generator = torch.Generator().manual_seed(7)
    a = torch.randint(-15, 16, (rows, 32), generator=generator).float()
    b = torch.randint(-15, 16, (32, vectors), generator=generator).float()
    with core.probe(limit=10**9) as probe:
        # So few at a time that every engine reads them as one block, in one order.
        for number, part in enumerate(b.split(1000, dim=1)):
            with core.step(number):
                core.matmul(a, part)
    return probe.samples


def phase_error(sample: torch.Tensor, modulus: int) -> np.ndarray:
    phase = torch.atan2(sample[1], sample[0]) - 2 * math.pi / modulus * sample[2]
    return (torch.remainder(phase + math.pi, 2 * math.pi) - math.pi).numpy()


DAC = "multiplier.dac.inl_rms_lsb"
# A curve that bends, and loss that follows the drive.
BEAMS = [
    "multiplier.shifter.kind=noems",
    "multiplier.shifter.loss_db_per_m=300",
    "multiplier.shifter.loss_db_per_pi=0.02",
]
MZI = [
    "multiplier.switch.kind=mzi",
    "multiplier.switch.coupler.excess_loss_db=0.01",
    "multiplier.switch.coupler.imbalance_rms_db=0.6",
    "multiplier.switch.arm.loss_db_per_m=5",
]
FLAWED = [
    "receiver.hybrid.splitter.imbalance_rms_db=0.3",
    "receiver.hybrid.coupler.imbalance_rms_db=0.2",
    "receiver.hybrid.quadrature_rms_rad=0.03",
    "receiver.hybrid.responsivity_rms=0.01",
    "multiplier.drive_inl_rms=1e-3",
]


@pytest.mark.parametrize(
    ("preset", "extra"),
    [
        ("robust", []),
        pytest.param(
            "isca2024",
            ["multiplier.polarity=one-coupled"],
            marks=pytest.mark.slow,  # 3 s
        ),
        ("robust", FLAWED),
        ("robust", ["multiplier.drive=per-digit", "multiplier.encoding=twos-complement", *FLAWED]),
        ("robust", ["multiplier.rails=single", "laser.power_w=2e-5"]),
        ("robust", [*FLAWED, *RESTLESS]),
        ("robust", [*BEAMS, *FLAWED]),
        pytest.param(
            "robust",
            [*MZI, "laser.power_w=1.5e-4", "calibration.accept=any"],
            marks=pytest.mark.slow,  # 4 s
        ),
        ("thermo-optic", [*MZI, "laser.power_w=1.5e-4", "calibration.accept=any"]),
        pytest.param(
            "robust",
            [*BEAMS, "multiplier.rail_drive=own"],
            marks=pytest.mark.slow,  # 3 s
        ),
        ("robust", ["multiplier.drive_inl_rms=0", "multiplier.dac.bits=8", f"{DAC}=0.1"]),
        ("thermo-optic", ["multiplier.shifter.loss_db_per_pi=0.2", "laser.power_w=2e-3"]),
    ],
)
@pytest.mark.parametrize("vectors", [1000, pytest.param(4000, marks=pytest.mark.slow)])  # 20 s
def test_compact_equals_field_in_distribution(preset: str, extra: list[str], vectors: int) -> None:
    lit = [] if preset == "robust" else ["laser.power_w=0.05"]
    assert_alike(load_machine(preset, together(NOISY, lit, extra)), vectors)


@pytest.mark.slow  # 7 s
def test_the_laser_of_a_single_rail_is_alike_where_little_else_counts() -> None:
    # It turns readings by 70 mrad rms, and all else by 30.
    single = ["multiplier.rails=single", "laser.linewidth_hz=6e7", "laser.rin_db_per_hz=-150"]
    quiet = ["laser.power_w=0.02", "receiver.rail_mismatch_s=1e-13", "calibration.averages=256"]
    machine = load_machine("robust", together(NOISY, single, quiet))
    # One row, as those of an array share the laser, and readings are to be independent.
    assert_alike(machine, 8000, rows=1)


def assert_alike(machine: MachineConfig, vectors: int, rows: int = 8) -> None:
    """Compact and field readings have one distribution: phases, amplitudes and slips."""
    base = TensorCore(machine)
    compact = probed(machine, "compact", base, 1, vectors, rows)
    field = probed(machine, "field", base, 2, vectors, rows)
    p_values = []
    for modulus in machine.moduli:
        first, second = compact[modulus], field[modulus]
        assert torch.equal(first[2], second[2])
        error = [phase_error(s, modulus) for s in (first, second)]
        p_values.append(ks_2samp(*error).pvalue)
        # n readouts know a variance to √((k - 1)/n) of itself, k their kurtosis: 3 of a normal law,
        # more with heavy tails.  Of a pair, squares add; sigma is known twice as well.
        sigma = [e.std() for e in error]
        kurtosis = [float((((e - e.mean()) / e.std()) ** 4).mean()) for e in error]
        unsure = math.sqrt((sum(kurtosis) - 2.0) / len(error[0])) / 2.0
        assert abs(sigma[0] / sigma[1] - 1) < 5 * unsure
        assert_mean(error[0] - error[1], 0.0, math.hypot(*sigma))
        # Amplitudes: the laser's intensity noise and the loss.
        radius = [torch.hypot(s[0], s[1]).numpy() for s in (first, second)]
        p_values.append(ks_2samp(*radius).pvalue)
        # Confusion: how often each slip occurs.
        slips = [torch.remainder(s[3] - s[2], modulus).long() for s in (first, second)]
        wrong = [int((s != 0).sum()) for s in slips]
        assert min(wrong) >= 400
        trials = len(slips[0])
        p_values.append(
            fisher_exact([[wrong[0], trials - wrong[0]], [wrong[1], trials - wrong[1]]])[1]
        )
        table = np.stack([np.bincount(s, minlength=modulus) for s in slips])
        kept = table[:, table.sum(0) >= 20]
        pooled = np.hstack([kept, (table.sum(1) - kept.sum(1))[:, None]])
        p_values.append(chi2_contingency(pooled[:, pooled.sum(0) > 0]).pvalue)
    assert holm_rejections(p_values) == []


NOISELESS = [
    "receiver.tia.noise_a_per_rthz=0",
    "receiver.photodiode.dark_current_a=0",
    "laser.power_w=1e3",
    "multiplier.drive_gain_rms=2e-5",
]
MEASURED = [
    "multiplier.drive=per-digit",
    "multiplier.heat.switch_coupling.law.nearest_coupling=1e-5",
    "multiplier.coherence_length_m=1.66",
    "multiplier.index_rms=0",
]


@pytest.mark.parametrize(
    "extra",
    [
        [
            "receiver.memory=settled",
            "multiplier.coherence_length_m=1.66",
            "multiplier.index_rms=0",
            *FLAWED,
        ],
        ["receiver.memory=settled", *HEATED],
        ["receiver.memory=settled", *HEATED, "multiplier.heat.compensated=false"],
        ["receiver.memory=settled", *MEASURED, *by_stencil(0.002)],
        [
            "receiver.memory=settled",
            *MEASURED,
            "multiplier.encoding=twos-complement",
            *by_row(0.002, 80),
        ],
        [
            "multiplier.coherence_length_m=1.66",
            "multiplier.index_rms=0",
            "receiver.clock_jitter_s=1e-12",
            "receiver.sampling_guard_s=5e-12",
            *FLAWED,
        ],
        ["receiver.tia.poles=2", "multiplier.coherence_length_m=1.66", "multiplier.index_rms=0"],
        ["multiplier.switch.trimmer.bits=10", "rail_splitter.imbalance_rms_db=1.0"],
        # The laser turns such a rail by 20 to 80 mrad, as the data delay it.
        ["multiplier.rails=single", "multiplier.bypass_phase_rms_rad=0", "multiplier.index_rms=0"],
    ],
    ids=[
        "flawed",
        "heated",
        "uncompensated",
        "stencil",
        "row",
        "remembering",
        "two poles",
        "rings and splitters",
        "single rail",
    ],
)
def test_compact_readings_equal_field_readings_without_receiver_noise(extra: list[str]) -> None:
    machine = load_machine("isca2024", [*SMALL, *LINEAR, *NOISELESS, *extra])
    base = TensorCore(machine)
    # The laser and the clock draw the same numbers in both, and shot noise hardly counts.
    compact = probed(machine, "compact", base, 1, 50)
    field = probed(machine, "field", base, 1, 50)
    for modulus in machine.moduli:
        step_np, _, step_rad = digit_tables(base.chip.arrays(modulus)).step
        assert step_rad < 2e-5
        # Shot noise of the brightest input over the full scale, which every fidelity draws anew.
        budget = LinkBudget(machine.design, modulus, 16)
        bright = budget.at_loss(16 * float(budget.gain.residue_loss_db().min()))
        shot = math.sqrt(2.0) * bright.sigma_a / (1.25 * bright.amplitude_a)
        # Half a grid step in each of 97 entries of each rail and of the phase, FP32 rounding of
        # a turn, and noise five times its rms.
        allowed = 97 * (step_rad / 2 + step_np) + 1e-5 + 5.0 * shot
        allowed *= max(1.0, float(field[modulus][:2].norm(dim=0).max()))
        torch.testing.assert_close(compact[modulus][:2], field[modulus][:2], rtol=0, atol=allowed)
