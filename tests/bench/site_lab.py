"""Serves a site of some size, and writes down what is asked: ``python -m tests.bench.site_lab``.

Usage: ``python -m tests.bench.site_lab ITEMS FILES FOLDER``. FOLDER gets ``ready.json`` once it
answers. SIGUSR1 has ``asked.jsonl`` written there, a line for each request so far, and forgets
them; SIGTERM ends it.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from base64 import b64encode
from pathlib import Path

from strongroom.lab.https import Request, Response
from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.sharepoint.content.collection import SiteCollection
from strongroom.lab.sharepoint.content.seed import Amounts, fill

SITE = "/sites/marketing"
_PLAIN = ("accept", "content-type", "authorization", "range", "x-requestdigest")


class Witness:
    """Writes down requests on their way to a face."""

    def __init__(self, lab: Lab) -> None:
        self._face = lab.cloud.farm_face
        self._lock = threading.Lock()
        self._asked: list[dict[str, object]] = []

    def answer(self, request: Request) -> Response:
        asked: dict[str, object] = {
            "method": request.method,
            "path": request.path,
            "headers": {name: request.headers[name] for name in _PLAIN if name in request.headers},
            "body": b64encode(request.body).decode(),
        }
        with self._lock:
            self._asked.append(asked)
        return self._face.answer(request)

    def write(self, file: Path) -> None:
        with self._lock:
            asked, self._asked = self._asked, []
        beside = file.with_suffix(".new")
        beside.write_text("".join(f"{json.dumps(one)}\n" for one in asked))
        beside.replace(file)


def _versions(site: SiteCollection) -> int:
    """Count versions of files, and attachments: each has bytes of its own."""
    items = [
        item for web in site.webs() for one in web.lists.values() for item in one.items.values()
    ]
    files = sum(len(item.versions) for item in items if item.file is not None)
    return files + sum(len(item.attachments) for item in items)


def main() -> None:
    """Serve until SIGTERM."""
    items, files, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    over, told = threading.Event(), threading.Event()

    def end(*_: object) -> None:
        over.set()
        told.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGUSR1, lambda *_: told.set())
    with Lab(Wishes(seed=3)) as lab:
        site = lab.cloud.farm_face.content.collection(SITE)
        assert site is not None
        with site.lock:
            fill(site, Amounts(items=items, files=files))
        witness = Witness(lab)
        for beginning in lab.cloud.farm_face.beginnings:
            lab.cloud.sites.pages[beginning] = witness.answer
        backup, *_ = lab.cloud.applications
        (folder / "ca.pem").write_bytes(lab.ca_pem)
        (folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
        (folder / "backup.pem").write_text(backup.certificate)
        ready = {
            "url": lab.cloud.sites.url,
            "site": lab.cloud.sites.url + SITE,
            "tenant": lab.cloud.tenant.id,
            "client_id": backup.client_id,
            "bytes_to_read": _versions(site),
        }
        (folder / "ready.new").write_text(json.dumps(ready))
        (folder / "ready.new").replace(folder / "ready.json")
        while not over.is_set():
            told.wait()
            told.clear()
            witness.write(folder / "asked.jsonl")


if __name__ == "__main__":
    main()
