"""ResolveNames, GetSearchableMailboxes, ConvertId and GetServerTimeZones.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/resolvenames-operation
    and the pages of the others beside it
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode

from strongroom.lab.estate.entry_ids import read_entry_id
from strongroom.lab.estate.group import DistributionGroup
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.exchange import ids
from strongroom.lab.exchange.answer import (
    NO_ERROR,
    SUCCESS_ATTRIBUTE,
    alone,
    answer,
    batch,
    failure,
    failure_lines,
    success,
)
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.addresses import mailbox_xml
from strongroom.lab.exchange.shapes.zones import ZONES, Rule, Zone
from strongroom.lab.exchange.xml import (
    Element,
    children,
    element,
    escape,
    find,
    is_true,
    require,
    text_of,
)

_RESOLUTIONS_MAX = 100
_LAST_OF_MONTH = 5
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ORGANISATION = "/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn="


def resolve_names(call: Call, request: Element) -> str:
    """Answer ResolveNames: mailboxes whose address or name begins with what was typed."""
    typed = (text_of(request, "m:UnresolvedEntry") or "").casefold()
    typed = typed.removeprefix("smtp:")
    with_contact = is_true(str(request.get("ReturnFullContactData")))
    found: list[tuple[Mailbox | DistributionGroup, str]] = [
        *((one, "Mailbox") for one in call.estate.mailboxes if _is_found(one, typed)),
        *(
            (one, "PublicDL")
            for one in call.estate.groups
            if not one.is_hidden and _is_called(one.address, one.name, typed)
        ),
    ]
    if not found:
        nobody = EwsError("ErrorNameResolutionNoResults")
        return answer("ResolveNames", [failure("ResolveNames", nobody)])
    shown = found[:_RESOLUTIONS_MAX]
    inner = "".join(_resolution(one, kind, with_contact=with_contact) for one, kind in shown)
    is_whole = "true" if len(found) == len(shown) else "false"
    payload = (
        f'<m:ResolutionSet TotalItemsInView="{len(shown)}" IncludesLastItemInRange="{is_whole}">'
        f"{inner}</m:ResolutionSet>"
    )
    if len(found) == 1:
        return answer("ResolveNames", [success("ResolveNames", payload)])
    lines = failure_lines(EwsError("ErrorNameResolutionMultipleResults"))
    name = "ResolveNamesResponseMessage"
    return answer(
        "ResolveNames", [f'<m:{name} ResponseClass="Warning">{lines}{payload}</m:{name}>']
    )


def get_searchable_mailboxes(call: Call, request: Element) -> str:
    """Answer GetSearchableMailboxes: the only way to list mailboxes over EWS."""
    name = "GetSearchableMailboxesResponse"
    if not call.account.may_search_mailboxes:
        error = EwsError("ErrorAccessDenied", "The role Discovery Management is missing.")
        lines = failure_lines(error)
        return alone(name, ' ResponseClass="Error"', f"{lines}<m:SearchableMailboxes/>")
    wanted = (text_of(request, "m:SearchFilter") or "").casefold()
    inner = "".join(
        _searchable(one)
        for one in call.estate.mailboxes
        if wanted in one.address.casefold() or wanted in one.name.casefold()
    )
    payload = f"<m:SearchableMailboxes>{inner}</m:SearchableMailboxes>"
    return alone(name, f" {SUCCESS_ATTRIBUTE}", NO_ERROR + payload)


def convert_id(call: Call, request: Element) -> str:
    """Answer ConvertId between EwsId, EntryId, HexEntryId and OwaId."""
    wanted = str(request.get("DestinationFormat"))

    def convert(node: Element) -> str:
        if node.get("Mailbox") is None:
            raise EwsError("ErrorInvalidOperation", "The lab converts mailbox ids only.")
        entry = _entry_id(str(node.get("Format")), str(node.get("Id")))
        is_archive = ' IsArchive="true"' if is_true(node.get("IsArchive")) else ""
        text = _in_format(call, wanted, entry)
        return (
            f'<m:AlternateId xmlns:xsi="{_XSI}" xsi:type="t:AlternateIdType" Format="{wanted}"'
            f' Id="{text}" Mailbox="{escape(str(node.get("Mailbox")))}"{is_archive}/>'
        )

    given = children(require(request, "m:SourceIds"))
    return answer("ConvertId", batch("ConvertId", given, convert))


def get_server_time_zones(_call: Call, request: Element) -> str:
    """Answer GetServerTimeZones."""
    wanted = find(request, "m:Ids")
    is_full = request.get("ReturnFullTimeZoneData") not in ("false", "0")
    names = [one.text or "" for one in children(wanted)] if wanted is not None else list(ZONES)
    inner = "".join(_zone_xml(ZONES[name], is_full=is_full) for name in names if name in ZONES)
    payload = f"<m:TimeZoneDefinitions>{inner}</m:TimeZoneDefinitions>"
    return answer("GetServerTimeZones", [success("GetServerTimeZones", payload)])


def _is_found(mailbox: Mailbox, typed: str) -> bool:
    return mailbox.role != "disabled" and _is_called(mailbox.address, mailbox.name, typed)


def _is_called(address: str, name: str, typed: str) -> bool:
    words = [address.casefold(), name.casefold(), *name.casefold().split()]
    return any(word.startswith(typed) for word in words)


def _resolution(found: Mailbox | DistributionGroup, kind: str, *, with_contact: bool) -> str:
    inner = mailbox_xml(found.name, found.address, kind=kind)
    if with_contact:
        entry = f'<t:Entry Key="EmailAddress1">SMTP:{escape(found.address)}</t:Entry>'
        emails = f"<t:EmailAddresses>{entry}</t:EmailAddresses>"
        source = element("ContactSource", "ActiveDirectory")
        inner += f"<t:Contact>{element('DisplayName', found.name)}{emails}{source}</t:Contact>"
    return f"<t:Resolution>{inner}</t:Resolution>"


def _searchable(mailbox: Mailbox) -> str:
    local_part = mailbox.address.partition("@")[0]
    inner = element("Guid", str(mailbox.guid)) + element("PrimarySmtpAddress", mailbox.address)
    inner += element("IsExternalMailbox", "false") + element("ExternalEmailAddress", "")
    inner += element("DisplayName", mailbox.name) + element("IsMembershipGroup", "false")
    inner += element("ReferenceId", _ORGANISATION + local_part)
    return f"<t:SearchableMailbox>{inner}</t:SearchableMailbox>"


def _entry_id(form: str, text: str) -> bytes:
    try:
        if form in {"EwsId", "EwsLegacyId"}:
            return ids.entry_id_in(text)
        if form == "HexEntryId":
            entry = bytes.fromhex(text)
        elif form == "EntryId":
            entry = b64decode(text, validate=True)
        elif form == "OwaId":
            entry = ids.entry_id_in(b64encode(urlsafe_b64decode(text)).decode("ascii"))
        else:
            raise EwsError("ErrorInvalidOperation", f"The lab reads no {form}.")
        read_entry_id(entry)
    except (binascii.Error, ValueError) as error:
        raise EwsError("ErrorInvalidIdMalformed") from error
    return entry


def _in_format(call: Call, form: str, entry: bytes) -> str:
    if form == "HexEntryId":
        return entry.hex().upper()
    if form == "EntryId":
        return b64encode(entry).decode("ascii")
    known = read_entry_id(entry)
    tree = call.estate.mailbox_by_guid(known.mailbox_guid)
    if tree is None:
        raise EwsError("ErrorNonExistentMailbox", "No mailbox with such guid.")
    text = ids.entry_item_id(tree.guid, entry, is_public=tree.is_public)
    if form in {"EwsId", "EwsLegacyId"}:
        return text
    if form == "OwaId":
        return urlsafe_b64encode(b64decode(text)).decode("ascii")
    raise EwsError("ErrorInvalidOperation", f"The lab writes no {form}.")


def _zone_xml(zone: Zone, *, is_full: bool) -> str:
    head = f'<t:TimeZoneDefinition Id="{escape(zone.key)}" Name="{escape(zone.name)}"'
    if not is_full:
        return f"{head}/>"
    periods = _period(zone.bias, "Standard")
    if zone.daylight is None or zone.standard is None:
        turns = '<t:Transition><t:To Kind="Period">Standard</t:To></t:Transition>'
    else:
        periods += _period(zone.bias - 60, "Daylight")
        turns = _turn(zone.daylight, "Daylight") + _turn(zone.standard, "Standard")
    group = f'<t:TransitionsGroup Id="0">{turns}</t:TransitionsGroup>'
    return (
        f"{head}><t:Periods>{periods}</t:Periods>"
        f"<t:TransitionsGroups>{group}</t:TransitionsGroups>"
        '<t:Transitions><t:Transition><t:To Kind="Group">0</t:To></t:Transition></t:Transitions>'
        "</t:TimeZoneDefinition>"
    )


def _period(bias: int, name: str) -> str:
    return f'<t:Period Bias="{_duration(bias)}" Name="{name}" Id="{name}"/>'


def _turn(rule: Rule, period: str) -> str:
    day = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    nth = -1 if rule.nth == _LAST_OF_MONTH else rule.nth
    return (
        f'<t:RecurringDayTransition><t:To Kind="Period">{period}</t:To>'
        f"<t:TimeOffset>PT{rule.hour}H</t:TimeOffset><t:Month>{rule.month}</t:Month>"
        f"<t:DayOfWeek>{day[rule.weekday]}</t:DayOfWeek><t:Occurrence>{nth}</t:Occurrence>"
        "</t:RecurringDayTransition>"
    )


def _duration(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else ''}PT{hours}H{rest}M"
