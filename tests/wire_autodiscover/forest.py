"""A directory on loopback that speaks LDAP: what Windows says of service connection points.

The bytes are made by sansldap's server side; TLS, StartTLS and NTLM are real.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import sansldap
import spnego
from spnego.channel_bindings import GssChannelBindings

from strongroom.lab.https import Authority
from strongroom.wire.sign_in.channel_binding import tls_server_end_point

URL, POINTER = "77378F46-2C66-4aa9-A6A6-3E7A48B19596", "67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68"
BASE = "CN=Configuration,DC=lab,DC=example"


@dataclass(frozen=True)
class Point:
    """One service connection point."""

    keywords: Sequence[str]
    binding: str


class Forest:
    """Serves points.

    Attributes:
        points: In the order in which they are told.
        heard: All bytes that came before TLS.
        binds: How clients signed in: mechanism or ``simple``, and what was said.
        passwords: By name, for simple binds.
        injects: Sent along with the answer to StartTLS, without TLS.
        starts_tls: Whether it does when asked to.
        floods: Answers a search without an end.
        greeting: Sent instead of all answers.
        base: Where its configuration is.
        is_closed: Whoever did not sign in may not look, as Windows has it.
    """

    def __init__(self, authority: Authority, *, starts_plain: bool = False) -> None:
        self.points: list[Point] = []
        self.heard = b""
        self.binds: list[tuple[str, bytes]] = []
        self.passwords: dict[str, str] = {}
        self.injects = b""
        self.starts_tls = True
        self.floods = False
        self.greeting = b""
        self.base = BASE
        self.is_closed = False
        self._authority = authority
        self._starts_plain = starts_plain
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                plain.settimeout(5)
                try:
                    self._converse(plain)
                except (OSError, sansldap.LDAPError):
                    continue

    def _converse(self, plain: socket.socket) -> None:
        if self._starts_plain and not self._start_tls(plain):
            return
        with self._authority.server_context().wrap_socket(plain, server_side=True) as under_tls:
            _Talk(self, under_tls, self._authority).go_on()

    def _start_tls(self, plain: socket.socket) -> bool:
        server = sansldap.LDAPServer()
        piece = plain.recv(1 << 16)
        self.heard += piece
        for message in server.receive(piece):
            server.extended_response(
                message.message_id,
                result_code=sansldap.LDAPResultCode.SUCCESS
                if self.starts_tls
                else sansldap.LDAPResultCode.UNAVAILABLE,
            )
            plain.sendall(server.data_to_send() + self.injects)
        if not self.starts_tls:
            self.heard += plain.recv(1 << 16)
        return self.starts_tls


class _Talk:
    def __init__(self, forest: Forest, under_tls: ssl.SSLSocket, authority: Authority) -> None:
        self._forest = forest
        self._socket = under_tls
        self._authority = authority
        self._server = sansldap.LDAPServer()
        self._context: spnego.ContextProxy | None = None

    def go_on(self) -> None:
        while piece := self._socket.recv(1 << 16):
            if self._forest.greeting:
                self._socket.sendall(self._forest.greeting)
                return
            for message in self._server.receive(piece):
                if isinstance(message, sansldap.BindRequest):
                    self._bind(message)
                elif isinstance(message, sansldap.SearchRequest):
                    self._search(message)
            self._send()

    def _send(self) -> None:
        self._socket.sendall(self._server.data_to_send())

    def _bind(self, message: sansldap.BindRequest) -> None:
        proof = message.authentication
        code, token = sansldap.LDAPResultCode.INVALID_CREDENTIALS, None
        if isinstance(proof, sansldap.SimpleCredential):
            self._forest.binds.append(("simple", proof.password.encode()))
            if self._forest.passwords.get(message.name) == proof.password:
                code = sansldap.LDAPResultCode.SUCCESS
        elif isinstance(proof, sansldap.SaslCredential):
            self._forest.binds.append((proof.mechanism, proof.credentials or b""))
            code, token = self._leg(proof.credentials or b"")
        self._server.bind_response(message.message_id, sasl_creds=token, result_code=code)

    def _leg(self, said: bytes) -> tuple[sansldap.LDAPResultCode, bytes | None]:
        if self._context is None:
            self._context = spnego.server(
                protocol="ntlm",
                channel_bindings=GssChannelBindings(
                    application_data=tls_server_end_point(self._authority.certificate_der)
                ),
            )
        try:
            token = self._context.step(said)
        except spnego.exceptions.SpnegoError:
            return sansldap.LDAPResultCode.INVALID_CREDENTIALS, None
        if self._context.complete:
            return sansldap.LDAPResultCode.SUCCESS, token
        return sansldap.LDAPResultCode.SASL_BIND_IN_PROGRESS, token

    def _search(self, message: sansldap.SearchRequest) -> None:
        if not message.base_object:
            self._tell(
                message,
                "",
                {"configurationNamingContext": [self._forest.base]} if self._forest.base else {},
            )
        elif self._forest.is_closed:
            self._server.search_result_done(
                message.message_id, sansldap.LDAPResultCode.OPERATIONS_ERROR
            )
            return
        elif message.base_object == BASE:
            points = self._forest.points
            for number, point in enumerate(points * (10_000 if self._forest.floods else 1)):
                values = {
                    "keywords": list(point.keywords),
                    "serviceBindingInformation": [point.binding],
                }
                self._tell(message, f"CN=EX{number},{BASE}", values)
                self._send()
            self._server.search_result_reference(message.message_id, ["ldap://evil.example/x"])
        self._server.search_result_done(message.message_id)

    def _tell(
        self, message: sansldap.SearchRequest, name: str, values: Mapping[str, Sequence[str]]
    ) -> None:
        attributes = [
            sansldap.PartialAttribute(name=key, values=[value.encode() for value in several])
            for key, several in values.items()
        ]
        self._server.search_result_entry(message.message_id, name, attributes)
