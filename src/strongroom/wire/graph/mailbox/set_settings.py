"""Changing what belongs to a whole mailbox: replies, categories, rules.

Source:
    https://learn.microsoft.com/graph/api/user-update-mailboxsettings
    https://learn.microsoft.com/graph/api/outlookuser-post-mastercategories
    https://learn.microsoft.com/graph/api/mailfolder-post-messagerules
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from strongroom.pace.patience import Patience
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.question import Question, json_body
from strongroom.words.json import Json


def set_replies(line: MailboxLine, user: str, replies: Mapping[str, Json]) -> None:
    """Change automatic replies: what is named, and nothing else.

    Args:
        line: The mailbox's.
        user: Object id or principal name of whose mailbox it is.
        replies: As ``automaticRepliesSetting`` has them.

    Raises:
        StrongroomError: as ``MailboxLine.get``.
    """
    target = line.target(f"users/{quote(user, safe='')}/mailboxSettings")
    body = json_body({"automaticRepliesSetting": replies})
    line.ask(Question("PATCH", target, "PATCH mailboxSettings", body))


def add_category(line: MailboxLine, user: str, name: str, colour: str) -> None:
    """Add a category to the list; of a name there is only one.

    Raises:
        StrongroomError: as ``MailboxLine.get``.
    """
    target = line.target(f"users/{quote(user, safe='')}/outlook/masterCategories")
    body = json_body({"displayName": name, "color": colour})
    line.ask(Question("POST", target, "POST masterCategories", body))


def add_rule(line: MailboxLine, user: str, rule: Mapping[str, Json]) -> None:
    """Add a rule for the inbox, once: of a name there may be several.

    Raises:
        TransientError: whether it is there is not known.
        StrongroomError: as ``MailboxLine.get``.
    """
    target = line.target(f"users/{quote(user, safe='')}/mailFolders/inbox/messageRules")
    question = Question("POST", target, "POST messageRules", json_body(rule))
    line.once(question, Patience(line.budget))
