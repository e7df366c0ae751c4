"""``python -m tests.bench.graph``: how near a first backup by Graph comes to what its limits allow.

No client in Python meets the documented limits (130,000 requests in 10 seconds for an application,
4 at once for each of 200 mailboxes): processors end before. So the limit of the application is
made smaller by ``SCALE``; that of 4 at once stays. What is measured is the pace: how much of what
is allowed is used, and how often a server has to say no. The ceiling is arithmetic: no client can
bring so many requests through sooner, whatever it does.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.bench.graph_lab import address
from tests.bench.measure import Cost, lab, run

STRONGROOM = [sys.executable, "-m", "strongroom.cli.main"]
LAB = "tests.bench.graph_lab"

DOCUMENTED, WINDOW_S, AT_ONCE = 130_000, 10.0, 4
SCALE = 650
"""By so much fewer requests are allowed than documented: 20 a second. Two slow processors do twice
as many at the most, with client, server and storage on them; the pace is to be what limits."""

LATENCY_S = 0.8
MAILBOXES, ITEMS = 200, 1_000
SMALL_ITEMS = 2_000
RATE_MIN, THROTTLED_MAX = 0.9, 0.01
PER_THOUSAND_MAX, UNCHANGED_MAX = 60, 8


class GraphBench:
    """One home and one storage."""

    def __init__(self, folder: Path, server: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self._server = server
        facts = json.loads((folder / "ready.json").read_text())
        (folder / "storage-password").write_text("bench storage password")
        self.strongroom(
            "connection", "add", "exchange-online", "lab", "--tenant", facts["tenant"],
            "--client-id", facts["client_id"], "--certificate", folder / "backup.pem",
            "--endpoints", folder / "endpoints.json", "--ca-file", folder / "ca.pem",
        )  # fmt: skip
        self.strongroom("storage", "add", "disk", folder / "storage", "--password-file",
                        folder / "storage-password")  # fmt: skip

    def strongroom(self, *words: str | Path) -> Cost:
        return run([*STRONGROOM, "--home", self.folder / "home", "--json", *words])

    def add_job(self, name: str, *mailboxes: str) -> None:
        chosen = [word for one in mailboxes for word in ("--resource", one)] or ["--all"]
        self.strongroom("job", "add", "backup", name, "--connection", "lab", "--storage", "disk",
                        *chosen)  # fmt: skip

    def job(self, name: str) -> Told:
        """Run a job; say what it was asked for and what became of it."""
        self._asked()
        cost = self.strongroom("job", "run", name, "--wait")
        return Told(cost=cost, report=json.loads(cost.output), asked=self._asked())

    def _asked(self) -> dict[str, Any]:
        """Have the lab write down what was asked since the last time."""
        file = self.folder / "asked.json"
        file.unlink(missing_ok=True)
        self._server.send_signal(signal.SIGUSR1)
        while not file.exists():
            time.sleep(0.05)
        found: dict[str, Any] = json.loads(file.read_text())
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A job's run: what it cost, its report, and what the lab counted meanwhile."""

    cost: Cost
    report: dict[str, Any]
    asked: dict[str, Any]

    @property
    def requests(self) -> int:
        """Requests about mailboxes that were answered, and not refused."""
        answered: int = self.asked["requests"] - self.asked["refused"]
        return answered

    @property
    def worked_s(self) -> float:
        """From the first request that was taken off the limit until the last mailbox had ended."""
        ends = [one["finished"] for one in self.report["tasks"] if one["finished"]]
        ended = max(map(datetime.fromisoformat, ends))
        began: float = next(at for at, asked in self.asked["by_time"] if asked)
        return ended.timestamp() - began + 1.0

    @property
    def per_window(self) -> list[int]:
        """Give how many requests came in each stretch of ``WINDOW_S`` from the first one on."""
        counts = [0, *(asked for _, asked in self.asked["by_time"] if asked)]
        ends = counts[:: int(WINDOW_S)]
        return [after - before for before, after in pairwise(ends)]


