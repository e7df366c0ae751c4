"""Takes connections at a socket, a limited number of each account, one thread for each."""

from __future__ import annotations

import select
import socket
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.clock import Clock
from strongroom.errors import OperatorError, StrongroomError
from strongroom.service.remote import address, faults
from strongroom.service.remote.channel import Channel, Gone, Limits
from strongroom.service.remote.conversation import Conversation, House
from strongroom.service.remote.messages import say
from strongroom.service.remote.peer import account_of, peer_id

FROM_CALLERS = Limits(message_bytes_max=2 * 1024 * 1024)
PER_ACCOUNT_MAX = 32
IN_ALL_MAX = 256
_LEAVE_S = 30.0
_OVERLOADED_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Whom a service lets in.

    Attributes:
        path: Of the socket.
        mode: Its rights.
        id_of: Says who is at the other end.
        only: Ids of the only account that is let in; None: every account is, and the verbs decide.
        own: Ids of the home's account: others cannot take its connections away.
        per_account_max: Connections of one account at a time.
        in_all_max: Connections at a time.
        limits: What is taken from callers.
    """

    path: Path
    mode: int = address.FOR_EVERYBODY
    id_of: Callable[[socket.socket], str] = peer_id
    only: frozenset[str] | None = None
    own: frozenset[str] = frozenset()
    per_account_max: int = PER_ACCOUNT_MAX
    in_all_max: int = IN_ALL_MAX
    limits: Limits = FROM_CALLERS


@dataclass(slots=True)
class _Guests:
    """Who is connected now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    channels: dict[Channel, str] = field(default_factory=dict)
    threads: set[threading.Thread] = field(default_factory=set)

    def let_in(self, channel: Channel, account: str, door: Door) -> bool:
        """Count a guest, if there is room for one more of that account."""
        with self.lock:
            of_account = Counter(self.channels.values())[account]
            is_full = len(self.channels) >= door.in_all_max and account not in door.own
            if of_account >= door.per_account_max or is_full:
                return False
            self.channels[channel] = account
        return True


class Server:
    """Answers at a socket until it is closed. A socket that an earlier one left is taken over.

    Args:
        house: What the conversations share.
        door: Whom they are with.
        clock: Time.

    Raises:
        OperatorError: the socket cannot be made.
    """

    def __init__(self, house: House, door: Door, clock: Clock) -> None:
        self._house = house
        self._door = door
        self._clock = clock
        self._guests = _Guests()
        self._is_closing = False
        self._listening = address.listen(door.path, door.mode)
        self._listening.setblocking(False)
        self._bell, self._bell_rope = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take nobody in any more, and send everybody away; their verbs are asked to stop."""
        self._is_closing = True
        self._bell_rope.close()  # which ends the wait for callers
        self._thread.join()
        self._bell.close()
        self._listening.close()
        self._door.path.unlink(missing_ok=True)
        with self._guests.lock:
            channels, threads = list(self._guests.channels), list(self._guests.threads)
        for channel in channels:
            channel.hang_up()
        for thread in threads:
            thread.join(_LEAVE_S)

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._listening, select.POLLIN)
        poll.register(self._bell, select.POLLIN)
        while poll.poll() and not self._is_closing:
            try:
                connection, _ = self._listening.accept()
            except BlockingIOError:
                continue
            except OSError:  # no file descriptors are left; some come back as others leave
                self._clock.sleep(_OVERLOADED_S)
                continue
            self._meet(connection)

    def _meet(self, connection: socket.socket) -> None:
        """Find out who it is, and let them in."""
        channel = Channel(connection, self._clock, self._door.limits)
        try:
            account = self._door.id_of(connection)
        except (OSError, StrongroomError):
            channel.close()
            return
        is_wanted = self._door.only is None or account in self._door.only
        if not is_wanted:
            channel.close()
        elif self._guests.let_in(channel, account, self._door):
            thread = threading.Thread(
                target=self._talk, args=(channel, account), name="caller", daemon=True
            )
            with self._guests.lock:
                self._guests.threads.add(thread)
            thread.start()
        else:
            self._send_away(channel)

    def _talk(self, channel: Channel, account: str) -> None:
        try:
            Conversation(channel, account_of(account), self._house).run()
        except Exception as error:  # noqa: BLE001 - the border: our bug ends this conversation alone
            self._house.report(error)
        finally:
            with self._guests.lock:
                del self._guests.channels[channel]
                self._guests.threads.discard(threading.current_thread())
            channel.close()

    def _send_away(self, channel: Channel) -> None:
        fault = faults.to_fault(
            OperatorError(
                "The service takes no more connections of this account now.",
                hint="Wait until some of its commands have ended.",
            )
        )
        with suppress(Gone):
            say(channel, fault)
        channel.close()
