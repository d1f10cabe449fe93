"""The library: every entry is a valid part, every value says where it comes from."""

import math
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from circuits import Design
from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.balanced_pair import BalancedPair
from devices.electronics.dac import Dac
from devices.electronics.photodiode import Photodiode
from devices.electronics.variable_gain import VariableGain
from devices.heat.thermal_crosstalk import ExponentialCoupling, HeaterCoupling, HeatSinkCoupling
from devices.heat.trimmer import Trimmer
from devices.library import file_name, load_entry, part, part_names
from devices.light.laser import EdgeCoupler, Laser
from devices.light.power_limits import PowerLimits
from devices.parameters.part import Part
from devices.passive.coupler import Coupler, Splitter
from devices.passive.splitter import SplitterTree
from devices.passive.waveguide import Bend, Waveguide
from devices.shifters.carrier import DepletionShifter, InjectionShifter
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.electro_optic import ElectroOpticShifter
from devices.shifters.linear import PhaseShifter
from devices.shifters.noems import NoemsShifter
from devices.shifters.thermo_optic import ThermoOpticShifter
from devices.switches.mzi import MziSwitch
from devices.switches.ring import CHENG_2019, RingSwitch
from photonics.errors import InputError

KINDS = [
    Adc,
    BalancedPair,
    Bend,
    Coupler,
    Dac,
    DepletionShifter,
    DriveCurve,
    EdgeCoupler,
    ElectroOpticShifter,
    ExponentialCoupling,
    HeatSinkCoupling,
    HeaterCoupling,
    InjectionShifter,
    Laser,
    MziSwitch,
    NoemsShifter,
    PhaseShifter,
    Photodiode,
    PowerLimits,
    RingSwitch,
    Splitter,
    SplitterTree,
    ThermoOpticShifter,
    TransimpedanceAmplifier,
    Trimmer,
    VariableGain,
    Waveguide,
]
ENTRIES = [(kind, name) for kind in KINDS for name in part_names(kind)]
IDENTIFIED = re.compile(r"10\.\d{4,}/\S+|arXiv \d{4}\.\d{4,5}|no DOI known")


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
    assert type(entry.part) is kind
    assert part(name, kind) == entry.part
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


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_a_part_named_after_a_publication_takes_more_than_one_of_several_fields_from_it(kind, name):
    if not re.search(r"-(19|20)\d\d$", name):
        return
    sources = load_entry(name, kind).sources.values()
    published = [source for source in sources if not source.startswith("unsourced: ")]
    assert len(published) >= min(2, len(sources))


def test_a_source_stands_for_each_default_as_well():
    for kind in KINDS:
        for name, field in kind.model_fields.items():
            assert field.description, (kind, name)
            assert isinstance(field.json_schema_extra, dict), (kind, name)
            assert field.json_schema_extra["source"], (kind, name)


def test_published_numbers():
    # Abstracts of the publications that the entries cite.
    shi = part("shi-2024", Photodiode)
    assert (shi.responsivity_a_per_w, shi.dark_current_a, shi.bandwidth_hz) == (0.95, 1.3e-9, 103e9)
    yang = part("yang-2025", TransimpedanceAmplifier)
    assert (yang.noise_a_per_rthz, yang.bandwidth_hz) == (2e-12, 2.5e9)
    awny = part("awny-2018", TransimpedanceAmplifier)
    assert awny.transimpedance_ohm == pytest.approx(10 ** (74 / 20), rel=1e-3, abs=0)


def test_the_depletion_shifter_has_the_published_product():
    # Vπ L of a chord of the phase, from rest to 1 V: π V L / φ; 1.2 V cm in the thesis.
    shifter = part("sorace-2010", DepletionShifter)
    product_vm = math.pi * 1.0 * shifter.length_m / float(shifter.phase_rad(1.0))
    assert product_vm == pytest.approx(1.2e-2, rel=1e-3, abs=0.0)


def test_the_noise_of_a_published_converter_gives_its_published_signal_to_noise():
    for name, decibel in [("ramkaj-2018", 40.1), ("kaist-2022", 30.12)]:
        adc = part(name, Adc)
        assert 6.0206 * adc.enob + 1.7609 == pytest.approx(decibel, abs=0.01)
    # 3.56 mW at 1.25 GS/s and 56.2 mW at 20 GS/s.
    assert part("ramkaj-2018", Adc).energy_j * 1.25e9 == pytest.approx(3.56e-3, rel=1e-2, abs=0)
    assert part("kaist-2022", Adc).energy_j * 20e9 == pytest.approx(56.2e-3, rel=1e-2, abs=0)


def test_the_measured_mems_shifter_turns_by_pi_where_it_was_measured_to():
    shifter = part("edinger-2021", PhaseShifter)
    half_wave = shifter.changed({"length_m": 17.2e-6})
    assert float(half_wave.phase_rad(10.7)) == pytest.approx(3.14159, rel=1e-3, abs=0)
    assert 2.9 * float(half_wave.loss_db()) == pytest.approx(0.33, rel=1e-2, abs=0)


