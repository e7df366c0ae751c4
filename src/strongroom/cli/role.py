"""``strongroom role``: who is what, and who may do what with which things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, things
from strongroom.cli.command import command, group
from strongroom.cli.settings import Settings
from strongroom.service.rights import Right, Role

if TYPE_CHECKING:
    from strongroom.control.delegation import Grant, RoleGiven
    from strongroom.words.json import Json

app = group("Who may do what. The account that the home belongs to may do everything.")
Account = Annotated[
    str,
    typer.Argument(
        metavar="ACCOUNT", help="Stable id: uid:NUMBER, sid:S-1-5-… or entra:TENANT:OBJECT-ID."
    ),
]
Which = Annotated[Role, typer.Argument(metavar="ROLE", help=f"{', '.join(Role)}.")]


@command(app, "list", exits=(2, 4))
def list_roles(settings: Settings) -> None:
    """List who is what."""
    with settings.application() as application:
        given = application.delegation.roles()
    if settings.is_json:
        output.document([_role(one) for one in given])
    else:
        output.table(
            ("ACCOUNT", "ROLE", "LABEL", "GIVEN BY", "SINCE"),
            [(one.account, one.role, one.label, one.given_by, one.at) for one in given],
        )


@command(app, "give", exits=(2, 4))
def give(
    settings: Settings,
    account: Account,
    role: Which,
    label: Annotated[str, typer.Option(metavar="TEXT", help="What to call it in lists.")] = "",
) -> None:
    """Give a role to an account, beside those that it has."""
    with settings.application() as application:
        is_new = application.delegation.give_role(account, role, label=label)
    if settings.is_json:
        output.document({"account": account, "role": role, "is_changed": is_new})
    else:
        output.text(f"{account} is {role}{' now' if is_new else ' already'}.")


@command(app, "take", exits=(2, 4))
def take(settings: Settings, account: Account, role: Which) -> None:
    """Take a role away from an account, at once."""
    with settings.application() as application:
        was_there = application.delegation.take_role(account, role)
    if settings.is_json:
        output.document({"account": account, "role": role, "is_changed": was_there})
    else:
        output.text(f"{account} is {role} no longer." if was_there else f"{account} was no {role}.")


@command(app, "grants", exits=(2, 4))
def list_grants(settings: Settings) -> None:
    """List what was granted over single things."""
    with settings.application() as application:
        given = application.delegation.grants()
        names = things.names_of_places(application)
    if settings.is_json:
        output.document([grant_document(one) for one in given])
    else:
        output.table(
            ("ID", "ACCOUNT", "RIGHT", "SOURCES", "TARGETS", "SINCE"),
            [
                (
                    one.id,
                    one.account,
                    one.permission,
                    ", ".join(things.shown(thing, names) for thing in one.sources),
                    ", ".join(things.shown(thing, names) for thing in one.targets),
                    one.at,
                )
                for one in given
            ],
        )


@command(app, "grant", exits=(2, 4, 5))
def grant(
    settings: Settings,
    account: Account,
    right: Annotated[
        Right,
        typer.Argument(
            metavar="RIGHT",
            help="restore, restore-elsewhere, read-content or use-connection; others come with "
            "roles.",
        ),
    ],
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STORAGE[/RESOURCE]",
            help="What is stored; without a resource, all of the storage; '*' for all storages; "
            "repeatable.",
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONNECTION[/RESOURCE]",
            help="Where to; without a resource, all that the connection reaches; '*' for all "
            "connections; repeatable.",
        ),
    ] = None,
) -> None:
    """Grant a right over some things. Naming one resource of a connection asks its server."""
    with settings.application() as application:
        given = application.delegation.grant(
            account, right, sources=things.read(source), targets=things.read(target)
        )
    if settings.is_json:
        output.document(grant_document(given))
    else:
        output.text(
            f"Granted. `strongroom role revoke {given.id}` takes it away; it holds for what the "
            "names stand for now, and goes on doing so when they change."
        )


@command(app, "revoke", exits=(2, 4))
def revoke(
    settings: Settings,
    grant_id: Annotated[
        str, typer.Argument(metavar="ID", help="The grant, as `role grants` lists it.")
    ],
) -> None:
    """Take a grant away, at once."""
    with settings.application() as application:
        application.delegation.revoke(grant_id)
    if settings.is_json:
        output.document({"revoked": grant_id})
    else:
        output.text(f"Revoked the grant {grant_id}.")


def grant_document(grant: Grant) -> dict[str, Json]:
    """Write a grant as JSON; its things by their ids, as they are kept."""
    return {
        "id": grant.id,
        "account": grant.account,
        "right": grant.permission,
        "sources": list(grant.sources),
        "targets": list(grant.targets),
        "given_by": grant.given_by,
        "at": output.when(grant.at),
    }


def _role(given: RoleGiven) -> dict[str, Json]:
    return {
        "account": given.account,
        "role": given.role,
        "label": given.label,
        "given_by": given.given_by,
        "at": output.when(given.at),
    }
