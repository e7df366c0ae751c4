"""Serves mailboxes by Graph and counts what it is asked: ``python -m tests.bench.graph_lab``.

Usage: ``python -m tests.bench.graph_lab MAILBOXES ITEMS QUOTA WINDOW_S LATENCY_S FOLDER``. FOLDER
gets ``ready.json`` once it answers. SIGUSR1 has ``asked.json`` written there: requests about
mailboxes since the last time, how many there were of each kind and by each second, and what was
refused; SIGTERM ends it.

The weather has the documented limit of one application in all, made smaller (QUOTA requests in
WINDOW_S seconds), and answers LATENCY_S later; 4 requests at once for a mailbox are the lab's own.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from pathlib import Path

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.seed.bulk import Load
from strongroom.lab.weather.model import FOREVER, BackEnd, Cost, Link, Profile, Quota, Whose
from strongroom.lab.weather.weather import Weather

ITEM_BYTES = 2_000
FOLDERS = 4
_ENOUGH = 1_000


def address(number: int) -> str:
    """Name one of the mailboxes."""
    return f"somebody.{number:03}@lab.example"


def weather(quota: int, window_s: float, latency_s: float) -> Weather:
    """Give a server that has room for everybody, and the limit alone."""
    return Weather(
        Profile(
            back_ends=(BackEnd(workers=_ENOUGH),),
            cost=Cost(base_s=latency_s, item_s=0.0, jitter=0.0, rate=FOREVER),
            link=Link(rtt_s=0.0, handshake_s=0.0, bandwidth=FOREVER, per_connection=FOREVER),
            quotas=(Quota(limit=quota, window_s=window_s, whose=Whose.CALLER),),
        )
    )


def watch(lab: Lab, over: threading.Event, seen: list[tuple[float, int]]) -> None:
    """Note each second how many requests have been taken off the limit, refused ones included."""
    while not over.wait(1.0):
        seen.append((time.time(), sum(lab.cloud.graph.mail.requests.values())))


def main() -> None:
    """Serve until SIGTERM."""
    mailboxes, items, quota = (int(word) for word in sys.argv[1:4])
    window_s, latency_s = (float(word) for word in sys.argv[4:6])
    folder = Path(sys.argv[6])
    over, told = threading.Event(), threading.Event()

    def end(*_: object) -> None:
        over.set()
        told.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGUSR1, lambda *_: told.set())
    loads = tuple(
        Load(address=address(one), items=items, item_bytes=ITEM_BYTES, folders=FOLDERS)
        for one in range(mailboxes)
    )
    with Lab(Wishes(seed=3, loads=loads)) as lab:
        mail = lab.cloud.graph.mail
        mail.weather = weather(quota, window_s, latency_s)
        backup, *_ = lab.cloud.applications
        (folder / "ca.pem").write_bytes(lab.ca_pem)
        (folder / "endpoints.json").write_text(json.dumps(lab.cloud.endpoints))
        (folder / "backup.pem").write_text(backup.certificate)
        (folder / "ready.new").write_text(
            json.dumps({"tenant": lab.cloud.tenant.id, "client_id": backup.client_id})
        )
        (folder / "ready.new").replace(folder / "ready.json")
        seen: list[tuple[float, int]] = []
        threading.Thread(target=watch, args=(lab, over, seen), name="watch", daemon=True).start()
        while not over.is_set():
            told.wait()
            told.clear()
            visits, kinds = list(lab.cloud.graph.visits), dict(mail.requests)
            lab.cloud.graph.visits.clear()
            mail.requests.clear()
            asked = {
                "kinds": kinds,
                "requests": sum(kinds.values()),
                "refused": sum(one.status == 429 for one in visits),
                "most_at_once": mail.limits.most_at_once,
                "by_time": seen[:],
            }
            seen.clear()
            (folder / "asked.new").write_text(json.dumps(asked))
            (folder / "asked.new").replace(folder / "asked.json")


if __name__ == "__main__":
    main()
