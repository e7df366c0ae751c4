"""What was done in a tenant, as it is shown: names, ids, rights in words, what is left to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from strongroom.cli import output
from strongroom.cli.connection.showing import document_of, show_view
from strongroom.cli.settings import Settings

if TYPE_CHECKING:
    from strongroom.service.connections import RegisteredView
    from strongroom.service.registration import RegisteredApplication, RegistrationReport


def show(settings: Settings, made: RegisteredView) -> None:
    """Print a connection and what was done for it."""
    if settings.is_json:
        # Loaded here: see Settings.
        import msgspec  # noqa: PLC0415

        report = msgspec.to_builtins(made.report)
        output.document({**document_of(made.view), "registration": json.loads(json.dumps(report))})
        return
    show_view(settings, made.view)
    _show_report(made.report)


def _show_report(report: RegistrationReport) -> None:
    output.text()
    output.text(
        f"Done in the tenant {report.tenant} in the name of {report.administrator}, who signed in"
        f" through {report.signed_in_through} and is forgotten here."
    )
    for one in report.applications:
        _show_application(one)
    for sentence in report.checked:
        output.text(f"proved: {sentence}")
    for step in report.steps:
        output.text(f"still to do: {step}")
    if report.script:
        output.text()
    for line in report.script.splitlines():
        output.text(line)


def _show_application(one: RegisteredApplication) -> None:
    how = "completed" if one.was_there else "registered"
    output.text(f"{how}: {one.name}, for {one.purpose}, application id {one.client_id}")
    for right in one.permissions:
        output.text(f"    may {right.meaning} ({right.api}: {right.name})")
    for site in one.sites:
        output.text(f"    at {site}")
    output.text(f"    certificate {one.certificate}, valid until {one.certificate_ends}")
