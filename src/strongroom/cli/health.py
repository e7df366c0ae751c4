"""``strongroom health``: whether a home is well, for people and for whoever watches machines."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import strongroom
from strongroom.cli import output
from strongroom.cli.command import command
from strongroom.cli.settings import Settings
from strongroom.clock import SystemClock
from strongroom.errors import StrongroomError

if TYPE_CHECKING:
    from strongroom.control.database import DatabasePlace
    from strongroom.service.health import Check, HealthReport
    from strongroom.words.json import Json

_ANSWER_S = 10.0
"""So long a service or a database may take; what has not answered by then is not well."""

_CODES = {"ok": 0, "warning": 3, "failing": 2}


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    command(app, "health", exits=(2, 3))(health)


def health(settings: Settings) -> int:
    """Say whether all is well: with or without a running service, in seconds, changing nothing.

    It ends with 0 if all is ok, with 3 if there are warnings, and with 2 if something fails.
    """
    report = _looked_at(settings)
    if settings.is_json:
        output.document(_document(report))
    else:
        output.table(
            ("CHECK", "STATUS", "WHAT"), [(one.name, one.level, one.what) for one in report.checks]
        )
        output.text(f"All in all: {report.level}.")
        for one in report.checks:
            if one.level != "ok" and one.hint:
                output.message(f"{one.name}: {one.hint}")
    return _CODES[report.level]


def _looked_at(settings: Settings) -> HealthReport:
    """Ask the service if there is one, else look ourselves; what does not answer is a finding."""
    found: list[HealthReport | BaseException] = []

    def ask() -> None:
        try:
            found.append(_asked(settings))
        except BaseException as error:  # noqa: BLE001 - raised again where it belongs
            found.append(error)

    # A daemon: a service that has fallen silent keeps nobody from leaving.
    thread = threading.Thread(target=ask, name="health", daemon=True)
    thread.start()
    thread.join(_ANSWER_S)
    if not found:
        return _alone(f"Neither service nor database answers within {_ANSWER_S:.0f} seconds.")
    (answer,) = found
    if isinstance(answer, StrongroomError):
        return _alone(str(answer), answer.hint)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _asked(settings: Settings) -> HealthReport:
    from strongroom.cli import routing  # noqa: PLC0415 - see Settings
    from strongroom.service import health_of_home  # noqa: PLC0415 - see Settings

    home = settings.chosen_home()
    service = routing.running_service(home, why=settings.reason())
    if service is not None:
        with service:
            return service.as_verbs().health.now()
    routing.require_own(home)
    return health_of_home.look_from_outside(home, _place(home), SystemClock())


def _place(home: Path) -> DatabasePlace:
    from strongroom.control.chosen_database import chosen_database  # noqa: PLC0415 - see Settings
    from strongroom.control.home import Home  # noqa: PLC0415 - see Settings

    return chosen_database(Home(path=home))


def _alone(what: str, hint: str = "") -> HealthReport:
    """Report the one thing that kept us from looking at the others."""
    from strongroom.service import health, health_of_home  # noqa: PLC0415 - see Settings

    check = health_of_home.failing("service", what, hint)
    return health.report_of([check], SystemClock().now())


def _document(report: HealthReport) -> dict[str, Json]:
    return {
        "status": str(report.level),
        "at": output.when(report.at),
        "version": strongroom.__version__,
        "reasons": [one.what for one in report.checks if one.level != "ok"],
        "checks": [_check(one) for one in report.checks],
    }


def _check(check: Check) -> dict[str, Json]:
    return {
        "name": check.name,
        "status": str(check.level),
        "what": check.what,
        "hint": check.hint,
        "figures": dict(check.figures),
    }
