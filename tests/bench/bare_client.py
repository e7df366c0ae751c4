"""A client that asks what a backup asks, drains the answers and throws them away: the floor.

It reads only what it must in order to ask on (ids and sync states, by searching bytes) and has one
connection. Usage: ``python -m tests.bench.bare_client URL CA_FILE USER PASSWORD_FILE MAILBOX``.
"""

from __future__ import annotations

import re
import ssl
import sys
from base64 import b64encode
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope'
    ' xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'
    ' xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"><s:Header>'
    '<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID>'
    "<t:PrimarySmtpAddress>{mailbox}</t:PrimarySmtpAddress></t:ConnectingSID>"
    "</t:ExchangeImpersonation></s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
FIND_FOLDERS = (
    '<m:FindFolder Traversal="Deep"><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape>'
    '</m:FolderShape><m:IndexedPageFolderView MaxEntriesReturned="1000" Offset="0"'
    ' BasePoint="Beginning"/><m:ParentFolderIds><t:DistinguishedFolderId Id="msgfolderroot"/>'
    "</m:ParentFolderIds></m:FindFolder>"
)
SYNC = (
    "<m:SyncFolderItems><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
    '<m:SyncFolderId><t:FolderId Id="{folder}"/></m:SyncFolderId>{state}'
    "<m:MaxChangesReturned>512</m:MaxChangesReturned></m:SyncFolderItems>"
)
EXPORT = "<m:ExportItems><m:ItemIds>{ids}</m:ItemIds></m:ExportItems>"
BATCH = 50


class Drain:
    """One connection that posts bodies and forgets answers as soon as they are read."""

    def __init__(self, url: str, ca_file: str, user: str, password: str, mailbox: str) -> None:
        parts = urlsplit(url)
        context = ssl.create_default_context(cafile=ca_file)
        assert parts.hostname is not None
        self.connection = HTTPSConnection(parts.hostname, parts.port, context=context)
        self.path = parts.path
        self.mailbox = mailbox
        self.headers = {
            "Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode(),
            "Content-Type": "text/xml; charset=utf-8",
            "X-AnchorMailbox": mailbox,
        }

    def post(self, body: str, *, keep: bool) -> bytes:
        """Send one request; give back the answer, or its length's worth of nothing."""
        envelope = ENVELOPE.format(mailbox=self.mailbox, body=body).encode()
        self.connection.request("POST", self.path, envelope, self.headers)
        answer = self.connection.getresponse()
        if answer.status != 200:
            sys.exit(f"HTTP {answer.status}: {answer.read()[:500]!r}")
        if keep:
            return answer.read()
        buffer = bytearray(65536)
        while answer.readinto(buffer):
            pass
        return b""


def main() -> None:
    """List every folder, sync every item, export every item."""
    url, ca_file, user, password_file, mailbox = sys.argv[1:6]
    drain = Drain(url, ca_file, user, Path(password_file).read_text().strip(), mailbox)
    folders = re.findall(rb'FolderId Id="([^"]+)"', drain.post(FIND_FOLDERS, keep=True))
    count = 0
    for folder in folders:
        state = ""
        while True:
            page = drain.post(SYNC.format(folder=folder.decode(), state=state), keep=True)
            ids = [found.decode() for found in re.findall(rb'ItemId Id="([^"]+)"', page)]
            for start in range(0, len(ids), BATCH):
                batch = "".join(f'<t:ItemId Id="{i}"/>' for i in ids[start : start + BATCH])
                drain.post(EXPORT.format(ids=batch), keep=False)
            count += len(ids)
            found_state = re.search(rb"SyncState>([^<]*)<", page)
            state = f"<m:SyncState>{found_state[1].decode() if found_state else ''}</m:SyncState>"
            if b"IncludesLastItemInRange>true" in page:
                break
    print(count)


if __name__ == "__main__":
    main()
