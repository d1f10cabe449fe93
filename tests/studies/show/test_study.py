"""Studies as they are shown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.report.answer import Answer
from studies.runner.finished import FILE
from studies.show import study as show
from tests.studies.runner.test_finished import FINISHED


def test_axes_are_told_in_words() -> None:
    told = show.show("sensitivity", True, Path("nowhere"))
    assert told["jobs"] > 100
    assert show._axis_text([1, 2]) == "1, 2"
    assert (
        show._axis_text({"low": 1, "high": 9, "log": True, "count": 3}) == "1 to 9, 3 values, log"
    )
    assert show._axis_text({"ring": {}, "mzi": {}}) == "ring, mzi"


def test_a_page_has_what_is_found_and_needs_something(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hold no finished study"):
        show.report([tmp_path], tmp_path / "page.html")
    FINISHED.write(tmp_path)
    assert (tmp_path / FILE).exists()
    show.report([tmp_path], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "How much?" in text
    # A full form needs no excuse.
    assert "The quick form" not in text
    with pytest.raises(InputError, match=r"missing.* is no folder of results"):
        show.report([tmp_path, tmp_path / "missing"], tmp_path / "page.html")


def test_every_result_has_a_section_of_its_own_in_its_group(tmp_path: Path) -> None:
    """Comparisons, which all have one name, and folders of one name in different places."""
    cells = [["fp32", "95", "-", "1 ms"], ["robust", "94", "-1", "2 ms"]]
    answer = Answer(["Worse."], ["contestant", "accuracy", "against FP32", "time"], cells, [])
    compared = replace(FINISHED, name="compare", answer=answer)
    trained = replace(FINISHED, configuration={"metrics": "accuracy: of the test set"})
    for folder, finished in (
        ("a/compare-mlp", compared),
        ("a/compare-cnn", compared),
        ("a/mine", trained),
        ("b/mine", FINISHED),
    ):
        (tmp_path / folder).mkdir(parents=True)
        finished.write(tmp_path / folder)
    show.report([tmp_path], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    found = re.findall(r'href="#([^"]+)"', text)
    assert found == ["mine-2", "mine", "compare-cnn", "compare-mlp"]
    assert re.findall(r'section id="([^"]+)"', text) == found
    findings = text.partition("</nav>")[0]
    assert findings.count("<td>robust</td><td>94</td><td>-1</td></tr>") == 2
    assert "# in the folder compare-cnn\nmirage study run mine" in text
