"""Asks again what a backup asked, drains the answers and forgets them: the floor.

Usage: ``python -m tests.bench.site_drain URL CA_FILE ASKED THREADS``.
"""

from __future__ import annotations

import json
import ssl
import sys
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit


def drain(url: str, context: ssl.SSLContext, asked: Iterator[Any], lock: Lock) -> tuple[int, int]:
    """Send what is left to send over one connection; say how many answers and bytes came."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = HTTPSConnection(parts.hostname, parts.port, context=context)
    buffer = bytearray(65536)
    answers = size = 0
    while True:
        with lock:
            one = next(asked, None)
        if one is None:
            connection.close()
            return answers, size
        connection.request(one["method"], one["path"], b64decode(one["body"]), one["headers"])
        answer = connection.getresponse()
        if answer.status >= 400:
            sys.exit(f"{one['path']}: HTTP {answer.status}: {answer.read()[:300]!r}")
        while count := answer.readinto(buffer):
            size += count
        answers += 1


def main() -> None:
    """Send everything."""
    url, ca_file, asked_file, threads = sys.argv[1:5]
    context = ssl.create_default_context(cafile=ca_file)
    asked = iter([json.loads(line) for line in Path(asked_file).read_text().splitlines()])
    lock = Lock()
    with ThreadPoolExecutor(int(threads)) as pool:
        each = [pool.submit(drain, url, context, asked, lock) for _ in range(int(threads))]
        found = [one.result() for one in each]
    print(json.dumps({"answers": sum(a for a, _ in found), "bytes": sum(b for _, b in found)}))


if __name__ == "__main__":
    main()
