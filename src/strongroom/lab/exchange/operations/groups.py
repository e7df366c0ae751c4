"""ExpandDL: one level of a distribution group.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/expanddl-operation
"""

from __future__ import annotations

from strongroom.lab.estate.estate import Estate
from strongroom.lab.exchange.answer import answer, failure, success
from strongroom.lab.exchange.call import Call
from strongroom.lab.exchange.errors import EwsError
from strongroom.lab.exchange.shapes.addresses import mailbox_xml
from strongroom.lab.exchange.xml import Element, text_of


def expand_dl(call: Call, request: Element) -> str:
    """Answer ExpandDL: the members of a public group, and those of no group inside it."""
    address = text_of(request, "m:Mailbox/t:EmailAddress") or ""
    group = call.estate.group(address)
    if group is None or group.is_hidden:
        nobody = EwsError("ErrorNameResolutionNoResults")
        return answer("ExpandDL", [failure("ExpandDL", nobody)])
    members = [] if group.hides_members else group.members
    shown = members[: call.quirks.group_members_max]
    inner = "".join(_member(call.estate, one) for one in shown)
    is_whole = "true" if len(shown) == len(members) else "false"
    payload = (
        f'<m:DLExpansion TotalItemsInView="{len(shown)}" IncludesLastItemInRange="{is_whole}">'
        f"{inner}</m:DLExpansion>"
    )
    return answer("ExpandDL", [success("ExpandDL", payload)])


def _member(estate: Estate, address: str) -> str:
    mailbox, group = estate.mailbox(address), estate.group(address)
    if mailbox is not None:
        return mailbox_xml(mailbox.name, mailbox.address, kind="Mailbox")
    if group is not None:
        return mailbox_xml(group.name, group.address, kind="PublicDL")
    return mailbox_xml(address, address, kind="Contact")
