"""What belongs to a whole mailbox: rules, automatic replies, delegates, categories.

Read as the server tells it. Written back so that nothing sends: rules and automatic replies
switched off, delegates without the copies of meeting requests that they may have had. What the
mailbox has by now is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from strongroom.errors import ItemError, OperatorError, SignInEnded
from strongroom.sources.exchange_onprem import setting_forms
from strongroom.sources.exchange_onprem.categories import read_categories, write_categories
from strongroom.sources.exchange_onprem.delegates import write_delegates
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.delegates import get_delegates
from strongroom.wire.ews.inbox_rules import add_inbox_rules, get_inbox_rules
from strongroom.wire.ews.nodes import Node
from strongroom.wire.ews.oof_settings import get_oof_settings, set_oof_settings
from strongroom.words.json import Json

# Actions by which a rule sends something to somebody.
_SENDING = (
    "ForwardAsAttachmentToRecipients",
    "ForwardToRecipients",
    "RedirectToRecipients",
    "SendSMSAlertToRecipients",
    "ServerReplyWithMessage",
)


def read_settings(connection: EwsConnection, address: str) -> Mapping[str, Json]:
    """Read all settings of a mailbox; what the server does not give says why."""
    readers: Mapping[str, Callable[[], Json]] = {
        "rules": lambda: _rules(connection, address),
        "out_of_office": lambda: get_oof_settings(connection, address).to_json(),
        "delegates": lambda: _delegates(connection, address),
        "categories": lambda: read_categories(connection),
    }
    return {name: _read(reader) for name, reader in readers.items()}


def write_settings(
    connection: EwsConnection, address: str, settings: Mapping[str, Json]
) -> Iterator[str]:
    """Put settings back, switched off, and say what a person should know."""
    for name, writer in _WRITERS.items():
        setting = settings.get(name)
        if not isinstance(setting, Mapping):
            continue
        if "unavailable" in setting:
            yield f"{name}: not put back, since it was not saved ({setting['unavailable']})."
            continue
        try:
            yield from writer(connection, address, setting)
        except SignInEnded:
            raise
        except (OperatorError, ItemError) as error:
            yield f"{name}: not put back. {error}"


def _read(reader: Callable[[], Json]) -> Json:
    try:
        return reader()
    except SignInEnded:
        raise
    except (OperatorError, ItemError) as error:
        return {"unavailable": str(error)}


def _rules(connection: EwsConnection, address: str) -> Json:
    found = get_inbox_rules(connection, address)
    return {
        "rules": [rule.to_json() for rule in found.rules],
        "has_outlook_rules": found.has_outlook_blob,
    }


def _delegates(connection: EwsConnection, address: str) -> Json:
    found = get_delegates(connection, address)
    return {
        "users": [user.to_json() for user in found.users],
        "deliver_meeting_requests": found.deliver_meeting_requests,
        "failed": list(found.failed),
    }


def _write_rules(
    connection: EwsConnection, address: str, setting: Mapping[str, Json]
) -> Iterator[str]:
    """Add the rules one by one, so that one that points nowhere does not keep the others out."""
    if setting_forms.is_graphs(setting):
        if setting.get(setting_forms.RULES):
            yield setting_forms.OTHER_RULES
        return
    if setting.get("has_outlook_rules"):
        yield "rules: Outlook keeps rules of its own beside these; they come back as hidden items."
    existing = {rule.text_of("DisplayName") for rule in get_inbox_rules(connection, address).rules}
    for rule in _nodes(setting.get("rules")):
        name = rule.text_of("DisplayName")
        if name in existing:
            yield f"rule {name!r}: the mailbox has one of this name; left as it is."
            continue
        try:
            add_inbox_rules(connection, [rule], is_enabled=False, mailbox=address)
        except ItemError as error:
            yield f"rule {name!r}: not put back. {error}"
            continue
        yield f"rule {name!r}: put back switched off{_recipients_told(rule)}."


def _recipients_told(rule: Node) -> str:
    """Name those to whom a rule would send, so that a person looks before switching it on."""
    actions = rule.child("Actions")
    named = [
        to.text_of("EmailAddress") or to.text_of("Name")
        for action in (actions.children if actions else ())
        if action.name in _SENDING
        for to in (action.children or (action,))
    ]
    if not named:
        return ""
    return f"; it sends to {', '.join(filter(None, named)) or 'somebody'}"


def _write_out_of_office(
    connection: EwsConnection, address: str, setting: Mapping[str, Json]
) -> Iterator[str]:
    if setting_forms.is_graphs(setting):
        settings, was_on = setting_forms.replies_for_ews(setting)
    else:
        settings = Node.from_json(cast("Mapping[str, Any]", setting))
        was_on = settings.text_of("OofState") not in {"", "Disabled"}
    off = tuple(
        replace(child, text="Disabled") if child.name == "OofState" else child
        for child in settings.children
    )
    set_oof_settings(connection, address, replace(settings, children=off))
    yield (
        "out_of_office: the texts are put back and the replies switched off"
        + (" (they were on)." if was_on else ".")
    )


def _write_delegates(
    connection: EwsConnection, address: str, setting: Mapping[str, Json]
) -> Iterator[str]:
    yield from write_delegates(connection, address, _nodes(setting.get("users")))
    if setting.get("users"):
        how = setting.get("deliver_meeting_requests") or "not told"
        yield f"delegates: who gets meeting requests stays as it is (it was {how})."


def _write_categories(
    connection: EwsConnection, _address: str, setting: Mapping[str, Json]
) -> Iterator[str]:
    if setting_forms.is_graphs(setting):
        setting = setting_forms.categories_for_ews(setting)
    yield from write_categories(connection, setting)


_WRITERS: Mapping[str, Callable[[EwsConnection, str, Mapping[str, Json]], Iterator[str]]] = {
    "rules": _write_rules,
    "out_of_office": _write_out_of_office,
    "delegates": _write_delegates,
    "categories": _write_categories,
}


def _nodes(documents: Json) -> list[Node]:
    if not isinstance(documents, Sequence) or isinstance(documents, str):
        return []
    return [Node.from_json(cast("Mapping[str, Any]", document)) for document in documents]
