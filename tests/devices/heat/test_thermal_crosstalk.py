"""Thermal crosstalk: the matrix, what it does, and what driving against it leaves."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from devices.heat.thermal_crosstalk import (
    ExponentialCoupling,
    HeaterCoupling,
    HeatSinkCoupling,
    ThermalCrosstalk,
    grid_positions_m,
)
from devices.parameters.parts_file import read_entry
from photonics.errors import InputError
from photonics.random import NoiseKey
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance

KEY = NoiseKey.from_seed(20240607)
P_PI_W = 24.77e-3
TURN_RAD = 2.0 * math.pi
UNIFORM_VARIANCE_RAD2 = TURN_RAD**2 / 12.0
PITCH_M = 50e-6


def row(count: int, nearest_coupling: float) -> ThermalCrosstalk:
    """A row of heaters at 50 µm with a decay length of one pitch."""
    law = ExponentialCoupling(nearest_coupling=nearest_coupling)
    return HeaterCoupling(law=law).at(grid_positions_m(1, count, PITCH_M, PITCH_M), P_PI_W)


def error_variance_rad2(crosstalk: ThermalCrosstalk) -> torch.Tensor:
    """Of every shifter's uncompensated error, with set-points uniform over a turn."""
    others = crosstalk.matrix - torch.eye(len(crosstalk.matrix)).double()
    return others.square().sum(dim=1) * UNIFORM_VARIANCE_RAD2


def rms(variance: torch.Tensor) -> float:
    return math.sqrt(float(variance.mean()))


# --- The matrix --------------------------------------------------------------------------------


def test_matrix_of_a_grid() -> None:
    """Two rows 100 µm apart, three columns at 50 µm: neighbours along and between rows."""
    positions = grid_positions_m(2, 3, 100e-6, PITCH_M)
    assert tuple(positions.shape) == (6, 2)
    matrix = HeaterCoupling(global_coupling=1e-4).matrix(positions)
    assert matrix.diagonal().tolist() == [1.0] * 6
    assert torch.equal(matrix, matrix.T)
    along, between = 0.01 + 1e-4, 0.01 * math.exp(-1.0) + 1e-4
    diagonal = 0.01 * math.exp(-(math.hypot(50, 100) - 50) / 50) + 1e-4
    found = [float(matrix[0, j]) for j in (1, 3, 4)]
    assert found == pytest.approx([along, between, diagonal])


def test_heat_sink_law_reaches_further() -> None:
    """At 50 µm the image model gives 0.0062, and a power-law tail."""
    positions = grid_positions_m(1, 41, PITCH_M, PITCH_M)
    matrix = HeaterCoupling(law=HeatSinkCoupling()).matrix(positions)
    assert float(matrix[0, 1]) == pytest.approx(0.0062, rel=6e-3)
    assert float(matrix[0, 40] / matrix[0, 20]) == pytest.approx(0.25, rel=1e-3)


def test_global_term_adds_everywhere_but_on_the_diagonal() -> None:
    positions = grid_positions_m(1, 4, PITCH_M, PITCH_M)
    plain = HeaterCoupling().matrix(positions)
    warmed = HeaterCoupling(global_coupling=2e-3).matrix(positions)
    assert torch.allclose(warmed - plain, 2e-3 * (1.0 - torch.eye(4)).double())


# --- What it does ------------------------------------------------------------------------------


def test_phases_of_given_powers() -> None:
    crosstalk = ThermalCrosstalk(torch.tensor([[1.0, 0.2], [0.1, 1.1]]), P_PI_W)
    phase = crosstalk.phase_rad(torch.tensor([[P_PI_W, 0.0], [P_PI_W, 2 * P_PI_W]]))
    expected = torch.tensor([[1.0, 0.1], [1.4, 2.3]]).double() * math.pi
    assert torch.allclose(phase, expected, rtol=1e-6)


def test_no_coupling_is_no_error() -> None:
    crosstalk = row(5, 0.0)
    # An exponential without amplitude: the identity.
    assert torch.equal(crosstalk.matrix, torch.eye(5).double())
    wanted = torch.linspace(0.0, 6.0, 5).double()
    assert float(crosstalk.error_rad(wanted).abs().max()) < 1e-15


