"""The explorer is served to this machine alone, and ends when it is told to."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import pytest

from photonics.errors import InputError
from studies.explorer.server import HOST, NOTEBOOKS, has_display, listening, serve
from tests.commands import failure


def test_a_port_of_the_loopback_is_taken() -> None:
    with listening(0) as found:
        host, port = found.getsockname()
        assert host == HOST == "127.0.0.1"
        assert port > 0
        with pytest.raises(InputError, match=f"--port = {port}: cannot be taken"):
            listening(port)
    # Free again at once.
    listening(port).close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(InputError, match="must be from 0 to 65535"):
        listening(port)


@pytest.mark.parametrize(
    ("platform", "variables", "shown"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
        ("win32", {}, True),
    ],
)
def test_a_page_is_opened_where_it_can_be_seen(
    platform: str, variables: dict[str, str], shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert has_display() == shown


def test_only_notebooks_that_there_are_can_be_served(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = failure(capsys, monkeypatch, "explore", "designer")
    assert "notebook = 'designer': must be one of explorer, architect, researcher" in message
    folder = Path(str(resources.files("studies.notebooks")))
    assert {p.stem for p in folder.glob("[a-z]*.py")} == set(NOTEBOOKS)


def test_without_marimo_a_line_tells_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "marimo", None)
    message = failure(capsys, monkeypatch, "explore", "--no-browser")
    assert "pip install 'mirage-photonics[notebooks]'" in message
    with pytest.raises(InputError):
        serve()


def status(
    port: int, host: str, headers: Mapping[str, str] = {}, path: str = "/", body: str | None = None
) -> int:
    """What a request is answered."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        method = "GET" if body is None else "POST"
        asked.request(method, path, body=body, headers={"Host": host, **headers})
        return asked.getresponse().status
    finally:
        asked.close()


def test_a_machine_to_start_from_is_looked_at_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    message = failure(capsys, monkeypatch, "explore", "--preset", "leen")
    assert "preset = 'leen': must be one of isca2024" in message
    dark = tmp_path / "dark.toml"
    dark.write_text("laser.power_w = -1.0")
    assert "laser.power_w = -1" in failure(capsys, monkeypatch, "explore", "--preset", str(dark))
    message = failure(capsys, monkeypatch, "explore", "architect", "--preset", "lean")
    assert "--preset = 'lean': is for the explorer" in message


def test_it_tells_where_it_is_and_ends_when_interrupted(tmp_path: Path) -> None:
    pytest.importorskip("marimo", reason="marimo is not installed: mirage-photonics[notebooks]")
    command = [sys.executable, "-m", "studies.cli.main", "explore", "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            found = re.match(r"explorer at (http://127\.0\.0\.1:(\d+)), on this machine", told)
            assert found, told
            with urllib.request.urlopen(found[1], timeout=30) as page:
                assert b"marimo" in page.read()
            port = int(found[2])
            ours = f"127.0.0.1:{port}"
            assert status(port, ours) == status(port, f"localhost:{port}") == 200
            assert status(port, ours, {"Origin": f"http://{ours}"}) == 200
            # Pages of others, under a name that they let lead here, or from their own.
            assert status(port, f"somewhere.example:{port}") == 403
            assert status(port, ours, {"Origin": "http://somewhere.example"}) == 403
            assert status(port, ours, {"Origin": "null"}) == 403
            asked = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
            asked |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}
            away = asked | {"Origin": "http://somewhere.example"}
            assert status(port, ours, away, path="/ws?session_id=s_000000") == 403
            # Paths of this machine are for those who have read the page.
            assert status(port, ours, path="/api/home/workspace_files", body="{}") == 401
            with socket.socket(socket.AF_INET6) as other:
                assert other.connect_ex(("::1", port)) != 0
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30)[0].endswith("ended\n")
            assert process.returncode == 0
        finally:
            process.kill()
