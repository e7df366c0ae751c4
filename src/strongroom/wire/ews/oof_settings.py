"""GetUserOofSettings and SetUserOofSettings: the out-of-office reply.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseroofsettings-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/setuseroofsettings-operation
"""

from __future__ import annotations

from dataclasses import replace

from strongroom.errors import OutcomeUnknown, TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, text


def get_oof_settings(connection: EwsConnection, mailbox: str) -> Node:
    """Read a mailbox's settings: ``OofState``, ``ExternalAudience``, ``Duration``, replies.

    Raises:
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(get_operation(mailbox))


def set_oof_settings(connection: EwsConnection, mailbox: str, settings: Node) -> None:
    """Write a mailbox's settings as ``get_oof_settings`` gave them.

    Raises:
        OutcomeUnknown: no answer. Writing them again does no harm.
        StrongroomError: as ``EwsConnection.write``.
    """
    connection.write(set_operation(mailbox, settings))


def get_operation(mailbox: str) -> Operation[Node]:
    """Build the request to read them."""
    return Operation(
        name="GetUserOofSettings",
        body=f"<m:GetUserOofSettingsRequest>{_whose(mailbox)}</m:GetUserOofSettingsRequest>",
        parse=parse,
    )


def set_operation(mailbox: str, settings: Node) -> Operation[None]:
    """Build the request to write them."""
    written = replace(settings, name="UserOofSettings").to_xml()
    return Operation(
        name="SetUserOofSettings",
        body=(
            f"<m:SetUserOofSettingsRequest>{_whose(mailbox)}{written}</m:SetUserOofSettingsRequest>"
        ),
        parse=parse_set,
    )


def parse(answer: Answer) -> Node:
    """Read the settings."""
    message = answer.element.find(f"{M}ResponseMessage")
    settings = answer.element.find(f"{T}OofSettings")
    if message is not None:
        answer.one(lambda _: None, message=message)
    if settings is None:
        raise TransientError("The server told a success and no out-of-office settings.")
    return read_node(settings)


def parse_set(answer: Answer) -> None:
    """Read the answer to writing them."""
    message = answer.element.find(f"{M}ResponseMessage")
    if message is None:
        raise OutcomeUnknown("The server did not say whether it took the out-of-office settings.")
    answer.one(lambda _: None, message=message, is_write=True)


def _whose(mailbox: str) -> str:
    return f"<t:Mailbox><t:Address>{text(mailbox)}</t:Address></t:Mailbox>"
