"""``strongroom audit``: who did what, and whether the log still says so."""

from __future__ import annotations

import json
import socket
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output
from strongroom.cli.command import command, group
from strongroom.cli.new_file import write_new
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.control.audit import AuditRecord
    from strongroom.service.application import Application
    from strongroom.words.json import Json

INTEGRITY = 4
STANDARD_OUTPUT = "-"
_SHOWN = 50

app = group("Who did what, and was refused what. Records are only ever added.")
After = Annotated[
    int, typer.Option(metavar="POSITION", min=0, help="Only records behind this position.")
]


@command(app, "list", exits=(2, 4))
def list_records(
    settings: Settings,
    after: After = 0,
    last: Annotated[
        int, typer.Option(metavar="N", min=1, help="So many of the newest at most.")
    ] = _SHOWN,
) -> None:
    """List the newest records, oldest first."""
    with settings.application() as application:
        records = list(deque(application.audit.records(after), maxlen=last))
    if settings.is_json:
        output.document([_document(one) for one in records])
        return
    output.table(
        ("POSITION", "TIME", "ACCOUNT", "NAME", "WHAT", "OUTCOME", "ABOUT", "WHY"),
        [
            (
                one.position,
                one.at,
                one.account,
                one.label,
                one.verb,
                one.outcome,
                json.dumps(dict(one.about), sort_keys=True) if one.about else "",
                one.why,
            )
            for one in records
        ],
    )


@command(app, "export", exits=(2, 4))
def export(
    settings: Settings,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="New file to write; - writes to standard output."),
    ],
    after: After = 0,
    is_syslog: Annotated[  # noqa: FBT002 - the parser's calling convention
        bool, typer.Option("--syslog", help="Lines of syslog (RFC 5424) instead of JSON.")
    ] = False,
    host: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What this machine is called there; else its own name."),
    ] = None,
) -> None:
    """Write all records, one a line; the position of the last one is where to go on next time."""
    if file == STANDARD_OUTPUT and settings.is_json:
        raise OperatorError(
            "Standard output cannot hold the records and a JSON document about them.",
            hint="Name a file, or leave out --json: each line is a JSON document of its own.",
        )
    with settings.application() as application:
        written = _Written()
        lines = written.counted(
            _syslog(application, host, after) if is_syslog else _json_lines(application, after)
        )
        if file == STANDARD_OUTPUT:
            for line in lines:
                output.text(line)
        else:
            write_new(Path(file), (f"{line}\n" for line in lines))
    if settings.is_json:
        output.document({"file": file, "records": written.count, "last": after + written.count})
        return
    output.message(f"Wrote {written.count} records; the last one is {after + written.count}.")


@command(app, "verify", exits=(2, 4))
def verify(settings: Settings) -> int:
    """Say whether the log is as it was written."""
    with settings.application() as application:
        problems = application.audit.problems()
    if settings.is_json:
        output.document({"problems": list(problems)})
    output.failures(problems)
    if problems:
        output.message(
            "Somebody changed the control database. Compare with what was exported, and keep this "
            "home as it is."
        )
        return INTEGRITY
    if not settings.is_json:
        output.text("The log is as it was written.")
    return 0


class _Written:
    """Counts what passes."""

    def __init__(self) -> None:
        self.count = 0

    def counted(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.count += 1
            yield line


def _json_lines(application: Application, after: int) -> Iterator[str]:
    return (
        json.dumps(_document(one), ensure_ascii=True) for one in application.audit.records(after)
    )


def _syslog(application: Application, host: str | None, after: int) -> Iterator[str]:
    return application.audit.lines(host or socket.gethostname(), after)


def _document(record: AuditRecord) -> dict[str, Json]:
    return {
        "position": record.position,
        "at": output.when(record.at),
        "account": record.account,
        "label": record.label,
        "verb": record.verb,
        "outcome": record.outcome,
        "about": dict(record.about),
        "why": record.why,
        "link": record.link.hex(),
    }
