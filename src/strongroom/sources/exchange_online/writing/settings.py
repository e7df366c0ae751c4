"""What belongs to a whole mailbox, put back as far as Graph takes it, and switched off.

What the mailbox has by now is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from strongroom.errors import ItemError, OperatorError, SignInEnded, StrongroomError, TransientError
from strongroom.sources.exchange_onprem import setting_forms
from strongroom.wire.graph.answers import Row, rows_in, text_of
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.set_settings import add_category, add_rule, set_replies
from strongroom.wire.graph.mailbox.settings import CATEGORIES, RULES, read_settings
from strongroom.words.json import Json

_KEPT_OF_A_RULE = ("displayName", "sequence", "conditions", "exceptions", "actions")
_SENDING = ("forwardTo", "forwardAsAttachmentTo", "redirectTo")
_NO_DELEGATES = (
    "delegates: not put back, since Microsoft Graph sets none. They are in the restore point, to "
    "be set in Outlook or by PowerShell (Add-MailboxPermission, Add-MailboxFolderPermission)."
)

Now = Mapping[str, Row | StrongroomError]


def write_settings(line: MailboxLine, user: str, settings: Mapping[str, Json]) -> Iterator[str]:
    """Put settings back, switched off, and say what a person should know.

    Args:
        line: The mailbox's.
        user: Object id or address of whose mailbox it is.
        settings: As they were saved, by Graph or by EWS.
    """
    wanted = {
        name: setting
        for name, setting in settings.items()
        if isinstance(setting, Mapping) and name in _WRITERS
    }
    now = read_settings(line, user) if wanted else {}
    for name, setting in wanted.items():
        if "unavailable" in setting:
            yield f"{name}: not put back, since it was not saved ({setting['unavailable']})."
            continue
        try:
            yield from _WRITERS[name](line, user, setting, now)
        except SignInEnded:
            raise
        except (OperatorError, ItemError, TransientError) as error:
            yield f"{name}: not put back. {error}"


def _write_rules(
    line: MailboxLine, user: str, setting: Mapping[str, Json], now: Now
) -> Iterator[str]:
    """Add the rules one by one, so that one that points nowhere does not keep the others out."""
    if setting_forms.RULES not in setting:
        if setting.get("rules"):
            yield setting_forms.OTHER_RULES
        return
    existing = {text_of(row, "displayName") for row in _rows(now[RULES])}
    for rule in cast("list[Mapping[str, Any]]", setting[setting_forms.RULES] or []):
        name = text_of(rule, "displayName")
        if name in existing:
            yield f"rule {name!r}: the mailbox has one of this name; left as it is."
            continue
        made = {key: rule[key] for key in _KEPT_OF_A_RULE if key in rule}
        try:
            add_rule(line, user, {**made, "isEnabled": False})
        except SignInEnded:
            raise
        except (OperatorError, TransientError) as error:
            yield f"rule {name!r}: not put back. {error}"
            continue
        yield f"rule {name!r}: put back switched off{_recipients_told(rule)}."


def _recipients_told(rule: Row) -> str:
    """Name those to whom a rule would send, so that a person looks before switching it on."""
    actions = rule.get("actions")
    told = actions if isinstance(actions, Mapping) else {}
    named = [
        text_of(one.get("emailAddress") or {}, "address")
        for action in _SENDING
        for one in told.get(action) or ()
        if isinstance(one, Mapping)
    ]
    return f"; it sends to {', '.join(filter(None, named)) or 'somebody'}" if named else ""


def _write_replies(
    line: MailboxLine,
    user: str,
    setting: Mapping[str, Json],
    now: Now,  # noqa: ARG001 - the same for all
) -> Iterator[str]:
    replies, was_on = setting_forms.replies_for_graph(setting)
    set_replies(line, user, {**replies, "status": "disabled"})
    yield (
        "out_of_office: the texts are put back and the replies switched off"
        + (" (they were on)." if was_on else ".")
    )


def _write_delegates(
    line: MailboxLine,  # noqa: ARG001 - the same for all
    user: str,  # noqa: ARG001
    setting: Mapping[str, Json],
    now: Now,  # noqa: ARG001
) -> Iterator[str]:
    if setting.get("users"):
        yield _NO_DELEGATES


def _write_categories(
    line: MailboxLine, user: str, setting: Mapping[str, Json], now: Now
) -> Iterator[str]:
    existing = {text_of(row, "displayName").casefold() for row in _rows(now[CATEGORIES])}
    added = []
    for name, colour in setting_forms.categories_for_graph(setting):
        if name and name.casefold() not in existing:
            add_category(line, user, name, colour)
            existing.add(name.casefold())
            added.append(name)
    if added:
        yield f"categories: {', '.join(added)} put back; those that the mailbox has stay."


def _rows(told: Row | StrongroomError) -> list[Row]:
    """Give what the mailbox has now.

    Raises:
        StrongroomError: it cannot be read, so nothing is added to it.
    """
    if isinstance(told, StrongroomError):
        raise told
    return list(rows_in(told))


_Writer = Callable[[MailboxLine, str, Mapping[str, Json], Now], Iterator[str]]
_WRITERS: Mapping[str, _Writer] = {
    "rules": _write_rules,
    "out_of_office": _write_replies,
    "delegates": _write_delegates,
    "categories": _write_categories,
}
