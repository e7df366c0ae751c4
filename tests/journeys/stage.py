"""Where the program is killed on order: what ``mortal.py`` does, as tests ask for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from strongroom.lab.lab import Lab
from tests.journeys import mortal
from tests.journeys.support import REPOSITORY, Strongroom


@contextmanager
def mortal_double(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Have the program that dies on order; what it has to say lands in ``folder/stderr``."""
    with (
        folder.joinpath("stderr").open("w") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.mortal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=REPOSITORY,
        ) as double,
    ):
        yield double


class Stage:
    """A lab, a program, and its mortal double."""

    def __init__(self, lab: Lab, folder: Path, double: subprocess.Popen[str]) -> None:
        self.lab = lab
        self.folder = folder
        self.strongroom = Strongroom(folder)
        self._double = double

    def kill(self, point: str, when: str, number: int, **order: Any) -> bool:
        """Let the double do something and die; say whether it died (or ended before it could)."""
        document = {
            "home": str(self.strongroom.home),
            "point": point,
            "when": when,
            "number": number,
            "witness": str(self.folder / "witness"),
            **order,
        }
        assert self._double.stdin is not None
        assert self._double.stdout is not None
        self._double.stdin.write(json.dumps(document) + "\n")
        self._double.stdin.flush()
        code = int(self._double.stdout.readline())
        assert code in {0, mortal.DEAD}, self.folder.joinpath("stderr").read_text()[-3000:]
        return code == mortal.DEAD

    def witnessed(self) -> tuple[set[str], Counter[str]]:
        """Say what had been fetched when a snapshot became durable, and how often each was."""
        durable: set[str] = set()
        fetched: Counter[str] = Counter()
        for line in self.folder.joinpath("witness").read_text().splitlines():
            word, _, item_id = line.partition(" ")
            if word == "durable":
                durable = set(fetched)
            else:
                fetched[item_id] += 1
                assert item_id not in durable, "it was fetched again although it was durable"
        return durable, fetched

    def repository(self, kind: str, reference: str, storage: str = "disk") -> Path:
        """Say where a storage keeps a mailbox or site."""
        folder = self.folder / f"storage-{storage}" / "repositories" / kind
        points = self.strongroom("points", storage, "--resource", reference)
        return folder / str(points[0]["resource_id"])
