"""GetUserOofSettings and SetUserOofSettings.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseroofsettings-operation
    and the page of the other beside it
"""

from __future__ import annotations

from strongroom.lab.estate.settings import OutOfOffice
from strongroom.lab.exchange.answer import (
    NO_ERROR,
    SUCCESS_ATTRIBUTE,
    alone,
    failure_lines,
)
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes import times
from strongroom.lab.exchange.xml import (
    Element,
    element,
    find,
    require,
    text_of,
)


def get_user_oof_settings(call: Call, request: Element) -> str:
    """Answer GetUserOofSettings."""
    name = "GetUserOofSettingsResponse"
    try:
        mailbox = call.own_mailbox(text_of(request, "t:Mailbox/t:Address"))
    except EwsError as error:
        return alone(name, "", _message(error))
    oof = mailbox.settings.out_of_office
    audience = f"<m:AllowExternalOof>{oof.audience}</m:AllowExternalOof>"
    return alone(name, "", _message() + _oof_xml(call, oof) + audience)


def set_user_oof_settings(call: Call, request: Element) -> str:
    """Answer SetUserOofSettings."""
    name = "SetUserOofSettingsResponse"
    try:
        mailbox = call.own_mailbox(text_of(request, "t:Mailbox/t:Address"))
        mailbox.settings.out_of_office = _read_oof(require(request, "t:UserOofSettings"))
    except EwsError as error:
        return alone(name, "", _message(error))
    return alone(name, "", _message())


def _message(error: EwsError | None = None) -> str:
    if error is None:
        return f"<m:ResponseMessage {SUCCESS_ATTRIBUTE}>{NO_ERROR}</m:ResponseMessage>"
    lines = failure_lines(error)
    return f'<m:ResponseMessage ResponseClass="Error">{lines}</m:ResponseMessage>'


def _oof_xml(call: Call, oof: OutOfOffice) -> str:
    digits = call.quirks.fraction_digits
    inner = element("OofState", oof.state) + element("ExternalAudience", oof.audience)
    if oof.start is not None and oof.end is not None:
        start = element("StartTime", times.written(oof.start, digits))
        end = element("EndTime", times.written(oof.end, digits))
        inner += f"<t:Duration>{start}{end}</t:Duration>"
    for name, text in (
        ("InternalReply", oof.internal_reply),
        ("ExternalReply", oof.external_reply),
    ):
        inner += f"<t:{name}>{element('Message', text)}</t:{name}>"
    return f"<t:OofSettings>{inner}</t:OofSettings>"


def _read_oof(node: Element) -> OutOfOffice:
    start = text_of(node, "t:Duration/t:StartTime")
    end = text_of(node, "t:Duration/t:EndTime")
    state = text_of(node, "t:OofState") or "Disabled"
    if state == "Scheduled" and find(node, "t:Duration") is None:
        raise EwsError("ErrorInvalidScheduledOofDuration")
    return OutOfOffice(
        state=state,
        audience=text_of(node, "t:ExternalAudience") or "None",
        start=times.read(start).to_datetime() if start else None,
        end=times.read(end).to_datetime() if end else None,
        internal_reply=text_of(node, "t:InternalReply/t:Message") or "",
        external_reply=text_of(node, "t:ExternalReply/t:Message") or "",
    )
