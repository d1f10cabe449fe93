"""Studies from files, and what is wrong in one: file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.runner.axes import Choices, Span
from studies.runner.example import PYTHON, TOML
from studies.runner.setup import check
from studies.runner.study_file import checked_study, load_study, study_names

GOOD = """
question = "How much?"
metrics = ["laser_power_w"]
[axes]
laser.power_w = [1e-3, 2e-3]
"""


def test_every_study_of_the_package_loads_and_is_checked_in_both_forms() -> None:
    assert len(study_names()) >= 10
    for name in study_names():
        study = load_study(name)
        assert study.name == name
        for form in (study, study.quickened()):
            check(form)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"did you mean laser\?"):
        load_study("lazer")


def test_examples_are_studies(tmp_path: Path) -> None:
    for ending, text in ((".toml", TOML), (".py", PYTHON)):
        path = tmp_path / f"mine{ending}"
        path.write_text(text)
        study = load_study(str(path))
        assert study.name == "mine"
        check(study)
        assert study.quickened().plan()


def test_tables_within_tables_become_dotted_names(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        GOOD
        + "receiver.tia = { noise_a_per_rthz = { low = 1e-12, high = 2e-12, count = 2 } }\n"
        + 'conditions.streamed = ["forward", "dx"]\n'
        + "[axes.switch.ring]\nmultiplier.switch.coupling_power = 0.1\n"
        + "[axes.moduli.choices.safe]\nmoduli = [29, 32, 33]\n"
    )
    axes = {axis.name: axis for axis in load_study(str(path)).design_axes}
    assert list(axes) == [
        "laser.power_w",
        "receiver.tia.noise_a_per_rthz",
        "conditions.streamed",
        "switch",
        "moduli",
    ]
    assert isinstance(axes["receiver.tia.noise_a_per_rthz"], Span)
    assert isinstance(axes["switch"], Choices)
    assert axes["moduli"].changes("safe") == {"moduli": [29, 32, 33]}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (GOOD.replace("question", "qestion"), 2, "did you mean question?"),
        (GOOD + "\n[conditions]\nrows = 4\n", 7, "no such field; write [set.conditions]"),
        (GOOD.replace("laser_power_w", "laser_powr_w"), 3, "did you mean laser_power_w?"),
        (GOOD.replace("[1e-3, 2e-3]", "[]"), 5, "must be a list of values"),
        (GOOD + "x = \n", 6, "not TOML"),
        (GOOD + "\n[drawing]\nx = 'laser.power_w'\ny = 'nothing'\n", 3, "no such metric"),
        (GOOD + "\n[drawing]\nx = 'laser.power_w'\n", 7, "must be a table with x and y"),
        (GOOD.replace('metrics = ["laser_power_w"]', ""), None, "must be given"),
    ],
)
def test_a_mistake_is_told_with_its_line(
    text: str, line: int | None, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        load_study(str(path))
    assert told in str(refused.value)
    if line is not None:
        assert f"mine.toml:{line}: " in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("x = 1\nSTUDY = oops\n", 2, "NameError: name 'oops' is not defined"),
        ("x = (\n", 1, "SyntaxError"),
        ("x = 1\nraise SystemExit(0)\n", 2, "SystemExit: 0"),
        (
            "from studies.runner.study import Study\n\n"
            "STUDY = Study(question='a?', axes={'x': [1]}, metrics=['nothing'])\n",
            3,
            "no such metric",
        ),
    ],
)
def test_a_mistake_in_python_is_told_with_its_line(
    text: str, line: int, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        load_study(str(path))
    assert f"mine.py:{line}: " in str(refused.value)
    assert told in str(refused.value)


def test_a_python_file_without_a_study_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    with pytest.raises(InputError, match="must define STUDY"):
        load_study(str(path))
    with pytest.raises(InputError, match="must be an existing file"):
        load_study(str(tmp_path / "none.toml"))


def test_all_of_a_python_file_but_its_answer_tells_studies_apart(tmp_path: Path) -> None:
    text = """
from studies.metrics.registry import Metric
from studies.runner.study import Study

SCALE = 1.0

def loss(at):
    return SCALE * at.seed

def answer(table):
    return "some words"

AXES = {"laser.power_w": [1e-3]}
STUDY = Study(
    question="?", axes=AXES, metrics=[Metric("loss", "", "", "linear", loss)], answer=answer
)
"""
    path, found = tmp_path / "mine.py", []
    for old, new in (("", ""), ("some words", "others"), ("1.0", "2.0")):
        text = text.replace(old, new)
        path.write_text(text)
        found.append(load_study(str(path)).digest)
    assert found[0] == found[1] != found[2]


def test_modules_beside_a_python_file_are_found_and_tell_studies_apart(tmp_path: Path) -> None:
    """Its parts may have another physics by then, and so may those that these are made of."""
    study = "from parts_beside.axes import AXES\n" + (
        "from studies.runner.study import Study\n"
        "STUDY = Study(question='?', axes=AXES, metrics=['laser_power_w'])\n"
    )
    found = []
    for name, physics in (("of_one", "1.0"), ("of_another", "2.0"), ("of_all", "1.0")):
        folder = tmp_path / name
        (folder / "studies").mkdir(parents=True)
        # What is imported need not say where it is from.
        (folder / "losses_beside.py").write_text(f"LOSS = {physics}\n")
        told = "from losses_beside import LOSS\nAXES = {'laser.power_w': [LOSS * 1e-3]}\n"
        (folder / "parts_beside").mkdir()
        (folder / "parts_beside" / "__init__.py").write_text("")
        (folder / "parts_beside" / "axes.py").write_text(told)
        # A study may lie in a checkout, and of our packages versions are told.
        (folder / "studies" / "__init__.py").write_text(f"NAME = {name!r}\n")
        (folder / "mine.py").write_text(study)
        found.append(load_study(str(folder / "mine.py")))
    assert found[0].digest == found[2].digest != found[1].digest
    assert [each.axes["laser.power_w"] for each in found] == [[1e-3], [2e-3], [1e-3]]


def test_a_value_that_no_machine_takes_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'question = "?"\nmetrics = ["laser_power_w"]\n[axes]\nlaser.power_w = [1e-3, -1.0]\n'
    )
    with pytest.raises(InputError, match=r"mine.toml:4: axes.laser.power_w = -1.0: must be"):
        checked_study(str(path), True, {})
    with pytest.raises(InputError, match=r"^set.laser.wavelenth_m"):
        checked_study(str(path), True, {"set": {"laser.wavelenth_m": 1.0}})


@pytest.mark.parametrize("line", ["metrics = [3]", "set = 3", "machine = 3", 'minutes = "x"'])
def test_fields_of_another_type_are_told_with_their_line(line: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    metrics = "" if "metrics" in line else 'metrics = ["laser_power_w"]\n'
    path.write_text(f'{line}\nquestion = "?"\n{metrics}[axes]\nlaser.power_w = [1e-3]\n')
    with pytest.raises(InputError, match=r"mine.toml:1: .*must be"):
        load_study(str(path))
