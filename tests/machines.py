"""Settings of the small machines that tests share."""

from __future__ import annotations

from collections.abc import Iterable


def together(*settings: Iterable[str]) -> list[str]:
    """Overrides of several lists; where two name the same parameter, the later one counts."""
    found = {one.partition("=")[0]: one for each in settings for one in each}
    return list(found.values())


def of_size(units: int, rows: int) -> list[str]:
    """Arrays of few units and rows, with all multipliers of a row."""
    return [f"array.units={units}", f"array.rows={rows}"]


# One unit and few rows keep tables small; everything else is as in the presets.
SMALL = of_size(units=2, rows=8)
# Where a second array would show nothing more.
ONE_UNIT = of_size(units=1, rows=8)
FEW_ROWS = of_size(units=1, rows=4)
# Shifters as the paper sizes them, without the bias of its beams, and drives without steps.
LINEAR = ["multiplier.shifter.kind=linear", "multiplier.dac=none"]
# A machine at which every source matters: about one readout in twenty is wrong.
NOISY = [
    *SMALL,
    "laser.power_w=1e-3",
    "laser.rin_db_per_hz=-125",
    "receiver.rail_mismatch_s=2e-11",
    "multiplier.bypass_phase_rad=1.0",
    "multiplier.coherence_length_m=41.5",
    "multiplier.index_rms=0",
    "receiver.adc_extra_bits=1",
    # Leaks of such a bypass are more than any trim takes out.
    "calibration.accept=any",
]

# Converters with noise and steps of unlike size, stepped gain, and symbols that do not settle.
RESTLESS = [
    "receiver.adc_noise_lsb=0.7",
    "receiver.adc_inl_rms_lsb=0.4",
    "receiver.stage.step_db=1.0",
    "receiver.clock_jitter_s=3e-11",
    "receiver.sampling_guard_s=1.5e-10",
    "clock_hz=1.5e9",
    "rail_splitter.imbalance_rms_db=0.5",
]

HEATED = [
    "multiplier.drive=per-digit",
    "multiplier.heat.coupling.law.nearest_coupling=0.02",
    "multiplier.heat.row_pitch_m=80e-6",
    "multiplier.heat.switch_share=5e-4",
    "multiplier.coherence_length_m=1.66",
    "multiplier.index_rms=0",
]