@pytest.mark.parametrize(("kappa", "each", "chain"), [(0.01, 0.027, 0.49), (0.001, 2.7e-3, 51e-3)])
def test_a_row_of_eighty(kappa: float, each: float, chain: float) -> None:
    """80 heaters, Λ = pitch: rms per shifter and summed along the chain.

    The numbers hold for *uncompensated* crosstalk about its mean, with set-points independent
    and uniform over a turn.  By hand, away from the ends: per shifter σ κ1 √(2/(1 - e⁻²)), summed
    σ √80 · 2 κ1/(1 - 1/e), σ = 2π/√12.  The sums (0.49, 51e-3) were drawn: they are not in the
    ratio 10 of their couplings, and carry the scatter of a finite sample.
    """
    crosstalk = row(80, kappa)
    per_shifter = rms(error_variance_rad2(crosstalk))
    summed = math.sqrt(crosstalk.error_sum_variance_rad2(UNIFORM_VARIANCE_RAD2))
    sigma = TURN_RAD / math.sqrt(12.0)
    inside = sigma * kappa * math.sqrt(2.0 / (1.0 - math.exp(-2.0)))
    assert per_shifter == pytest.approx(inside, rel=0.01)
    assert per_shifter == pytest.approx(each, rel=0.02)
    assert summed == pytest.approx(sigma * math.sqrt(80) * 2 * kappa / (1 - 1 / math.e), rel=0.02)
    assert summed == pytest.approx(chain, rel=0.04)
    assert summed > 1.8 * math.sqrt(80) * per_shifter


def test_sampled_crosstalk_has_the_predicted_variance() -> None:
    crosstalk = row(80, 0.01)
    draws = 4000
    setpoint = TURN_RAD * KEY.fold("setpoint").uniform(0, draws * 80).reshape(draws, 80)
    error = crosstalk.error_rad(setpoint)
    variance = error_variance_rad2(crosstalk)
    mean = crosstalk.error_rad(torch.full((80,), math.pi))
    for i in (0, 1, 40):
        assert_variance(error[:, i], float(variance[i]))
        assert_mean(error[:, i], float(mean[i]), math.sqrt(float(variance[i])))
    assert_variance(error.sum(dim=1), crosstalk.error_sum_variance_rad2(UNIFORM_VARIANCE_RAD2))


# --- Driving against it ------------------------------------------------------------------------


def test_precompensation_hits_the_target() -> None:
    crosstalk = row(80, 0.05)
    target = 1.0 + 5.0 * KEY.fold("target").uniform(0, 240).reshape(3, 80)
    power = crosstalk.power_w(target)
    assert float((crosstalk.phase_rad(power) - target).abs().max()) < 1e-12
    assert float(power.min()) >= 0.0
    zero = crosstalk.power_w(torch.zeros(80))
    assert float(zero.abs().max()) == 0.0


def test_refuses_to_cool_and_says_where_to_add_turns() -> None:
    crosstalk = row(6, 0.05)
    target = torch.tensor([6.0, 0.02, 6.0, 3.0, 3.0, 0.0]).double()
    with pytest.raises(InputError, match=r"target_rad\[1\]"):
        crosstalk.power_w(target)
    turns = crosstalk.added_turns(target)
    assert turns.tolist() == [0, 1, 0, 0, 0, 1]
    power = crosstalk.power_w(target + TURN_RAD * turns)
    assert float(power.min()) >= 0.0
    error = crosstalk.phase_rad(power) - target - TURN_RAD * turns
    assert float(error.abs().max()) < 1e-12


def test_added_turns_are_the_fewest() -> None:
    """Against every choice of 0 to 2 turns on five heaters."""
    crosstalk = row(5, 0.2)
    choices = torch.cartesian_prod(*[torch.arange(3)] * 5)
    for trial in range(20):
        target = TURN_RAD * KEY.fold("fewest", trial).uniform(0, 5)
        own = torch.linalg.solve(crosstalk.matrix, (target + TURN_RAD * choices).T).T
        feasible = choices[(own >= 0.0).all(dim=1)]
        found = crosstalk.added_turns(target)
        assert found.tolist() == feasible.min(dim=0).values.tolist()


