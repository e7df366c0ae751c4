"""A program that dies on order: the real one, and ``os._exit`` at the n-th time of something.

Started once, it reads orders from standard input, a JSON line each, does each in a process of its
own (a fork: nothing has to be loaded again) and answers with that process's exit code. Death is not
an exception: no ``finally``, no ``with`` and no buffer gets its turn, as with ``kill -9``.

What was fetched and which snapshots became durable is written to a file as it happens, so that it
outlives the process.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from strongroom import compose
from strongroom.control.database import Database
from strongroom.operations import collecting, fetching
from strongroom.operations.journal import FileJournal
from strongroom.service.restores import RestoreOrder
from strongroom.sources.exchange_onprem.source import ExchangeSource
from strongroom.sources.sharepoint.source import SiteSource
from strongroom.store.backend import BlobBackend, Data, Stored
from strongroom.wire.transport import Transport

DEAD = 9
CHECKPOINT_ITEMS = 20
BATCH_ITEMS = 6


class Death:
    """Ends the process before or after the n-th time of one thing."""

    def __init__(self, point: str, when: str, number: int) -> None:
        self._point, self._when, self._left = point, when, number
        self._lock = threading.Lock()

    @contextmanager
    def around(self, point: str) -> Iterator[None]:
        """Let something happen, unless death comes first."""
        if point != self._point:
            yield
            return
        with self._lock:
            self._left -= 1
            is_now = self._left == 0
        if is_now and self._when == "before":
            os._exit(DEAD)
        yield
        if is_now:
            os._exit(DEAD)


class Witness:
    """Keeps what happened in a file that outlives the process."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(self, *words: str) -> None:
        os.write(self._descriptor, (" ".join(words) + "\n").encode())


POINTS = {"data": "pack", "index": "index", "snapshots": "snapshot", "locks": "lock"}
"""By the folder of a repository: what is saved there."""


class MortalBackend:
    """A storage in which changes may be the last thing that happens."""

    def __init__(self, inner: BlobBackend, death: Death, witness: Witness) -> None:
        self._inner, self._death, self._witness = inner, death, witness

    def save(self, name: str, data: Data) -> None:
        kind = next((part for part in name.split("/") if part in POINTS), "")
        with self._death.around(POINTS.get(kind, "other")):
            self._inner.save(name, data)
            if kind == "snapshots":
                self._witness.tell("durable")

    def delete(self, name: str) -> None:
        with self._death.around("delete"):
            self._inner.delete(name)

    def load(self, name: str) -> bytes:
        return self._inner.load(name)

    def load_range(self, name: str, offset: int, length: int) -> bytes:
        return self._inner.load_range(name, offset, length)

    def list(self, prefix: str) -> Iterator[Stored]:
        return self._inner.list(prefix)

    def folders(self, prefix: str) -> Iterator[str]:
        return self._inner.folders(prefix)


def make_mortal(death: Death, witness: Witness) -> None:
    """Put death where the ports do not reach: requests, journal, database."""
    post, get, extend, write = (
        Transport.post,
        Transport.get,
        FileJournal.extend,
        Database.write,
    )

    def mortal_post(self: Transport, *args: Any, is_write: bool = False, **named: Any) -> Any:
        with death.around("upload" if is_write else "request"):
            return post(self, *args, is_write=is_write, **named)

    def mortal_get(self: Transport, *args: Any) -> Any:
        with death.around("request"):
            return get(self, *args)

    def mortal_extend(self: FileJournal, lines: Any) -> None:
        with death.around("journal"):
            extend(self, lines)

    @contextmanager
    def mortal_write(self: Database) -> Iterator[Any]:
        with death.around("commit"), write(self) as connection:
            yield connection

    Transport.post = mortal_post  # type: ignore[method-assign]
    Transport.get = mortal_get  # type: ignore[method-assign, assignment]
    FileJournal.extend = mortal_extend  # type: ignore[method-assign]
    Database.write = mortal_write  # type: ignore[method-assign]
    sources: list[Any] = [ExchangeSource, SiteSource]
    for source in sources:
        source.fetch = _witnessed(source.fetch, witness)
    collecting.CHECKPOINT_ITEMS = CHECKPOINT_ITEMS
    vars(fetching)["ITEMS_MAX"] = BATCH_ITEMS


def _witnessed(fetch: Any, witness: Witness) -> Any:
    """Have it told what a source gave."""

    def witnessed(self: Any, items: Any, keep: Callable[[Any], None]) -> None:
        def kept(answer: Any) -> None:
            witness.tell("fetched", answer.item_id)
            keep(answer)

        fetch(self, items, kept)

    return witnessed


def live(order: dict[str, Any]) -> None:
    """Do what is ordered, up to its end or ours."""
    death = Death(order["point"], order["when"], order["number"])
    witness = Witness(Path(order["witness"]))
    make_mortal(death, witness)
    real = compose.real_ports()
    ports = replace(
        real,
        open_backend=lambda url, access: MortalBackend(
            real.open_backend(url, access), death, witness
        ),
    )
    with compose.open_application(Path(order["home"]), ports) as application:
        if "job" in order:
            run, _ = application.jobs.ask_run(order["job"])
        else:
            run, _ = application.restores.ask(RestoreOrder(**order["restore"]))
        application.runs.wait(run.id, lambda _: None)


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            live(order)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
