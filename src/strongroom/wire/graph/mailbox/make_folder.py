"""Making a folder.

Source:
    https://learn.microsoft.com/graph/api/exchangesettings-post-mailboxfolders
    https://learn.microsoft.com/graph/api/mailboxfolder-post-childfolders
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from strongroom.wire.graph.mailbox.folders import MailboxFolder, folder_of
from strongroom.wire.graph.mailbox.ids import for_graph
from strongroom.wire.graph.mailbox.line import MailboxLine
from strongroom.wire.graph.mailbox.properties import Property
from strongroom.wire.graph.mailbox.question import Question, json_body

KIND = "POST folders"
EXISTS = "ErrorFolderExists"


def make_folder(
    line: MailboxLine,
    parent: str,
    name: str,
    kind: str,
    properties: Mapping[Property, str] | None = None,
) -> MailboxFolder:
    """Make a folder; asked again where time may heal it, since a name is given only once.

    Args:
        line: The mailbox's.
        parent: Below which folder, as it is kept; empty: below the root that people see.
        name: Display name.
        kind: Container class (``IPF.Note``).
        properties: Extended properties and their values, as Graph writes them.

    Raises:
        GraphRefused: ``ErrorFolderExists`` (409): there is one, be it from an earlier try of ours.
        StrongroomError: as ``MailboxLine.get``.
    """
    below = f"{line.path}/folders"
    if parent:
        below += f"/{quote(for_graph(parent), safe='')}/childFolders"
    body: dict[str, object] = {"displayName": name, "type": kind}
    if properties:
        body["singleValueExtendedProperties"] = [
            {"id": one.name, "value": value} for one, value in properties.items()
        ]
    return folder_of(line.ask(Question("POST", line.target(below), KIND, json_body(body))))
