"""``python -m tests.bench.store``: what storing and extracting cost beside restic, and size alone.

Both read the same files from the page cache, store into a folder beside them, and write everything
out again. Nobody is charged for the password: ours opens by the storage's key, as the service does;
of restic's figures is taken what opening alone costs it, which depends on how busy the machine was
when its repository was made. Ours opens each blob again before it is kept.
Its metadata lies in one file of lines a day, as our layout has it (``rows``); restic's in a file
for each item. What ours costs with a file for each item (``files``) is told as well, and held to
the same limit.

The runs alternate, and the ratio is taken between the least that each needed: what else runs on a
machine only ever adds. ``--quick`` takes a tenth of the items, where starting Python weighs more
than the rest. Exits with 1 if a limit is exceeded.
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.bench.measure import Cost, roomy_folder, run
from tests.bench.store_input import Load

LOADS = (
    Load(name="small", items=50_000, item_bytes=8192, metadata_bytes=1024, limit=1.0),
    Load(name="megabyte", items=1_000, item_bytes=1 << 20, limit=0.7),
    Load(name="large", items=20, item_bytes=100 << 20, limit=0.7),
)
EXTRACTION_LIMIT = 1.0
PEAK_BYTES_MAX = 300_000_000
REPETITIONS = 3

_OURS = (sys.executable, "-m", "tests.bench.store_client")
_LARGE = (sys.executable, "-m", "tests.bench.store_large")
_INPUT = (sys.executable, "-m", "tests.bench.store_input")
_NEWEST = Path(sys.prefix) / "judges" / "restic"
_QUICK = 10
_ROOM = 8
"""Times the input: itself, two repositories, what is extracted, and as much again for others."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to store a folder, and what it cost each time.

    Attributes:
        name: For people.
        stored: What storing cost.
        extracted: What extracting cost.
    """

    name: str
    stored: list[Cost] = field(default_factory=list)
    extracted: list[Cost] = field(default_factory=list)


class Arena:
    """One load's files, and a place for one repository at a time."""

    def __init__(self, load: Load, folder: Path) -> None:
        self.source = folder / "source"
        self.password = folder / "password"
        self._repository = folder / "repository"
        self._extracted = folder / "extracted"
        self.password.write_text("bench storage password")
        numbers = (load.items, load.item_bytes, load.metadata_bytes)
        run((*_INPUT, load.name, *map(str, numbers), self.source))

    def ours(self, contestant: Contestant, how: str) -> None:
        """Store and extract with ours."""
        access = (self._repository, self.password)
        with self._cleared():
            run((*_OURS, "init", *access))
            contestant.stored.append(run((*_OURS, "backup", *access, self.source, how)))
            contestant.extracted.append(run((*_OURS, "extract", *access, self._extracted)))
            self._compare()

    def restic(self, contestant: Contestant, program: str) -> None:
        """Store and extract with restic, which is spared its cache: the repository is as near."""
        command = (program, "--quiet", "--no-cache", "--repo", self._repository)
        restic = (*command, "--password-file", self.password)
        with self._cleared():
            run((*restic, "init"))
            opened = run((*restic, "cat", "config"))
            stored = run((*restic, "backup", self.source))
            extracted = run((*restic, "restore", "latest", "--target", self._extracted))
            contestant.stored.append(_without(stored, opened))
            contestant.extracted.append(_without(extracted, opened))

    def _compare(self) -> None:
        """Refuse figures of something that did not give back what was stored."""
        for source in self.source.rglob("*.eml"):
            copy = self._extracted / source.relative_to(self.source)
            if not filecmp.cmp(source, copy, shallow=False):
                sys.exit(f"{copy} is not what was stored")

    @contextmanager
    def _cleared(self) -> Iterator[None]:
        try:
            yield
        finally:
            for folder in (self._repository, self._extracted):
                shutil.rmtree(folder, ignore_errors=True)


def resticses() -> list[str]:
    """Find Debian's restic and, where ``make`` has fetched it, the newest one."""
    own = shutil.which("restic")
    if own is None:
        sys.exit("restic is not here: there is nothing to compare with")
    return [own, str(_NEWEST)] if _NEWEST.exists() else [own]


def _version(program: str) -> str:
    return " ".join(run((program, "version")).output.split()[:2])


def measure(load: Load, folder: Path) -> bool:
    """Print a load's table; say whether its limits are kept."""
    arena = Arena(load, folder)
    ways = ("rows", "files") if load.metadata_bytes else ("rows",)
    ours = {
        how: Contestant(f"strongroom, {how}" if len(ways) > 1 else "strongroom") for how in ways
    }
    others = {path: Contestant(_version(path)) for path in resticses()}
    for _ in range(REPETITIONS):
        for how, one in ours.items():
            arena.ours(one, how)
        for path, one in others.items():
            arena.restic(one, path)
    size = f"{load.items:,} items of {load.item_bytes:,} bytes"
    print(f"\n{load.name}: {size}" + (" and their metadata" if load.metadata_bytes else ""))
    for one in (*ours.values(), *others.values()):
        _tell(one, load)
    pairs = [(one, other) for one in ours.values() for other in others.values()]
    return sum(_is_kept(one, other, load) for one, other in pairs) == len(pairs)


def _tell(one: Contestant, load: Load) -> None:
    for what, costs in (("stored", one.stored), ("extracted", one.extracted)):
        seconds = ", ".join(f"{cost.cpu_s:.2f}" for cost in costs)
        peak = max(cost.peak_bytes for cost in costs) / 1e6
        rate = load.bytes / _least(costs) / 1e6
        print(
            f"  {one.name:18} {what:10} {seconds} CPU s, {rate:4.0f} MB/CPU s, peak {peak:.0f} MB"
        )


def _is_kept(one: Contestant, other: Contestant, load: Load) -> bool:
    """Print what a way of ours costs beside a restic; say whether it is within the limits."""
    stored = _least(one.stored) / _least(other.stored)
    extracted = _least(one.extracted) / _least(other.extracted)
    peak = max(cost.peak_bytes for cost in one.stored + one.extracted)
    is_kept = stored <= load.limit and extracted <= EXTRACTION_LIMIT and peak <= PEAK_BYTES_MAX
    print(
        f"  {one.name} beside {other.name}: stored {stored:.2f} x (limit {load.limit:.1f}), "
        f"extracted {extracted:.2f} x (limit {EXTRACTION_LIMIT:.1f}): "
        f"{'kept' if is_kept else 'EXCEEDED'}",
        flush=True,
    )
    return is_kept


def _without(cost: Cost, opened: Cost) -> Cost:
    return replace(cost, cpu_s=cost.cpu_s - opened.cpu_s)


def _least(costs: list[Cost]) -> float:
    return min(cost.cpu_s for cost in costs)


def main() -> int:
    """Print all tables; 1 if a limit is exceeded."""
    loads = list(LOADS)
    if "--quick" in sys.argv:
        loads = [replace(load, items=load.items // _QUICK) for load in loads]
    are_kept = []
    for load in loads:
        with roomy_folder(_ROOM * load.bytes) as folder:
            are_kept.append(measure(load, folder))
    quick = [word for word in sys.argv if word == "--quick"]
    are_kept.append(subprocess.run((*_LARGE, *quick), check=False).returncode == 0)
    return 0 if all(are_kept) else 1


if __name__ == "__main__":
    sys.exit(main())
