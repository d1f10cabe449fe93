"""Notebooks in a browser of this machine: marimo behind a web server on the loopback."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from importlib import resources
from typing import Any, NoReturn

from photonics.errors import InputError

HOST = "127.0.0.1"
"""Loopback: nobody on the network can reach it."""

_LAST_PORT = 65535


NOTEBOOKS = ("explorer", "architect", "researcher")
"""What can be served."""


def serve(notebook: str = "explorer", port: int = 0, browser: bool = True) -> NoReturn:
    """Serve a notebook until it is interrupted, which ends the process.

    Args:
        notebook: one of ``NOTEBOOKS``.
        port: of the loopback; 0 takes one that is free.
        browser: whether a page is opened, where there is a display.

    Raises:
        InputError: for another notebook, without marimo, or for a port that cannot be taken.
    """
    if notebook not in NOTEBOOKS:
        raise InputError("notebook", notebook, f"must be one of {', '.join(NOTEBOOKS)}")
    try:
        import marimo
        import uvicorn
    except ImportError:
        remedy = "pip install 'mirage-photonics[notebooks]'"
        raise InputError("marimo", None, "is needed, and is not installed", remedy) from None
    # Threads do not pay on single rows.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    taken = listening(port)
    address = f"http://{HOST}:{taken.getsockname()[1]}"
    file = resources.files("studies.notebooks") / f"{notebook}.py"
    pages = marimo.create_asgi_app(quiet=True).with_app(path="/", root=str(file))
    with taken:
        # A page that is still open must not keep the server.
        settings = uvicorn.Config(pages.build(), log_level="critical", timeout_graceful_shutdown=1)

        class Server(uvicorn.Server):
            async def startup(self, *args: Any, **kwargs: Any) -> None:
                await super().startup(*args, **kwargs)
                _tell(notebook, address)
                if browser and has_display():
                    webbrowser.open(address)

        try:
            Server(settings).run(sockets=[taken])
        except KeyboardInterrupt:
            sys.stdout.write("ended\n")
    # Pages that are open leave threads of marimo's, which would keep the process.
    sys.stdout.flush()
    os._exit(0)


def listening(port: int) -> socket.socket:
    """A socket that listens on a port of the loopback.

    Raises:
        InputError: for what is no port, or one that is taken.
    """
    if not 0 <= port <= _LAST_PORT:
        raise InputError("--port", port, f"must be from 0 to {_LAST_PORT}", "0 takes a free one")
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Else a port that was just left could not be taken again; on Windows it would be shared.
    if os.name == "posix":
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen()
    except OSError as error:
        found.close()
        said = f"cannot be taken ({error.strerror})"
        raise InputError("--port", port, said, "name another, or leave it out") from None
    return found


def has_display() -> bool:
    """Whether a page can be shown on this machine."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _tell(notebook: str, address: str) -> None:
    sys.stdout.write(f"{notebook} at {address}, on this machine alone; Ctrl-C ends it\n")
    sys.stdout.flush()
