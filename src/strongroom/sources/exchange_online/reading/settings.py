"""What belongs to a whole mailbox, as far as Graph gives it, and by name what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from strongroom.errors import StrongroomError
from strongroom.wire.graph.answers import Row, rows_in
from strongroom.wire.graph.mailbox import settings
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.words.json import Json

_REPLIES = "automaticRepliesSetting"
_NO_DELEGATES = "Microsoft Graph tells no delegates."
_NO_PERMISSIONS = "Microsoft Graph tells nobody's rights to folders."


def read_settings(line: MailboxLine, user: str) -> Mapping[str, Json]:
    """Read all settings of a mailbox; what Graph does not give says why.

    Args:
        line: The mailbox's.
        user: Object id or address of whose mailbox it is.
    """
    found = settings.read_settings(line, user)
    replies, others = _mailbox_settings(found[settings.MAILBOX_SETTINGS])
    return {
        "rules": _list(found[settings.RULES], "message_rules"),
        "out_of_office": replies,
        "delegates": {"unavailable": _NO_DELEGATES},
        "folder permissions": {"unavailable": _NO_PERMISSIONS},
        "categories": _list(found[settings.CATEGORIES], "master_categories"),
        "mailbox_settings": others,
    }


def _list(answer: Row | StrongroomError, name: str) -> Json:
    if isinstance(answer, StrongroomError):
        return {"unavailable": str(answer)}
    return {name: [_plain(row) for row in rows_in(answer)]}


def _mailbox_settings(answer: Row | StrongroomError) -> tuple[Json, Json]:
    if isinstance(answer, StrongroomError):
        return {"unavailable": str(answer)}, {"unavailable": str(answer)}
    replies = answer.get(_REPLIES)
    told = {name: value for name, value in answer.items() if name != _REPLIES}
    if not isinstance(replies, dict):
        return {"unavailable": "Microsoft Graph did not tell them."}, _plain(told)
    return {"automatic_replies": _plain(replies)}, _plain(told)


def _plain(row: Row) -> Json:
    """Leave out what Graph says of the answer itself."""
    return cast("Json", {name: value for name, value in row.items() if not name.startswith("@")})
