"""The address that is looked for, and the one domain that follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from strongroom.errors import OperatorError

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_LOCAL_PART = re.compile(r"[^\x00-\x20\x7f@<>\"(),:;\\\[\]]{1,64}")
# Second labels under which registries of two-letter top-level domains sell names. Whoever owns
# ``autodiscover.com.br`` collected passwords for years, so an address must not end in one of these
# with nothing before it. The full public suffix list is longer and changes weekly; this is only the
# net under a slip of the pen, because we never take labels off ourselves.
_REGISTRIES = frozenset(
    {"ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "nom", "or", "org"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An SMTP address.

    Attributes:
        text: As it was given, without blanks around it.
        domain: All that follows the ``@``, in small letters, never shortened.
    """

    text: str
    domain: str

    @classmethod
    def of(cls, text: str) -> Self:
        """Read an address.

        Raises:
            OperatorError: it is none, or its domain is too short to belong to one organisation.
        """
        text = text.strip()
        local, at, domain = text.rpartition("@")
        domain = domain.casefold()
        if not at or not _LOCAL_PART.fullmatch(local) or not local.isprintable():
            raise OperatorError(
                "This is not an e-mail address.",
                hint="Give the address of a mailbox, such as ann@contoso.example.",
            )
        if not domain.isascii():
            raise OperatorError(
                "The address's domain has letters outside ASCII.",
                why="Many of them look like others, so it cannot be seen who would be asked.",
                hint="If it is meant, write the domain as DNS knows it, beginning with xn--.",
            )
        if not is_host_name(domain):
            raise OperatorError(
                f"{domain} is not a full domain.",
                why="Autodiscover asks servers of this name, so it must be the organisation's own.",
                hint="Give the whole address, or name the server instead.",
            )
        if _is_registry(domain):
            raise OperatorError(
                f"{domain} belongs to a registry, not to one organisation.",
                why=f"Whoever bought autodiscover.{domain} would be asked in its place.",
                hint="Give the whole address, or name the server instead.",
            )
        return cls(text=text, domain=domain)

    @property
    def key(self) -> str:
        """What tells two addresses apart."""
        return self.text.casefold()


def is_host_name(text: str) -> bool:
    """Say whether this is a name of at least two labels, ASCII, small letters, and no address."""
    return (
        len(text) <= 253
        and _HOST.fullmatch(text) is not None
        and not text.rpartition(".")[2].isdigit()
    )


def is_within(host: str, domain: str) -> bool:
    """Say whether a host is the domain itself or below it: whole labels, letter by letter."""
    return host == domain or host.endswith(f".{domain}")


def _is_registry(domain: str) -> bool:
    first, _, rest = domain.partition(".")
    return len(rest) == 2 and first in _REGISTRIES
