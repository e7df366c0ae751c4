"""Which places may be asked, and which a person has to admit first.

A place is admitted if it is in the asked domain by whole labels, was named by the operator or by
the directory, is one of the hosts that Microsoft publishes, or a person said yes to it. Nothing is
sent to any other, not even a request without a credential.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from strongroom.wire.autodiscover.address import Address, is_host_name, is_within
from strongroom.wire.autodiscover.told import QuestionKind, RedirectQuestion
from strongroom.wire.origins import ForbiddenOrigin, Origin

# Exact names, no wildcard: under some of Microsoft's domains customers choose names.
# https://learn.microsoft.com/microsoft-365/enterprise/urls-and-ip-address-ranges and its pages for
# the national clouds.
PUBLISHED = frozenset(
    {
        "autodiscover-s.outlook.com",
        "outlook.office365.com",
        "outlook.office.com",
        "autodiscover-s.office365.us",
        "outlook.office365.us",
        "autodiscover-s-dod.office365.us",
        "outlook-dod.office365.us",
        "autodiscover-s.partner.outlook.cn",
        "partner.outlook.cn",
    }
)
# A URL that two parsers could read differently is nobody's honest answer, so only the plain form is
# read: no user, no backslash, no blank, no bracket, no fragment.
_PLAIN_URL = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]{1,5})?/[A-Za-z0-9._~/%@+-]*(\?[\w.~/%=&@:+-]*)?"
)
_QUERY_OR_ANCHOR = re.compile(r"[?#].*", re.DOTALL)


class Places:
    """Admits places for one search, and remembers what the person said.

    Args:
        address: Whose mailbox is looked for.
        confirm: Asks a person; True admits. Called once for each target.
    """

    def __init__(self, address: Address, confirm: Callable[[RedirectQuestion], bool]) -> None:
        self._address = address
        self._confirm = confirm
        self._domains = {address.domain}
        self._origins: set[Origin] = set()
        self._said: dict[str, bool] = {}

    def admit(self, url: str) -> None:
        """Take a URL's origin in: the operator or the directory named it.

        Raises:
            ForbiddenOrigin: it is not https.
        """
        self._origins.add(Origin.of(url))

    def knows(self, url: str) -> bool:
        """Say whether a URL may be used without asking anybody."""
        try:
            return self._is_admitted(Origin.of(plain_url(url)))
        except ForbiddenOrigin:
            return False

    def enter(
        self, url: str, *, kind: QuestionKind, named_by: str, cautions: tuple[str, ...]
    ) -> str:
        """Let a URL through that somebody named; ask the person if nobody vouches for its host.

        Args:
            url: What was named.
            kind: As what.
            named_by: By whom, in words.
            cautions: What speaks against believing it, beside what the name itself tells.

        Returns:
            The URL, its scheme and host in small letters.

        Raises:
            ForbiddenOrigin: it is no place for credentials, or the person said no.
        """
        url = plain_url(url)
        origin = Origin.of(url)
        if self._is_admitted(origin):
            return url
        if not is_host_name(origin.host) or origin.port != 443:
            raise ForbiddenOrigin(
                f"{named_by} names {origin}, which is followed for nobody.",
                why="Only a full host name on the usual port proves whose server it is.",
            )
        said_yes = self._ask(
            RedirectQuestion(
                kind=kind,
                address=self._address.text,
                named_by=named_by,
                target=str(origin),
                cautions=(*cautions, *self._cautions(origin.host)),
            )
        )
        if not said_yes:
            raise ForbiddenOrigin(
                f"{named_by} names {origin}, which is outside {self._address.domain}.",
                why="It was not confirmed, so nothing was sent there.",
            )
        self._origins.add(origin)
        return url

    def enter_address(self, text: str, *, named_by: str) -> Address:
        """Let another address through; its domain is asked from now on.

        Raises:
            OperatorError: it is no address, or the person said no.
        """
        address = Address.of(text)
        if not any(is_within(address.domain, domain) for domain in self._domains):
            said_yes = self._ask(
                RedirectQuestion(
                    kind=QuestionKind.ADDRESS,
                    address=self._address.text,
                    named_by=named_by,
                    target=address.text,
                    cautions=self._cautions(address.domain),
                )
            )
            if not said_yes:
                raise ForbiddenOrigin(
                    f"{named_by} names {address.text}, which is outside {self._address.domain}.",
                    why="It was not confirmed, so nothing was sent there.",
                )
            self._domains.add(address.domain)
        self._address = address
        return address

    def _is_admitted(self, origin: Origin) -> bool:
        if origin in self._origins:
            return True
        if origin.port != 443:
            return False
        return origin.host in PUBLISHED or (
            is_host_name(origin.host)
            and any(is_within(origin.host, domain) for domain in self._domains)
        )

    def _ask(self, question: RedirectQuestion) -> bool:
        key = question.target.casefold()
        if key not in self._said:
            self._said[key] = self._confirm(question)
        return self._said[key]

    def _cautions(self, host: str) -> tuple[str, ...]:
        """Say what the name itself tells against it."""
        told = []
        if any(label.startswith("xn--") for label in host.split(".")):
            told.append(f"{host} stands for letters outside ASCII, which may look like others.")
        told += [
            f"{host} looks like a name of {domain}, and is not one."
            for domain in sorted(self._domains)
            if domain.partition(".")[0] in host
        ]
        return tuple(told)


def plain_url(url: str) -> str:
    """Give a URL in the one form that we read, or refuse it.

    Raises:
        ForbiddenOrigin: it is not https, or not plainly written.
    """
    scheme, colon, rest = url.strip().partition("://")
    host, _, path = rest.partition("/")
    plain = f"{scheme.lower()}{colon}{host.lower()}/{path}"
    if not _PLAIN_URL.fullmatch(plain) or not plain.isascii():
        is_http = scheme.lower() == "http"
        raise ForbiddenOrigin(
            "An address without TLS is followed for nobody."
            if is_http
            else "An address that is not plainly written is followed for nobody.",
            why="Only https proves the server's name."
            if is_http
            else "Two programs could read it differently, and send to different servers.",
        )
    Origin.of(plain)
    return plain


def joined(base: str, location: str) -> str:
    """Make a ``Location`` absolute; what is no URL at all comes back as it was."""
    try:
        return urljoin(base, location)
    except ValueError:
        return location


def shown(url: str) -> str:
    """Give a URL as messages show it: without its query, and never long."""
    return _QUERY_OR_ANCHOR.sub("", url)[:200]


def path_of(url: str) -> str:
    """Give a URL's path in small letters."""
    return urlsplit(url).path.casefold()
