"""``strongroom worker``: one more worker on a control database that several machines share."""

from __future__ import annotations

import typer

from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.serve import told
from strongroom.cli.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "worker", exits=(2, 4, 5))(worker)


def worker(settings: Settings) -> None:
    """Do what runs ask for, beside the workers of other machines, on a shared PostgreSQL.

    Answers nobody: commands on this machine work on the shared database themselves. Ends on SIGTERM
    or Ctrl-C; what is not done goes on elsewhere.
    """
    from strongroom import compose  # noqa: PLC0415 - see Settings
    from strongroom.service import serving  # noqa: PLC0415 - see Settings

    home = settings.chosen_home()
    if home.exists():
        serving.require_own_home(home)
    with compose.open_application(home, why=settings.reason()) as application, told() as is_over:
        serving.work_beside_others(
            application, is_over=is_over, ready=lambda: _tell_ready(settings, str(home))
        )
    output.message("The worker has ended.")


def _tell_ready(settings: Settings, home: str) -> None:
    if settings.is_json:
        output.line_document({"status": "ready", "home": home})
    else:
        output.text(f"Ready: a worker of the database that {home} shares.")
