"""Inbox rules.

Source:
    https://learn.microsoft.com/graph/api/resources/messagerule
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

from strongroom.lab.entra.words import User
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import InboxRule
from strongroom.lab.graph import odata
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import mailbox_denied
from strongroom.lab.graph.mailbox import rule_parts
from strongroom.lab.graph.mailbox.errors import invalid, no_such_object
from strongroom.lab.graph.mailbox.reaching import (
    READ_SETTINGS,
    WRITE_SETTINGS,
    check,
    user_named,
)
from strongroom.lab.graph.mailbox.rule_parts import ACTIONS, CONDITIONS, SENDING

Row = dict[str, object]

_ID_HEAD = b"\1\0\0\0"
_WRITABLE = frozenset(
    {"actions", "conditions", "displayName", "exceptions", "isEnabled", "sequence"}
)


def list_rules(call: Call) -> object:
    """List all, in their order."""
    user, mailbox = _mailbox(call, READ_SETTINGS)
    rows = [_row(one) for one in sorted(mailbox.settings.rules, key=lambda one: one.sequence)]
    return odata.page(call, _kind(user), rows)


def get(call: Call) -> object:
    """Describe one."""
    user, mailbox = _mailbox(call, READ_SETTINGS)
    return odata.entity(call, _kind(user), _row(_find(mailbox, call.path[1])))


def create(call: Call) -> object:
    """Make one."""
    user, mailbox = _mailbox(call, WRITE_SETTINGS)
    body = _body(call)
    if not body.get("displayName") or not body.get("actions"):
        raise invalid("A rule needs a displayName and actions.")
    made = InboxRule(id="", name="", sequence=len(mailbox.settings.rules) + 1)
    _change(made, body)
    made.id = str(mailbox.next_counter())
    mailbox.settings.rules.append(made)
    return odata.entity(call, _kind(user), _row(made))


def change(call: Call) -> object:
    """Change what the body names, and leave the rest."""
    user, mailbox = _mailbox(call, WRITE_SETTINGS)
    rule = _find(mailbox, call.path[1])
    if not _is_known(rule):
        raise mailbox_denied()
    _change(rule, _body(call))
    return odata.entity(call, _kind(user), _row(rule))


def delete(call: Call) -> object:
    """Delete one."""
    _, mailbox = _mailbox(call, WRITE_SETTINGS)
    mailbox.settings.rules.remove(_find(mailbox, call.path[1]))
    return None


def _mailbox(call: Call, rights: tuple[str, ...]) -> tuple[User, Mailbox]:
    user = user_named(call)
    check(call, user, rights)
    return user, call.mail.mailbox_of(user)


def _find(mailbox: Mailbox, text: str) -> InboxRule:
    try:
        rule_id = urlsafe_b64decode(text).removeprefix(_ID_HEAD).decode()
    except (binascii.Error, ValueError) as error:
        raise no_such_object() from error
    for one in mailbox.settings.rules:
        if one.id == rule_id:
            return one
    raise no_such_object()


def _row(rule: InboxRule) -> Row:
    row: Row = {
        "id": urlsafe_b64encode(_ID_HEAD + rule.id.encode()).decode("ascii"),
        "displayName": rule.name,
        "sequence": rule.sequence,
        "isEnabled": rule.is_enabled,
        "hasError": False,
        "isReadOnly": not _is_known(rule),
    }
    for name, text, known in (
        ("conditions", rule.conditions, CONDITIONS),
        ("exceptions", rule.exceptions, CONDITIONS),
        ("actions", rule.actions, ACTIONS),
    ):
        parts, _ = rule_parts.read(text, known)
        if parts:
            row[name] = parts
    return row


def _is_known(rule: InboxRule) -> bool:
    parts = ((rule.conditions, CONDITIONS), (rule.exceptions, CONDITIONS), (rule.actions, ACTIONS))
    return all(rule_parts.read(text, known)[1] for text, known in parts)


def _body(call: Call) -> Mapping[str, object]:
    body = call.json()
    for name in body:
        if name not in _WRITABLE and not name.startswith("@odata."):
            raise invalid(f"The property '{name}' does not exist or cannot be set.")
    return body


def _change(rule: InboxRule, body: Mapping[str, object]) -> None:
    conditions = _written(body, "conditions", rule.conditions)
    exceptions = _written(body, "exceptions", rule.exceptions)
    actions = _written(body, "actions", rule.actions)
    sequence, wanted = body.get("sequence", rule.sequence), body.get("actions")
    if not isinstance(sequence, int):
        raise invalid("sequence must be a number.")
    if isinstance(wanted, dict):
        found = [to for name in SENDING for to in rule_parts.addresses(wanted.get(name) or [])]
        rule.forwards_to = tuple(found)
    rule.conditions, rule.exceptions, rule.actions = conditions, exceptions, actions
    rule.name = str(body.get("displayName", rule.name))
    rule.sequence = sequence
    rule.is_enabled = bool(body.get("isEnabled", rule.is_enabled))


def _written(body: Mapping[str, object], name: str, before: str) -> str:
    if name not in body:
        return before
    row = body[name] or {}
    if not isinstance(row, dict):
        raise invalid(f"{name} must be an object.")
    return rule_parts.write(row, ACTIONS if name == "actions" else CONDITIONS)


def _kind(user: User) -> str:
    return f"users('{user.id}')/mailFolders('inbox')/messageRules"
