"""The second, exact look: no two tasks of this process on the same resource."""

from __future__ import annotations

import threading

import pytest

from strongroom.errors import Interrupted
from strongroom.operations.interfaces import never
from strongroom.service.tasks import InUse
from strongroom.words.resource import Resource, ResourceKind

ANN = Resource(kind=ResourceKind.MAILBOX, id="m1", address="ann@example")
ARCHIVE = Resource(kind=ResourceKind.ARCHIVE, id="m1", address="ann@example")


def test_one_after_the_other_on_the_same_resource() -> None:
    in_use = InUse()
    inside: list[int] = []
    seen: list[int] = []

    def work() -> None:
        with in_use.hold(ANN, never):
            inside.append(1)
            seen.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(8)]
    with in_use.hold(ANN, never):
        for thread in threads:
            thread.start()
        assert seen == []
    for thread in threads:
        thread.join(30)
    assert seen == [1] * 8


def test_side_by_side_on_different_resources() -> None:
    in_use = InUse()
    with in_use.hold(ANN, never), in_use.hold(ARCHIVE, never):
        pass


def test_who_is_asked_to_stop_while_waiting_stops() -> None:
    in_use = InUse()
    with (
        in_use.hold(ANN, never),
        pytest.raises(Interrupted),
        in_use.hold(ANN, lambda: True),
    ):
        pass
    with in_use.hold(ANN, never):
        pass