def test_refuses_when_no_turns_will_do() -> None:
    """A pattern that the matrix cannot make with thermal_shift alone, whatever turns are added."""
    matrix = torch.tensor([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
    crosstalk = ThermalCrosstalk(matrix, P_PI_W)
    with pytest.raises(InputError, match="couples too strongly"):
        crosstalk.added_turns(torch.tensor([6.0, 0.0, 6.0]))


# --- Knowing the matrix only roughly -----------------------------------------------------------


def residuals(
    crosstalk: ThermalCrosstalk, target: torch.Tensor, draws: int, coupling: float, power: float
) -> torch.Tensor:
    known = [crosstalk.known_to(KEY.fold("known", d), coupling, power) for d in range(draws)]
    return torch.stack([crosstalk.residual_rad(target, knows) for knows in known])


def test_residual_of_roughly_known_couplings() -> None:
    """Rows are independent, so all shifters of all draws make one Gaussian sample."""
    crosstalk = row(20, 0.02)
    target = 1.0 + 5.0 * KEY.fold("target").uniform(0, 20)
    residual = residuals(crosstalk, target, 600, coupling=0.1, power=0.0)
    variance = crosstalk.residual_variance_rad2(target, 0.1, 0.0)
    assert_variance(residual / variance.sqrt(), 1.0)
    assert_uncorrelated(residual[:, 3], residual[:, 4])


def test_residual_of_roughly_known_efficiencies() -> None:
    """A heater's efficiency moves its neighbours too, and the errors of a chain add coherently."""
    crosstalk = row(20, 0.1)
    target = 2.0 + 4.0 * KEY.fold("target").uniform(0, 20)
    residual = residuals(crosstalk, target, 1000, coupling=0.0, power=0.003)
    variance = crosstalk.residual_variance_rad2(target, 0.0, 0.003)
    for i in (0, 7, 19):
        assert_variance(residual[:, i], float(variance[i]))
    assert float(residual.sum(dim=1).var()) > 1.2 * float(variance.sum())


def test_one_percent_of_p_pi() -> None:
    """A 1 % error in P_π alone leaves about 0.034 rad rms per shifter.

    For independent errors and set-points uniform over a turn the expectation is
    0.01 · 2π/√3 = 0.0363 rad without crosstalk and 0.0355 with κ1 = 1 % (neighbours give a little
    of each phase); over one chain of 80 it scatters by 12 %, which covers 0.034.
    0.05 % leaves 1.8 mrad, the budget per digit.
    """
    draws = 500
    # A little off zero, so that no heater must cool: uniform over a turn from 0.2 rad on.
    setpoint = 0.2 + TURN_RAD * KEY.fold("turn").uniform(0, draws * 80).reshape(draws, 80)
    alone, coupled = row(80, 0.0), row(80, 0.01)
    for crosstalk, shift in ((alone, 0.2), (coupled, 0.2 - 0.0316 * (math.pi + 0.2))):
        mean = torch.stack(
            [crosstalk.residual_variance_rad2(one, 0.0, 0.01) for one in setpoint]
        ).mean()
        expected = 0.01 * math.sqrt(UNIFORM_VARIANCE_RAD2 + (math.pi + shift) ** 2)
        assert math.sqrt(float(mean)) == pytest.approx(expected, rel=0.01)
    bare = 0.01 * math.sqrt(UNIFORM_VARIANCE_RAD2 + math.pi**2)
    assert bare == pytest.approx(0.0363, rel=1e-3)
    assert bare == pytest.approx(0.034, rel=0.12)


def test_the_same_key_knows_the_same() -> None:
    crosstalk = row(6, 0.02)
    first, again = (crosstalk.known_to(KEY, 0.1, 0.01) for _ in range(2))
    assert torch.equal(first.matrix, again.matrix)
    assert not torch.equal(first.matrix, crosstalk.known_to(KEY.fold(1), 0.1, 0.01).matrix)
    assert torch.equal(crosstalk.known_to(KEY, 0.0, 0.0).matrix, crosstalk.matrix)


# --- Measured matrices and refusals ------------------------------------------------------------


def test_reads_csv_and_npy(tmp_path: Path) -> None:
    matrix = np.array([[1.0, 0.02, 0.0], [0.03, 0.9, -0.001], [0.0, 0.01, 1.1]])
    np.save(tmp_path / "k.npy", matrix)
    lines = [", ".join(str(x) for x in values) for values in matrix.tolist()]
    (tmp_path / "k.csv").write_text("# measured\n\n" + "\n".join(lines) + "\n")
    for name in ("k.npy", "k.csv"):
        crosstalk = ThermalCrosstalk.from_file(tmp_path / name, 3, P_PI_W)
        assert np.array_equal(crosstalk.matrix.numpy(), matrix)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1,0\n", r"matrix = \(1, 2\).*2 by 2.*k.csv, line 1"),
        ("", r"path = .*k.csv': holds no numbers"),
        ("1,0\n0,nan\n", r"matrix\[1, 1\] = 'nan'.*finite.*k.csv, line 2"),
        ("# k\n1,0\n\n0,-1\n", r"matrix\[1, 1\] = -1.0.*positive.*k.csv, line 4"),
        ("1,0\n0,0\n", r"matrix\[1, 1\] = 0.0.*positive.*line 2"),
        ("1,zero\n0,1\n", r"matrix\[0, 1\] = 'zero'.*number.*k.csv, line 1"),
        ("1,0\n0,1,2\n", r"matrix\[1\] = '3 columns'.*must have 2.*k.csv, line 2"),
        ("1,1.5\n0,1\n", r"matrix\[0, 1\] = 1.5.*diagonal.*line 1"),
    ],
)
def test_refuses_bad_csv(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "k.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=named):
        ThermalCrosstalk.from_file(path, 2, P_PI_W)


def test_refuses_bad_npy_and_other_files(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.array([[1.0, np.inf], [0.0, 1.0]]))
    with pytest.raises(InputError, match=r"matrix\[0, 1\] = inf.*k.npy, row 0"):
        ThermalCrosstalk.from_file(tmp_path / "k.npy", 2, P_PI_W)
    (tmp_path / "text.npy").write_text("1,0")
    with pytest.raises(InputError, match="no npy file"):
        ThermalCrosstalk.from_file(tmp_path / "text.npy", 2, P_PI_W)
    with pytest.raises(InputError, match="existing"):
        ThermalCrosstalk.from_file(tmp_path / "none.csv", 2, P_PI_W)
    (tmp_path / "k.txt").write_text("1")
    with pytest.raises(InputError, match="must end in"):
        ThermalCrosstalk.from_file(tmp_path / "k.txt", 1, P_PI_W)


def test_reads_csv_as_spreadsheets_write_it(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_bytes(b"\xef\xbb\xbf1,0.25\r\n0.5,1\r\n")
    assert ThermalCrosstalk.from_file(path, 2, P_PI_W).matrix.tolist() == [[1.0, 0.25], [0.5, 1.0]]


def test_refuses_csv_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "k.csv"
    path.write_text("# gemessen, Kühlkörper\n1,0\n0,1\n", encoding="latin-1")
    with pytest.raises(InputError, match=r"k\.csv.*UTF-8"):
        ThermalCrosstalk.from_file(path, 2, P_PI_W)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY\x01\x00v\x00{'descr'"]
)
def test_refuses_bytes_that_are_no_npy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k.npy"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"k\.npy.*no npy file of numbers"):
        ThermalCrosstalk.from_file(path, 2, P_PI_W)


def test_refuses_an_npy_file_cut_short(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", np.eye(4))
    whole = (tmp_path / "k.npy").read_bytes()
    (tmp_path / "k.npy").write_bytes(whole[:-8])
    with pytest.raises(InputError, match="no npy file of numbers"):
        ThermalCrosstalk.from_file(tmp_path / "k.npy", 4, P_PI_W)


@pytest.mark.parametrize("kind", [np.complex128, np.bool_, np.str_])
def test_refuses_npy_of_anything_but_real_numbers(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "k.npy", np.eye(2).astype(kind))
    with pytest.raises(InputError, match=r"k\.npy.*must hold real numbers, not"):
        ThermalCrosstalk.from_file(tmp_path / "k.npy", 2, P_PI_W)


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.uint8])
def test_reads_real_numbers_of_every_kind(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "k.npy", np.eye(2).astype(kind))
    assert torch.equal(
        ThermalCrosstalk.from_file(tmp_path / "k.npy", 2, P_PI_W).matrix,
        torch.eye(2, dtype=torch.float64),
    )


@pytest.mark.parametrize("name", ["k.csv", "k.npy"])
def test_a_part_file_names_a_measured_matrix_beside_it(tmp_path: Path, name: str) -> None:
    matrix = np.array([[1.0, 0.02, 0.0], [0.03, 0.9, 0.001], [0.0, 0.01, 1.1]])
    np.save(tmp_path / "k.npy", matrix)
    np.savetxt(tmp_path / "k.csv", matrix, delimiter=",")
    (tmp_path / "mine.toml").write_text(f'measured = "{name}"\n')
    part = read_entry(tmp_path / "mine.toml", HeaterCoupling)[0]
    crosstalk = part.at(torch.rand(3, 2), P_PI_W)
    assert np.array_equal(crosstalk.matrix.numpy(), matrix)
    assert HeaterCoupling(measured=matrix.tolist()) == part
    with pytest.raises(InputError, match="positions_m = 2: must be 3"):
        part.matrix(torch.rand(2, 2))


def test_a_bad_measured_matrix_is_named_with_both_files(tmp_path: Path) -> None:
    (tmp_path / "k.csv").write_text("1,0\n2,1\n")
    (tmp_path / "mine.toml").write_text('global_coupling = 0.0\nmeasured = "k.csv"\n')
    with pytest.raises(InputError, match=r"mine.toml:2: .*matrix\[1, 0\] = 2.0.*k.csv, line 2"):
        read_entry(tmp_path / "mine.toml", HeaterCoupling)
    with pytest.raises(InputError, match="as many columns as rows"):
        HeaterCoupling(measured=((1.0, 0.0),))


def test_what_was_measured_takes_the_place_of_the_default_law() -> None:
    measured = HeaterCoupling(measured=((1.0, 0.1), (0.2, 0.9)))
    assert measured.law is None
    assert HeaterCoupling.model_validate_json(measured.model_dump_json()) == measured
    back = measured.changed({"measured": None, "law.nearest_coupling": 0.02})
    assert back.law == ExponentialCoupling(nearest_coupling=0.02)
    assert HeaterCoupling.model_validate({"measured": "none", "stencil": "none"}).law is not None
    stencil = HeaterCoupling(stencil=((0.1, 1.0, 0.2),))
    assert (stencil.law, stencil.stencil) == (None, ((0.1, 1.0, 0.2),))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"measured": [[1.0]], "law": {"decay_length_m": 1e-5}}, "law = .*beside measured"),
        ({"stencil": [[1.0]], "law": {"decay_length_m": 1e-5}}, "law = .*beside stencil"),
        ({"measured": [[1.0]], "global_coupling": 0.1}, "global_coupling = 0.1.*beside measured"),
        ({"measured": [[1.0]], "stencil": [[1.0]]}, "stencil = '1 lines'.*beside measured"),
        ({"law": None}, "law = None: must be given where nothing was measured"),
        ({"measured": [[1.0, -0.1], [0.0, 1.0]]}, r"matrix\[0, 1\] = -0.1: must be at least 0"),
        ({"stencil": [[0.1, 1.0, -0.1]]}, r"matrix\[0, 2\] = -0.1: must be at least 0"),
        ({"stencil": [[0.1, 1.0], [0.1]]}, "stencil = "),
        ({"stencil": [[0.1, math.inf]]}, r"stencil\[0\]\[1\] = inf: must be a finite number"),
        ({"stencil": "none.csv"}, r"stencil.path = 'none.csv'.*existing"),
    ],
)
def test_refuses_what_cannot_act_and_what_no_heater_does(
    given: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        HeaterCoupling.model_validate(given)
    assert "\n" not in str(caught.value)


def test_a_stencil_belongs_to_an_array(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("0.1,1,0.2\n")
    (tmp_path / "mine.toml").write_text('stencil = "s.csv"\n')
    part = read_entry(tmp_path / "mine.toml", HeaterCoupling)[0]
    assert part.stencil == ((0.1, 1.0, 0.2),)
    with pytest.raises(InputError, match="stencil = '1 lines': belongs to an array"):
        part.matrix(torch.rand(3, 2))


def test_refuses_impossible_heaters() -> None:
    with pytest.raises(InputError, match=r"positions_m\[1\], positions_m\[2\]"):
        HeaterCoupling().matrix(torch.tensor([[0.0, 0.0], [0.0, 1e-3], [0.0, 1e-3]]))
    with pytest.raises(InputError, match=r"\(n, 2\)"):
        HeaterCoupling().matrix(torch.zeros(3))
    with pytest.raises(InputError, match="p_pi_w"):
        ThermalCrosstalk(torch.eye(2), 0.0)
    with pytest.raises(InputError, match="inverted"):
        ThermalCrosstalk(torch.full((3, 3), 1.0 - 1e-12) + 1e-12 * torch.eye(3).double(), P_PI_W)
    with pytest.raises(InputError, match="nearest_coupling"):
        ExponentialCoupling(nearest_coupling=1.0)
    with pytest.raises(InputError, match="decay_length_m"):
        ExponentialCoupling(decay_length_m=0.0)
    with pytest.raises(InputError, match="height_m"):
        HeatSinkCoupling(height_m=-1e-6)
