"""Measured transfers in Touchstone and csv files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from devices.parameters.transfer_file import read_transfer
from photonics.errors import InputError
from tests.hard_use.cases import numbered, try_all
from tests.hard_use.mutation import changed_text
from tests.hard_use.property import read_or_refused

pytest.importorskip("skrf")

S2P = """! a coupler
# GHz S RI R 50
193000 0 0 0.7 0.1 0.7 0.1 0 0
193100 0 0 0.7 0.0 0.7 0.0 0 0
193200 0 0 0.7 -0.1 0.7 -0.1 0 0
"""
TS = """[Version] 2.0
# GHz S MA R 50
[Number of Ports] 2
[Two-Port Data Order] 21_12
[Number of Frequencies] 3
[Reference] 50 50
[Network Data]
193000 0 0 0.7 10 0.7 10 0 0
193100 0 0 0.7 0 0.7 0 0 0
193200 0 0 0.7 -10 0.7 -10 0 0
[End]
"""
CSV = """wavelength_nm,s21_re,s21_im,s11_db,s11_deg,s22_re,s22_im
1549.9,0.7,0.01,-60,0,0,0
1550.0,0.7,0.0,-60,0,0,0
1550.1,0.7,-0.01,-60,0,0,0
"""
VALID = {"s2p": S2P, "ts": TS, "csv": CSV, "s1p": S2P, "s99p": S2P}


@numbered()
def test_transfers_are_read_or_refused(count: int, tmp_path: Path) -> None:
    def check(case: tuple[str, bytes]) -> None:
        path = tmp_path / f"transfer.{case[0]}"
        path.write_bytes(case[1])
        found = read_or_refused(lambda: read_transfer(path))
        if found is not None:
            assert found.matrix.isfinite().all()

    each = [changed_text([text]).map(lambda t, e=ending: (e, t)) for ending, text in VALID.items()]
    try_all(count, st.one_of(each), check)


@pytest.mark.parametrize("ending", ["s2p", "s4p", "ts"])
@pytest.mark.parametrize("ports", ["1000000000", "1_0", "9" * 5000, "-2", ""])
def test_ports_without_end_are_refused_before_there_is_room_for_them(
    ports: str, ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"transfer.{ending}"
    path.write_text(TS.replace("Ports] 2", f"Ports] {ports}"))
    assert read_or_refused(lambda: read_transfer(path)) is None
    with pytest.raises(InputError, match=r"Number of Ports.*line 3"):
        read_transfer(path)


def test_ports_are_those_of_the_name(tmp_path: Path) -> None:
    path = tmp_path / "transfer.s2p"
    path.write_text(TS)
    assert read_transfer(path).matrix.shape[1:] == (2, 2)
    with pytest.raises(InputError, match="= '2': must be 4, as its name says"):
        read_transfer(path.rename(tmp_path / "transfer.s4p"))
