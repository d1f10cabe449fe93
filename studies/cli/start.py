"""What the command ``mirage`` begins with, before anything large is loaded."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line; an interruption while it is loaded ends it as quietly as later ones."""
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from studies.cli.main import main as run

    signal.signal(signal.SIGINT, handler)
    run()


if __name__ == "__main__":
    main()
