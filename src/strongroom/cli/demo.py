"""``strongroom demo``: the main job, from backup to disaster to restore, on a simulated server."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.cli.summary import PARTIAL
from strongroom.cli.waiting import termination_as_interrupt
from strongroom.clock import SystemClock


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "demo", exits=(2, 3, 4, 5))(demo)


def demo(settings: Settings) -> int:
    """Show the main job on a simulated server of this machine, in about a minute.

    Nothing of yours is touched, nothing is left running, and every file is removed at the end.
    """
    # The demo brings the whole lab with it: other commands must not pay for that.
    from strongroom import compose  # noqa: PLC0415
    from strongroom.cli.demo_story import Story  # noqa: PLC0415
    from strongroom.lab.lab import Lab  # noqa: PLC0415

    tell = output.message if settings.is_json else output.text
    clock = SystemClock()
    with (
        termination_as_interrupt(),  # else SIGTERM would leave the files behind
        tempfile.TemporaryDirectory(prefix="strongroom-demo-") as folder,
        Lab() as lab,
        compose.open_application(Path(folder) / "home") as application,
    ):
        story = Story(lab, application, Path(folder) / "storage", tell=tell, clock=clock)
        outcome = story.run()
    if settings.is_json:
        output.document(asdict(outcome))
    elif outcome.is_equal:
        output.text(f"All is back as it was, after {outcome.seconds} s; nothing is left behind.")
    else:
        output.text("Not everything came back as it was: see above.")
    return 0 if outcome.is_equal and not outcome.outgoing_mail else PARTIAL
