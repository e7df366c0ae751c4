"""A lab in a process of its own, so that it and the program do not share an interpreter."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from strongroom.lab.lab import Lab, Wishes
from strongroom.lab.weather import Tally

SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the lab saw of its clients so far.

    Attributes:
        tally: Of the weather.
        cpu_s: Seconds of processor since the lab was there.
    """

    tally: Tally
    cpu_s: float


class LabApart:
    """The lab's other end."""

    def __init__(self, line: Connection) -> None:
        self._line = line
        self.ews_url, self.ca_pem, self.admin_password = line.recv()

    def look(self) -> Seen:
        """Ask what it has seen."""
        self._line.send("look")
        seen: Seen = self._line.recv()
        return seen


@contextmanager
def lab_apart(wishes: Wishes) -> Iterator[LabApart]:
    """Start a lab; it ends with the block, or with the process that started it."""
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(wishes, theirs), name="lab")
    process.start()
    theirs.close()
    try:
        yield LabApart(ours)
    finally:
        ours.close()
        process.join()


def _serve(wishes: Wishes, line: Connection) -> None:
    with Lab(wishes) as lab:
        assert lab.weather is not None, "this weather has no limits"
        began_s = time.process_time()
        line.send((lab.ews_url, lab.ca_pem.decode(), lab.admin_password))
        try:
            while line.recv():
                cpu_s = time.process_time() - began_s
                line.send(Seen(tally=lab.weather.tally(), cpu_s=cpu_s))
        except EOFError:
            pass
