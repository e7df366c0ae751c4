"""Outlook's .msg files ([MS-OXMSG]) into the message model."""

from __future__ import annotations

from strongroom.content.message import Message
from strongroom.errors import ItemError


class MsgError(ItemError):
    """This file is not an Outlook message, or it is damaged."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "This Outlook file cannot be read.", code="msg-damaged", why=why, is_permanent=True
        )


def read_msg(data: bytes) -> Message:
    """Read a .msg file.

    Raises:
        MsgError: it is damaged; nothing else is raised for any bytes.
    """
    raise NotImplementedError
