"""Look for what breaks a reader, led by which lines of its code a case runs through.

    pip install atheris
    python -m tests.hard_use.guided test_chips.py::test_chips_are_read_or_refused 3600 runs/chips

The cases are those of the tests; what is found is named in the output, and kept in the folder
beside what led there, from which the next run goes on.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_OURS = ["circuits", "devices", "mirage_core", "photonics", "studies"]
_LIBRARIES = ["csv", "json", "tomllib", "zipfile"]
# Bytes that a case is drawn from; the timeout is that of the tests themselves.
_LIMITS = ["-max_len=1024", "-len_control=0", "-timeout=100000", "-rss_limit_mb=0"]


def main() -> None:
    """Run one test until something is found or time is over."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("test", help="file::name of a test of this folder that counts its cases")
    parser.add_argument("seconds", type=int, help="time that it may take")
    parser.add_argument("folder", type=Path, help="where cases are kept")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    # One number of cases, so that one test is run.
    os.environ["HARD_USE_CASES"] = "1"
    atheris = importlib.import_module("atheris")

    def guide(check: Callable[[bytes], Any]) -> None:
        found = f"-artifact_prefix={given.folder}/found-"
        limits = *_LIMITS, f"-max_total_time={given.seconds}", found
        atheris.Setup([sys.argv[0], str(given.folder), *limits], check)
        atheris.Fuzz()

    with atheris.instrument_imports(include=_OURS + _LIBRARIES):
        cases = importlib.import_module("tests.hard_use.cases")
        cases.guides.append(guide)
        node = Path(__file__).parent / given.test
        # Modules are loaded before pytest would rewrite them.
        quiet = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        alone = ["-q", "-s", "-p", "no:xdist", "-p", "no:cacheprovider"]
        sys.exit(pytest.main([*alone, *quiet, str(node)]))


if __name__ == "__main__":
    main()
