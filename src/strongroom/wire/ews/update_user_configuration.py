"""CreateUserConfiguration and UpdateUserConfiguration: settings that clients keep in hidden items.

An update replaces the parts that it carries and leaves the others.

Source:
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/createuserconfiguration-operation
    https://learn.microsoft.com/exchange/client-developer/web-service-reference/updateuserconfiguration-operation
"""

from __future__ import annotations

import pybase64

from strongroom.wire.ews.answers import Answer
from strongroom.wire.ews.connection import EwsConnection
from strongroom.wire.ews.ids import FolderRef, folder_ids
from strongroom.wire.ews.operation import Operation
from strongroom.wire.ews.user_configuration import UserConfiguration
from strongroom.wire.ews.xml import attribute


def create_user_configuration(
    connection: EwsConnection, folder: FolderRef, name: str, configuration: UserConfiguration
) -> None:
    """Make the configuration of that name in a folder.

    Raises:
        ItemError: there is one already.
        OutcomeUnknown: no answer.
        StrongroomError: as ``EwsConnection.write``.
    """
    connection.write(
        operation(
            "CreateUserConfiguration",
            folder,
            name,
            configuration,
            mailbox=connection.delegate_mailbox,
        )
    )


def update_user_configuration(
    connection: EwsConnection, folder: FolderRef, name: str, configuration: UserConfiguration
) -> None:
    """Replace the parts that are given (not empty) of a configuration that is there.

    Raises:
        ItemError: there is none.
        OutcomeUnknown: no answer. Writing it again does no harm.
        StrongroomError: as ``EwsConnection.write``.
    """
    connection.write(
        operation(
            "UpdateUserConfiguration",
            folder,
            name,
            configuration,
            mailbox=connection.delegate_mailbox,
        )
    )


def operation(
    verb: str,
    folder: FolderRef,
    name: str,
    configuration: UserConfiguration,
    *,
    mailbox: str | None,
) -> Operation[None]:
    """Build either request; the verb is its name."""
    dictionary = configuration.dictionary.to_xml() if configuration.dictionary else ""
    return Operation(
        name=verb,
        body=(
            f"<m:{verb}><m:UserConfiguration>"
            f'<t:UserConfigurationName Name="{attribute(name)}">'
            f"{folder_ids([folder], mailbox)}</t:UserConfigurationName>{dictionary}"
            f"{_data('XmlData', configuration.xml_data)}"
            f"{_data('BinaryData', configuration.binary_data)}"
            f"</m:UserConfiguration></m:{verb}>"
        ),
        parse=parse,
    )


def parse(answer: Answer) -> None:
    """Read the answer: it says nothing but whether it was done."""
    answer.one(lambda _: None, is_write=True)


def _data(name: str, data: bytes) -> str:
    if not data:
        return ""
    return f"<t:{name}>{pybase64.b64encode(data).decode('ascii')}</t:{name}>"
