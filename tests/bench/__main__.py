"""``make bench``: what a backup and a restore cost beside other clients, on one lab in one run.

And what the engine costs beside them (``many_mailboxes``).

Figures are whole processes as the operating system accounts them. Compare only within one run:
machines are noisy. The *marginal cost* is the slope between a small and a large mailbox of the same
kind of item, so that start-up counts once.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench import many_mailboxes
from tests.bench.measure import Cost, run

STRONGROOM = [sys.executable, "-m", "strongroom.cli.main"]
DOMAIN = "lab.example"
START_CPU_S_MAX = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One kind of item, in a small and a large mailbox."""

    name: str
    item_bytes: int
    small: int
    large: int
    shipped: int  # items that exchangelib as shipped gets: it would take hours for all
    cpu_s_max: float  # what 1,000 items more may cost us

    def mailbox(self, items: int) -> str:
        return f"{self.name}-{items}@{DOMAIN}"


LOADS = (
    Load(name="kb8", item_bytes=8192, small=5_000, large=20_000, shipped=300, cpu_s_max=0.30),
    Load(name="kb50", item_bytes=51200, small=5_000, large=20_000, shipped=60, cpu_s_max=0.70),
)
QUICK = tuple(replace(load, small=500, large=2_000, shipped=load.shipped // 3) for load in LOADS)


@contextmanager
def lab(folder: Path, loads: tuple[Load, ...]) -> Iterator[dict[str, Any]]:
    """Serve the mailboxes of all loads from a process of its own."""
    ready = folder / "ready.json"
    bulk = [
        word
        for load in loads
        for items in (load.small, load.large)
        for word in ("--bulk", f"{load.mailbox(items)}:{items}:{load.item_bytes}:20")
    ]
    command = [*STRONGROOM, "lab", "serve", "--seed", "1", "--ready-file", str(ready), *bulk]
    process = subprocess.Popen(command)
    try:
        for _ in range(1200):
            if ready.exists():
                break
            if process.poll() is not None:
                sys.exit("the lab did not start")
            time.sleep(0.1)
        facts = json.loads(ready.read_text())
        (folder / "password").write_text(facts["admin"]["password"])
        yield facts
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


class Bench:
    """One home, one storage, many measured runs."""

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self.folder = folder
        self.facts = facts
        self.password = folder / "password"
        storage_password = folder / "storage-password"
        storage_password.write_text("bench storage password")
        self.strongroom(
            "connection", "add", "exchange-onprem", "lab", "--server", facts["exchange"]["ews_url"],
            "--user", facts["admin"]["user"], "--auth", "basic",
            "--account-password-file", self.password, "--ca-file", facts["ca_file"],
        )  # fmt: skip
        self.strongroom(
            "storage", "add", "disk", folder / "storage", "--password-file", storage_password
        )

    def strongroom(self, *words: str | Path) -> Cost:
        return run([*STRONGROOM, "--home", self.folder / "home", "--json", *words])

    def back_up(self, mailbox: str) -> tuple[Cost, dict[str, Any]]:
        """Measure one first backup of a mailbox, start-up included."""
        name = mailbox.partition("@")[0]
        self.strongroom(
            "job",
            "add",
            "backup",
            name,
            "--connection",
            "lab",
            "--storage",
            "disk",
            "--resource",
            mailbox,
        )
        cost = self.strongroom("job", "run", name, "--wait")
        return cost, json.loads(cost.output)

    def restore(self, mailbox: str, folder: str) -> Cost:
        """Measure a restore into the empty mailbox, reading back and comparing included."""
        return self.strongroom(
            "restore", "disk", mailbox, "--connection", "lab", "--to", f"empty@{DOMAIN}",
            "--folder", folder, "--wait",
        )  # fmt: skip

    def bare(self, mailbox: str) -> Cost:
        return run([sys.executable, "-m", "tests.bench.bare_client", *self.access(), mailbox])

    def exchangelib(self, variant: str, job: str, mailbox: str, items: int) -> Cost:
        client = [sys.executable, "-W", "ignore", "-m", "tests.bench.exchangelib_client"]
        return run([*client, variant, job, *self.access(), mailbox, str(items)])

    def access(self) -> list[str | Path]:
        facts = self.facts
        return [
            facts["exchange"]["ews_url"],
            facts["ca_file"],
            facts["admin"]["user"],
            self.password,
        ]


def slope(small: Cost, large: Cost, items: int) -> float:
    """CPU seconds per 1,000 items between two runs that differ by that many items."""
    return (large.cpu_s - small.cpu_s) / items * 1000


def verdict(figure: float, limit: float) -> str:
    """Say whether a figure keeps its limit; machines differ, so a person decides what follows."""
    return "kept" if figure <= limit else f"EXCEEDED by {figure / limit - 1:.0%}"


def row(name: str, items: int, item_bytes: int, cost: Cost, floor_s: float | None = None) -> None:
    per_thousand = cost.cpu_s / items * 1000
    ratio = f"{per_thousand / floor_s:8.1f}" if floor_s else "       -"
    print(
        f"  {name:<34}{items:>7} items {items / cost.wall_s:>9.0f} items/s"
        f" {items * item_bytes / cost.wall_s / 1e6:>8.1f} MB/s {per_thousand:>8.3f} CPU s/1,000"
        f" {ratio} x bare {cost.peak_bytes / 1e6:>7.0f} MB peak",
        flush=True,
    )


def measure(bench: Bench, load: Load) -> None:
    """Print the table of one load."""
    print(f"\n{load.name}: items of {load.item_bytes} bytes")
    small, large = load.mailbox(load.small), load.mailbox(load.large)
    bare_small, bare_large = bench.bare(small), bench.bare(large)
    floor_s = bare_large.cpu_s / load.large * 1000
    row("bare client (drains, 1 connection)", load.large, load.item_bytes, bare_large, floor_s)
    ours_small, _ = bench.back_up(small)
    ours_large, document = bench.back_up(large)
    saved = document["totals"]["saved"]
    if saved < load.large:
        sys.exit(f"the backup saved {saved} of {load.large} items")
    row("strongroom backup", load.small, load.item_bytes, ours_small, floor_s)
    row("strongroom backup", load.large, load.item_bytes, ours_large, floor_s)
    step = load.large - load.small
    bare_slope, our_slope = slope(bare_small, bare_large, step), slope(ours_small, ours_large, step)
    start_s = ours_small.cpu_s - our_slope * load.small / 1000
    print(
        f"  marginal CPU s per 1,000 items: strongroom {our_slope:.3f}, bare {bare_slope:.3f},"
        f" ratio {our_slope / bare_slope:.1f}; start-up {start_s:.2f} CPU s"
    )
    print(
        f"  limits: marginal {load.cpu_s_max:.2f} {verdict(our_slope, load.cpu_s_max)},"
        f" start-up {START_CPU_S_MAX:.2f} {verdict(start_s, START_CPU_S_MAX)}"
    )
    mended = bench.exchangelib("mended", "backup", large, load.shipped * 5)
    row("exchangelib, one-byte read mended", load.shipped * 5, load.item_bytes, mended, floor_s)
    shipped = bench.exchangelib("shipped", "backup", large, load.shipped)
    row("exchangelib as shipped", load.shipped, load.item_bytes, shipped, floor_s)
    restored = bench.restore(small, load.name)
    row("strongroom restore and compare", load.small, load.item_bytes, restored, floor_s)
    mended = bench.exchangelib("mended", "restore", small, load.shipped * 5)
    row("exchangelib export + upload, mended", load.shipped * 5, load.item_bytes, mended, floor_s)
    shipped = bench.exchangelib("shipped", "restore", small, load.shipped)
    row("exchangelib export + upload, shipped", load.shipped, load.item_bytes, shipped, floor_s)


def main() -> None:
    """Measure every load and the engine; ``--quick`` takes a tenth of the items."""
    loads = QUICK if "--quick" in sys.argv else LOADS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with lab(folder, loads) as facts:
            bench = Bench(folder, facts)
            for load in loads:
                measure(bench, load)
    many_mailboxes.measure((300, 3_000) if "--quick" in sys.argv else (1_000, 10_000), verdict)


if __name__ == "__main__":
    main()
