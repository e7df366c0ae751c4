"""The same job done with exchangelib, as shipped or with its one-byte read mended.

As shipped, version 5.6.0 parses each answer from ``response.iter_content()``, whose default piece
is one byte. ``mended`` gives it pieces of 64 KiB and changes nothing else. Usage:
``python -m tests.bench.exchangelib_client
shipped|mended backup|restore URL CA USER PASSWORD_FILE MAILBOX ITEMS``.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Any

import requests
from exchangelib import (
    BASIC,
    IMPERSONATION,
    Account,
    Build,
    Configuration,
    Credentials,
    Version,
)
from exchangelib.protocol import BaseProtocol
from requests.adapters import HTTPAdapter


def trust(ca_file: str) -> None:
    """Let exchangelib verify the lab's certificate against the lab's own authority."""

    class Adapter(HTTPAdapter):
        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, ca_file, cert)

    BaseProtocol.HTTP_ADAPTER_CLS = Adapter


def mend() -> None:
    """Give the parser pieces of 64 KiB instead of single bytes."""
    read = requests.Response.iter_content

    def iter_content(self: Any, chunk_size: int = 65536, **kwargs: Any) -> Any:
        return read(self, chunk_size, **kwargs)

    requests.Response.iter_content = iter_content  # type: ignore[method-assign, assignment]


def main() -> None:
    """Export that many items of the mailbox, and for a restore upload them into its drafts."""
    variant, job, url, ca_file, user, password_file, mailbox, wanted = sys.argv[1:9]
    trust(ca_file)
    if variant == "mended":
        mend()
    config = Configuration(
        service_endpoint=url,
        credentials=Credentials(user, Path(password_file).read_text().strip()),
        auth_type=BASIC,
        version=Version(build=Build(15, 2, 2562, 17)),
    )
    account = Account(mailbox, config=config, autodiscover=False, access_type=IMPERSONATION)
    count = 0
    for folder in account.msg_folder_root.walk():
        changes = folder.sync_items(only_fields=["id", "changekey"])
        items = [item for _, item in islice(changes, int(wanted) - count)]
        if not items:
            continue
        data = account.export(items, chunk_size=50)
        count += len(data)
        if job == "restore":
            account.upload([(account.drafts, one) for one in data], chunk_size=50)
        if count >= int(wanted):
            break
    print(count)


if __name__ == "__main__":
    main()
