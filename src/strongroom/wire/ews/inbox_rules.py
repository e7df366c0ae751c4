"""GetInboxRules and UpdateInboxRules.

Rules are kept as trees that we do not look into. Writing them removes what Outlook keeps beside
them (client-only rules), because the server refuses to write otherwise.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getinboxrules-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateinboxrules-operation
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lxml import etree

from strongroom.errors import ItemError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text, truth

# Written by the server only; a rule that is put back must not carry them.
_SERVER_ONLY = frozenset({"RuleId", "IsNotSupported", "IsInError"})


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRules:
    """A mailbox's rules.

    Attributes:
        rules: ``Rule`` nodes, in the server's order.
        has_outlook_blob: Outlook keeps rules of its own that EWS does not tell.
    """

    rules: tuple[Node, ...]
    has_outlook_blob: bool = False


def get_inbox_rules(connection: EwsConnection, mailbox: str | None = None) -> InboxRules:
    """Read the rules.

    Args:
        connection: The mailbox's.
        mailbox: Whose, by SMTP address; None: the connection's.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    try:
        return connection.read(get_operation(mailbox or connection.mailbox))
    except ItemError as error:
        # Seen for a mailbox that never had a rule.
        if error.code == "ErrorInboxRulesValidationError":
            return InboxRules(rules=())
        raise


def add_inbox_rules(
    connection: EwsConnection,
    rules: Sequence[Node],
    *,
    is_enabled: bool,
    mailbox: str | None = None,
    removes_outlook_blob: bool = False,
) -> None:
    """Add rules, all or none.

    Args:
        connection: The mailbox's.
        rules: ``Rule`` nodes as read.
        is_enabled: Whether they work from now on; a restore says no.
        mailbox: Whose, by SMTP address; None: the connection's.
        removes_outlook_blob: Allow that Outlook's own rules are lost; without it a mailbox that has
            such is refused.

    Raises:
        OutcomeUnknown: no answer.
        ItemError: the server does not accept one of them.
        StrongroomError: as ``EwsConnection.write``.
    """
    connection.write(
        add_operation(
            rules,
            is_enabled=is_enabled,
            mailbox=mailbox or connection.mailbox,
            removes_outlook_blob=removes_outlook_blob,
        )
    )


def get_operation(mailbox: str | None) -> Operation[InboxRules]:
    """Build the request to read them."""
    return Operation(
        name="GetInboxRules",
        body=f"<m:GetInboxRules>{_whose(mailbox)}</m:GetInboxRules>",
        parse=parse,
    )


def add_operation(
    rules: Sequence[Node], *, is_enabled: bool, mailbox: str | None, removes_outlook_blob: bool
) -> Operation[None]:
    """Build the request to add some."""
    inside = "".join(
        f"<t:CreateRuleOperation>{_as_new(rule, is_enabled=is_enabled).to_xml()}"
        "</t:CreateRuleOperation>"
        for rule in rules
    )
    return Operation(
        name="UpdateInboxRules",
        body=(
            f"<m:UpdateInboxRules>{_whose(mailbox)}"
            f"<m:RemoveOutlookRuleBlob>{truth(removes_outlook_blob)}</m:RemoveOutlookRuleBlob>"
            f"<m:Operations>{inside}</m:Operations></m:UpdateInboxRules>"
        ),
        parse=parse_added,
    )


def parse(answer: Answer) -> InboxRules:
    """Read the rules; the response element itself carries the class and the code."""
    return answer.one(_rules, message=answer.element)


def parse_added(answer: Answer) -> None:
    """Read the answer to adding some."""
    answer.one(lambda _: None, message=answer.element, is_write=True)


def _rules(message: etree._Element) -> InboxRules:
    return InboxRules(
        rules=tuple(read_node(rule) for rule in message.iterfind(f"{M}InboxRules/{T}Rule")),
        has_outlook_blob=message.findtext(f"{M}OutlookRuleBlobExists", "") == "true",
    )


def _as_new(rule: Node, *, is_enabled: bool) -> Node:
    children = tuple(
        replace(child, text=truth(is_enabled)) if child.name == "IsEnabled" else child
        for child in rule.children
        if child.name not in _SERVER_ONLY
    )
    return replace(rule, children=children)


def _whose(mailbox: str | None) -> str:
    return f"<m:MailboxSmtpAddress>{text(mailbox)}</m:MailboxSmtpAddress>" if mailbox else ""
