"""Mailbox import and export: only as much as shows whether a right is there.

Source:
    https://learn.microsoft.com/graph/api/resources/mailbox-import-export-api-overview
"""

from __future__ import annotations

from urllib.parse import quote

from strongroom.wire.graph.connection import GraphConnection

_NO_ITEM = "AAMkAGI2"


def see_folders(graph: GraphConnection, mailbox_id: str) -> None:
    """Ask for one folder of a mailbox.

    Args:
        graph: The connection.
        mailbox_id: As ``read_mailbox_id`` gives it.

    Raises:
        GraphDenied: the token lacks MailboxFolder.Read.All, or the mailbox is out of scope.
    """
    graph.get(f"{_mailbox(mailbox_id)}/folders", {"$top": "1"})


def see_items(graph: GraphConnection, mailbox_id: str) -> None:
    """Ask for one item of the inbox.

    Raises:
        GraphDenied: the token lacks MailboxItem.Read.All, or the mailbox is out of scope.
    """
    graph.get(f"{_mailbox(mailbox_id)}/folders/inbox/items", {"$top": "1"})


def try_export(graph: GraphConnection, mailbox_id: str) -> None:
    """Ask to export an item that is not there: refused before that is found out, or not at all.

    Raises:
        GraphDenied: the token lacks MailboxItem.Export.All, or the mailbox is out of scope.
        GraphRefused: let in, and the item is not understood.
    """
    graph.ask(f"{_mailbox(mailbox_id)}/exportItems", {"itemIds": [_NO_ITEM]})


def try_import(graph: GraphConnection, mailbox_id: str) -> None:
    """Open a session for importing, and use it for nothing; it ends by itself.

    The address that it is for holds a token, and is dropped here unread.

    Raises:
        GraphDenied: the token lacks MailboxItem.ImportExport.All, or the mailbox is out of scope.
    """
    graph.ask(f"{_mailbox(mailbox_id)}/createImportSession")


def _mailbox(mailbox_id: str) -> str:
    return f"admin/exchange/mailboxes/{quote(mailbox_id, safe=':@')}"
