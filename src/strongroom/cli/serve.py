"""``strongroom serve``: the running service of a home."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.application import Application
    from strongroom.service.metrics_endpoint import LoopbackAddress


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "serve", exits=(2, 4))(serve)


def serve(
    settings: Settings,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Give metrics for Prometheus at this address of this machine: 127.0.0.1:9469. "
            "Everybody on it can read them.",
        ),
    ] = None,
) -> None:
    """Run jobs in the background, and answer the commands of everybody who may give some.

    Ends on SIGTERM or Ctrl-C; runs that are not done go on when it is started again.
    """
    from strongroom import compose  # noqa: PLC0415 - see Settings
    from strongroom.service import serving  # noqa: PLC0415 - see Settings
    from strongroom.service.metrics_endpoint import loopback_address  # noqa: PLC0415 - see Settings

    where = None if metrics is None else loopback_address(metrics)
    home = settings.chosen_home()
    if home.exists():
        serving.require_own_home(home)
    with (
        compose.open_application(home, why=settings.reason()) as application,
        _metrics_given(application, where) as given,
        told() as is_over,
    ):
        serving.serve(
            application,
            is_over=is_over,
            ready=lambda socket: _tell_ready(settings, home, socket, given),
            tell=output.message,
        )
    output.message("The service has ended.")


@contextmanager
def _metrics_given(
    application: Application, where: LoopbackAddress | None
) -> Iterator[LoopbackAddress | None]:
    """Give metrics at an address for as long as the block lasts; say at which."""
    if where is None:
        yield None
        return
    from strongroom.service import serving  # noqa: PLC0415 - see Settings
    from strongroom.service.metrics_endpoint import Endpoint  # noqa: PLC0415 - see Settings

    endpoint = Endpoint(
        where,
        application.metrics.text,
        application.clock,
        lambda error: serving.report_bug(error, output.message),
    )
    try:
        yield endpoint.where
    finally:
        endpoint.close()


def _tell_ready(
    settings: Settings, home: Path, socket: Path, metrics: LoopbackAddress | None
) -> None:
    if settings.is_json:
        at = {} if metrics is None else {"metrics": str(metrics)}
        output.line_document({"status": "ready", "home": str(home), "socket": str(socket), **at})
        return
    output.text(f"Ready: the service of {home} answers at {socket}.")
    if metrics is not None:
        output.text(f"Metrics are at http://{metrics}/metrics, for everybody on this machine.")


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
