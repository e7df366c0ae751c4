"""``python -m tests.bench.sites``: what a site's backup costs beside a bare drain of the same.

The lab runs in a process of its own and writes down every request of a first backup. A bare client
then sends the very same requests and throws the answers away: no backup can be faster. Compare only
within one run.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.measure import Cost, lab, run

STRONGROOM = [sys.executable, "-m", "strongroom.cli.main"]
LAB = "tests.bench.site_lab"
ITEMS, FILES = 20_000, 2_000
DRAIN_THREADS = 4
PER_VERSION_MAX, PER_ITEM_MAX = 1.1, 0.02


class SiteBench:
    """One home and one storage."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.folder = folder
        self.facts = facts
        (folder / "storage-password").write_text("bench storage password")
        self.strongroom(
            "connection", "add", "sharepoint-online", "lab", "--url", facts["site"],
            "--tenant", facts["tenant"], "--endpoints", folder / "endpoints.json",
            "--ca-file", folder / "ca.pem", "--client-id", facts["client_id"],
            "--certificate", folder / "backup.pem",
        )  # fmt: skip
        self.strongroom("storage", "add", "disk", folder / "storage", "--password-file",
                        folder / "storage-password")  # fmt: skip
        self.strongroom("job", "add", "backup", "site", "--connection", "lab",
                        "--storage", "disk", "--resource", facts["site"])  # fmt: skip

    def strongroom(self, *words: str | Path) -> Cost:
        return run([*STRONGROOM, "--home", self.folder / "home", "--json", *words])

    def asked(self, server: subprocess.Popen[bytes]) -> Path:
        """Have the lab write down what was asked since the last time."""
        file = self.folder / "asked.jsonl"
        file.unlink(missing_ok=True)
        server.send_signal(signal.SIGUSR1)
        while not file.exists():
            time.sleep(0.05)
        return file

    def drain(self, asked: Path) -> Cost:
        return run([sys.executable, "-m", "tests.bench.site_drain", self.facts["url"],
                    self.folder / "ca.pem", asked, str(DRAIN_THREADS)])  # fmt: skip


def downloads(asked: Path) -> int:
    """Count the requests for bytes of files, versions and attachments."""
    lines = [json.loads(line) for line in asked.read_text().splitlines()]
    return sum(one["path"].partition("?")[0].casefold().endswith("/$value") for one in lines)


def main() -> int:
    """Print the figures; 1 if a limit is exceeded."""
    with tempfile.TemporaryDirectory() as name, lab(LAB, Path(name), ITEMS, FILES) as server:
        folder = Path(name)
        bench = SiteBench(folder, json.loads((folder / "ready.json").read_text()))
        bench.asked(server)
        first = bench.strongroom("job", "run", "site", "--wait")
        asked = folder / "first.jsonl"
        bench.asked(server).replace(asked)
        bare = bench.drain(asked)
        bench.asked(server)
        again = bench.strongroom("job", "run", "site", "--wait")
        kept, unchanged = json.loads(first.output), json.loads(again.output)
        drained = json.loads(bare.output)
        items, requests = kept["totals"]["saved"], drained["answers"]
        loads = downloads(asked)
        per_item, per_version = (requests - loads) / items, loads / bench.facts["bytes_to_read"]
        print(f"{items:,} items, {kept['totals']['bytes_read'] / 1e6:.0f} MB: {kept['status']}")
        for what, cost in (("first backup", first), ("bare drain", bare), ("unchanged", again)):
            print(
                f"{what:13} {cost.wall_s:6.1f} s, {cost.cpu_s:6.1f} CPU s, "
                f"{items / cost.wall_s:8.0f} items/s, peak {cost.peak_bytes / 1e6:.0f} MB"
            )
        print(f"wall {first.wall_s / bare.wall_s:.2f} x and CPU {first.cpu_s / bare.cpu_s:.2f} x"
              f" the bare drain's ({DRAIN_THREADS} connections)")  # fmt: skip
        print(f"{requests} requests; {per_version:.3f} for each version of a file (limit "
              f"{PER_VERSION_MAX}), {per_item:.4f} others for each item (limit {PER_ITEM_MAX}); "
              f"unchanged: {unchanged['totals']['requests']}")  # fmt: skip
        is_kept = per_item <= PER_ITEM_MAX and per_version <= PER_VERSION_MAX
        is_kept = is_kept and kept["status"] == "complete"
        print("kept" if is_kept else "EXCEEDED")
        return 0 if is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
