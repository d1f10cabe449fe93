"""Studies as they are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from photonics.errors import InputError
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
