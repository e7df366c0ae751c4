"""A mail server on loopback that takes mail by STARTTLS, by TLS from the start, or without."""

from __future__ import annotations

import base64
import email
import email.policy
import socket
import ssl
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Self

_WAIT_S = 10


@dataclass
class Delivered:
    """A mail that came.

    Attributes:
        is_secured: It came by TLS.
        user, password: Of the sign-in before it.
        raw: The mail as it came, dots undone.
    """

    sender: str
    recipients: list[str]
    raw: bytes
    is_secured: bool
    user: str = ""
    password: str = ""

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)


@dataclass
class _Talk:
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    user: str = ""
    password: str = ""


class MailReceiver:
    """Takes mail until it is left.

    Args:
        context: The server's TLS.
        is_tls_first: TLS begins with the first byte.
        offers_tls: STARTTLS is offered.

    Attributes:
        delivered: What came, in order.
        password: The one that is let in; None: whoever comes.
        refused: Recipients that are refused.
        said: All commands that came without TLS.
    """

    def __init__(
        self, context: ssl.SSLContext, *, is_tls_first: bool = False, offers_tls: bool = True
    ) -> None:
        self._context = context
        self._is_tls_first = is_tls_first
        self._offers_tls = offers_tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_left = threading.Event()
        self._threads: list[threading.Thread] = []
        self.delivered: list[Delivered] = []
        self.password: str | None = None
        self.refused: set[str] = set()
        self.said: list[str] = []

    @property
    def port(self) -> int:
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_left.set()
        with socket.create_connection(("127.0.0.1", self.port)):
            pass  # wakes whoever waits for one
        for thread in self._threads:
            thread.join(_WAIT_S)
        self._listener.close()

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            peer, _ = self._listener.accept()
            if self._is_left.is_set():
                peer.close()
                return
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        peer.settimeout(_WAIT_S)
        lines = _Lines(peer)
        try:
            if self._is_tls_first:
                lines.secure(self._context)
            self._talk(lines)
        except (OSError, EOFError):
            pass  # they did not believe us, or are gone
        finally:
            lines.peer.close()

    def _talk(self, lines: _Lines) -> None:  # noqa: PLR0912 - a protocol, word by word
        talk = _Talk()
        lines.say("220 mail.example ESMTP")
        while True:
            line = lines.hear()
            word, _, rest = line.partition(" ")
            is_secured = isinstance(lines.peer, ssl.SSLSocket)
            if not is_secured:
                self.said.append(line)
            match word.upper():
                case "EHLO":
                    extras = [] if is_secured or not self._offers_tls else ["STARTTLS"]
                    lines.say_all(["mail.example", *extras, "AUTH PLAIN"])
                case "STARTTLS" if self._offers_tls:
                    lines.say("220 go on")
                    lines.secure(self._context)
                    talk = _Talk()
                case "AUTH":
                    _, talk.user, talk.password = (
                        base64.b64decode(rest.split(" ")[1]).decode().split("\0")
                    )
                    is_known = self.password in {None, talk.password}
                    lines.say("235 welcome" if is_known else "535 5.7.8 not you")
                case "MAIL":
                    talk.sender = rest.partition("<")[2].partition(">")[0]
                    lines.say("250 ok")
                case "RCPT":
                    to = rest.partition("<")[2].partition(">")[0]
                    if to in self.refused:
                        lines.say("550 nobody here")
                    else:
                        talk.recipients.append(to)
                        lines.say("250 ok")
                case "DATA":
                    lines.say("354 go on")
                    self.delivered.append(
                        Delivered(
                            sender=talk.sender,
                            recipients=talk.recipients,
                            raw=lines.hear_mail(),
                            is_secured=is_secured,
                            user=talk.user,
                            password=talk.password,
                        )
                    )
                    lines.say("250 taken")
                case "RSET":
                    talk.recipients = []
                    lines.say("250 ok")
                case "QUIT":
                    lines.say("221 bye")
                    return
                case _:
                    lines.say("502 what?")


class _Lines:
    """A connection, line by line."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self._waiting = b""

    def secure(self, context: ssl.SSLContext) -> None:
        self.peer, self._waiting = context.wrap_socket(self.peer, server_side=True), b""

    def say(self, line: str) -> None:
        self.peer.sendall(line.encode() + b"\r\n")

    def say_all(self, lines: list[str]) -> None:
        for one in lines[:-1]:
            self.say(f"250-{one}")
        self.say(f"250 {lines[-1]}")

    def hear(self) -> str:
        while b"\r\n" not in self._waiting:
            more = self.peer.recv(65536)
            if not more:
                raise EOFError
            self._waiting += more
        line, _, self._waiting = self._waiting.partition(b"\r\n")
        return line.decode()

    def hear_mail(self) -> bytes:
        lines = []
        while (line := self.hear()) != ".":
            lines.append(line.removeprefix("."))
        return "\r\n".join(lines).encode()
