"""Where somebody's mailbox is, and what its owner set.

Source:
    https://learn.microsoft.com/graph/api/usersettings-list-exchange
    https://learn.microsoft.com/graph/api/resources/mailboxsettings
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from strongroom.lab.entra.words import User
from strongroom.lab.estate.mailbox import Mailbox
from strongroom.lab.estate.settings import OutOfOffice, Regional
from strongroom.lab.graph import odata
from strongroom.lab.graph.call import Call
from strongroom.lab.graph.errors import not_found
from strongroom.lab.graph.mailbox import ids
from strongroom.lab.graph.mailbox.errors import invalid
from strongroom.lab.graph.mailbox.places import mailbox_id
from strongroom.lab.graph.mailbox.reaching import (
    READ_MAIL,
    READ_SETTINGS,
    WRITE_SETTINGS,
    check,
    check_has_mailbox,
    user_named,
)

Row = dict[str, object]

_READ_USERS = ("User.Read.All", "User.ReadWrite.All", "Directory.Read.All")
_STATES = {"Disabled": "disabled", "Enabled": "alwaysEnabled", "Scheduled": "scheduled"}
_AUDIENCES = {"None": "none", "Known": "contactsOnly", "All": "all"}
_DELIVERIES = {
    "DelegatesOnly": "sendToDelegateOnly",
    "DelegatesAndMe": "sendToDelegateAndPrincipal",
    "DelegatesAndSendInformationToMe": "sendToDelegateAndInformationToPrincipal",
}
_WRITABLE = frozenset(
    {
        "automaticRepliesSetting",
        "dateFormat",
        "delegateMeetingMessageDeliveryOptions",
        "language",
        "timeFormat",
        "timeZone",
        "workingHours",
    }
)


def exchange_settings(call: Call) -> object:
    """Say the id of somebody's mailbox; in beta also of the archive."""
    user = call.tenant.user(call.path[0])
    if user is None or user.id != call.claims.object_id:
        call.need(*_READ_USERS)
    if user is None:
        raise not_found(call.path[0])
    check_has_mailbox(call, user)
    mailbox = call.mail.mailbox_of(user)
    row: Row = {"primaryMailboxId": mailbox_id(mailbox.guid, call.tenant.id)}
    if call.version == "beta" and mailbox.archive is not None:
        row["inPlaceArchiveMailboxId"] = mailbox_id(mailbox.archive.guid, call.tenant.id)
    return odata.entity(call, f"users('{user.id}')/settings/exchange", row)


def mail_folder(call: Call) -> object:
    """Describe somebody's inbox to a token with Mail.Read."""
    user = user_named(call)
    check(call, user, READ_MAIL)
    inbox = call.mail.mailbox_of(user).folder_by_role("inbox")
    row = {
        "id": ids.folder_id(inbox),
        "displayName": inbox.name,
        "parentFolderId": ids.folder_id(inbox.parent or inbox),
        "childFolderCount": len(inbox.children),
        "unreadItemCount": inbox.unread_count,
        "totalItemCount": inbox.content_count,
        "isHidden": False,
    }
    return odata.entity(call, f"users('{user.id}')/mailFolders", row)


def mailbox_settings(call: Call) -> object:
    """Say what somebody's mailbox is for, and what its owner set."""
    user = user_named(call)
    check(call, user, READ_SETTINGS)
    return _shown(call, user)


def change_mailbox_settings(call: Call) -> object:
    """Change what the body names, and leave the rest."""
    user = user_named(call)
    check(call, user, WRITE_SETTINGS)
    body = call.json()
    for name in body:
        if name not in _WRITABLE and not name.startswith("@odata."):
            raise invalid(f"The property '{name}' does not exist or cannot be set.")
    settings = call.mail.mailbox_of(user).settings
    # Everything is read before anything is changed: a refused request changes nothing.
    regional = _regional(settings.regional, body)
    replies = _replies(settings.out_of_office, body)
    delivery = str(body.get("delegateMeetingMessageDeliveryOptions", ""))
    if delivery:
        settings.deliver_meeting_requests = _named(_DELIVERIES, delivery)
    settings.regional, settings.out_of_office = regional, replies
    return _shown(call, user)