def test_the_published_ring_is_the_one_that_comes_closest_to_its_figures():
    found = part("cheng-2019", RingSwitch).figures(1550e-9)
    closest = RingSwitch.fit(CHENG_2019, 1550e-9).figures(1550e-9)
    assert found == pytest.approx(closest, rel=5e-3, abs=0)


def test_published_shifters_turn_by_pi_where_they_were_measured_to():
    mems = part("edinger-2021", NoemsShifter)
    assert mems.max_phase_rad == pytest.approx(2.9 * math.pi, rel=2e-3, abs=0)
    assert float(mems.loss_db()) == pytest.approx(0.33, rel=1e-2, abs=0)
    heater = part("harris-2014", ThermoOpticShifter)
    assert heater.corner_hz == pytest.approx(130e3, rel=1e-3, abs=0)
    assert float(heater.power_w(math.pi)) == pytest.approx(24.77e-3, rel=1e-12, abs=0)
    trimmer = part("harris-2014", Trimmer)
    assert trimmer.power_w_per_rad * math.pi == pytest.approx(24.77e-3, rel=1e-3, abs=0)
    assert part("chromium-2022", ThermoOpticShifter).corner_hz == pytest.approx(
        186e3, rel=1e-3, abs=0
    )
    mzi = part("wilkes-2016", MziSwitch).changed({"coupler.imbalance_rms_db": 0.0})
    (leak, _), (passed, _) = (mzi.powers(1.55e-6, coupled=state) for state in (True, False))
    assert 10.0 * math.log10(passed / leak) == pytest.approx(60, abs=0.1)


def test_the_plate_obeys_its_law():
    plate = part("plate", DriveCurve)
    for drive, x in zip(plate.drive, plate.response, strict=True):
        assert x * (1 - x) ** 2 == pytest.approx(4 / 27 * drive**2, rel=1e-5, abs=0)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean shi-2024"):
        part("shi-2023", Photodiode)
    with pytest.raises(InputError, match="known: germanium-typical, shi-2024"):
        part("unobtainium", Photodiode)


def test_a_part_is_found_whatever_kind_it_is() -> None:
    """Names that one kind has find its part, and the others ask which kind is meant."""
    kinds_of: dict[str, list[type[Part]]] = {}
    for kind, name in ENTRIES:
        kinds_of.setdefault(name, []).append(kind)
    assert {len(kinds) for kinds in kinds_of.values()} >= {1, 2}
    for name, kinds in kinds_of.items():
        if len(kinds) == 1:
            assert part(name) == part(name, kinds[0])
            continue
        with pytest.raises(InputError, match=f"^part = '{name}': is the name of a ") as error:
            part(name)
        assert all(kind.__name__ in str(error.value) for kind in kinds)
        assert "give kind=" in str(error.value)


def test_names_that_no_kind_has_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"part = 'chen-2019': no such .* did you mean cheng-2019"):
        part("chen-2019")
    with pytest.raises(InputError, match=r"part = 'zzz': .*`mirage show devices` lists"):
        part("zzz")
    for path in ("ring.toml", "RING.TOML", Path("ring")):
        with pytest.raises(InputError, match="kind = None: a file does not say what it is of"):
            part(path)
    for wrong in (None, 3, RingSwitch):
        with pytest.raises(InputError, match=r"^part = "):
            part(wrong)


class Flux(Part):
    """A kind of which the library knows nothing."""


def test_a_kind_without_a_file_takes_files_only(tmp_path: Path):
    assert part_names(Flux) == []
    with pytest.raises(InputError, match="give a TOML file"):
        part("any", Flux)
    path = tmp_path / "flux.toml"
    path.write_text("")
    assert part(path, Flux) == part(str(path), Flux) == Flux()


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


def test_any_part_is_changed_by_names_of_the_library() -> None:
    """Without a machine: as ``--set x.part=name`` does, with values beside it, in any order."""
    name = part_names(Coupler)[0]
    switch = MziSwitch().changed({"coupler.imbalance_rms_db": 0.05, "coupler.part": name})
    assert switch.coupler == part(name, Coupler).changed({"imbalance_rms_db": 0.05})
    ring = Design().changed({"multiplier.switch.part": "cheng-2019"}).multiplier.switch
    assert ring == part("cheng-2019")
    with pytest.raises(InputError, match=r"^coupler.part = 'cheng-2019': is a RingSwitch, and"):
        MziSwitch().changed({"coupler.part": "cheng-2019"})
    with pytest.raises(InputError, match=r'^coupler = .*: is a part; write coupler.part = "'):
        MziSwitch().changed({"coupler": name})
