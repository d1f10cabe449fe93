"""Notebooks in a browser of this machine: marimo behind a web server on the loopback."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from mirage_core.machine.loading import preset_names
from photonics.errors import InputError
from studies.explorer.settings import START_VARIABLE, RowSettings

HOST = "127.0.0.1"
"""Loopback: nobody on the network can reach it."""

HOSTS = (HOST, "localhost")
"""Names that the page is served under."""

_LAST_PORT = 65535

# On a phone marimo's menu would stay above what is read; so it scrolls away.
_HEAD = (
    "<style>@media(max-width:700px){[data-testid=notebook-actions-dropdown]"
    "{position:absolute!important}}</style>"
)

NOTEBOOKS = ("explorer", "architect", "researcher")
"""What can be served."""


def serve(
    notebook: str = "explorer", port: int = 0, browser: bool = True, preset: str = ""
) -> NoReturn:
    """Serve a notebook until it is interrupted, which ends the process.

    Args:
        notebook: one of ``NOTEBOOKS``.
        port: of the loopback; 0 takes one that is free.
        browser: whether a page is opened, where there is a display.
        preset: machine that the explorer starts from, a preset or a file; left out, its own.

    Raises:
        InputError: for another notebook, a machine that cannot be loaded, without marimo, or for a
            port that cannot be taken.
    """
    if notebook not in NOTEBOOKS:
        raise InputError("notebook", notebook, f"must be one of {', '.join(NOTEBOOKS)}")
    if preset:
        if notebook != "explorer":
            raise InputError("--preset", preset, "is for the explorer", "leave it out")
        RowSettings.of(preset)
        is_name = preset in preset_names()
        os.environ[START_VARIABLE] = preset if is_name else str(Path(preset).resolve())
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
    # With protection against skew, marimo answers but requests that hold the token of its page.
    pages = marimo.create_asgi_app(quiet=True, skew_protection=True, html_head=_HEAD)
    app = guarded(pages.with_app(path="/", root=str(file)).build())
    with taken:
        # A page that is still open must not keep the server.
        settings = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)

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


def guarded(pages: Any) -> Any:
    """Pages for those who ask for them by a name of ours, from nowhere or from these very pages.

    Else a page of somebody else could read them in the user's browser, under a name of its own that
    leads to this machine, or through a socket of the web, which browsers open to anyone.

    Args:
        pages: an ASGI application.
    """
    from starlette.datastructures import Headers
    from starlette.responses import PlainTextResponse

    async def guard(scope: Any, receive: Any, send: Any) -> None:
        answer = pages
        if scope["type"] != "lifespan":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            ours = host.partition(":")[0] in HOSTS
            if not ours or headers.get("origin", f"http://{host}") != f"http://{host}":
                answer = PlainTextResponse(f"only for pages at {' or '.join(HOSTS)}\n", 403)
        await answer(scope, receive, send)

    return guard


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