def _shown(call: Call, user: User) -> object:
    row = _row(call.mail.mailbox_of(user), user)
    return odata.entity(call, f"users('{user.id}')/mailboxSettings", row)


def _row(mailbox: Mailbox, user: User) -> Row:
    settings = mailbox.settings
    regional = settings.regional
    archive = mailbox.find_folder_by_role("archive")
    return {
        "archiveFolder": ids.folder_id(archive) if archive is not None else None,
        "timeZone": regional.time_zone,
        "delegateMeetingMessageDeliveryOptions": _DELIVERIES[settings.deliver_meeting_requests],
        "dateFormat": regional.date_format,
        "timeFormat": regional.time_format,
        "userPurpose": user.purpose,
        "automaticRepliesSetting": _replies_row(settings.out_of_office),
        "language": {"locale": regional.language, "displayName": regional.language},
        "workingHours": {
            "daysOfWeek": list(regional.working_days),
            "startTime": f"{regional.working_hours[0]}.0000000",
            "endTime": f"{regional.working_hours[1]}.0000000",
            "timeZone": {"name": regional.time_zone},
        },
    }


def _replies_row(replies: OutOfOffice) -> Row:
    return {
        "status": _STATES[replies.state],
        "externalAudience": _AUDIENCES[replies.audience],
        "internalReplyMessage": replies.internal_reply,
        "externalReplyMessage": replies.external_reply,
        "scheduledStartDateTime": _moment_row(replies.start),
        "scheduledEndDateTime": _moment_row(replies.end),
    }


def _moment_row(when: datetime | None) -> Row | None:
    if when is None:
        return None
    return {"dateTime": f"{when:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _regional(now: Regional, body: Mapping[str, object]) -> Regional:
    hours, language = _object(body, "workingHours"), _object(body, "language")
    days = hours.get("daysOfWeek", list(now.working_days))
    if not isinstance(days, list):
        raise invalid("daysOfWeek must be a list.")
    begin, end = (
        str(hours.get(name, known))[:8]
        for name, known in zip(("startTime", "endTime"), now.working_hours, strict=True)
    )
    return replace(
        now,
        time_zone=str(body.get("timeZone", now.time_zone)),
        language=str(language.get("locale", now.language)),
        date_format=str(body.get("dateFormat", now.date_format)),
        time_format=str(body.get("timeFormat", now.time_format)),
        working_days=tuple(str(one) for one in days),
        working_hours=(begin, end),
    )


def _replies(now: OutOfOffice, body: Mapping[str, object]) -> OutOfOffice:
    wanted = _object(body, "automaticRepliesSetting")
    start = _moment(wanted, "scheduledStartDateTime") or now.start
    end = _moment(wanted, "scheduledEndDateTime") or now.end
    made = replace(
        now,
        state=_named(_STATES, str(wanted.get("status", _STATES[now.state]))),
        audience=_named(_AUDIENCES, str(wanted.get("externalAudience", _AUDIENCES[now.audience]))),
        start=start,
        end=end,
        internal_reply=str(wanted.get("internalReplyMessage", now.internal_reply)),
        external_reply=str(wanted.get("externalReplyMessage", now.external_reply)),
    )
    if made.state == "Scheduled" and (made.start is None or made.end is None):
        raise invalid("Scheduled replies need a start and an end.")
    return made


def _moment(row: Mapping[str, object], name: str) -> datetime | None:
    told = _object(row, name)
    if not told:
        return None
    try:
        found = datetime.fromisoformat(str(told.get("dateTime"))[:26])
    except ValueError as error:
        raise invalid(f"{name} is no time.") from error
    if str(told.get("timeZone", "UTC")) != "UTC":
        raise invalid("Only UTC is understood here.")
    return found.replace(tzinfo=UTC)


def _object(row: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = row.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid(f"{name} must be an object.")
    return value or {}


def _named(names: Mapping[str, str], wanted: str) -> str:
    for ours, theirs in names.items():
        if theirs == wanted:
            return ours
    raise invalid(f"'{wanted}' is not known.")
