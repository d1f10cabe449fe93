"""What the benchmark times once."""

from __future__ import annotations

import pytest

from studies.bench import once


def test_what_is_done_once_takes_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(once, "_SETTINGS", 2)
    # These two take seconds, and are commands that other tests run.
    for slow in ("start_up_s", "bring_up_s"):
        monkeypatch.setattr(once, slow, lambda: 1.0)
    found = {row["what"]: row["cpu_s"] for row in once.once()}
    assert "one dot product by fields" in found
    assert all(seconds is None or seconds > 0.0 for seconds in found.values())
    assert found["one dot product in FP32"] < found["one dot product by fields"]
