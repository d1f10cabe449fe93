"""Pages that are made from the code leave nothing out, and what checks them finds faults."""

from __future__ import annotations

import json
from inspect import isabstract
from pathlib import Path

import pytest

import devices
from devices.parameters.part import Part
from devices.parameters.tree import every_name, fields_of, kinds_of
from docs.links import problems
from docs.pages import commands, configuration, results, studies
from docs.pages.markdown import code, docstring, plain, table
from docs.pages.units import UNITS, unit
from mirage_core.machine.config import ABOUT, MachineConfig
from mirage_core.machine.loading import preset_names
from mirage_core.networks.catalogue import NETWORKS as FULL_SIZE
from mirage_core.training.recipe import Recipe
from studies.metrics.conditions import Conditions
from studies.metrics.registry import metrics
from studies.runner.table import averaged


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return dict(configuration.pages())


def test_every_parameter_of_a_machine_has_a_row(reference: dict[str, str]) -> None:
    page = reference["configuration.md"]
    sections = page.split("\n## ")
    for name in every_name(MachineConfig):
        outer, _, last = name.rpartition(".")
        if name in ABOUT or kinds_of(_field(name)):
            continue
        under = [s for s in sections if s.startswith(f"`{outer}`" if outer else "The machine")]
        # A class that stands in several places has its parameters in the first of them.
        places = [f"`{outer.rsplit('.', n)[0]}`" for n in range(outer.count(".") + 1)]
        again = any(
            s.startswith(tuple(places)) and "Its parameters stand under" in s for s in sections
        )
        assert again or any(f"\n| `{last}` |" in s for s in under), name


def _field(name: str) -> object:
    kinds, found = [MachineConfig], None
    for step in name.split("."):
        fields = [fields_of(k)[step] for k in kinds if step in fields_of(k)]
        found, kinds = fields[0], [k for f in fields for k in kinds_of(f)]
    return found


def test_every_part_stands_somewhere(reference: dict[str, str]) -> None:
    both = reference["configuration.md"] + reference["other-parts.md"]
    for name in devices.__all__:
        kind = getattr(devices, name)
        part = isinstance(kind, type) and issubclass(kind, Part) and kind is not Part
        if part and not isabstract(kind):
            assert f".{name}`:" in both, name


def test_a_row_tells_unit_default_bounds_meaning_and_source(reference: dict[str, str]) -> None:
    (row,) = [
        line for line in reference["configuration.md"].splitlines() if line.startswith("| `rin_db")
    ]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:4] == ["`rin_db_per_hz`", "dB/Hz", "`-150`", "≥ -1000, ≤ -80"]
    assert cells[4] == "relative intensity noise, one-sided"
    assert cells[5].startswith("assumption")


def test_presets_tell_what_they_set(reference: dict[str, str]) -> None:
    page = reference["presets.md"]
    assert all(f"## `{name}`" in page for name in preset_names())
    robust = page.partition("## `robust`")[2].partition("## `")[0]
    assert "| `laser.power_w` | W | `0.0085` | choice: eleven times" in robust


def test_every_metric_is_told_with_unit_mean_and_meaning() -> None:
    page = dict(studies.pages())["metrics.md"].partition("\n## `conditions`\n")[0]
    for name, metric in metrics().items():
        (row,) = (line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
        assert row.startswith(f"| `{name}` | {metric.unit} | {averaged(metric)} | "), name
        assert plain(metric.meaning) in row
    # What its function says belongs to it.
    assert "Calibrated, drifted and tracked, as it is looked at." in page


@pytest.mark.parametrize(("name", "kind"), [("conditions", Conditions), ("recipe", Recipe)])
def test_every_field_of_studies_is_told(name: str, kind: type[Conditions | Recipe]) -> None:
    page = dict(studies.pages())["metrics.md"]
    section = page.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
    for field, held in kind.model_fields.items():
        assert f"\n| `{field}` |" in section
        assert plain(held.description or "") in section


def test_every_command_and_option_is_told() -> None:
    page = dict(commands.pages())["commands.md"]
    found = dict(commands.commands())
    assert {"mirage verify", "mirage show preset", "mirage study run"} <= set(found)
    for name, command in found.items():
        section = page.partition(f"## `{name}`\n")[2].partition("\n## ")[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert all(option in section for option in parameter.opts), (name, parameter.opts)


def test_names_that_help_lists_by_hand_are_all_there_are() -> None:
    """Help is printed without torch, so that it cannot ask for them."""
    network, *_ = dict(commands.commands())["mirage cost"].params
    listed = network.help.partition(", or module:callable")[0].split(", ")
    assert sorted(listed) == sorted(FULL_SIZE)


def test_results_are_those_of_the_files() -> None:
    made = dict(results.pages())
    page = str(made["results.md"])
    folders = sorted(p.parent for p in results.FOLDER.glob("*/answer.json"))
    assert folders
    for folder in folders:
        command = json.loads((folder / "answer.json").read_text())["command"]
        assert command.startswith("mirage ")
        assert f"`{command}`" in page
        for figure in folder.glob("*.svg"):
            assert made[f"figures/{folder.name}-{figure.name}"] == figure.read_bytes()


def test_units_are_those_of_the_longest_ending() -> None:
    assert unit("laser_power_w") == "W"
    assert unit("noise_a_per_rthz") == "A/√Hz"
    assert unit("loss_db_per_m") == "dB/m"
    assert unit("mantissa_bits") == ""
    assert all(unit(f"x{ending}") == name for ending, name in UNITS.items())


def test_markdown_shows_text_as_it_is() -> None:
    assert plain("a|b *c* <d>") == r"a\|b \*c\* \<d\>"
    assert code("") == ""
    assert docstring("a ``b_c`` d_e") == r"a `b_c` d\_e"
    assert table(("x",), [("1",)]) == "| x |\n|---|\n| 1 |\n"


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#here">b</a><p id="top">')
    (tmp_path / "b.html").write_text('<a href="a.html#top">a</a><p id="here">')
    assert problems(tmp_path) == []
    (tmp_path / "b.html").write_text('<a href="c.html">c</a><script src="https://x.org/y.js">')
    assert problems(tmp_path) == [
        "a.html: b.html#here has no such anchor",
        "b.html: c.html leads nowhere",
        "b.html: loads https://x.org/y.js",
    ]
