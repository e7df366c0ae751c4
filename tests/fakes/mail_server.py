"""A server full of mailboxes in memory, behind the same seam as a real one, and a home to use it.

``World.ports`` joins the application's verbs with it: connections' details choose which server
answers, and a wrong password is refused as a real one would.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from strongroom.clock import Clock
from strongroom.errors import OperatorError, ServerUnreachable, SignInEnded
from strongroom.pace.pace import Pace
from strongroom.service.details import EXCHANGE_ONLINE, EXCHANGE_ONPREM, ConnectionDetails
from strongroom.service.ports import Ports, Use
from strongroom.service.storage_access import Access
from strongroom.store.backend import BlobBackend
from strongroom.vault.password import PasswordCost
from strongroom.vault.secret import Secret
from strongroom.words.group import Group
from strongroom.words.json import Json
from strongroom.words.resource import Resource, ResourceKind
from tests.fakes.hand_clock import HandClock
from tests.fakes.mailbox import FakeMailbox, FakeSource, FakeTarget
from tests.fakes.marked import MARK, canary, secret_file
from tests.fakes.memory_backend import MemoryBackend
from tests.fakes.plain_durable import PlainDurable
from tests.fakes.storages import PASSWORD as STORAGE_PASSWORD
from tests.fakes.storages import new_storage

PASSWORD = canary("account's password")
SERVER = "mail.example"
TENANT = "tenant.example"
STORAGE_URL = "memory:disk"
CHEAP_PASSWORD = PasswordCost(memory_kib=64, iterations=1, lanes=1)


@dataclass(frozen=True)
class Traffic:
    requests: int
    throttled: int


class FakeServer:
    """One signed-in server.

    Attributes:
        on_call: Called with the resource's address and the method's name; may raise.
        is_closed: Whoever opened it closed it.
    """

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.is_closed = False
        self.requests = 0
        self.pace = estate.pace

    @property
    def traffic(self) -> Traffic:
        return Traffic(requests=self.requests, throttled=1)

    def facts(self) -> Mapping[str, Json]:
        self._count("facts")
        return {"product": "Fake"}

    def resources(self) -> Iterator[Resource]:
        self._count("resources")
        yield from self.estate.resources.values()

    def resolve(self, reference: str) -> Resource:
        self._count("resolve")
        for resource in self.estate.resources.values():
            if reference.lower() in {resource.reference.lower(), resource.id}:
                return resource
        raise OperatorError(f"There is no mailbox {reference}.", hint="Check the address.")

    def group(self, address: str, is_left_out: Callable[[str], bool]) -> Group:
        self._count("group")
        if address not in self.estate.groups:
            raise OperatorError(f"There is no group {address}.", hint="Check the address.")
        found = self.estate.groups[address]
        return replace(found, left_out=tuple(one for one in found.left_out if is_left_out(one)))

    def of_mailbox(self, address: str) -> Iterator[Resource]:
        self._count("of_mailbox")
        for resource in self.estate.resources.values():
            if resource.address.lower() == address.lower():
                yield resource

    def source(self, resource: Resource) -> FakeSource:
        self._count("source")
        return FakeSource(self.estate.mailboxes[resource.id])

    def target(self, resource: Resource) -> FakeTarget:
        self._count("target")
        return FakeTarget(self.estate.mailboxes[resource.id])

    def close(self) -> None:
        self.is_closed = True

    def _count(self, name: str) -> None:
        self.requests += 1
        self.estate.on_call(name)


class Estate:
    """The mailboxes of one server, and how it is used."""

    def __init__(self) -> None:
        self.pace = Pace(HandClock(), server=SERVER)
        self.resources: dict[str, Resource] = {}
        self.mailboxes: dict[str, FakeMailbox] = {}
        self.groups: dict[str, Group] = {}
        self.on_call: Callable[[str], None] = lambda _: None

    def add(
        self,
        address: str,
        *,
        items: int = 3,
        kind: ResourceKind = ResourceKind.MAILBOX,
        excluded: str | None = None,
        is_missing: bool = False,
    ) -> FakeMailbox:
        """Make a mailbox with an inbox that holds some items."""
        resource = Resource(
            kind=kind,
            id=uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}:{address}:{len(self.resources)}").hex,
            address=address,
            name=address.partition("@")[0].title(),
            excluded=excluded,
            is_missing=is_missing,
        )
        mailbox = FakeMailbox()
        inbox = mailbox.add_folder("Inbox", role="inbox")
        for number in range(items):
            mailbox.add_item(inbox, f"message {number}")
        self.resources[resource.id] = resource
        self.mailboxes[resource.id] = mailbox
        return mailbox

    def id_of(self, address: str) -> str:
        """Say the resource id of the mailbox that has this address now."""
        return next(r.id for r in self.resources.values() if r.address == address)


@dataclass
class World:
    """Everything outside the application.

    Attributes:
        servers: By host name, site or tenant; others do not answer.
        backends: By URL; every other URL is an empty place.
        opened: Every server that was opened, in order.
        uses: What each of them was opened for.
        accesses: Every place of a storage that was opened, and with what.
    """

    servers: dict[str, Estate] = field(default_factory=lambda: {SERVER: Estate(), TENANT: Estate()})
    backends: dict[str, BlobBackend] = field(default_factory=dict)
    opened: list[FakeServer] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    accesses: list[tuple[str, Access | None]] = field(default_factory=list)
    clock: Clock = field(default_factory=HandClock)

    @property
    def estate(self) -> Estate:
        return self.servers[SERVER]

    def ports(self) -> Ports:
        return Ports(
            open_server=self.open_server,
            open_backend=self.open_backend,
            durable=lambda database: PlainDurable(database.write),
            normal_url=lambda url: url,
            clock=self.clock,
            password_cost=CHEAP_PASSWORD,
        )

    def open_server(self, details: ConnectionDetails, use: Use) -> FakeServer:
        place = details.server or details.url or details.tenant
        if place not in self.servers:
            raise ServerUnreachable(
                f"Nobody answers at {place}.", hint="Check the name and the network."
            )
        is_by_password = details.kind == EXCHANGE_ONPREM
        if is_by_password and details.secret("password").reveal() != PASSWORD:
            raise SignInEnded(
                f"{place} refused the password of {details.user}.",
                hint="Check user and password.",
            )
        server = FakeServer(self.servers[place])
        self.opened.append(server)
        self.uses.append(use)
        return server

    def open_backend(self, url: str, access: Access | None = None) -> BlobBackend:
        self.accesses.append((url, access))
        return self.backends.setdefault(url, MemoryBackend())

    def make_storage(self, url: str = STORAGE_URL) -> None:
        """Put a storage there whose password is cheap to try: adding it adopts it."""
        new_storage(self.open_backend(url), self.clock)


def details(server: str = SERVER, password: str = PASSWORD) -> ConnectionDetails:
    """Give the details of a connection to that server."""
    return ConnectionDetails(
        kind=EXCHANGE_ONPREM,
        server=server,
        user="backup@example",
        password=Secret(password),
        auth="basic",
        access="impersonation",
    )


def cloud_details(tenant: str = TENANT) -> ConnectionDetails:
    """Give the details of a connection to that tenant, by certificate."""
    return ConnectionDetails(
        kind=EXCHANGE_ONLINE,
        tenant=tenant,
        client_id="00000000-0000-0000-0000-0000000000aa",
        auth="certificate",
        certificate=Secret(canary("certificate and key")),
    )


def storage_password() -> Secret:
    """Give the password of every storage that ``make_storage`` makes."""
    return Secret(STORAGE_PASSWORD)


def password_file(folder: Path, text: str = PASSWORD, name: str = "password") -> Path:
    """Write a password where a command can read it; one word is made a canary of that name."""
    marked = text if MARK in text else canary(text)
    return secret_file(folder / name, marked, line_end="\n")
