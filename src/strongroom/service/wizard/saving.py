"""The one moment when a connection is made: whole, or not at all."""

from __future__ import annotations

from collections.abc import Callable

from strongroom.errors import StrongroomError
from strongroom.service.registration import RegisteredApplication, RegistrationReport
from strongroom.service.wizard.answers import Answers
from strongroom.service.wizard.registering import wish_of
from strongroom.service.wizard.steps import Crew, problem
from strongroom.service.wizard.trying import final_details, signs_in_at_the_end, told_of
from strongroom.service.wizard.words import Done, Notice, NoticeKind


def save(answers: Answers, crew: Crew) -> Done:
    """Keep the connection: where somebody signs in at the end, they do so first."""
    make: Callable[[Answers, Crew], Done] = {
        "automatic": _register,
        "person": _sign_in,
    }.get(answers.text("way"), _keep)
    return make(answers, crew)


def _keep(answers: Answers, crew: Crew) -> Done:
    details = final_details(answers)
    view = crew.connections.add(answers.name, details, password=answers.secret("guard_password"))
    return Done(
        view=view,
        ca_file=_ca_file(answers),
        told=(_saved(answers),),
    )


def _sign_in(answers: Answers, crew: Crew) -> Done:
    details = final_details(answers)
    view = crew.connections.add(
        answers.name, details, password=answers.secret("guard_password"), prompt=crew.prompt
    )
    said = f"Signed in as {view.user}."
    return Done(
        view=view,
        ca_file=_ca_file(answers),
        told=(Notice(kind=NoticeKind.DONE, text=said), _saved(answers)),
    )


def _register(answers: Answers, crew: Crew) -> Done:
    details = final_details(answers)
    made = crew.connections.add_registered(
        answers.name,
        details,
        wish_of(answers),
        crew.prompt,
        password=answers.secret("guard_password"),
    )
    return Done(
        view=made.view,
        ca_file=_ca_file(answers),
        told=(*_told_of(made.report), _saved(answers)),
        left=_left_to_do(made.report),
    )


def _told_of(report: RegistrationReport) -> tuple[Notice, ...]:
    """Tell what was made in a tenant, and what was proved."""
    said = (
        f"{report.administrator} signed in through {report.signed_in_through}, for tenant "
        f"{report.tenant}; that sign-in is forgotten now. This was registered:"
    )
    lines = tuple(line for one in report.applications for line in _lines(one))
    made = Notice(kind=NoticeKind.DONE, text=said, lines=lines)
    if not report.checked:
        return (made,)
    return (made, Notice(kind=NoticeKind.DONE, text="Proved by trying it:", lines=report.checked))


def _left_to_do(report: RegistrationReport) -> tuple[Notice, ...]:
    if not report.steps:
        return ()
    script = (report.script,) if report.script else ()
    said = "Still to be done, by a person:"
    return (Notice(kind=NoticeKind.WARNING, text=said, lines=report.steps, commands=script),)


def _lines(one: RegisteredApplication) -> tuple[str, ...]:
    again = " (it was there already, and was completed)" if one.was_there else ""
    rights = [f"may: {right.name} ({right.api}): {right.meaning}" for right in one.permissions]
    sites = [f"let in to: {site}" for site in one.sites]
    return (
        f"{one.name}, for {one.purpose}{again}",
        f"application id: {one.client_id}",
        *rights,
        *sites,
        f"certificate: SHA-256 {one.certificate}, valid until {one.certificate_ends}",
    )


def try_afterwards(answers: Answers, crew: Crew) -> tuple[Notice, ...]:
    """Try what was kept, where it could not be tried before."""
    if not signs_in_at_the_end(answers):
        return ()
    crew.tell(Notice(kind=NoticeKind.NOTE, text="Trying it …"))
    guard = answers.secret("guard_password")
    try:
        if guard is not None:
            crew.connections.unlock(answers.name, guard)
        outcome: object = crew.connections.test(answers.name, answers.text("mailbox") or None)
    except StrongroomError as error:
        again = f"The connection is saved; try it again with: connection test {answers.name}"
        return (problem(error.what, error.why, f"{error.hint} {again}".strip()),)
    return told_of(outcome)


def _saved(answers: Answers) -> Notice:
    return Notice(kind=NoticeKind.DONE, text=f"Saved the connection {answers.name}.")


def _ca_file(answers: Answers) -> str:
    given = answers.given.get("ca_pem")
    return answers.setting.ca_file if given is None else given.shown
