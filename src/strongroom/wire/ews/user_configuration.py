"""GetUserConfiguration: settings that clients keep in hidden items (``CategoryList``, …).

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation
"""

from __future__ import annotations

from dataclasses import dataclass

import pybase64
from lxml import etree

from strongroom.errors import TransientError
from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.nodes import Node, read_node
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.xml import M, T, attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class UserConfiguration:
    """One configuration object.

    Attributes:
        xml_data: Its XML stream, usually UTF-8; empty if it has none.
        binary_data: Its binary stream; empty if it has none.
        dictionary: Its dictionary, or None.
    """

    xml_data: bytes = b""
    binary_data: bytes = b""
    dictionary: Node | None = None


def get_user_configuration(
    connection: EwsConnection, folder: FolderRef, name: str
) -> UserConfiguration:
    """Read the configuration of that name in a folder.

    Raises:
        ItemError: there is none (code ``ErrorItemNotFound``).
        StrongroomError: as ``EwsConnection.read``.
    """
    return connection.read(operation(folder, name, mailbox=connection.delegate_mailbox))


def operation(folder: FolderRef, name: str, *, mailbox: str | None) -> Operation[UserConfiguration]:
    """Build the request."""
    return Operation(
        name="GetUserConfiguration",
        body=(
            f'<m:GetUserConfiguration><m:UserConfigurationName Name="{attribute(name)}">'
            f"{folder_ids([folder], mailbox)}</m:UserConfigurationName>"
            "<m:UserConfigurationProperties>All</m:UserConfigurationProperties>"
            "</m:GetUserConfiguration>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> UserConfiguration:
    """Read the answer."""
    return answer.one(_configuration)


def _configuration(message: etree._Element) -> UserConfiguration:
    told = message.find(f"{M}UserConfiguration")
    if told is None:
        raise TransientError("The server told a success and no configuration.")
    dictionary = told.find(f"{T}Dictionary")
    return UserConfiguration(
        xml_data=_bytes(told, "XmlData"),
        binary_data=_bytes(told, "BinaryData"),
        dictionary=None if dictionary is None else read_node(dictionary),
    )


def _bytes(told: etree._Element, name: str) -> bytes:
    raw = "".join(told.findtext(f"{T}{name}", "").split())
    try:
        return pybase64.b64decode(raw.encode("ascii"), validate=True)
    except ValueError as error:
        raise TransientError(f"The server gave a configuration whose {name} is cut.") from error
