"""Leaving a service that does not take part in it: nobody waits for longer than a moment."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator

import pytest

from strongroom.service.remote.channel import _PARTING_S, Channel, Limits
from tests.fakes.hand_clock import HandClock

LIMITS = Limits(message_bytes_max=1000)


class Polls:
    """Waits by the test's clock: what is not there at once comes never."""

    before: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self._inner = real_poll()

    def register(self, watched: socket.socket, event: int) -> None:
        self._inner.register(watched, event)

    def poll(self, wait_ms: float | None) -> list[tuple[int, int]]:
        assert wait_ms is not None, "it would wait for ever"
        self.before()
        found = self._inner.poll(0)
        if not found:
            self._clock.move(seconds=wait_ms / 1000)
        return found


real_poll = select.poll


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    made = HandClock()
    monkeypatch.setattr(select, "poll", lambda: Polls(made))
    return made


@pytest.fixture
def ends(clock: HandClock) -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours, clock, LIMITS)
    with theirs:
        yield channel, theirs
        channel.close()


def test_a_service_that_says_nothing_is_waited_for_two_seconds(
    ends: tuple[Channel, socket.socket], clock: HandClock
) -> None:
    channel, theirs = ends
    channel.part()
    assert clock.monotonic_s() == _PARTING_S == 2
    assert theirs.recv(10) == b"", "it was told that nothing more comes"


def test_a_service_that_leaves_is_not_waited_for(
    ends: tuple[Channel, socket.socket], clock: HandClock
) -> None:
    channel, theirs = ends
    theirs.sendall(b"what nobody reads any more")
    theirs.shutdown(socket.SHUT_WR)
    channel.part()
    assert clock.monotonic_s() == 0


def test_a_service_that_broke_the_connection_is_not_waited_for(
    ends: tuple[Channel, socket.socket], clock: HandClock
) -> None:
    channel, theirs = ends
    theirs.close()
    channel.part()
    assert clock.monotonic_s() == 0


def test_a_service_that_talks_on_and_on_is_left_all_the_same(
    ends: tuple[Channel, socket.socket], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, theirs = ends
    clock.step_s = 0.01
    told: list[int] = []

    def talk() -> None:
        told.append(theirs.send(b"more"))
        assert len(told) < 1000, "it is listened to for ever"

    monkeypatch.setattr(Polls, "before", staticmethod(talk))
    channel.part()
    assert _PARTING_S <= clock.monotonic_s() < _PARTING_S + 1
