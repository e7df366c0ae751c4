"""Other accounts of the machine, and a service that they find running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import sqlalchemy as sa

from strongroom.control.schema import METADATA
from strongroom.service import serving
from strongroom.service.application import Application
from tests.fakes.marked import marks_in

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY, OPERATOR, RESTORER = 65534, 61001, 61002

needs_root = pytest.mark.skipif(
    os.name == "nt" or os.getuid() != 0,
    reason="NOT SHOWN: what another account may do here; only root can become one",
)


class OtherAccounts:
    """A program that does what it is told as any account (see ``other_account``)."""

    def __enter__(self) -> Self:
        self._program = subprocess.Popen(
            [sys.executable, "-m", "tests.secrecy.other_account"],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._line() == "ready\n"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.close()
        self._program.wait(20)
        self._program.stdout.close()

    def commands(self, account: int, commands: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
        """Give commands; what each printed holds no secret."""
        told = self._order(account, do="commands", commands=[list(one) for one in commands])
        assert len(told) == len(commands)
        return list(told)

    def calls(
        self, account: int, home: Path, calls: Sequence[tuple[str, dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """Call verbs of a running service."""
        told = self._order(account, do="calls", home=str(home), calls=calls)
        assert len(told) == len(calls)
        return list(told)

    def reading(self, account: int, paths: Sequence[Path]) -> dict[str, list[str]]:
        """Say which of these they could list, read, change and connect to."""
        told: dict[str, list[str]] = self._order(
            account, do="reading", paths=[str(one) for one in paths]
        )
        return told

    def _order(self, account: int, **order: Any) -> Any:
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps({"account": account, **order}) + "\n")
        self._program.stdin.flush()
        told = self._line()
        assert list(marks_in(told.encode())) == [], "a secret"
        document = json.loads(told)
        assert not isinstance(document, dict) or "failed" not in document, document["failed"]
        return document

    def _line(self) -> str:
        assert self._program.stdout is not None
        return self._program.stdout.readline()


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Give a folder that every account can pass through; pytest's own are shut to others."""
    with tempfile.TemporaryDirectory(prefix="strongroom-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def running_service(application: Application) -> Iterator[list[str]]:
    """Be the service of a home meanwhile; gives what it tells whoever looks after it."""
    is_over, is_ready = threading.Event(), threading.Event()
    told: list[str] = []
    thread = threading.Thread(
        target=serving.serve,
        args=(application,),
        kwargs={
            "is_over": is_over.is_set,
            "ready": lambda _socket: is_ready.set(),
            "tell": told.append,
        },
    )
    thread.start()
    try:
        assert is_ready.wait(20)
        yield told
    finally:
        is_over.set()
        thread.join(30)


WRITTEN_BY_THE_SERVICE = {
    "audit", "audit_end", "requests", "wrong_passwords", "runs", "tasks", "protected",
    "growth", "alembic_version", "claims", "workers", "progress", "journals", "outbox",
}  # fmt: skip
"""Tables that record what was tried and what jobs did; all others are as their owner left them."""


def kept(application: Application) -> dict[str, list[tuple[Any, ...]]]:
    """Give all rows of the control database that nobody but an administrator may change."""
    with application._shared.database.read() as db:
        return {
            name: [tuple(row) for row in db.execute(sa.select(table))]
            for name, table in METADATA.tables.items()
            if name not in WRITTEN_BY_THE_SERVICE
        }
