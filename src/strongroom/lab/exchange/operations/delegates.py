"""GetDelegate, AddDelegate, UpdateDelegate and RemoveDelegate.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getdelegate-operation
    and the pages of the others beside it
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import Delegate
from strongroom.lab.exchange.answer import NO_ERROR, SUCCESS_ATTRIBUTE, alone, failure_lines
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.permissions import of_level
from strongroom.lab.exchange.xml import (
    Element,
    children,
    element,
    find,
    is_true,
    require,
    text_of,
)

Work = Callable[[Mailbox], tuple[list[str], str]]
"""Does it and gives the messages, and how meeting requests are delivered if that is told."""

_ROLES = ("calendar", "tasks", "inbox", "contacts", "notes", "journal")


def get_delegate(call: Call, request: Element) -> str:
    """Answer GetDelegate."""
    with_levels = is_true(str(request.get("IncludePermissions")))

    def show(mailbox: Mailbox) -> tuple[list[str], str]:
        wanted = find(request, "m:UserIds")
        names = [_address(one) for one in children(wanted)] if wanted is not None else None
        found = mailbox.settings.delegates
        shown = [one for one in found if names is None or one.address.casefold() in names]
        messages = [_delegate_message(_xml(one, with_levels=with_levels)) for one in shown]
        return messages, mailbox.settings.deliver_meeting_requests

    return _answer(call, request, "GetDelegateResponse", show)


def add_delegate(call: Call, request: Element) -> str:
    """Answer AddDelegate."""

    def add(mailbox: Mailbox) -> tuple[list[str], str]:
        wanted = children(require(request, "m:DelegateUsers"))
        messages = [_add(call, mailbox, node) for node in wanted]
        how = text_of(request, "m:DeliverMeetingRequests")
        if how:
            mailbox.settings.deliver_meeting_requests = how
        return messages, ""

    return _answer(call, request, "AddDelegateResponse", add)


def update_delegate(call: Call, request: Element) -> str:
    """Answer UpdateDelegate: what is told of a delegate replaces what was."""

    def update(mailbox: Mailbox) -> tuple[list[str], str]:
        wanted = find(request, "m:DelegateUsers")
        users = children(wanted) if wanted is not None else ()
        messages = [_update(mailbox, node) for node in users]
        how = text_of(request, "m:DeliverMeetingRequests")
        if how:
            mailbox.settings.deliver_meeting_requests = how
        return messages, ""

    return _answer(call, request, "UpdateDelegateResponse", update)


def remove_delegate(call: Call, request: Element) -> str:
    """Answer RemoveDelegate."""

    def remove(mailbox: Mailbox) -> tuple[list[str], str]:
        messages = []
        for node in children(require(request, "m:UserIds")):
            gone = _known(mailbox, _address(node))
            if gone is None:
                messages.append(_refused("ErrorNotDelegate"))
                continue
            mailbox.settings.delegates.remove(gone)
            for role in _ROLES:
                _grant(mailbox, role, gone.address, "None")
            messages.append(_delegate_message(""))
        return messages, ""

    return _answer(call, request, "RemoveDelegateResponse", remove)


def _answer(call: Call, request: Element, name: str, do: Work) -> str:
    try:
        mailbox = call.own_mailbox(text_of(request, "m:Mailbox/t:EmailAddress"))
    except EwsError as error:
        return alone(name, ' ResponseClass="Error"', failure_lines(error))
    messages, how = do(mailbox)
    inner = NO_ERROR + _list(messages)
    if how:
        inner += f"<m:DeliverMeetingRequests>{how}</m:DeliverMeetingRequests>"
    return alone(name, f" {SUCCESS_ATTRIBUTE}", inner)


def _list(messages: Iterable[str]) -> str:
    inner = "".join(messages)
    return f"<m:ResponseMessages>{inner}</m:ResponseMessages>" if inner else ""


def _add(call: Call, mailbox: Mailbox, node: Element) -> str:
    address = _address(require(node, "t:UserId"))
    person = call.estate.mailbox(address)
    if person is None:
        return _refused("ErrorDelegateNoUser")
    if person is mailbox:
        return _refused("ErrorDelegateCannotAddOwner")
    if _known(mailbox, address) is not None:
        return _refused("ErrorDelegateAlreadyExists")
    delegate = _read(node, Delegate(address=person.address, name=person.name))
    mailbox.settings.delegates.append(delegate)
    for role, level in delegate.levels:
        _grant(mailbox, role, person.address, level)
    return _delegate_message(_xml(delegate, with_levels=True))


def _update(mailbox: Mailbox, node: Element) -> str:
    known = _known(mailbox, _address(require(node, "t:UserId")))
    if known is None:
        return _refused("ErrorNotDelegate")
    delegate = _read(node, known)
    mailbox.settings.delegates[mailbox.settings.delegates.index(known)] = delegate
    for role, level in delegate.levels:
        _grant(mailbox, role, delegate.address, level)
    return _delegate_message(_xml(delegate, with_levels=True))


def _read(node: Element, before: Delegate) -> Delegate:
    """Read a DelegateUser element; what it does not tell stays as it was."""
    permissions = find(node, "t:DelegatePermissions")
    told = {
        role: level
        for role in _ROLES
        if (level := text_of(permissions, f"t:{role.capitalize()}FolderPermissionLevel"))
    }
    copies = text_of(node, "t:ReceiveCopiesOfMeetingMessages")
    private = text_of(node, "t:ViewPrivateItems")
    return replace(
        before,
        levels=tuple((dict(before.levels) | told).items()),
        receives_copies=before.receives_copies if copies is None else is_true(copies),
        sees_private=before.sees_private if private is None else is_true(private),
    )


def _grant(mailbox: Mailbox, role: str, address: str, level: str) -> None:
    folder = mailbox.find_folder_by_role(role)
    if folder is None or level == "Custom":
        return
    others = [one for one in folder.permissions if one.user.casefold() != address.casefold()]
    folder.permissions = others if level == "None" else [*others, of_level(address, level)]


def _known(mailbox: Mailbox, address: str) -> Delegate | None:
    delegates = mailbox.settings.delegates
    return next((one for one in delegates if one.address.casefold() == address), None)


def _address(node: Element) -> str:
    return (text_of(node, "t:PrimarySmtpAddress") or "").casefold()


def _xml(delegate: Delegate, *, with_levels: bool) -> str:
    user = element("PrimarySmtpAddress", delegate.address) + element("DisplayName", delegate.name)
    inner = f"<t:UserId>{user}</t:UserId>"
    if with_levels:
        levels = dict(delegate.levels)
        lines = "".join(
            element(f"{role.capitalize()}FolderPermissionLevel", levels.get(role, "None"))
            for role in _ROLES
        )
        inner += f"<t:DelegatePermissions>{lines}</t:DelegatePermissions>"
    copies = "true" if delegate.receives_copies else "false"
    private = "true" if delegate.sees_private else "false"
    inner += element("ReceiveCopiesOfMeetingMessages", copies) + element(
        "ViewPrivateItems", private
    )
    return f"<m:DelegateUser>{inner}</m:DelegateUser>"


def _delegate_message(payload: str) -> str:
    name = "DelegateUserResponseMessageType"
    return f"<m:{name} {SUCCESS_ATTRIBUTE}>{NO_ERROR}{payload}</m:{name}>"


def _refused(code: str) -> str:
    name = "DelegateUserResponseMessageType"
    return f'<m:{name} ResponseClass="Error">{failure_lines(EwsError(code))}</m:{name}>'
