"""The library: every entry is a valid part, every value says where it comes from."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from devices.adc import Adc
from devices.amplifier import TransimpedanceAmplifier
from devices.balanced_pair import BalancedPair
from devices.dac import Dac
from devices.laser import EdgeCoupler, Laser
from devices.library import file_name, load_entry, load_part, part_names
from devices.part import Part
from devices.phase_shifter import PhaseShifter
from devices.photodiode import Photodiode
from devices.ring_switch import RingSwitch
from devices.variable_gain import VariableGain
from devices.waveguide import Bend
from photonics.errors import InputError

KINDS = [
    Adc,
    BalancedPair,
    Bend,
    Dac,
    EdgeCoupler,
    Laser,
    PhaseShifter,
    Photodiode,
    RingSwitch,
    TransimpedanceAmplifier,
    VariableGain,
]
ENTRIES = [(kind, name) for kind in KINDS for name in part_names(kind)]
IDENTIFIED = re.compile(r"10\.\d{4,}/\S+|arXiv \d{4}\.\d{5}|no DOI known")


def given(kind, name):
    """Parameters that an entry states."""
    text = (files("devices.library") / file_name(kind)).read_text(encoding="utf-8")
    return set(tomllib.loads(text)[name]) - {"description", "sources"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_parts(kind):
    assert len(part_names(kind)) >= 1


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_entry_is_a_part_and_every_value_has_a_source(kind, name):
    entry = load_entry(name, kind)
    part = load_part(name, kind)
    assert type(part) is kind
    assert entry.part == part
    assert entry.name == name
    assert entry.description
    assert set(entry.sources) == given(kind, name)


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_a_source_is_a_publication_with_year_and_identifier_or_says_that_it_is_none(kind, name):
    for field, source in load_entry(name, kind).sources.items():
        if source.startswith("unsourced: "):
            continue
        assert re.search(r"\b(19|20)\d\d\b|arXiv \d{4}", source), (name, field)
        assert IDENTIFIED.search(source), (name, field)


def test_a_source_stands_for_each_default_as_well():
    for kind in KINDS:
        for name, field in kind.model_fields.items():
            assert field.description, (kind, name)
            assert isinstance(field.json_schema_extra, dict), (kind, name)
            assert field.json_schema_extra["source"], (kind, name)


def test_published_numbers():
    # Abstracts of the publications that the entries cite.
    shi = load_part("shi-2024", Photodiode)
    assert (shi.responsivity_a_per_w, shi.dark_current_a, shi.bandwidth_hz) == (0.95, 1.3e-9, 103e9)
    yang = load_part("yang-2025", TransimpedanceAmplifier)
    assert (yang.noise_a_per_rthz, yang.bandwidth_hz) == (2e-12, 2.5e9)
    awny = load_part("awny-2018", TransimpedanceAmplifier)
    assert awny.transimpedance_ohm == pytest.approx(10 ** (74 / 20), rel=1e-3, abs=0)


def test_the_noise_of_a_published_converter_gives_its_published_signal_to_noise():
    for name, decibel in [("ramkaj-2018", 40.1), ("kaist-2022", 30.12)]:
        adc = load_part(name, Adc)
        assert 6.0206 * adc.enob + 1.7609 == pytest.approx(decibel, abs=0.01)
    # 3.56 mW at 1.25 GS/s and 56.2 mW at 20 GS/s.
    assert load_part("ramkaj-2018", Adc).energy_j * 1.25e9 == pytest.approx(
        3.56e-3, rel=1e-2, abs=0
    )
    assert load_part("kaist-2022", Adc).energy_j * 20e9 == pytest.approx(56.2e-3, rel=1e-2, abs=0)


def test_the_measured_mems_shifter_turns_by_pi_where_it_was_measured_to():
    shifter = load_part("edinger-2021", PhaseShifter)
    assert shifter.phase_rad(10.7, 17.2e-6) == pytest.approx(3.14159, rel=1e-3, abs=0)
    assert shifter.loss_db(2.9 * 17.2e-6) == pytest.approx(0.33, rel=1e-2, abs=0)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'shi-2024'"):
        load_part("shi-2023", Photodiode)
    with pytest.raises(InputError, match="known: germanium-typical, shi-2024"):
        load_part("unobtainium", Photodiode)


class Flux(Part):
    """A kind of which the library knows nothing."""


def test_a_kind_without_a_file_takes_files_only(tmp_path: Path):
    assert part_names(Flux) == []
    with pytest.raises(InputError, match="give a TOML file"):
        load_part("any", Flux)
    path = tmp_path / "flux.toml"
    path.write_text("")
    assert load_part(path, Flux) == load_part(str(path), Flux) == Flux()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (RingSwitch, "ring_switch.toml"),
        (Adc, "adc.toml"),
        (TransimpedanceAmplifier, "transimpedance_amplifier.toml"),
    ],
)
def test_file_names(kind, name):
    assert file_name(kind) == name
