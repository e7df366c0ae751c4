"""What a search finds, asks and tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from strongroom.errors import OperatorError


class Way(StrEnum):
    """Which of the published ways led to a place."""

    NAMED = "named by the operator"
    SERVICE_POINT = "service connection point"
    DOMAIN = "the address's domain"
    AUTODISCOVER_HOST = "autodiscover host of the domain"
    PLAIN_REDIRECT = "redirect over plain http"
    SERVICE_RECORD = "DNS service record"
    JSON = "JSON service"


class Outcome(StrEnum):
    """What came of one attempt.

    Attributes:
        FOUND: It gave the settings.
        REDIRECTED: It named another place, or another address.
        DISCARDED: It is no Autodiscover, or knows nothing of the address.
        REFUSED: We went no further there, for safety; nothing secret was sent.
    """

    FOUND = "found"
    REDIRECTED = "redirected"
    DISCARDED = "discarded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt, for the person who watches.

    Attributes:
        way: How we came to it.
        where: A URL without its query, or what else was asked (a DNS name, the directory).
        told: What came of it, a sentence.
    """

    way: Way
    where: str
    outcome: Outcome
    told: str

    def __str__(self) -> str:
        return f"{self.where} ({self.way}): {self.told}"


class QuestionKind(StrEnum):
    """What was named that is not of the asked domain."""

    AUTODISCOVER = "another Autodiscover server"
    ADDRESS = "another address"
    EWS = "the Exchange server"


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectQuestion:
    """Asked of a person before a host outside the address's own domain is trusted.

    Attributes:
        kind: What was named.
        address: Whose mailbox is looked for.
        named_by: Who named it, in words.
        target: What was named: ``https://host``, or an address. ASCII, small letters.
        cautions: What speaks against it, sentences; show them all.
    """

    kind: QuestionKind
    address: str
    named_by: str
    target: str
    cautions: Sequence[str] = ()

    def __str__(self) -> str:
        return f"For {self.address}, {self.named_by} names {self.kind}: {self.target}. Is it yours?"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateMailbox:
    """A mailbox that belongs to this one.

    Attributes:
        kind: ``Archive``, ``Delegate`` or ``TeamMailbox``.
        name: Display name.
        address: SMTP address, or an empty string.
        server, legacy_dn: The old way to say where it is, or empty strings.
    """

    kind: str
    name: str = ""
    address: str = ""
    server: str = ""
    legacy_dn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """What was found.

    Attributes:
        ews_url: Where EWS is: https, in the asked domain, published, or confirmed by a person.
        internal_ews_url: The server's name for it inside the organisation, if it is another one
            that may be used without asking; or an empty string.
        address: The mailbox's address as its server knows it; other than the asked one after a
            redirect.
        way: What led there.
        is_certain: A server told it after a sign-in. The JSON service needs none, and Microsoft's
            answers for addresses that do not exist too.
        server_version: ``15.2.1118.7``, or an empty string.
        alternate_mailboxes: Archives and so on.
        public_folder_mailbox: SMTP address that requests for public folders are led by, or empty.
        public_folder_server: What ``X-PublicFolderMailbox`` wants, or an empty string.
        attempts: All that was tried, in order.
    """

    ews_url: str
    internal_ews_url: str = ""
    address: str
    way: Way
    is_certain: bool
    server_version: str = ""
    alternate_mailboxes: Sequence[AlternateMailbox] = ()
    public_folder_mailbox: str = ""
    public_folder_server: str = ""
    attempts: Sequence[Attempt] = ()


class NotDiscovered(OperatorError):
    """No way led to an Exchange server that may be trusted.

    Attributes:
        attempts: All that was tried, in order.
    """

    def __init__(self, address: str, attempts: Sequence[Attempt], *, why: str = "") -> None:
        refused = [attempt for attempt in attempts if attempt.outcome is Outcome.REFUSED]
        told = " ".join(str(attempt) for attempt in (refused or attempts)[-3:])
        super().__init__(
            f"No Exchange server was found for {address}.",
            why=f"{why} {told}".strip(),
            hint="Look at what was tried, or name the server itself with --server.",
        )
        self.attempts = tuple(attempts)
