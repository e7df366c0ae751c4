"""``strongroom notify``: who is told what happened, and how that goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strongroom.cli import output, secrets
from strongroom.cli.command import command, group
from strongroom.cli.connection.files import read_certificates
from strongroom.cli.settings import Settings
from strongroom.errors import OperatorError

if TYPE_CHECKING:
    from strongroom.service.notifying import Digest
    from strongroom.service.sending_notices import ChannelState
    from strongroom.words.json import Json

_OPTION = "--address-file"

app = group("Messages by mail, Teams, Slack or webhook when something went wrong, and every day.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The channel's name.")]
AddressFile = Annotated[
    str | None,
    typer.Option(
        _OPTION,
        metavar="F",
        help="File with the address; - reads stdin. It holds passwords and tokens, so it is sealed "
        "and never shown again.",
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="EVENTS",
        help="What is told there, by commas: failed, partial, missed, paused, complete, digest.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(metavar="PEM", help="Authorities to trust there instead of the system's."),
]
Proxy = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="http://host:port to go through, not for mail; the environment's are never used.",
    ),
]


@command(app, "add", exits=(2, 4))
def add(
    settings: Settings,
    name: Name,
    address_file: AddressFile = None,
    on: On = None,
    ca_file: CaFile = None,
    proxy: Proxy = None,
) -> None:
    """Send messages somewhere from now on: all events but `complete`, if --on does not say."""
    address = secrets.from_file_or_prompt(
        address_file, option=_OPTION, prompt="Address", noun="address"
    )
    events = _events(on)
    ca_pem = read_certificates(ca_file)
    with settings.application() as application:
        verbs = application.notifications
        if events is None:
            added = verbs.add(name, address, ca_pem=ca_pem, proxy=proxy)
        else:
            added = verbs.add(name, address, events=events, ca_pem=ca_pem, proxy=proxy)
    if settings.is_json:
        output.document(_document(added))
    else:
        output.text(f"The channel {name} ({added.sort}) is told of: {', '.join(added.events)}.")
        output.text(f"Whether messages arrive there: strongroom notify test {name}")


@command(app, "list", exits=(2, 4))
def list_channels(settings: Settings) -> None:
    """List the channels, and how sending to each goes."""
    with settings.application() as application:
        states = application.notifications.all()
    if settings.is_json:
        output.document([_document(one) for one in states])
        return
    output.table(
        ("NAME", "SORT", "TOLD OF", "WAITING", "GIVEN UP", "LAST SENT", "FAILING SINCE", "WHY"),
        [
            (
                one.name,
                one.sort,
                ",".join(one.events),
                one.waiting,
                one.given_up,
                one.sent,
                one.failing_since,
                one.why or None,
            )
            for one in states
        ],
    )


@command(app, "edit", exits=(2, 4))
def edit(
    settings: Settings,
    name: Name,
    address_file: AddressFile = None,
    on: On = None,
    ca_file: CaFile = None,
    proxy: Proxy = None,
) -> None:
    """Change where a channel leads, or what is told there. What waits goes to the new address."""
    if address_file is None and on is None:
        raise OperatorError(
            "Nothing is to be changed.",
            hint=f"Give {_OPTION} (again too where --ca-file or --proxy change), or --on.",
        )
    address = None
    if address_file is not None:
        address = secrets.from_file_or_prompt(
            address_file, option=_OPTION, prompt="Address", noun="address"
        )
    events = _events(on)
    ca_pem = read_certificates(ca_file)
    with settings.application() as application:
        changed = application.notifications.edit(
            name, address=address, events=events, ca_pem=ca_pem, proxy=proxy
        )
    if settings.is_json:
        output.document(_document(changed))
    else:
        output.text(f"The channel {name} ({changed.sort}) is told of: {', '.join(changed.events)}.")


@command(app, "test", exits=(2, 4, 5))
def test(settings: Settings, name: Name) -> None:
    """Send a message now, and say whether it was taken."""
    with settings.application() as application:
        state = application.notifications.test(name)
    if settings.is_json:
        output.document(_document(state))
    else:
        output.text(f"The channel {name} took a message ({state.sort}). Look whether it arrived.")


@command(app, "remove", exits=(2, 4))
def remove(settings: Settings, name: Name) -> None:
    """Send nothing there any more, nor what waits."""
    with settings.application() as application:
        application.notifications.remove(name)
    if settings.is_json:
        output.document({"removed": name})
    else:
        output.text(f"The channel {name} is gone.")


@command(app, "digest", exits=(2, 4))
def digest(
    settings: Settings,
    at: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="From now on at this time of day.")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(metavar="ZONE", help="Whose clock that is: Europe/Berlin.")
    ] = "UTC",
) -> None:
    """Say when the daily digest goes; alone: show it. It goes to channels with `digest` in --on."""
    if at is None and time_zone != "UTC":
        raise OperatorError("A time zone alone says no hour.", hint="Add --at HH:MM.")
    with settings.application() as application:
        verbs = application.notifications
        told = verbs.digest() if at is None else verbs.set_digest(at, time_zone)
    if settings.is_json:
        output.document(_digest_document(told))
        return
    output.text(f"The daily digest goes at {told.at} ({told.time_zone}).")
    if told.channels:
        output.text(f"It is sent to: {', '.join(told.channels)}.")
    else:
        output.message("No channel is sent it: see `strongroom notify add --help`.")


def _events(on: str | None) -> list[str] | None:
    return None if on is None else [one.strip() for one in on.split(",") if one.strip()]


def _document(state: ChannelState) -> dict[str, Json]:
    return {
        "name": state.name,
        "sort": state.sort,
        "events": list(state.events),
        "created": output.when(state.created),
        "waiting": state.waiting,
        "given_up": state.given_up,
        "sent": None if state.sent is None else output.when(state.sent),
        "failing_since": None if state.failing_since is None else output.when(state.failing_since),
        "why": state.why,
    }


def _digest_document(told: Digest) -> dict[str, Json]:
    return {"at": told.at, "time_zone": told.time_zone, "channels": list(told.channels)}
