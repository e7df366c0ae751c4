"""The program: all command groups, and the one place that turns errors into exit codes."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Sequence
from functools import cache
from typing import Annotated

import typer
from typer._click.core import Command
from typer._click.exceptions import ClickException  # its own copy of click, under no public name

import strongroom
from strongroom.cli import (
    approval,
    audit,
    audit_sending,
    browse,
    connection,
    database,
    definitions,
    demo,
    export,
    granting,
    guarding,
    health,
    history,
    hold,
    home,
    job,
    job_adding,
    lab,
    metrics,
    notify,
    output,
    points,
    pruning,
    report,
    resources,
    restore,
    role,
    run,
    serve,
    shell,
    storage,
    storage_copying,
    storage_keeping,
    storage_keys,
    vault,
    verify,
    worker,
)
from strongroom.cli.command import HomeOption, JsonOption, WhyOption, group
from strongroom.cli.connection import diagnosing
from strongroom.cli.settings import Settings
from strongroom.cli.wizard import command as wizard
from strongroom.errors import StrongroomError

BUG = 1
INTERRUPTED = 130

app = group("Back up and restore Exchange and SharePoint, and be told the truth about it.")
demo.register(app)
guarding.register(connection.app)
granting.register(connection.app)
definitions.register(connection.app)
wizard.register(connection.app)
shell.register(connection.app)
app.add_typer(connection.app, name="connection")
diagnosing.register(app)
resources.register(app)
storage_copying.register(storage.app, job_adding.app)
storage_keeping.register(storage.app)
pruning.register(storage.app, job_adding.app)
storage_keys.register(storage.app)
app.add_typer(storage.app, name="storage")
app.add_typer(database.app, name="database")
app.add_typer(home.app, name="home")
app.add_typer(job.app, name="job")
history.register(run.app)
app.add_typer(run.app, name="run")
app.add_typer(notify.app, name="notify")
app.add_typer(report.app, name="report")
points.register(app)
browse.register(app)
restore.register(app)
export.register(app)
verify.register(app)
app.add_typer(role.app, name="role")
app.add_typer(approval.app, name="approval")
app.add_typer(hold.app, name="hold")
audit_sending.register(audit.app)
app.add_typer(audit.app, name="audit")
app.add_typer(vault.app, name="vault")
serve.register(app)
worker.register(app)
health.register(app)
metrics.register(app)
app.add_typer(lab.app, name="lab")


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001 - the parser's calling convention
    if is_wanted:
        output.text(f"strongroom {strongroom.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    home: HomeOption = None,
    is_json: JsonOption = False,  # noqa: FBT002 - the parser's calling convention
    why: WhyOption = None,
    is_version_wanted: Annotated[  # noqa: ARG001, FBT002 - its callback does the work
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    context.obj = Settings(home=home, is_json=is_json, why=why)


@cache
def program() -> Command:
    """Put all commands together: once in a process, however many of them it runs."""
    return typer.main.get_command(app)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and leave with the exit code of design §6.

    Args:
        words: What was typed after the program's name; None: what the process was given.
    """
    try:
        # The parser gives the exit code of commands, and raises what it did not understand.
        typed = None if words is None else list(words)
        code: int | None = program()(typed, standalone_mode=False)
        sys.exit(code or 0)
    except ClickException as error:
        _tell_misunderstanding(error)
        sys.exit(error.exit_code)
    except StrongroomError as error:
        output.failure(error.what, error.why, error.hint)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        output.message("Interrupted.")
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001 - the border of the program: what was not foreseen is our bug
        for line in traceback.format_exc().splitlines():
            output.message(line)
        output.failure(
            "This is an error in Strongroom itself.",
            hint="Please report it with the lines above; what is stored is intact.",
        )
        sys.exit(BUG)


def _tell_misunderstanding(error: ClickException) -> None:
    """Show what was not understood; what was typed may be a name that came from anywhere."""
    told = io.StringIO()
    error.show(file=told)
    for line in told.getvalue().rstrip("\n").split("\n"):
        output.message(line)


if __name__ == "__main__":
    main()
