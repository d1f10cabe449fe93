"""What every test starts from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from circuits.chip.cache import FOLDER_VARIABLE
from circuits.control import bring_up as making

# Kept from run to run, and out of the user's home.
os.environ[FOLDER_VARIABLE] = str(Path(__file__).parent.parent / ".pytest_cache" / "chips")
# As `make test` does: tests run beside each other, and a pool of threads hangs in what is forked.
torch.set_num_threads(1)


SLOW_CASES = Path(__file__).parent / "slow_cases.txt"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the cases that take long, before slow tests are left out."""
    lines = SLOW_CASES.read_text(encoding="utf-8").splitlines()
    slow = {line.split(maxsplit=1)[1] for line in lines if not line.startswith("#")}
    for item in items:
        if item.nodeid in slow:
            item.add_marker("slow")
    # A case that was renamed would be forgotten in silence.
    files = {item.nodeid.split("::")[0] for item in items}
    known = {item.nodeid for item in items}
    gone = sorted(case for case in slow - known if case.split("::")[0] in files)
    if gone and not any("::" in argument for argument in config.args):
        raise pytest.UsageError(f"{SLOW_CASES.name}: no such test: {', '.join(gone)}")


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _chips_of_changed_code_are_not_kept(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that changes the code while it runs must not leave its chips to others."""
    if "monkeypatch" in request.fixturenames:
        request.getfixturevalue("monkeypatch").setattr(making, "keep_chip", lambda *_: None)
        yield
        making._bring_up.cache_clear()
    else:
        yield
