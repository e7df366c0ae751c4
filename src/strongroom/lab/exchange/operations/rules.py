"""GetInboxRules and UpdateInboxRules.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getinboxrules-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateinboxrules-operation
"""

from __future__ import annotations

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import InboxRule
from strongroom.lab.exchange.answer import NO_ERROR, SUCCESS_ATTRIBUTE, alone, failure_lines
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.xml import (
    Element,
    children,
    element,
    escape,
    find,
    is_true,
    name_of,
    require,
    serialised,
    text_of,
)

_SENDING = (
    "t:ForwardAsAttachmentToRecipients",
    "t:ForwardToRecipients",
    "t:RedirectToRecipients",
    "t:SendSMSAlertToRecipients",
)


def get_inbox_rules(call: Call, request: Element) -> str:
    """Answer GetInboxRules."""
    name = "GetInboxRulesResponse"
    try:
        mailbox = call.own_mailbox(text_of(request, "m:MailboxSmtpAddress"))
    except EwsError as error:
        return alone(name, ' ResponseClass="Error"', failure_lines(error))
    inner = "".join(_rule_xml(one) for one in mailbox.settings.rules)
    rules = f"<m:InboxRules>{inner}</m:InboxRules>" if inner else ""
    blob = "<m:OutlookRuleBlobExists>false</m:OutlookRuleBlobExists>"
    return alone(name, f" {SUCCESS_ATTRIBUTE}", NO_ERROR + blob + rules)


def update_inbox_rules(call: Call, request: Element) -> str:
    """Answer UpdateInboxRules: all of its changes, or none."""
    name = "UpdateInboxRulesResponse"
    try:
        mailbox = call.own_mailbox(text_of(request, "m:MailboxSmtpAddress"))
    except EwsError as error:
        return alone(name, ' ResponseClass="Error"', failure_lines(error))
    rules = list(mailbox.settings.rules)
    errors = ""
    for index, node in enumerate(children(require(request, "m:Operations"))):
        trouble = _apply(mailbox, rules, node)
        errors += _error_xml(index, trouble) if trouble else ""
    if errors:
        lines = failure_lines(EwsError("ErrorInboxRulesValidationError"))
        inner = f"{lines}<m:RuleOperationErrors>{errors}</m:RuleOperationErrors>"
        return alone(name, ' ResponseClass="Error"', inner)
    mailbox.settings.rules = sorted(rules, key=lambda one: one.sequence)
    return alone(name, f" {SUCCESS_ATTRIBUTE}", NO_ERROR)


def _apply(mailbox: Mailbox, rules: list[InboxRule], node: Element) -> str:
    """Do one change to the list; say what is wrong with it, if anything."""
    known = {one.id: one for one in rules}
    if name_of(node) == "DeleteRuleOperation":
        gone = known.get(text_of(node, "t:RuleId") or "")
        if gone is None:
            return "RuleNotFound"
        rules.remove(gone)
        return ""
    wanted = require(node, "t:Rule")
    rule_id = text_of(wanted, "t:RuleId") or ""
    if name_of(node) == "CreateRuleOperation":
        if rule_id:
            return "CreateWithRuleId"
        rules.append(_read(wanted, str(mailbox.next_counter())))
        return ""
    if rule_id not in known:
        return "RuleNotFound"
    rules[rules.index(known[rule_id])] = _read(wanted, rule_id)
    return ""


def _read(node: Element, rule_id: str) -> InboxRule:
    return InboxRule(
        id=rule_id,
        name=text_of(node, "t:DisplayName") or "",
        sequence=int(text_of(node, "t:Priority") or "1"),
        is_enabled=is_true(text_of(node, "t:IsEnabled")),
        conditions=_inner(find(node, "t:Conditions")),
        exceptions=_inner(find(node, "t:Exceptions")),
        actions=_inner(find(node, "t:Actions")),
        forwards_to=_forwards(find(node, "t:Actions")),
    )


def _inner(node: Element | None) -> str:
    return "" if node is None else "".join(serialised(child) for child in children(node))


def _forwards(actions: Element | None) -> tuple[str, ...]:
    if actions is None:
        return ()
    lists = [found for path in _SENDING if (found := find(actions, path)) is not None]
    return tuple(
        text_of(address, "t:EmailAddress") or "" for one in lists for address in children(one)
    )


def _rule_xml(rule: InboxRule) -> str:
    inner = element("RuleId", rule.id) + element("DisplayName", rule.name)
    inner += element("Priority", str(rule.sequence))
    inner += element("IsEnabled", "true" if rule.is_enabled else "false")
    for name, text in (
        ("Conditions", rule.conditions),
        ("Exceptions", rule.exceptions),
        ("Actions", rule.actions),
    ):
        inner += f"<t:{name}>{text}</t:{name}>" if text else ""
    return f"<t:Rule>{inner}</t:Rule>"


def _error_xml(index: int, code: str) -> str:
    error = element("FieldURI", "RuleId") + element("ErrorCode", code)
    error += element("ErrorMessage", escape(code)) + element("FieldValue", "")
    return (
        f"<t:RuleOperationError>{element('OperationIndex', str(index))}"
        f"<t:ValidationErrors><t:Error>{error}</t:Error></t:ValidationErrors>"
        "</t:RuleOperationError>"
    )
