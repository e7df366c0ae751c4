"""A report about one connection that can be sent to whoever helps: no secret in it, no address.

Everything is tried in order and timed; what fails does not keep the rest from being told. The speed
is measured only once the server has taken the sign-in: every further try of a wrong password would
count against the account.
"""

from __future__ import annotations

import platform
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import strongroom
from strongroom.errors import StrongroomError
from strongroom.operations.interfaces import Server
from strongroom.service.connection_opening import ConnectionOpening
from strongroom.service.details import SECRETS, ConnectionDetails
from strongroom.service.ports import Measurable, Ports, Purpose, Testable
from strongroom.service.redacting import without_addresses
from strongroom.service.rights import Right
from strongroom.service.verbs import verb
from strongroom.words.capability import Capability
from strongroom.words.diagnosis import Step
from strongroom.words.json import Json
from strongroom.words.speed import Finding, SpeedReport

_TELLING_NOTHING = frozenset(
    {
        "product", "version", "schema", "access", "cloud", "region", "graph_region", "health",
        "round_trip_ms", "graph_round_trip_ms", "server_ms", "speed", "way", "ews_ends",
    }
)  # fmt: skip
"""Facts that name neither servers nor people. Others are left out where addresses are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The report.

    Attributes:
        made: When.
        program: Versions of the program and of what it stands on.
        connection: What kind of connection it is, and which secrets it has.
        steps: What was tried, in order.
        facts: What the server said that it is.
        capabilities: What jobs will need; their details may name people, so without addresses
            there is none.
        speed: How fast it can be read, and why not faster; empty where it was not measured.
        has_addresses: Addresses and names of servers and people are in it.
    """

    made: datetime
    program: Mapping[str, str]
    connection: Mapping[str, Json]
    steps: tuple[Step, ...]
    facts: Mapping[str, Json]
    capabilities: tuple[Capability, ...]
    speed: SpeedReport
    has_addresses: bool


class ConnectionDiagnosing(ConnectionOpening):
    """The verb. Safe in many threads."""

    @verb(Right.MANAGE, is_audited=True)
    def diagnose(
        self, name: str, mailbox: str | None = None, *, has_addresses: bool = False
    ) -> Diagnosis:
        """Try a connection step by step, and report what was found.

        Args:
            name: The connection.
            mailbox: Address of a mailbox to try rights on, and to read a few items of for the
                speed; of sites, the site to ask for.
            has_addresses: Put addresses and names in.

        Raises:
            Locked: its password is needed: to use it, or to tell where it leads.
        """
        record = self.record(name)
        details = self.details(record)
        self._locks.require_usable(record, details, "connections.diagnose")
        if has_addresses:
            self._locks.require_open(record, details, "connections.diagnose")
        known = [details.server, details.url, details.user, details.tenant, mailbox or ""]
        tried = _Tried(self._shared.ports.clock.monotonic_s)
        steps = list(self._shared.ports.look(details))
        try:
            with self._signed_in(record, details, Purpose.TEST) as server:
                steps += tried.all(server, mailbox)
                if tried.is_let_in and isinstance(server, Measurable):
                    steps.append(tried.speed_of(server, mailbox, details, self._shared.ports))
        except StrongroomError as error:
            steps.append(tried.failed("open", error, 0.0))
        return Diagnosis(
            made=self._shared.ports.clock.now(),
            program=_program(),
            connection=_told(details),
            steps=tuple(
                one
                if has_addresses
                else replace(one, detail=without_addresses(one.detail, known), private="")
                for one in steps
            ),
            facts=tried.facts if has_addresses else _harmless(tried.facts),
            capabilities=tuple(
                one if has_addresses else replace(one, detail="", remedy="")
                for one in tried.capabilities
            ),
            speed=tried.speed if has_addresses else _nameless(tried.speed),
            has_addresses=has_addresses,
        )


class _Tried:
    """What was asked of a server, each beside how long it took."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self.facts: Mapping[str, Json] = {}
        self.capabilities: tuple[Capability, ...] = ()
        self.speed = SpeedReport()
        self.is_let_in = False

    def all(self, server: Server, mailbox: str | None) -> Iterator[Step]:
        """Ask one thing after the other, whatever comes of it."""

        def facts() -> str:
            self.facts = dict(server.facts())
            self.is_let_in = True
            return "Signed in, and the server said what it is."

        def capabilities() -> str:
            if not isinstance(server, Testable):
                return "This kind of server has nothing to try."
            self.capabilities = tuple(server.capabilities(mailbox))
            return f"{len(self.capabilities)} tried."

        def resources() -> str:
            found = list(server.resources())
            excluded = len([one for one in found if one.excluded is not None])
            return f"{len(found)} listed, {excluded} of them excluded."

        for name, ask in (
            ("facts", facts), ("capabilities", capabilities), ("resources", resources),
        ):  # fmt: skip
            yield self._step(name, ask)

    def speed_of(
        self, server: Measurable, mailbox: str | None, details: ConnectionDetails, ports: Ports
    ) -> Step:
        """Measure it, the lines to its servers first."""

        def speed() -> str:
            self.speed = server.speed(mailbox, ports.lines(details), ports.clock)
            return f"Measured with {self.speed.requests} requests."

        return self._step("speed", speed)

    def _step(self, name: str, ask: Callable[[], str]) -> Step:
        began_s = self._now_s()
        try:
            detail = ask()
        except StrongroomError as error:
            return self.failed(name, error, self._now_s() - began_s)
        took_ms = round((self._now_s() - began_s) * 1000, 1)
        return Step(name=name, at="sign-in", is_well=True, detail=detail, took_ms=took_ms)

    def failed(self, name: str, error: StrongroomError, took_s: float) -> Step:
        """Tell what failed: by its kind alone, and with its words for who may see addresses."""
        return Step(
            name=name,
            at="sign-in",
            is_well=False,
            detail=f"{type(error).__name__}: {error.why}",
            private=f"{error} {error.hint}".strip(),
            took_ms=round(took_s * 1000, 1),
            exit_code=error.exit_code,
        )


def _program() -> Mapping[str, str]:
    return {
        "strongroom": strongroom.__version__,
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "system": f"{sys.platform} {platform.release()} {platform.machine()}",
    }


def _told(details: ConnectionDetails) -> Mapping[str, Json]:
    return {
        "kind": details.kind,
        "auth": details.auth,
        "access": details.access,
        "cloud": details.cloud,
        "has_own_ca": details.ca_pem is not None,
        "has_fingerprint": bool(details.fingerprint),
        "has_proxy": bool(details.proxy),
        "has_endpoints": bool(details.endpoints),
        "has_restore_identity": bool(details.restore_client_id),
        "uses_tickets": details.uses_tickets,
        "is_guarded": details.is_guarded,
        "secrets": [one for one in SECRETS if getattr(details, one) is not None],
    }


def _nameless(speed: SpeedReport) -> SpeedReport:
    """Leave the names out; what remains is written so that it has none, and looked through."""

    def without(finding: Finding) -> Finding:
        return replace(
            finding,
            text=without_addresses(finding.text, []),
            remedy=without_addresses(finding.remedy, []),
            private=(),
        )

    return replace(speed, findings=tuple(without(one) for one in speed.findings))


def _harmless(facts: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in facts.items() if name in _TELLING_NOTHING}