def ceiling_s(requests: int, mailboxes: int) -> float:
    """Say in how many seconds so many requests can be answered at the least.

    A window's requests may all come at its very beginning, so the last one counts as nothing.
    """
    windows = -(-requests * SCALE // DOCUMENTED) - 1
    by_rate_s = windows * WINDOW_S
    by_mailbox_s = requests / mailboxes / AT_ONCE * LATENCY_S
    return max(by_rate_s, by_mailbox_s)


def pace(mailboxes: int, items: int) -> bool:
    """Measure a first backup of many; say whether it was near enough to the ceiling."""
    quota = DOCUMENTED // SCALE
    with (
        tempfile.TemporaryDirectory() as name,
        lab(LAB, Path(name), mailboxes, items, quota, WINDOW_S, LATENCY_S) as server,
    ):
        bench = GraphBench(Path(name), server)
        bench.add_job("all")
        first = bench.job("all")
    saved, requests = first.report["totals"]["saved"], first.requests
    rate = requests / first.worked_s
    allowed = quota / WINDOW_S
    throttled = first.asked["refused"] / first.asked["requests"]
    print(
        f"{mailboxes} mailboxes of {items} items: {first.report['status']}, {saved:,} items; "
        f"{first.cost.wall_s:.0f} s, of these {first.worked_s:.0f} s with the mailboxes; "
        f"{first.cost.cpu_s:.0f} CPU s, peak {first.cost.peak_bytes / 1e6:.0f} MB"
    )
    print(
        f"  allowed: {quota} requests in {WINDOW_S:.0f} s (the documented {DOCUMENTED:,}, divided "
        f"by {SCALE}), {AT_ONCE} at once for a mailbox, each answer after {LATENCY_S} s; "
        f"no client needs less than {ceiling_s(requests, mailboxes):.0f} s"
    )
    print(
        f"  {requests:,} requests, {rate:.1f}/s of {allowed:.1f}/s: {rate / allowed:.1%} "
        f"(at least {RATE_MIN:.0%}); {first.asked['refused']} refused: {throttled:.2%} "
        f"(at most {THROTTLED_MAX:.0%}); {first.asked['most_at_once']} at once for one mailbox"
    )
    print(f"  requests in each {WINDOW_S:.0f} s: {first.per_window}")
    slots = [one["slots"] for one in first.report["pace"]["history"]]
    print(
        f"  limited most of the time by {first.report['limited_mostly']}; slots over time {slots}"
    )
    is_whole = first.report["status"] == "complete" and saved >= mailboxes * items
    return is_whole and rate >= RATE_MIN * allowed and throttled <= THROTTLED_MAX


def counts() -> bool:
    """Count the requests of a first backup of small items, and of an unchanged mailbox."""
    with (
        tempfile.TemporaryDirectory() as name,
        lab(LAB, Path(name), 1, SMALL_ITEMS, DOCUMENTED, WINDOW_S, 0.0) as server,
    ):
        bench = GraphBench(Path(name), server)
        bench.add_job("one", address(0))
        first, again = bench.job("one"), bench.job("one")
    cost, later = (one.report["totals"]["requests"] for one in (first, again))
    per_thousand = cost / SMALL_ITEMS * 1000
    print(
        f"requests: {cost} for a first backup of {SMALL_ITEMS:,} small items, {per_thousand:.1f} "
        f"per 1,000 (at most {PER_THOUSAND_MAX}); {later} for the unchanged mailbox (at most "
        f"{UNCHANGED_MAX}); each question in a batch by itself {first.requests} and "
        f"{again.requests}"
    )
    return bool(per_thousand <= PER_THOUSAND_MAX and later <= UNCHANGED_MAX)


def main() -> int:
    """Print the figures; 1 if a limit is exceeded."""
    mailboxes, items = map(int, sys.argv[1:3]) if sys.argv[1:] else (MAILBOXES, ITEMS)
    is_kept = [counts(), pace(mailboxes, items)]  # both, whatever the first says
    print("kept" if all(is_kept) else "EXCEEDED")
    return 0 if all(is_kept) else 1


if __name__ == "__main__":
    sys.exit(main())
