"""Which mailboxes belong to people of the directory, and which of them open; twenty at a time.

Source:
    https://learn.microsoft.com/graph/api/usersettings-list-exchange
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from strongroom.errors import StrongroomError
from strongroom.wire.graph.answers import Row, text_of
from strongroom.wire.graph.mailbox.batch import Asked, ask_all
from strongroom.wire.graph.mailbox.line import MailboxLine

_KNOWN = frozenset({"user", "linked", "shared", "room", "equipment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedMailboxes:
    """The ids of somebody's mailboxes.

    Attributes:
        primary: ``MBX:GUID@TENANT``.
        archive: Of the archive; empty: there is none, or this version does not tell.
    """

    primary: str
    archive: str = ""


def read_owned(line: MailboxLine, users: Sequence[str]) -> list[OwnedMailboxes | StrongroomError]:
    """Read the ids of some people's mailboxes; for each the ids or Graph's no.

    Args:
        line: To no mailbox; ``beta`` tells archives, too.
        users: Object ids or principal names.
    """
    asked = [Asked(f"users/{quote(user, safe='')}/settings/exchange") for user in users]
    return [
        answer
        if isinstance(answer, StrongroomError)
        else OwnedMailboxes(
            primary=text_of(answer, "primaryMailboxId"),
            archive=text_of(answer, "inPlaceArchiveMailboxId"),
        )
        for answer in ask_all(line, asked)
    ]


def read_purposes(line: MailboxLine, users: Sequence[str]) -> list[str]:
    """Say what some people's mailboxes are for; ``user`` where that is not ours to know."""
    query = {"$select": "userPurpose"}
    asked = [Asked(f"users/{quote(user, safe='')}/mailboxSettings", query) for user in users]
    told = (
        "" if isinstance(answer, StrongroomError) else text_of(answer, "userPurpose")
        for answer in ask_all(line, asked)
    )
    return [purpose if purpose in _KNOWN else "user" for purpose in told]


def try_folders(
    line: MailboxLine, places: Sequence[tuple[str, str]]
) -> list[Row | StrongroomError]:
    """Look whether some folders open, in whichever mailboxes they are.

    Args:
        line: To no mailbox.
        places: Each a mailbox's id and a folder's well-known name; empty: its root.
    """
    asked = []
    for mailbox, folder in places:
        path = f"admin/exchange/mailboxes/{quote(mailbox, safe=':@')}/folders"
        query = {"$select": "id"} if folder else {"$select": "id", "$top": "1"}
        asked.append(Asked(f"{path}/{folder}" if folder else path, query))
    return list(ask_all(line, asked))
