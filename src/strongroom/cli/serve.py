"""``strongroom serve``: the running service of a home."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "serve", exits=(2, 4))(serve)


def serve(settings: Settings) -> None:
    """Run jobs in the background, and answer the commands of everybody who may give some.

    Ends on SIGTERM or Ctrl-C; runs that are not done go on when it is started again.
    """
    from strongroom import compose  # noqa: PLC0415 - see Settings
    from strongroom.service import serving  # noqa: PLC0415 - see Settings

    home = settings.chosen_home()
    if home.exists():
        serving.require_own_home(home)
    with compose.open_application(home, why=settings.reason()) as application, told() as is_over:
        serving.serve(
            application,
            is_over=is_over,
            ready=lambda socket: _tell_ready(settings, home, socket),
            tell=output.message,
        )
    output.message("The service has ended.")


def _tell_ready(settings: Settings, home: Path, socket: Path) -> None:
    if settings.is_json:
        output.line_document({"status": "ready", "home": str(home), "socket": str(socket)})
    else:
        output.text(f"Ready: the service of {home} answers at {socket}.")


@contextmanager
def told() -> Iterator[Callable[[], bool]]:
    """Listen for SIGTERM and Ctrl-C: the first asks for an end, a second one does not wait."""
    is_over = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        del frame
        is_over.set()
        signal.signal(number, signal.default_int_handler)

    if threading.current_thread() is not threading.main_thread():
        yield is_over.is_set  # only the main thread may listen
        return
    before = {one: signal.signal(one, hear) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield is_over.is_set
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
