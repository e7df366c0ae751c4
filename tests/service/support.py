"""Short ways to jobs and runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strongroom.control.records import Run
from strongroom.service.application import Application, SessionVerbs
from strongroom.service.callers import Caller
from strongroom.service.rights import Role
from strongroom.service.selections import BackupSelection
from strongroom.service.session import Session
from strongroom.service.storage_views import StorageProblem
from strongroom.words.json import Json


def add_job(
    application: Application, *resources: str, name: str = "nightly", exclude: tuple[str, ...] = ()
) -> None:
    """Add a backup job of these resources, or of all."""
    application.jobs.add_backup(
        name,
        connection="office",
        storage="disk",
        selection=BackupSelection(resources=resources, is_all=not resources, exclude=exclude),
    )


def wait(application: Application, run: Run) -> dict[str, Any]:
    """Do the run in this process; give its report."""
    return application.runs.show(application.runs.wait(run.id, lambda _run: None).id)


def back_up(application: Application, name: str = "nightly") -> dict[str, Any]:
    """Run a job; give the run's report."""
    run, _ = application.jobs.ask_run(name)
    return wait(application, run)


def check_storage(application: Application, name: str, *, read_data: bool) -> list[StorageProblem]:
    """Look for damage in a storage; nobody is told how far it is."""
    return list(application.upkeep.check(name, read_data=read_data, tell=_quiet).problems)


def _quiet(progress: Mapping[str, Json], *, is_urgent: bool = False) -> None:
    del progress, is_urgent


def statuses(report: dict[str, Any]) -> dict[str, str]:
    """Say how each resource of a run ended."""
    return {task["resource"]: task["status"] for task in report["tasks"]}


def caller(number: int, name: str = "somebody") -> Caller:
    """Give an account of the operating system that is not the home's own."""
    return Caller(ids=(f"uid:{number}",), name=name)


def acting(application: Application, who: Caller, *roles: Role) -> SessionVerbs:
    """Give somebody these roles, and the verbs as they may call them in a new session."""
    for role in roles:
        application.delegation.give_role(who.ids[0], role)
    return application.for_session(Session(who))


def audited(application: Application) -> list[tuple[str, str, str]]:
    """List the audit log: who, what, how it was decided."""
    return [(one.account, one.verb, one.outcome) for one in application.audit.records()]
