"""What belongs to a whole mailbox: rules, automatic replies, categories; in one request.

Source:
    https://learn.microsoft.com/graph/api/mailfolder-list-messagerules
    https://learn.microsoft.com/graph/api/user-get-mailboxsettings
    https://learn.microsoft.com/graph/api/outlookuser-list-mastercategories
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from strongroom.errors import OperatorError, SignInEnded, StrongroomError, TransientError
from strongroom.wire.graph.answers import Row
from strongroom.wire.graph.mailbox.batch import Asked, ask_all
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.question import page_of

_AT_ONCE = 999

RULES, MAILBOX_SETTINGS, CATEGORIES = "rules", "mailbox_settings", "categories"


def read_settings(line: MailboxLine, user: str) -> Mapping[str, Row | StrongroomError]:
    """Read all settings that Graph has; for each its document, or Graph's no.

    Args:
        line: The mailbox's.
        user: Object id or principal name of whose mailbox it is.
    """
    there = f"users/{quote(user, safe='')}"
    paths = {
        RULES: f"{there}/mailFolders/inbox/messageRules",
        MAILBOX_SETTINGS: f"{there}/mailboxSettings",
        CATEGORIES: f"{there}/outlook/masterCategories",
    }
    answers = ask_all(line, [Asked(path) for path in paths.values()])
    found = dict(zip(paths, answers, strict=True))
    for name in (RULES, CATEGORIES):
        found[name] = _whole(line, paths[name], found[name])
    return found


def _whole(line: MailboxLine, path: str, answer: Row | StrongroomError) -> Row | StrongroomError:
    """Read a list that may go on behind its first page; all of it, or the error."""
    if isinstance(answer, StrongroomError):
        return answer
    try:
        page = page_of(answer)
        rows = list(page.rows)
        if page.following:
            for more in line.pages(path, {}, at_once=_AT_ONCE, link=page.following):
                rows += more.rows
    except SignInEnded:
        raise
    except (OperatorError, TransientError) as error:
        return error
    return {"value": rows}
