"""Whether an item is signed, encrypted or rights-protected: those are kept closed, and named."""

from __future__ import annotations

from strongroom.content import tags
from strongroom.content.message import Message, text

_RIGHTS_KIND = "application/x-microsoft-rpmsg-message"
_RIGHTS_FILE = "message.rpmsg"


def protection_of(message: Message) -> str:
    """Say ``signed``, ``encrypted``, ``rights-protected``, or nothing at all.

    Source:
        [MS-OXOSMIME] 2.1 for the classes, [MS-OXORMMS] 2.1 for the attachment.
    """
    kind = text(message.properties, tags.PidTagMessageClass).lower()
    if kind.startswith("ipm.note.smime.multipartsigned"):
        return "signed"
    if kind.startswith("ipm.note.smime"):
        content_type = text(message.properties, tags.PidNameContentType).lower()
        return "signed" if "signed-data" in content_type else "encrypted"
    if text(message.properties, tags.PidNameContentClass).lower().startswith("rpmsg."):
        return "rights-protected"
    for attachment in message.attachments:
        bag = attachment.properties
        name = text(bag, tags.PidTagAttachLongFilename, tags.PidTagAttachFilename)
        if text(bag, tags.PidTagAttachMimeTag) == _RIGHTS_KIND or name.lower() == _RIGHTS_FILE:
            return "rights-protected"
    return ""
